/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel stack of a thread that sleeps, which /proc tells by names. Samples
 * have addresses: the kernel's list of symbols leads back to them.
 */
#ifndef PFL_RECORD_KERNELSTACK_H
#define PFL_RECORD_KERNELSTACK_H

#include "symbol/kernel.h"
#include "util/table.h"

#define PFL_KERNEL_STACK_MAX 127	/* frames: what the kernel lets samples have, too */

struct pfl_kernel_names {
	struct pfl_kernel kernel;
	struct pfl_table by_name;	/* place of the entry, by the hash of its name */
};

/* 0; -EPERM: the kernel hides its addresses; -errno. pfl_kernel_names_free() follows in any case. */
int pfl_kernel_names_read(struct pfl_kernel_names *names);
void pfl_kernel_names_free(struct pfl_kernel_names *names);

/*
 * The addresses that @text tells, lines of "[<0>] NAME+0xOFFSET/0xSIZE [MODULE]", to @out, which
 * has room for PFL_KERNEL_STACK_MAX. How many; what has no address here is passed over.
 */
unsigned int pfl_kernel_stack_parse(const struct pfl_kernel_names *names, const char *text,
				    uint64_t *out);

#endif
