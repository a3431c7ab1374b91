/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the kernel's text lies. Takes rights that are given up once the events
 * are open.
 */
#ifndef PFL_RECORD_KERNELTEXT_H
#define PFL_RECORD_KERNELTEXT_H

#include "record/sys.h"

struct pfl_kernel_text {
	const char *name;	/* as perf names its mapping, after the symbol it starts with */
	uint64_t start;		/* 0: the kernel does not show addresses */
	uint64_t size;
};

void pfl_kernel_text_read(struct pfl_kernel_text *text, const struct pfl_sys *sys);

#endif
