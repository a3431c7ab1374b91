/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "symbol/elf-file.h"

static Elf *with_few_sections(Elf *elf)
{
	size_t count;

	if (elf && elf_kind(elf) == ELF_K_ELF && !elf_getshdrnum(elf, &count) &&
	    count > PFL_ELF_MAX_SECTIONS) {
		elf_end(elf);
		return NULL;
	}
	return elf;
}

static Elf *begin(int fd, Elf_Cmd how)
{
	union {
		unsigned char ident[EI_NIDENT];
		Elf32_Ehdr e32;
		Elf64_Ehdr e64;
	} head;
	bool large_counts;

	/* The values compared with read the same in either byte order. */
	if (pread(fd, &head, sizeof(head), 0) != sizeof(head))
		return NULL;
	if (head.ident[EI_CLASS] == ELFCLASS32)
		large_counts = (head.e32.e_shoff && !head.e32.e_shnum) ||
			       head.e32.e_phnum == PN_XNUM;
	else
		large_counts = (head.e64.e_shoff && !head.e64.e_shnum) ||
			       head.e64.e_phnum == PN_XNUM;
	if (large_counts)
		return NULL;
	elf_version(EV_CURRENT);
	return with_few_sections(elf_begin(fd, how, NULL));
}

Elf *pfl_elf_begin(int fd)
{
	return begin(fd, ELF_C_READ);
}

Elf *pfl_elf_begin_mapped(int fd)
{
	return begin(fd, ELF_C_READ_MMAP);
}

/* Far more than they take, but some tools keep the names of all symbols in the same section. */
#define MAX_NAMES (64u << 20)

int pfl_elf_names(Elf *elf, size_t *index)
{
	Elf_Data *data = NULL;
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	if (!elf_getshdrstrndx(elf, index))
		scn = elf_getscn(elf, *index);
	if (scn && gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_STRTAB &&
	    !(shdr.sh_flags & SHF_COMPRESSED) && shdr.sh_size <= MAX_NAMES)
		data = elf_rawdata(scn, NULL);
	if (!data || !data->d_buf || !data->d_size || ((char *)data->d_buf)[data->d_size - 1])
		return -ENOEXEC;
	return 0;
}

Elf_Scn *pfl_elf_find_section(Elf *elf, const char *name)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	size_t names;

	if (elf_kind(elf) != ELF_K_ELF || pfl_elf_names(elf, &names))
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *found = NULL;

		if (gelf_getshdr(scn, &shdr))
			found = elf_strptr(elf, names, shdr.sh_name);
		if (found && !strcmp(found, name))
			return scn;
	}
	return NULL;
}
