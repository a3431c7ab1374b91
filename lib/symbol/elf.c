/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbol/elf-file.h"

/*
 * Whoever made the file wrote its tables. A browser has some two million functions, and some
 * hundred megabytes of names, of which the longest has some ten thousand bytes.
 */
#define MAX_FUNCTIONS 10000000u
#define MAX_SYMBOLS (256u << 20)	/* bytes of the table that the file has */
#define MAX_NAMES (1u << 30)
#define MAX_NAME 65536
/* Names may share their ends: those of a program come to about what its strings take. */
#define MAX_SHARED 8
#define MAX_LOOKED_AT (64u << 20)	/* beside that, as when many functions are called the same */

const struct pfl_elf_section *pfl_elf_section(const struct pfl_elf_file *file, const char *name)
{
	for (size_t i = 1; i < file->nsections; i++)
		if (!strcmp(file->sections[i].name, name))
			return &file->sections[i];
	return NULL;
}

static int read_sections(struct pfl_elf_file *file)
{
	size_t count, names;

	if (elf_getshdrnum(file->elf, &count) || pfl_elf_names(file->elf, &names))
		return -ENOEXEC;
	file->sections = calloc(count + 1, sizeof(*file->sections));
	if (!file->sections)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct pfl_elf_section *section = &file->sections[i];

		section->name = "";
		section->scn = elf_getscn(file->elf, i);
		if (!section->scn || !gelf_getshdr(section->scn, &section->shdr))
			section->shdr = (GElf_Shdr){ 0 };
		else if (elf_strptr(file->elf, names, section->shdr.sh_name))
			section->name = elf_strptr(file->elf, names, section->shdr.sh_name);
	}
	file->nsections = count;
	return 0;
}

static int read_bytes(const struct pfl_elf_file *file, uint64_t offset, char *to, size_t size)
{
	if (offset > file->size || size > file->size - offset)
		return -ENOEXEC;
	if (file->fd < 0) {
		memcpy(to, file->image + offset, size);
		return 0;
	}
	while (size) {
		ssize_t got = pread(file->fd, to, size, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -ENOEXEC;
		to += got;
		offset += got;
		size -= got;
	}
	return 0;
}

/*
 * Appends string section number @index to the table's names; *base is where its
 * first byte lies there. 0, -ENOEXEC, -EFBIG or -ENOMEM.
 *
 * Not through libelf: it would keep a second copy of what in a browser is
 * hundreds of megabytes. A NUL behind each section ends its last string.
 */
static int add_names(struct pfl_elf_file *file, size_t index, uint32_t *base)
{
	struct pfl_symtab *table = file->table;
	const GElf_Shdr *shdr;
	char *names;
	int err;

	if (!index || index >= file->nsections)
		return -ENOEXEC;
	shdr = &file->sections[index].shdr;
	if (shdr->sh_type != SHT_STRTAB || shdr->sh_size > file->size)
		return -ENOEXEC;
	if (shdr->sh_size > MAX_NAMES || table->names_size + shdr->sh_size > MAX_NAMES)
		return -EFBIG;
	names = realloc(table->names, table->names_size + shdr->sh_size + 1);
	if (!names)
		return -ENOMEM;
	table->names = names;
	names += table->names_size;
	err = read_bytes(file, shdr->sh_offset, names, shdr->sh_size);
	if (err) {
		*names = '\0';
		return err;
	}
	names[shdr->sh_size] = '\0';
	*base = table->names_size;
	table->names_size += shdr->sh_size + 1;
	return 0;
}

int pfl_elf_bound_name(struct pfl_elf_file *file, uint32_t name)
{
	char *text = file->table->names + name;
	size_t len = strnlen(text, MAX_NAME);

	if (len == MAX_NAME)
		text[len - 1] = '\0';
	file->looked_at += len;
	return file->looked_at > MAX_LOOKED_AT + MAX_SHARED * (uint64_t)file->table->names_size ?
	       -EFBIG : 0;
}

int pfl_elf_add(struct pfl_elf_file *file, struct pfl_entry entry)
{
	const struct pfl_segment *code = pfl_segments_find(&file->code, entry.start);

	if (!code)
		return 0;
	if (file->table->count == MAX_FUNCTIONS)
		return -EFBIG;
	if (entry.end - code->addr > code->size)
		entry.end = code->addr + code->size;
	if (file->terms == PFL_ELF_OFFSETS) {
		entry.start += code->offset - code->addr;
		entry.end += code->offset - code->addr;
	}
	return pfl_symtab_add(file->table, &entry);
}

/*
 * Functions, and labels of hand-written assembler that are meant to be seen:
 * hidden ones mark places inside functions.
 */
static bool is_code(const GElf_Sym *sym)
{
	unsigned char seen = GELF_ST_VISIBILITY(sym->st_other);

	switch (GELF_ST_TYPE(sym->st_info)) {
	case STT_FUNC:
	case STT_GNU_IFUNC:
		return true;
	case STT_NOTYPE:
		return seen != STV_HIDDEN && seen != STV_INTERNAL;
	default:
		return false;
	}
}

/* $x, $d and the like tell code from data on Arm; they name nothing. */
static bool is_mapping_symbol(const struct pfl_elf_file *file, const char *name)
{
	return (file->ehdr.e_machine == EM_AARCH64 || file->ehdr.e_machine == EM_ARM) &&
	       name[0] == '$' && name[1] && strchr("adtx", name[1]) &&
	       (!name[2] || name[2] == '.');
}

static uint8_t bind_of(const GElf_Sym *sym)
{
	switch (GELF_ST_BIND(sym->st_info)) {
	case STB_WEAK:
		return PFL_BIND_WEAK;
	case STB_GLOBAL:
		return PFL_BIND_GLOBAL;
	default:
		return PFL_BIND_LOCAL;
	}
}

/*
 * In .symtab, ld writes the version of a dynamic symbol behind its name:
 * "read@@GLIBC_2.2.5". With and without debug files a function has one name.
 */
static void cut_version(char *name)
{
	char *at = strchr(name, '@');

	if (at && at > name)
		*at = '\0';
}

static int add_symbol(struct pfl_elf_file *file, const GElf_Sym *sym, uint32_t names,
		      uint32_t names_size)
{
	struct pfl_entry entry = { .start = sym->st_value, .bind = bind_of(sym) };
	const GElf_Shdr *shdr;
	char *name;
	int err;

	if (!is_code(sym) || !sym->st_name || sym->st_name >= names_size ||
	    sym->st_shndx == SHN_UNDEF || sym->st_shndx >= file->nsections)
		return 0;
	shdr = &file->sections[sym->st_shndx].shdr;
	entry.name = names + sym->st_name;
	name = file->table->names + entry.name;
	if (!(shdr->sh_flags & SHF_ALLOC) || !(shdr->sh_flags & SHF_EXECINSTR) || !*name ||
	    is_mapping_symbol(file, name))
		return 0;
	/* The lowest bit of a function's address says that it is Thumb code. */
	if (file->ehdr.e_machine == EM_ARM && GELF_ST_TYPE(sym->st_info) != STT_NOTYPE)
		entry.start &= ~(uint64_t)1;
	entry.end = shdr->sh_addr + shdr->sh_size;
	if (entry.start < shdr->sh_addr || entry.start >= entry.end)
		return 0;
	if (!sym->st_size)
		entry.flags = PFL_ENTRY_UNSIZED;
	else if (sym->st_size < entry.end - entry.start)
		entry.end = entry.start + sym->st_size;
	err = pfl_elf_bound_name(file, entry.name);
	if (err)
		return err;
	cut_version(name);
	return pfl_elf_add(file, entry);
}

static int add_symbols(struct pfl_elf_file *file, const struct pfl_elf_section *section,
		       uint32_t *names)
{
	const GElf_Shdr *shdr = &section->shdr;
	GElf_Sym sym;
	Elf_Data *data;
	int err;

	if (!shdr->sh_entsize)
		return -ENOEXEC;
	if (shdr->sh_size > MAX_SYMBOLS)
		return -EFBIG;
	data = elf_getdata(section->scn, NULL);
	if (!data)
		return -ENOEXEC;
	err = add_names(file, shdr->sh_link, names);
	if (err)
		return err;
	for (int i = 0; gelf_getsym(data, i, &sym); i++) {
		err = add_symbol(file, &sym, *names, file->table->names_size - *names);
		if (err)
			return err;
	}
	return 0;
}

static const struct pfl_elf_section *section_of_type(const struct pfl_elf_file *file,
						     uint32_t type)
{
	for (size_t i = 1; i < file->nsections; i++)
		if (file->sections[i].shdr.sh_type == type)
			return &file->sections[i];
	return NULL;
}

/* Not what is broken, of which something may be had, but what would take too much. */
static bool is_too_much(int err)
{
	return err == -ENOMEM || err == -EFBIG;
}

/* Where one of the tables is broken, what the other one has still counts. */
static int add_tables(struct pfl_elf_file *file)
{
	const struct pfl_elf_section *symtab = section_of_type(file, SHT_SYMTAB);
	const struct pfl_elf_section *dynsym = section_of_type(file, SHT_DYNSYM);
	int err = -ENODATA, dynamic_err;
	uint32_t names;

	if (symtab)
		err = add_symbols(file, symtab, &names);
	if (!dynsym || is_too_much(err))
		return err;
	dynamic_err = add_symbols(file, dynsym, &names);
	if (!dynamic_err)
		dynamic_err = pfl_elf_add_plt(file, dynsym, names);
	return is_too_much(dynamic_err) || err == -ENODATA ? dynamic_err : err;
}

/* The address of symbol @name in section @section, or -ENOENT. */
static int find_name(const struct pfl_elf_file *file, const struct pfl_elf_section *section,
		     const char *name, uint64_t *addr)
{
	Elf_Data *data;
	GElf_Sym sym;

	if (section->shdr.sh_size > MAX_SYMBOLS || section->shdr.sh_link >= file->nsections ||
	    file->sections[section->shdr.sh_link].shdr.sh_size > MAX_NAMES)
		return -ENOENT;
	data = elf_getdata(section->scn, NULL);
	for (int i = 0; data && gelf_getsym(data, i, &sym); i++) {
		const char *text = elf_strptr(file->elf, section->shdr.sh_link, sym.st_name);

		if (!text || strcmp(text, name))
			continue;
		*addr = sym.st_value;
		return 0;
	}
	return -ENOENT;
}

int pfl_elf_address(int fd, const char *name, uint64_t *addr)
{
	struct pfl_elf_file file = { .fd = fd, .elf = pfl_elf_begin(fd) };
	const struct pfl_elf_section *symtab;
	int err = -ENOENT;

	if (file.elf && elf_kind(file.elf) == ELF_K_ELF && !read_sections(&file)) {
		symtab = section_of_type(&file, SHT_SYMTAB);
		if (symtab)
			err = find_name(&file, symtab, name, addr);
	}
	free(file.sections);
	elf_end(file.elf);
	return err;
}

static int open_file(struct pfl_elf_file *file)
{
	if (!file->elf || elf_kind(file->elf) != ELF_K_ELF ||
	    !gelf_getehdr(file->elf, &file->ehdr) ||
	    (file->ehdr.e_type != ET_EXEC && file->ehdr.e_type != ET_DYN))
		return -ENOEXEC;
	return read_sections(file);
}

static void close_file(struct pfl_elf_file *file)
{
	free(file->sections);
	elf_end(file->elf);
}

static int open_fd(struct pfl_elf_file *file, int fd)
{
	struct stat st;

	file->fd = fd;
	if (fstat(fd, &st))
		return -errno;
	file->size = st.st_size;
	file->elf = pfl_elf_begin(fd);
	return open_file(file);
}

/*
 * Adds the symbols that lie in a debug file. Where the code is in the mapped
 * file only that file knows.
 */
static int add_debug_file(const struct pfl_elf_file *file, int fd)
{
	struct pfl_elf_file debug = {
		.terms = file->terms, .table = file->table, .code = file->code,
	};
	const struct pfl_elf_section *symtab;
	uint32_t names;
	int err = open_fd(&debug, fd);

	symtab = err ? NULL : section_of_type(&debug, SHT_SYMTAB);
	if (symtab && debug.ehdr.e_machine == file->ehdr.e_machine)
		err = add_symbols(&debug, symtab, &names);
	close_file(&debug);
	return err;
}

static int read_file(struct pfl_elf_file *file, int debug)
{
	int err = pfl_segments_read(file->elf, &file->code);

	if (!err && debug >= 0) {
		err = add_debug_file(file, debug);
		err = is_too_much(err) ? err : 0;
	}
	if (!err)
		err = add_tables(file);
	pfl_segments_free(&file->code);
	/* What a broken file did yield is kept. */
	if (is_too_much(err) || (err && !file->table->count))
		return err;
	err = pfl_symtab_finish_linked(file->table);
	return err ? err : file->table->count ? 0 : -ENODATA;
}

static int read_and_close(struct pfl_elf_file *file, int debug, int err)
{
	if (!err)
		err = read_file(file, debug);
	close_file(file);
	if (err)
		pfl_symtab_free(file->table);
	return err;
}

int pfl_elf_read(int fd, int debug, enum pfl_elf_terms terms, struct pfl_symtab *table)
{
	struct pfl_elf_file file = { .terms = terms, .table = table };

	*table = (struct pfl_symtab){ 0 };
	return read_and_close(&file, debug, open_fd(&file, fd));
}

int pfl_elf_read_image(const char *image, size_t size, struct pfl_symtab *table)
{
	struct pfl_elf_file file = { .fd = -1, .image = image, .size = size, .table = table };

	*table = (struct pfl_symtab){ 0 };
	elf_version(EV_CURRENT);
	file.elf = elf_memory((char *)image, size);
	return read_and_close(&file, -1, open_file(&file));
}
