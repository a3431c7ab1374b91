/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PFL_SYMBOL_VDSO_H
#define PFL_SYMBOL_VDSO_H

#include "machine/dso.h"
#include "symbol/symtab.h"

/*
 * A copy (libelf wants memory that it could write to) of the vdso that this
 * kernel maps into processes like this one, the caller's to free, and its
 * build-id. 0; -ENOENT: there is none; -ENOMEM.
 */
int pfl_vdso_copy(char **image, size_t *size, struct pfl_build_id *id);

/*
 * Symbols of the vdso that this kernel maps into processes like this one, by
 * offset, and its build-id. As pfl_vdso_copy() and pfl_elf_read().
 */
int pfl_vdso_read(struct pfl_symtab *table, struct pfl_build_id *id);

#endif
