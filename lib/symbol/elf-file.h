/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the readers of ELF files in this folder share.
 */
#ifndef PFL_SYMBOL_ELF_FILE_H
#define PFL_SYMBOL_ELF_FILE_H

#include <gelf.h>

#include "symbol/elf.h"
#include "symbol/segments.h"

/*
 * Opens @fd for libelf, without mapping it. NULL for headers that would have
 * libelf allocate by a count of sections or segments that is found elsewhere
 * than in the ELF header, or that is beyond PFL_ELF_MAX_SECTIONS: no program or
 * library needs that, but a sparse file could claim hundreds of millions.
 */
Elf *pfl_elf_begin(int fd);

/* The same, mapped where it can be: for files that nobody else can cut short meanwhile. */
Elf *pfl_elf_begin_mapped(int fd);

/* A program has some forty, a kernel a hundred. Each look for one takes them all in turn. */
#define PFL_ELF_MAX_SECTIONS 4096

/*
 * The section that holds the sections' names, if it is no larger than it should be, and ends
 * the last one: libelf looks for the end of each name it hands out from there backwards.
 * 0 or -ENOEXEC.
 */
int pfl_elf_names(Elf *elf, size_t *index);

/* The first section called @name, or NULL. */
Elf_Scn *pfl_elf_find_section(Elf *elf, const char *name);

struct pfl_elf_section {
	Elf_Scn *scn;
	GElf_Shdr shdr;
	const char *name;	/* never NULL */
};

struct pfl_elf_file {
	Elf *elf;
	int fd;			/* -1: @image */
	const char *image;
	size_t size;
	enum pfl_elf_terms terms;
	GElf_Ehdr ehdr;
	struct pfl_elf_section *sections;	/* by number; 0 is not one */
	size_t nsections;
	struct pfl_segments code;
	struct pfl_symtab *table;
	uint64_t looked_at;	/* bytes of names */
};

/* The section called @name, or NULL. */
const struct pfl_elf_section *pfl_elf_section(const struct pfl_elf_file *file, const char *name);

/*
 * Cuts the name at @name in the table's where it is longer than any compiler's. 0 or -EFBIG:
 * together they are; whoever made the file may have a million symbols share one name of
 * megabytes.
 */
int pfl_elf_bound_name(struct pfl_elf_file *file, uint32_t name);

/* Adds @entry, given in virtual addresses, in the terms asked for. 0, -EFBIG or -ENOMEM. */
int pfl_elf_add(struct pfl_elf_file *file, struct pfl_entry entry);

/*
 * Adds an entry for each PLT stub that leads to a symbol of .dynsym, whose
 * names lie at @names. 0, -EFBIG or -ENOMEM.
 */
int pfl_elf_add_plt(struct pfl_elf_file *file, const struct pfl_elf_section *dynsym,
		    uint32_t names);

#endif
