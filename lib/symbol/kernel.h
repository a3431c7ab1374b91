/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The running kernel's symbols, and whether they are those of a recording.
 */
#ifndef PFL_SYMBOL_KERNEL_H
#define PFL_SYMBOL_KERNEL_H

#include "machine/dso.h"
#include "symbol/symtab.h"
#include "symbol/variables.h"

struct pfl_kernel {
	struct pfl_symtab table;	/* by address */
	uint64_t text;			/* address of _text, or 0 */
	uint64_t stext;			/* of _stext */
	/* Where the scheduler's and the locks' own functions are; 0: not known. */
	uint64_t sched_start, sched_end, lock_start, lock_end;
	struct pfl_variables variables;	/* of the kernel itself, their names in ->table.names */
};

/* Reads /proc/kallsyms. 0; -EPERM: the kernel hides the addresses; -errno. */
int pfl_kernel_read(struct pfl_kernel *kernel);
void pfl_kernel_free(struct pfl_kernel *kernel);

/*
 * The same from @text, of @size bytes and a NUL behind them, which must come
 * from malloc() and belongs to @kernel from now on, whatever is returned.
 */
int pfl_kernel_parse(struct pfl_kernel *kernel, char *text, size_t size);

/*
 * Whether @dso (of a KERNEL or a MODULE) is the one that runs now: by build-id
 * or, where the recording has none, by @same_host: that its host name and
 * kernel release are this machine's.
 */
bool pfl_kernel_is_running(const struct pfl_dso *dso, bool same_host);

/*
 * What to add to @dso's addresses, maybe recorded before a reboot moved it, to
 * get @kernel's. 0; -ESTALE: the recording does not tell where it was, or it
 * has moved and there is no build-id to show that it still is the same.
 */
int pfl_kernel_slide(const struct pfl_kernel *kernel, const struct pfl_dso *dso, uint64_t *slide);

/*
 * The symbols of the kernel @release with @dso's build-id, from a vmlinux on
 * disk, at the addresses recorded. 0; -ENOENT: there is none; -ENOMEM.
 */
int pfl_kernel_read_vmlinux(const struct pfl_dso *dso, const char *release,
			    struct pfl_symtab *table, uint64_t *slide);

#endif
