/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is mapped where: tasks, their address spaces and DSOs, as of the record
 * that was handled last. Records come in time order, so there is only a present.
 */
#ifndef PFL_MACHINE_MACHINE_H
#define PFL_MACHINE_MACHINE_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

#include "machine/dso.h"
#include "machine/maps.h"
#include "util/context.h"
#include "util/table.h"

/* A process: what its threads share. */
struct pfl_process {
	int32_t pid;
	uint32_t refs;		/* its threads, and its place in the table of processes */
	uint32_t living;	/* threads that have not exited */
	struct pfl_maps *maps;
	struct pfl_maps *memory;	/* all mappings: machine/memory.h; NULL: nobody asks */
	uint64_t heap;			/* address of the lowest heap among them; 0: there is none */
};

struct pfl_task {
	int32_t pid, tid;
	uint32_t comm;		/* number in machine->names */
	bool named;		/* the recording told its comm */
	bool wanted;		/* by pid or tid, or forked by one that is */
	bool exited;		/* ->process is what it was, and remembered for a while only */
	struct pfl_process *process;	/* NULL: exited long ago */
	uint32_t root;		/* cache of the fold: the stack node it starts from, or PFL_NONE */
};

/* Code: an offset in a DSO. A caller stands for the call before its return address. */
struct pfl_code {
	uint64_t offset;
	uint32_t dso;
	bool caller;
	bool root;		/* a walk ended here because nobody called it */
};

struct pfl_address_slot;

/* Tasks that have just exited: about as many as there are CPUs on which one still may. */
#define PFL_REMEMBERED 256

struct pfl_machine {
	struct pfl_ctx *ctx;
	struct pfl_strings names;	/* comms, paths */
	struct pfl_task *tasks;
	uint32_t ntasks, tasks_room;
	struct pfl_table by_tid;	/* tid to number in tasks */
	uint32_t exited[PFL_REMEMBERED];	/* numbers of the last ones that did, in a circle */
	uint32_t nexited;		/* so far */
	struct pfl_process **processes;
	uint32_t nprocesses, processes_room;
	struct pfl_table by_pid;	/* pid to number in processes */
	struct pfl_maps_room maps_room;	/* what all mappings take */
	uint64_t maps_left_out;		/* mappings that were too many, and cost their process all it had */
	struct pfl_maps *kernel;	/* modules; all else above is the kernel's own */
	struct pfl_dso *dsos;
	uint32_t ndsos, dsos_room;
	struct pfl_table by_path;	/* path's number to the newest DSO of that path … */
	uint32_t *older;		/* … and on to the one before it */
	struct pfl_build_id *told;	/* build-ids told by path … */
	uint32_t ntold, told_room;
	struct pfl_table told_of;	/* … and the number of the path's */
	struct pfl_table (*code_of)[2];	/* for each DSO, not callers and callers: offset to code */
	struct pfl_code *code;
	uint32_t ncode, code_room;
	struct pfl_address_slot *recent; /* addresses resolved lately */
	bool keep_memory;		/* somebody will ask what data is mapped where */
	bool build_ids;			/* mappings may carry them instead of an inode */
	uint64_t bad;			/* records that did not hold what they must */
	bool (*wants)(void *data, int32_t pid, int32_t tid);	/* NULL: everybody */
	void *wants_data;
	void (*made)(void *data, struct pfl_dso *dso);	/* of each new DSO; NULL: nobody asks */
	void *made_data;
};

/*
 * What all mappings may take. A mapping is 32 bytes, and what processes have of their
 * parents is shared: eight million, where a busy box has a hundred thousand.
 */
#define PFL_MAPS_BYTES_MAX (256u << 20)

/* DSOs that every machine has. */
enum { PFL_DSO_NUMBER_UNKNOWN, PFL_DSO_NUMBER_KERNEL };

int pfl_machine_init(struct pfl_machine *machine, struct pfl_ctx *ctx);
void pfl_machine_free(struct pfl_machine *machine);

/*
 * Applies a record; those that concern no task or mapping are passed over.
 * @trailer bytes at its end belong to sample_id_all. 0 or -ENOMEM; a record that
 * does not hold what it must is counted in ->bad and left out.
 */
int pfl_machine_apply(struct pfl_machine *machine, const struct perf_event_header *record,
		      unsigned int trailer);

/* The task, made (nameless) where the recording never told of it. NULL: out of memory. */
struct pfl_task *pfl_machine_task(struct pfl_machine *machine, int32_t pid, int32_t tid);

/* The mappings of @pid as they are now. NULL: there are none, or no such thread in it. */
const struct pfl_maps *pfl_machine_maps(const struct pfl_machine *machine, int32_t pid,
					int32_t tid);

/*
 * The code at @address of @task, in the kernel or not: its number, or PFL_NONE
 * when memory ran out. Equal (DSO, offset, caller) have equal numbers, in
 * whichever process, at whatever address.
 */
uint32_t pfl_machine_code(struct pfl_machine *machine, const struct pfl_task *task,
			  uint64_t address, bool kernel, bool caller);

/*
 * Tells that the file called @path has the build-id @id, where the recording has
 * that apart from its mappings: for all DSOs of that path that have none of
 * their own, made already or later. 0 or -ENOMEM.
 */
int pfl_machine_tell_build_id(struct pfl_machine *machine, const char *path,
			      const struct pfl_build_id *id);

#endif
