/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "machine/processes.h"
#include "util/array.h"

static void drop(struct pfl_process *process)
{
	if (!process || --process->refs)
		return;
	pfl_maps_drop(process->maps);
	pfl_maps_drop(process->memory);
	free(process);
}

void pfl_processes_free(struct pfl_machine *machine)
{
	for (uint32_t i = 0; i < machine->nprocesses; i++)
		drop(machine->processes[i]);
	free(machine->processes);
	pfl_table_free(&machine->by_pid);
}

/* A place in the table for @pid; what is there is a process that lives, or NULL. */
static struct pfl_process **place_of(struct pfl_machine *machine, int32_t pid)
{
	uint32_t *number = pfl_table_put(&machine->by_pid, (uint32_t)pid);
	struct pfl_process **list;

	if (!number)
		return NULL;
	if (*number == PFL_NONE) {
		list = pfl_array_grow(machine->processes, machine->nprocesses,
				      &machine->processes_room, sizeof(*list));
		if (!list)
			return NULL;
		machine->processes = list;
		*number = machine->nprocesses;
		machine->processes[machine->nprocesses++] = NULL;
	}
	return &machine->processes[*number];
}

struct pfl_process *pfl_process_of(struct pfl_machine *machine, int32_t pid)
{
	struct pfl_process **place = place_of(machine, pid);
	struct pfl_process *process = place ? *place : NULL;

	return process ? process :
	       pfl_process_replace(machine, pid, pfl_maps_new(&machine->maps_room));
}

struct pfl_process *pfl_process_replace(struct pfl_machine *machine, int32_t pid,
					struct pfl_maps *maps)
{
	struct pfl_process **place = maps ? place_of(machine, pid) : NULL;
	struct pfl_process *process = place ? malloc(sizeof(*process)) : NULL;

	if (!process) {
		pfl_maps_drop(maps);
		return NULL;
	}
	*process = (struct pfl_process){ .pid = pid, .refs = 1, .maps = maps };
	drop(*place);
	return *place = process;
}

void pfl_process_reap(struct pfl_machine *machine, int32_t pid)
{
	uint32_t number = pfl_table_get(&machine->by_pid, (uint32_t)pid);
	struct pfl_process **place;

	if (number == PFL_NONE)
		return;
	place = &machine->processes[number];
	if (*place && !(*place)->living) {
		drop(*place);
		*place = NULL;
	}
}

void pfl_process_join(struct pfl_process *process, struct pfl_task *task)
{
	process->refs++;
	process->living++;
	pfl_process_leave(task);
	task->process = process;
	task->exited = false;
}

void pfl_process_leave(struct pfl_task *task)
{
	if (task->process && !task->exited)
		task->process->living--;
	drop(task->process);
	task->process = NULL;
}
