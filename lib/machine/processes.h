/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The processes of a machine, by the number that they have now. Each is held by its
 * tasks, and by its place in the table until the last of them has exited.
 */
#ifndef PFL_MACHINE_PROCESSES_H
#define PFL_MACHINE_PROCESSES_H

#include "machine/machine.h"

void pfl_processes_free(struct pfl_machine *machine);

/* Process @pid, which has no mappings where the recording never told of it. NULL: out of memory. */
struct pfl_process *pfl_process_of(struct pfl_machine *machine, int32_t pid);

/*
 * A new process @pid with @maps, whose reference it takes, in any case. Whoever held this
 * number before is gone: it was given away again. NULL: out of memory, or @maps is NULL.
 */
struct pfl_process *pfl_process_replace(struct pfl_machine *machine, int32_t pid,
					struct pfl_maps *maps);

/* A thread of process @pid exited: the table forgets a process when its last one did. */
void pfl_process_reap(struct pfl_machine *machine, int32_t pid);

/* Makes @task part of @process, and no longer of what it was part of before. */
void pfl_process_join(struct pfl_process *process, struct pfl_task *task);

/* Gives up what the task is part of, alive or not. */
void pfl_process_leave(struct pfl_task *task);

#endif
