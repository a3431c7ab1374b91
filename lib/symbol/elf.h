/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Symbols out of ELF files.
 */
#ifndef PFL_SYMBOL_ELF_H
#define PFL_SYMBOL_ELF_H

#include "symbol/symtab.h"

/* What the table's addresses are. */
enum pfl_elf_terms {
	PFL_ELF_OFFSETS,	/* offsets in the file, as mappings have them */
	PFL_ELF_ADDRESSES,	/* virtual addresses, as linked */
};

/*
 * Reads the functions of .symtab and .dynsym and the PLT entries into @table
 * and finishes it; @debug is the file's separate debug file, or -1. 0; -ENOEXEC:
 * no ELF file, or one too broken to read; -ENODATA: it has no symbols; -EFBIG: more
 * than any program; -ENOMEM.
 *
 * @fd may itself be a debug file, whose program is gone, as far as that tells
 * where the code was.
 *
 * The file is read with pread(2), section by section, and never mapped: one
 * that is cut short meanwhile then reads short instead of killing us with SIGBUS.
 */
int pfl_elf_read(int fd, int debug, enum pfl_elf_terms terms, struct pfl_symtab *table);

/* The same for an image in memory, which is not written to. */
int pfl_elf_read_image(const char *image, size_t size, struct pfl_symtab *table);

/* The virtual address of the symbol @name in .symtab. 0 or -ENOENT. */
int pfl_elf_address(int fd, const char *name, uint64_t *addr);

#endif
