/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The DSOs of a machine and the code in them, each numbered once.
 */
#ifndef PFL_MACHINE_DSOS_H
#define PFL_MACHINE_DSOS_H

#include "machine/machine.h"

/* Makes the DSOs that every machine has. 0 or -ENOMEM. */
int pfl_dsos_init(struct pfl_machine *machine);
void pfl_dsos_free(struct pfl_machine *machine);

/* Whether a recording means the kernel itself, not a module, by @path. */
bool pfl_dso_is_kernel(const char *path);

/*
 * The number of the DSO that is like @dso in path, inode and build-id, as far as
 * both are known; made of a copy where there is none. PFL_NONE: out of memory.
 */
uint32_t pfl_dsos_add(struct pfl_machine *machine, const struct pfl_dso *dso);

#endif
