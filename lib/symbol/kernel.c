/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbol/buildid.h"
#include "symbol/elf.h"
#include "symbol/kernel.h"
#include "symbol/openfile.h"

/* Ten times what a large kernel with all of its modules has. */
#define MAX_KALLSYMS (256u << 20)

void pfl_kernel_free(struct pfl_kernel *kernel)
{
	pfl_symtab_free(&kernel->table);
	pfl_variables_free(&kernel->variables);
	*kernel = (struct pfl_kernel){ 0 };
}

/* Files in /proc have no size: read until there is no more. */
static int read_whole(const char *path, char **text, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	size_t room = 4u << 20;
	ssize_t got;

	*text = NULL;
	*size = 0;
	if (fd < 0)
		return -errno;
	do {
		char *bigger = NULL;

		room *= 2;
		if (room <= MAX_KALLSYMS)
			bigger = realloc(*text, room);
		if (!bigger) {
			err = room > MAX_KALLSYMS ? -EFBIG : -ENOMEM;
			break;
		}
		*text = bigger;
		while ((got = read(fd, *text + *size, room - 1 - *size)) > 0)
			*size += got;
		if (got < 0)
			err = -errno;
	} while (!err && *size == room - 1);
	close(fd);
	if (err)
		free(*text);
	else
		(*text)[*size] = '\0';
	return err;
}

static char *parse_hex(char *p, uint64_t *value)
{
	char *start = p;

	for (*value = 0; p - start < 16; p++) {
		unsigned int digit = (unsigned char)*p - '0';

		if (digit > 9) {
			digit = ((unsigned char)*p | 0x20) - 'a' + 10;
			if (digit < 10 || digit > 15)
				break;
		}
		*value = *value << 4 | digit;
	}
	return p > start ? p : NULL;
}

struct parser {
	struct pfl_kernel *kernel;
	const char *module;	/* of the last line; NULL: the kernel itself */
	uint16_t group;
	uint16_t modules;	/* groups so far */
};

/* Lines of one module follow each other: a new tag is a new group. */
static uint16_t group_of(struct parser *parser, const char *module)
{
	if (!module) {
		parser->group = 0;
	} else if (!parser->module || strcmp(module, parser->module)) {
		parser->modules += parser->modules < UINT16_MAX;
		parser->group = parser->modules;
	}
	parser->module = module;
	return parser->group;
}

static void note_anchor(struct pfl_kernel *kernel, const char *name, uint64_t addr)
{
	const struct {
		const char *name;
		uint64_t *addr;
	} anchors[] = {
		{ "_text", &kernel->text }, { "_stext", &kernel->stext },
		{ "__sched_text_start", &kernel->sched_start },
		{ "__sched_text_end", &kernel->sched_end },
		{ "__lock_text_start", &kernel->lock_start },
		{ "__lock_text_end", &kernel->lock_end },
		{ "__init_begin", &kernel->variables.init_start },
		{ "__init_end", &kernel->variables.init_end },
		{ "_end", &kernel->variables.end },
	};

	if (*name != '_' || !(strstr(name, "text") || name[1] == 'e' || !strncmp(name, "__i", 3)))
		return;
	for (size_t i = 0; i < sizeof(anchors) / sizeof(*anchors); i++)
		if (!strcmp(name, anchors[i].name))
			*anchors[i].addr = addr;
}

/* "ADDRESS TYPE NAME" or "ADDRESS TYPE NAME\t[MODULE]"; a line that is neither is passed over. */
static int parse_line(struct parser *parser, char *line)
{
	struct pfl_symtab *table = &parser->kernel->table;
	struct pfl_entry entry = { .end = UINT64_MAX, .flags = PFL_ENTRY_UNSIZED };
	char *p = parse_hex(line, &entry.start), *name, *module;

	/* Addresses of 0 are hidden ones; small ones are offsets in per-CPU areas. */
	if (!p || p[0] != ' ' || !p[1] || p[2] != ' ' || !p[3] || !entry.start)
		return 0;
	name = p + 3;
	module = strchr(name, '\t');
	if (module)
		*module++ = '\0';
	entry.name = name - table->names;
	entry.group = group_of(parser, module);
	if (!strchr("tTwW", p[1])) {
		entry.flags |= PFL_ENTRY_DATA;
		if (!entry.group && pfl_variables_add(&parser->kernel->variables, entry.start, p[1],
						      entry.name))
			return -ENOMEM;
	}
	entry.bind = p[1] == 'W' ? PFL_BIND_WEAK :
		     isupper((unsigned char)p[1]) ? PFL_BIND_GLOBAL : PFL_BIND_LOCAL;
	note_anchor(parser->kernel, name, entry.start);
	return pfl_symtab_add(table, &entry);
}

int pfl_kernel_parse(struct pfl_kernel *kernel, char *text, size_t size)
{
	struct parser parser = { .kernel = kernel };
	char *line, *next, *end = text + size;
	int err = 0;

	*kernel = (struct pfl_kernel){ .table.names = text, .table.names_size = size };
	for (line = text; line < end && !err; line = next) {
		next = memchr(line, '\n', end - line);
		if (next)
			*next++ = '\0';
		else
			next = end;
		err = parse_line(&parser, line);
	}
	if (!err && !kernel->table.count)
		err = size ? -EPERM : -ENODATA;
	if (!err)
		err = pfl_symtab_finish_linked(&kernel->table);
	if (!err)
		err = pfl_variables_finish(&kernel->variables);
	if (err)
		pfl_kernel_free(kernel);
	return err;
}

int pfl_kernel_read(struct pfl_kernel *kernel)
{
	size_t size;
	char *text;
	int err = read_whole("/proc/kallsyms", &text, &size);

	*kernel = (struct pfl_kernel){ 0 };
	return err ? err : pfl_kernel_parse(kernel, text, size);
}

/* "[nf_tables]" and "/lib/modules/6.1.0/net/nf-tables.ko.xz" as the kernel lists it: nf_tables. */
static void module_name(const struct pfl_dso *dso, char *name, size_t size)
{
	const char *from = dso->name;
	size_t len;

	if (*from == '[')
		from++;
	len = strcspn(from, "].");
	snprintf(name, size, "%.*s", (int)(len < size ? len : size - 1), from);
	for (; *name; name++)
		if (*name == '-')
			*name = '_';
}

/* Where module @name is loaded, by /proc/modules: "NAME SIZE REFS USERS STATE 0xADDRESS". */
static uint64_t module_start(const char *name)
{
	FILE *file = fopen("/proc/modules", "re");
	uint64_t start = 0, addr;
	char *line = NULL;
	size_t size = 0;
	char word[64];

	if (!file)
		return 0;
	while (!start && getline(&line, &size, file) > 0)
		if (sscanf(line, "%63s %*s %*s %*s %*s %" SCNx64, word, &addr) == 2 &&
		    !strcmp(word, name))
			start = addr;
	free(line);
	fclose(file);
	return start;
}

bool pfl_kernel_is_running(const struct pfl_dso *dso, bool same_host)
{
	struct pfl_build_id id = { 0 };
	char name[64];

	if (!dso->build_id.size)
		return same_host;
	if (dso->kind == PFL_DSO_MODULE) {
		module_name(dso, name, sizeof(name));
		pfl_build_id_module(name, &id);
	} else {
		pfl_build_id_kernel(&id);
	}
	return pfl_build_id_equal(&id, &dso->build_id);
}

int pfl_kernel_slide(const struct pfl_kernel *kernel, const struct pfl_dso *dso, uint64_t *slide)
{
	uint64_t start = dso->start == kernel->stext ? kernel->stext : kernel->text;
	char name[64];

	if (dso->kind == PFL_DSO_MODULE) {
		module_name(dso, name, sizeof(name));
		start = module_start(name);
	}
	if (!dso->start || !start)
		return -ESTALE;
	*slide = start - dso->start;
	return *slide && !dso->build_id.size ? -ESTALE : 0;
}

/* Where distributions and builders put the kernel with its symbols: before and behind RELEASE. */
static const struct {
	const char *before, *behind;
} vmlinux_places[] = {
	{ "/usr/lib/debug/boot/vmlinux-", "" },
	{ "/usr/lib/debug/lib/modules/", "/vmlinux" },
	{ "/lib/modules/", "/build/vmlinux" },
	{ "/boot/vmlinux-", "" },
};

static int read_vmlinux(const struct pfl_dso *dso, const char *path, struct pfl_symtab *table,
			uint64_t *slide)
{
	int fd = pfl_open_regular(path, PFL_LINKS_ALL), err = -ENOENT;
	struct pfl_build_id id;
	uint64_t text;

	if (fd < 0)
		return -ENOENT;
	if (!pfl_build_id_read(fd, &id) && pfl_build_id_equal(&id, &dso->build_id) &&
	    !pfl_elf_address(fd, "_text", &text)) {
		*slide = text - dso->start;
		err = pfl_elf_read(fd, -1, PFL_ELF_ADDRESSES, table);
	}
	close(fd);
	return err;
}

int pfl_kernel_read_vmlinux(const struct pfl_dso *dso, const char *release,
			    struct pfl_symtab *table, uint64_t *slide)
{
	char path[PATH_MAX];
	int err;

	*table = (struct pfl_symtab){ 0 };
	/* The release comes from the recording: it must not lead out of the directories. */
	if (!dso->build_id.size || !dso->start || strchr(release, '/'))
		return -ENOENT;
	for (size_t i = 0; i < sizeof(vmlinux_places) / sizeof(*vmlinux_places); i++) {
		int len = snprintf(path, sizeof(path), "%s%s%s", vmlinux_places[i].before, release,
				   vmlinux_places[i].behind);

		if (len >= (int)sizeof(path))
			return -ENOENT;
		err = read_vmlinux(dso, path, table, slide);
		if (!err || err == -ENOMEM)
			return err;
	}
	return -ENOENT;
}
