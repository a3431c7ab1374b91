/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PFL_SYMBOL_VDSO_H
#define PFL_SYMBOL_VDSO_H

#include "machine/dso.h"
#include "symbol/symtab.h"

/*
 * Symbols of the vdso that this kernel maps into processes like this one, by
 * offset, and its build-id. 0; -ENOENT: there is none; else as pfl_elf_read().
 */
int pfl_vdso_read(struct pfl_symtab *table, struct pfl_build_id *id);

#endif
