/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "symbol/buildid.h"
#include "symbol/debugfile.h"
#include "symbol/demangle.h"
#include "symbol/dsofile.h"
#include "symbol/elf.h"
#include "symbol/kernel.h"
#include "symbol/perfmap.h"
#include "symbol/symbol.h"
#include "symbol/symtab.h"
#include "symbol/vdso.h"
#include "util/context.h"
#include "util/table.h"

/* On a box full of containers hundreds of files may be missing, each for the same reason. */
#define MAX_MESSAGES 10

/* Where the names of one DSO come from. Two of them share nothing that changes. */
struct source {
	const struct pfl_dso *dso;
	struct pfl_symtab own;
	const struct pfl_symtab *table;	/* @own or the kernel's; NULL: there are no names */
	uint64_t slide;			/* from the DSO's addresses to the table's */
	struct pfl_table shown;		/* number of the entry -> of its name as shown */
	struct pfl_strings names;
};

struct pfl_symbols {
	struct pfl_ctx *ctx;
	enum pfl_demangle demangle;
	enum pfl_nearness near;
	bool same_host;			/* host name and kernel release are this machine's */
	char *osrelease;		/* of the recording; NULL: not known */
	char *debug_dirs;
	struct source **sources;
	uint32_t nsources;
	struct pfl_table by_dso;	/* address of the pfl_dso -> number of the source */
	struct pfl_kernel kernel;
	bool kernel_read;
	int kernel_error;
	unsigned int messages;
};

#define tell(symbols, level, ...)						\
	do {									\
		if ((symbols)->messages++ < MAX_MESSAGES)			\
			pfl_log((symbols)->ctx, level, __VA_ARGS__);		\
	} while (0)

static void compare_hosts(struct pfl_symbols *symbols, const struct pfl_symbols_origin *origin)
{
	struct utsname here;
	bool known = origin->hostname && origin->osrelease && !uname(&here);

	symbols->same_host = known && !strcmp(origin->hostname, here.nodename) &&
			     !strcmp(origin->osrelease, here.release);
	symbols->near = pfl_nearness_of(origin);
}

int pfl_symbols_new(struct pfl_ctx *ctx, const struct pfl_symbols_origin *origin,
		    enum pfl_demangle demangle, struct pfl_symbols **out)
{
	struct pfl_symbols *symbols = calloc(1, sizeof(*symbols));

	if (!symbols)
		return -ENOMEM;
	symbols->ctx = ctx;
	symbols->demangle = demangle;
	symbols->debug_dirs = strdup(PFL_DEBUG_DIRS);
	if (origin->osrelease)
		symbols->osrelease = strdup(origin->osrelease);
	if (!symbols->debug_dirs || (origin->osrelease && !symbols->osrelease)) {
		pfl_symbols_free(symbols);
		return -ENOMEM;
	}
	compare_hosts(symbols, origin);
	*out = symbols;
	return 0;
}

int pfl_symbols_set_debug_dirs(struct pfl_symbols *symbols, const char *dirs)
{
	char *copy = strdup(dirs);

	if (!copy)
		return -ENOMEM;
	free(symbols->debug_dirs);
	symbols->debug_dirs = copy;
	return 0;
}

static void source_free(struct source *source)
{
	pfl_symtab_free(&source->own);
	pfl_table_free(&source->shown);
	pfl_strings_free(&source->names);
	free(source);
}

void pfl_symbols_free(struct pfl_symbols *symbols)
{
	if (!symbols)
		return;
	if (symbols->messages > MAX_MESSAGES)
		pfl_note(symbols->ctx, "%u more files without symbols",
			 symbols->messages - MAX_MESSAGES);
	for (uint32_t i = 0; i < symbols->nsources; i++)
		source_free(symbols->sources[i]);
	free(symbols->sources);
	pfl_table_free(&symbols->by_dso);
	pfl_kernel_free(&symbols->kernel);
	free(symbols->debug_dirs);
	free(symbols->osrelease);
	free(symbols);
}

static void tell_about_file(struct pfl_symbols *symbols, const struct pfl_dso *dso, int err)
{
	char id[PFL_BUILD_ID_TEXT];

	switch (err) {
	case -ESTALE:
		tell(symbols, PFL_WARNING,
		     "%s: replaced since it was recorded%s%s; its frames stay without names",
		     dso->path, dso->build_id.size ? ", was build-id " : "",
		     pfl_build_id_format(&dso->build_id, id));
		break;
	case -EXDEV:
		tell(symbols, PFL_WARNING,
		     "%s: recorded on another machine and without a build-id, so that the file here may be another one; its frames stay without names",
		     dso->path);
		break;
	case -ENODATA:
		tell(symbols, PFL_NOTE, "%s: stripped; its frames stay without names", dso->path);
		break;
	case -ENOEXEC:
		tell(symbols, PFL_WARNING,
		     "%s: no readable ELF file; its frames stay without names", dso->path);
		break;
	default:
		tell(symbols, PFL_NOTE, "%s: %s; its frames stay without names", dso->path,
		     strerror(-err));
	}
}

/* The debug file of @source, if its own, @fd or -1, lacks the symbols that such a file has. */
static int open_debug_file(const struct pfl_symbols *symbols, const struct source *source, int fd)
{
	const struct pfl_debug_query query = {
		.dso = source->dso, .near = symbols->near, .fd = fd, .dirs = symbols->debug_dirs,
		.section = ".symtab",
	};

	if (fd >= 0 && pfl_debugfile_has(fd, query.section))
		return -ENOENT;
	return pfl_debugfile_open(&query);
}

static int read_files(struct pfl_symbols *symbols, struct source *source)
{
	int fd = pfl_dsofile_open(source->dso, symbols->near), err = fd, debug;

	if (fd < 0)
		fd = pfl_debugfile_open_copy(source->dso);
	debug = open_debug_file(symbols, source, fd);
	if (fd >= 0)
		err = pfl_elf_read(fd, debug, PFL_ELF_OFFSETS, &source->own);
	else if (debug >= 0)
		err = pfl_elf_read(debug, -1, PFL_ELF_OFFSETS, &source->own);
	if (fd >= 0)
		close(fd);
	if (debug >= 0)
		close(debug);
	return debug == -ENOMEM ? debug : err;
}

static int load_file(struct pfl_symbols *symbols, struct source *source)
{
	int err;

	/* "[stack]", "inode:[4026]": nobody expects symbols. */
	if (source->dso->path[0] != '/')
		return 0;
	err = read_files(symbols, source);
	if (!err)
		source->table = &source->own;
	else if (err != -ENOMEM)
		tell_about_file(symbols, source->dso, err);
	return err == -ENOMEM ? err : 0;
}

static void tell_about_kernel(struct pfl_symbols *symbols, int err)
{
	if (err == -EPERM)
		pfl_warn(symbols->ctx,
			 "kernel frames stay without names: /proc/kallsyms hides the addresses; run as root (CAP_SYSLOG) with kernel.kptr_restrict at most 1, or: sysctl -w kernel.kptr_restrict=0 kernel.perf_event_paranoid=1");
	else
		pfl_warn(symbols->ctx, "kernel frames stay without names: /proc/kallsyms: %s",
			 strerror(-err));
}

/* The running kernel's symbols, read once for all DSOs that are part of it. */
static int read_kernel(struct pfl_symbols *symbols)
{
	if (!symbols->kernel_read) {
		symbols->kernel_read = true;
		symbols->kernel_error = pfl_kernel_read(&symbols->kernel);
		if (symbols->kernel_error && symbols->kernel_error != -ENOMEM)
			tell_about_kernel(symbols, symbols->kernel_error);
	}
	return symbols->kernel_error;
}

static int load_other_kernel(struct pfl_symbols *symbols, struct source *source)
{
	const char *release = symbols->osrelease ? symbols->osrelease : "RELEASE";
	char id[PFL_BUILD_ID_TEXT];
	int err = -ENOENT;

	if (source->dso->kind == PFL_DSO_MODULE) {
		tell(symbols, PFL_NOTE,
		     "%s: not the module that is loaded here; its frames stay without names",
		     source->dso->path);
		return 0;
	}
	if (symbols->osrelease)
		err = pfl_kernel_read_vmlinux(source->dso, release, &source->own, &source->slide);
	if (!err)
		source->table = &source->own;
	else if (err != -ENOMEM)
		pfl_warn(symbols->ctx,
			 "kernel frames stay without names: recorded on kernel %s (build-id %s), which does not run here; fold the recording there, or install that kernel's vmlinux as /usr/lib/debug/boot/vmlinux-%s",
			 symbols->osrelease ? release : "of unknown release",
			 source->dso->build_id.size ?
				 pfl_build_id_format(&source->dso->build_id, id) : "unknown",
			 release);
	return err == -ENOMEM ? err : 0;
}

static int load_kernel(struct pfl_symbols *symbols, struct source *source)
{
	bool live = symbols->near == PFL_NEAR_LIVE;
	int err;

	if (!live && !pfl_kernel_is_running(source->dso, symbols->same_host))
		return load_other_kernel(symbols, source);
	err = read_kernel(symbols);
	if (err)
		return err == -ENOMEM ? err : 0;
	if (!live && pfl_kernel_slide(&symbols->kernel, source->dso, &source->slide)) {
		pfl_warn(symbols->ctx,
			 "%s: recorded at %#llx, where it is not loaded now; its frames stay without names",
			 source->dso->path, (unsigned long long)source->dso->start);
		return 0;
	}
	source->table = &symbols->kernel.table;
	return 0;
}

/* The vdso is part of the kernel: without a build-id of its own the kernel's release tells. */
static int load_vdso(struct pfl_symbols *symbols, struct source *source)
{
	const struct pfl_build_id *recorded = &source->dso->build_id;
	struct pfl_build_id id;
	int err = pfl_vdso_read(&source->own, &id);

	if (err)
		return err == -ENOMEM ? err : 0;
	if (symbols->near == PFL_NEAR_LIVE ||
	    (recorded->size ? pfl_build_id_equal(&id, recorded) : symbols->same_host))
		source->table = &source->own;
	else
		tell_about_file(symbols, source->dso, -ESTALE);
	return 0;
}

static int load_perfmap(struct pfl_symbols *symbols, struct source *source)
{
	const int32_t pid = source->dso->pid;
	int fd = pfl_perfmap_open(pid, symbols->near == PFL_NEAR_LIVE), err = fd;
	uint64_t bad;

	/* Most memory without a file holds no code that anybody meant to name. */
	if (fd == -ENOENT)
		return 0;
	if (fd >= 0) {
		err = pfl_perfmap_read(fd, &source->own, &bad);
		close(fd);
	}
	if (err == -EPERM)
		tell(symbols, PFL_WARNING,
		     "perf-%d.map: belongs neither to the user of process %d nor to root; not used",
		     pid, pid);
	else if (err && err != -ENOMEM)
		tell(symbols, PFL_WARNING, "perf-%d.map: %s; not used", pid, strerror(-err));
	if (err)
		return err == -ENOMEM ? err : 0;
	source->table = &source->own;
	if (bad)
		tell(symbols, PFL_WARNING, "perf-%d.map: %llu lines are no \"START SIZE NAME\"",
		     pid, (unsigned long long)bad);
	return 0;
}

static int load(struct pfl_symbols *symbols, struct source *source)
{
	switch (source->dso->kind) {
	case PFL_DSO_FILE:
		return load_file(symbols, source);
	case PFL_DSO_KERNEL:
	case PFL_DSO_MODULE:
		return load_kernel(symbols, source);
	case PFL_DSO_VDSO:
		return load_vdso(symbols, source);
	case PFL_DSO_ANON:
		return load_perfmap(symbols, source);
	case PFL_DSO_UNKNOWN:
		break;
	}
	return 0;
}

/* The source for @dso, loaded when it is asked for first. NULL: out of memory. */
static struct source *source_of(struct pfl_symbols *symbols, const struct pfl_dso *dso)
{
	uint32_t number = pfl_table_get(&symbols->by_dso, (uintptr_t)dso), *slot;
	struct source **sources, *source;

	if (number != PFL_NONE)
		return symbols->sources[number];
	sources = realloc(symbols->sources, (symbols->nsources + 1) * sizeof(*sources));
	if (!sources)
		return NULL;
	symbols->sources = sources;
	source = calloc(1, sizeof(*source));
	if (!source)
		return NULL;
	source->dso = dso;
	slot = load(symbols, source) ? NULL : pfl_table_put(&symbols->by_dso, (uintptr_t)dso);
	if (!slot) {
		source_free(source);
		return NULL;
	}
	*slot = symbols->nsources;
	sources[symbols->nsources++] = source;
	return source;
}

/*
 * Code that is "returned" to without ever having been left by a call: the
 * address on the stack is its first byte.
 */
static bool is_trampoline(const char *name)
{
	static const char *const names[] = {
		"__restore_rt", "__restore", "__kernel_rt_sigreturn", "__kernel_sigreturn",
		"__default_rt_sa_restorer", "__default_sa_restorer",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static const struct pfl_entry *find(const struct source *source, uint64_t addr, bool caller)
{
	const struct pfl_entry *entry = pfl_symtab_find(source->table, addr), *before;

	if (caller && addr) {
		before = pfl_symtab_find(source->table, addr - 1);
		/* without a function before it there is no call to come back from */
		if (!entry || entry->start != addr ||
		    (before && !is_trampoline(pfl_symtab_name(source->table, entry))))
			entry = before;
	}
	/* The kernel moves as a whole, modules do not move with it. */
	if (entry && source->dso->kind == PFL_DSO_KERNEL && source->slide && entry->group)
		return NULL;
	return entry;
}

static bool may_be_mangled(const char *name)
{
	return name[0] == '_' && (name[1] == 'Z' || name[1] == 'R' || name[1] == 'D');
}

/* Most names are shown as they are; the others are made when they are first asked for. */
static const char *name_of(struct pfl_symbols *symbols, struct source *source,
			   const struct pfl_entry *entry)
{
	const char *raw = pfl_symtab_name(source->table, entry);
	struct pfl_strbuf name = { 0 };
	uint32_t *slot;

	if (!(entry->flags & PFL_ENTRY_PLT) && !may_be_mangled(raw))
		return raw;
	slot = pfl_table_put(&source->shown, entry - source->table->entries);
	if (!slot)
		return NULL;
	if (*slot != PFL_NONE)
		return pfl_strings_get(&source->names, *slot);
	if (!pfl_demangle_name(symbols->demangle, raw, &name) || !name.len)
		pfl_strbuf_adds(&name, raw);
	if (entry->flags & PFL_ENTRY_PLT)
		pfl_strbuf_adds(&name, "@plt");
	if (!name.error)
		*slot = pfl_strings_add(&source->names, name.text, name.len);
	pfl_strbuf_free(&name);
	return *slot == PFL_NONE ? NULL : pfl_strings_get(&source->names, *slot);
}

static enum pfl_frame_kind kind_of(const struct pfl_dso *dso)
{
	switch (dso->kind) {
	case PFL_DSO_KERNEL:
	case PFL_DSO_MODULE:
		return PFL_FRAME_KERNEL;
	case PFL_DSO_ANON:
		return PFL_FRAME_JIT;
	default:
		return PFL_FRAME_USER;
	}
}

int pfl_symbols_find(struct pfl_symbols *symbols, const struct pfl_dso *dso, uint64_t offset,
		     bool caller, struct pfl_symbol *out)
{
	struct source *source = source_of(symbols, dso);
	const struct pfl_entry *entry;

	if (!source)
		return -ENOMEM;
	if (!source->table)
		return -ENOENT;
	entry = find(source, offset + source->slide, caller);
	if (!entry)
		return -ENOENT;
	out->name = name_of(symbols, source, entry);
	out->kind = kind_of(dso);
	out->start = entry->start - source->slide;
	return out->name ? 0 : -ENOMEM;
}
