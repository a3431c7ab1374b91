/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/dsos.h"
#include "machine/machine.h"
#include "machine/memory.h"
#include "machine/processes.h"
#include "util/array.h"
#include "util/bytes.h"

int pfl_machine_init(struct pfl_machine *machine, struct pfl_ctx *ctx)
{
	*machine = (struct pfl_machine){ .ctx = ctx, .maps_room.limit = PFL_MAPS_BYTES_MAX };
	machine->kernel = pfl_maps_new(&machine->maps_room);
	if (!machine->kernel || pfl_dsos_init(machine)) {
		pfl_machine_free(machine);
		return -ENOMEM;
	}
	return 0;
}

void pfl_machine_free(struct pfl_machine *machine)
{
	for (uint32_t i = 0; i < machine->ntasks; i++)
		pfl_process_leave(&machine->tasks[i]);
	free(machine->tasks);
	pfl_table_free(&machine->by_tid);
	pfl_processes_free(machine);
	pfl_maps_drop(machine->kernel);
	pfl_dsos_free(machine);
	pfl_strings_free(&machine->names);
	*machine = (struct pfl_machine){ 0 };
}

static uint32_t nameless(struct pfl_machine *machine, int32_t tid)
{
	char name[16];
	int len = snprintf(name, sizeof(name), ":%d", tid);

	return tid ? pfl_strings_add(&machine->names, name, len) :
		     pfl_strings_add(&machine->names, "swapper", 7);
}

static struct pfl_task *new_task(struct pfl_machine *machine, int32_t pid, int32_t tid)
{
	struct pfl_process *process = pfl_process_of(machine, pid);
	struct pfl_task *tasks, *task;

	tasks = pfl_array_grow(machine->tasks, machine->ntasks, &machine->tasks_room, sizeof(*tasks));
	if (!tasks)
		return NULL;
	machine->tasks = tasks;
	task = &tasks[machine->ntasks];
	*task = (struct pfl_task){ .pid = pid, .tid = tid, .root = PFL_NONE, .named = !tid };
	task->comm = nameless(machine, tid);
	task->wanted = !machine->wants || machine->wants(machine->wants_data, pid, tid);
	if (!process || task->comm == PFL_NONE)
		return NULL;
	pfl_process_join(process, task);
	machine->ntasks++;
	return task;
}

static uint32_t *task_number(struct pfl_machine *machine, int32_t tid)
{
	return pfl_table_put(&machine->by_tid, (uint32_t)tid);
}

struct pfl_task *pfl_machine_task(struct pfl_machine *machine, int32_t pid, int32_t tid)
{
	uint32_t *number = task_number(machine, tid);
	struct pfl_task *task;

	if (!number)
		return NULL;
	if (*number != PFL_NONE)
		return &machine->tasks[*number];
	task = new_task(machine, pid, tid);
	if (task)
		*number = task - machine->tasks;
	return task;
}

const struct pfl_maps *pfl_machine_maps(const struct pfl_machine *machine, int32_t pid, int32_t tid)
{
	uint32_t number = pfl_table_get(&machine->by_tid, (uint32_t)tid);
	const struct pfl_process *process = number == PFL_NONE ? NULL : machine->tasks[number].process;

	return process && process->pid == pid ? process->maps : NULL;
}

/* The task of a record that names its process: one that exited, or was another's, starts anew. */
static struct pfl_task *living_task(struct pfl_machine *machine, int32_t pid, int32_t tid)
{
	struct pfl_task *task = pfl_machine_task(machine, pid, tid);
	struct pfl_process *process;

	if (!task || (task->process && !task->exited && task->pid == pid))
		return task;
	process = pfl_process_of(machine, pid);
	if (!process)
		return NULL;
	task->pid = pid;
	task->root = PFL_NONE;
	pfl_process_join(process, task);
	return task;
}

/*
 * To a recorder inside a PID namespace everything outside of it is thread 0 of
 * process 0. Their names and mappings would be one another's: they get one name,
 * and no mappings. The idle tasks, whose number that is, never have records.
 */
static int meet_outsider(struct pfl_machine *machine)
{
	static const char name[] = "[outside the PID namespace]";
	struct pfl_task *task = pfl_machine_task(machine, 0, 0);

	if (!task)
		return -ENOMEM;
	task->comm = pfl_strings_add(&machine->names, name, sizeof(name) - 1);
	task->root = PFL_NONE;
	return task->comm == PFL_NONE ? -ENOMEM : 0;
}

/* COMM: pid, tid, the name. */
static int apply_comm(struct pfl_machine *machine, struct pfl_bytes *bytes, uint16_t misc)
{
	int32_t pid = pfl_bytes_u32(bytes);
	int32_t tid = pfl_bytes_u32(bytes);
	const char *comm = pfl_bytes_string(bytes, pfl_bytes_left(bytes));
	struct pfl_process *process;
	struct pfl_task *task;

	if (!comm) {
		machine->bad++;
		return 0;
	}
	if (!tid)
		return meet_outsider(machine);
	task = living_task(machine, pid, tid);
	if (!task)
		return -ENOMEM;
	task->comm = pfl_strings_add(&machine->names, comm, strlen(comm));
	task->named = true;
	task->root = PFL_NONE;
	if (task->comm == PFL_NONE)
		return -ENOMEM;
	if (!(misc & PERF_RECORD_MISC_COMM_EXEC))
		return 0;
	process = pfl_process_replace(machine, pid, pfl_maps_new(&machine->maps_room));
	if (!process)
		return -ENOMEM;
	pfl_process_join(process, task);
	return 0;
}

/* perf's own mark (perf's util/event.h): it tells of a process that ran before, mappings follow. */
#define MISC_FORK_EXEC (1 << 13)

/* A process that forks is copied as it is; a thread joins. */
static struct pfl_process *process_of_child(struct pfl_machine *machine, int32_t pid,
					    const struct pfl_task *parent, uint16_t misc)
{
	struct pfl_process *from = parent->process, *child;

	if (pid == parent->pid)
		return from;
	if (misc & MISC_FORK_EXEC)
		return pfl_process_replace(machine, pid, pfl_maps_new(&machine->maps_room));
	child = pfl_process_replace(machine, pid, pfl_maps_hold(from->maps));
	if (child && from->memory)
		child->memory = pfl_maps_hold(from->memory);
	if (child)
		child->heap = from->heap;
	return child;
}

/* FORK: pid, ppid, tid, ptid, time. */
static int apply_fork(struct pfl_machine *machine, struct pfl_bytes *bytes, uint16_t misc)
{
	int32_t pid = pfl_bytes_u32(bytes);
	int32_t ppid = pfl_bytes_u32(bytes);
	int32_t tid = pfl_bytes_u32(bytes);
	int32_t ptid = pfl_bytes_u32(bytes);
	struct pfl_process *process;
	struct pfl_task *parent, *child;
	uint32_t parent_number;

	if (bytes->bad) {
		machine->bad++;
		return 0;
	}
	/* perf tells of processes that ran before as their own parents' children, in any order. */
	if (tid == ptid)
		return living_task(machine, pid, tid) ? 0 : -ENOMEM;
	parent = living_task(machine, ppid, ptid);
	if (!parent)
		return -ENOMEM;
	parent_number = parent - machine->tasks;
	child = pfl_machine_task(machine, pid, tid);
	parent = &machine->tasks[parent_number];
	process = child ? process_of_child(machine, pid, parent, misc) : NULL;
	if (!process)
		return -ENOMEM;
	pfl_process_join(process, child);
	child->pid = pid;
	child->comm = parent->comm;
	child->named = parent->named;
	child->root = PFL_NONE;
	child->wanted = parent->wanted ||
			!machine->wants || machine->wants(machine->wants_data, pid, tid);
	return 0;
}

/* Keeps the mappings of the task's process for now, and forgets those of one that exited long ago. */
static void remember(struct pfl_machine *machine, uint32_t number)
{
	uint32_t *place = &machine->exited[machine->nexited++ % PFL_REMEMBERED];
	struct pfl_task *task = &machine->tasks[number];

	if (machine->nexited > PFL_REMEMBERED && machine->tasks[*place].exited)
		pfl_process_leave(&machine->tasks[*place]);
	*place = number;
	if (!task->exited && task->process)
		task->process->living--;
	task->exited = true;
}

/*
 * EXIT: as FORK. The kernel goes on with the task for a while, under its name.
 * Nothing of it runs in user space any more, but what it is sampled in then was
 * called from there.
 */
static int apply_exit(struct pfl_machine *machine, struct pfl_bytes *bytes)
{
	int32_t pid = pfl_bytes_u32(bytes);
	uint32_t number;

	pfl_bytes_u32(bytes);
	number = pfl_table_get(&machine->by_tid, pfl_bytes_u32(bytes));
	if (bytes->bad) {
		machine->bad++;
		return 0;
	}
	if (number == PFL_NONE)
		return 0;
	remember(machine, number);
	pfl_process_reap(machine, pid);
	return 0;
}

static bool anonymous(const char *path)
{
	static const char *const prefixes[] = {
		"//anon", "[anon", "[heap]", "[stack", "anon_inode:", "/memfd:", "/dev/zero",
		"/anon_hugepage", "/SYSV", "/dev/shm/", "memfd:",
	};

	for (unsigned int i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (!strncmp(path, prefixes[i], strlen(prefixes[i])))
			return true;
	return !*path;
}

/*
 * Where all mappings take too much, the address space that would take more loses its
 * own: to leave out only @map could leave something else in its place.
 */
static int put_map(struct pfl_machine *machine, struct pfl_maps **maps, const struct pfl_map *map)
{
	int err = pfl_maps_put(maps, map);
	struct pfl_maps *none;

	if (err != -ENOSPC)
		return err;
	none = pfl_maps_new(&machine->maps_room);
	if (!none)
		return -ENOMEM;
	machine->maps_left_out++;
	pfl_maps_drop(*maps);
	*maps = none;
	return 0;
}

static int map_memory(struct pfl_machine *machine, int32_t pid, struct pfl_map map,
		      const char *path)
{
	struct pfl_process *process = pfl_process_of(machine, pid);

	if (process && !process->memory)
		process->memory = pfl_maps_new(&machine->maps_room);
	if (!process || !process->memory)
		return -ENOMEM;
	map.dso = pfl_memory_of(process, &map, path);
	if (map.dso == PFL_MEMORY_HEAP && (!process->heap || map.start < process->heap))
		process->heap = map.start;
	return put_map(machine, &process->memory, &map);
}

/* What a mapping of user space is called decides what it is. */
static void classify(struct pfl_dso *dso, int32_t pid)
{
	dso->kind = PFL_DSO_FILE;
	dso->pid = pid;
	if (!strcmp(dso->path, "[vdso]") || !strcmp(dso->path, "[vdso32]"))
		dso->kind = PFL_DSO_VDSO;
	else if (anonymous(dso->path))
		dso->kind = PFL_DSO_ANON;
}

static int map_user(struct pfl_machine *machine, int32_t pid, struct pfl_map *map,
		    struct pfl_dso *dso)
{
	struct pfl_process *process = pfl_process_of(machine, pid);

	if (!process)
		return -ENOMEM;
	if (map->dso != PFL_NONE) {
		classify(dso, pid);
		if (dso->kind == PFL_DSO_ANON)
			map->offset = map->start;
		else if (dso->kind == PFL_DSO_VDSO)
			map->offset = 0;
		map->dso = pfl_dsos_add(machine, dso);
		if (map->dso == PFL_NONE)
			return -ENOMEM;
	}
	return put_map(machine, &process->maps, map);
}

/* Offsets of kernel code are its addresses: kallsyms knows no others. */
static int map_kernel(struct pfl_machine *machine, struct pfl_map *map, struct pfl_dso *dso)
{
	struct pfl_dso *kernel = &machine->dsos[PFL_DSO_NUMBER_KERNEL];

	if (pfl_dso_is_kernel(dso->path)) {
		/* pgoff of this one record is the address of _text, the start has been rounded */
		kernel->start = map->offset ? map->offset : map->start;
		if (dso->build_id.size)
			kernel->build_id = dso->build_id;
		return 0;
	}
	dso->kind = PFL_DSO_MODULE;
	dso->start = map->start;
	map->offset = map->start;
	map->dso = pfl_dsos_add(machine, dso);
	return map->dso == PFL_NONE ? -ENOMEM :
	       put_map(machine, &machine->kernel, map);
}

/*
 * The misc bit alone does not tell: kernels up to 6.18 at least leave it set on
 * the records of events that never asked for build-ids, where another event on
 * the box has. Where no event of the recording asked, only the full length is
 * believed (perf inject adds such ones), which as a device number is nobody's.
 */
static bool is_build_id(const struct pfl_machine *machine, const unsigned char *id, uint16_t misc)
{
	if (!(misc & PERF_RECORD_MISC_MMAP_BUILD_ID) || id[1] || id[2] || id[3])
		return false;
	return id[0] == PFL_BUILD_ID_MAX || (machine->build_ids && id[0] < PFL_BUILD_ID_MAX);
}

/* 24 bytes: the inode, or the build-id's length, three zeroes and the id. */
static void take_identity(const struct pfl_machine *machine, struct pfl_dso *dso,
			  struct pfl_bytes *bytes, uint16_t misc)
{
	const unsigned char *id = bytes->at;

	if (pfl_bytes_left(bytes) >= 24 && is_build_id(machine, id, misc)) {
		dso->build_id.size = id[0];
		memcpy(dso->build_id.bytes, id + 4, id[0]);
		pfl_bytes_take(bytes, 24);
		return;
	}
	dso->maj = pfl_bytes_u32(bytes);
	dso->min = pfl_bytes_u32(bytes);
	dso->ino = pfl_bytes_u64(bytes);
	dso->ino_gen = pfl_bytes_u64(bytes);
}

/* MMAP and MMAP2: pid, tid, addr, len, pgoff; MMAP2: inode or build-id, prot, flags; the path. */
static int apply_mmap(struct pfl_machine *machine, struct pfl_bytes *bytes,
		      const struct perf_event_header *record)
{
	bool executable = !(record->misc & PERF_RECORD_MISC_MMAP_DATA);
	uint16_t mode = record->misc & PERF_RECORD_MISC_CPUMODE_MASK;
	int32_t pid = pfl_bytes_u32(bytes);
	struct pfl_map map = { .dso = 0 };
	struct pfl_dso dso = { .kind = PFL_DSO_FILE };

	pfl_bytes_u32(bytes);
	map.start = pfl_bytes_u64(bytes);
	map.end = map.start + pfl_bytes_u64(bytes);
	map.offset = pfl_bytes_u64(bytes);
	if (record->type == PERF_RECORD_MMAP2) {
		take_identity(machine, &dso, bytes, record->misc);
		executable = pfl_bytes_u32(bytes) & 4 /* PROT_EXEC */;
		pfl_bytes_u32(bytes);
	}
	dso.path = pfl_bytes_string(bytes, pfl_bytes_left(bytes));
	if (!dso.path || map.end < map.start) {
		machine->bad++;
		return 0;
	}
	if (mode == PERF_RECORD_MISC_KERNEL)
		return map_kernel(machine, &map, &dso);
	if (mode != PERF_RECORD_MISC_USER && mode != PERF_RECORD_MISC_CPUMODE_UNKNOWN)
		return 0;	/* a guest's */
	if (!pid)
		return meet_outsider(machine);
	if (machine->keep_memory && map_memory(machine, pid, map, dso.path))
		return -ENOMEM;
	if (!executable)
		map.dso = PFL_NONE;
	return map_user(machine, pid, &map, &dso);
}

int pfl_machine_apply(struct pfl_machine *machine, const struct perf_event_header *record,
		      unsigned int trailer)
{
	struct pfl_bytes bytes;

	if (record->size < sizeof(*record) + trailer) {
		machine->bad++;
		return 0;
	}
	bytes = pfl_bytes(record + 1, record->size - sizeof(*record) - trailer, false);
	switch (record->type) {
	case PERF_RECORD_COMM:
		return apply_comm(machine, &bytes, record->misc);
	case PERF_RECORD_FORK:
		return apply_fork(machine, &bytes, record->misc);
	case PERF_RECORD_EXIT:
		return apply_exit(machine, &bytes);
	case PERF_RECORD_MMAP:
	case PERF_RECORD_MMAP2:
		return apply_mmap(machine, &bytes, record);
	default:
		return 0;
	}
}
