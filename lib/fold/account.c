/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Types that keep books: what they are told, and what is done for them. They
 * know events, tasks by number and nodes; who is mapped where and what makes a
 * stack stays on this side.
 */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "fold/state.h"
#include "machine/memory.h"
#include "perfdata/tracepoint.h"
#include "util/bytes.h"

static bool wants(struct pfl_books *books, const struct pfl_item *item)
{
	struct pfl_fold *fold = books->fold;
	const struct pfl_task *task = pfl_machine_task(&fold->machine, item->sample->pid,
						       item->sample->tid);

	/* out of memory: the stack of it will say so */
	return !task || pfl_fold_wants(fold, task, item->sample->cpu);
}

static bool wants_task(struct pfl_books *books, int32_t tid, uint32_t cpu)
{
	const struct pfl_fold *fold = books->fold;
	uint32_t number = pfl_table_get(&fold->machine.by_tid, (uint32_t)tid);

	return number != PFL_NONE && pfl_fold_wants(fold, &fold->machine.tasks[number], cpu);
}

static uint32_t stack_of(struct pfl_books *books, const struct pfl_item *item)
{
	struct pfl_fold *fold = books->fold;
	const struct pfl_sample *sample = item->sample;
	struct pfl_task *task = pfl_machine_task(&fold->machine, sample->pid, sample->tid);

	return task ? pfl_fold_stack(fold, task, sample) : PFL_NONE;
}

static uint32_t interrupt(struct pfl_books *books, const struct pfl_item *item)
{
	return pfl_fold_interrupt(books->fold, item->sample);
}

static uint32_t task_node(struct pfl_books *books, int32_t pid, int32_t tid)
{
	struct pfl_fold *fold = books->fold;
	struct pfl_task *task = pfl_machine_task(&fold->machine, pid, tid);

	if (!task)
		return PFL_NONE;
	if (fold->opts.root == PFL_ROOT_NONE)
		return pfl_chain_mark(fold, PFL_NONE, "[no frames]");
	return pfl_chain_root(fold, task);
}

static uint32_t mark(struct pfl_books *books, uint32_t node, const char *name)
{
	return pfl_chain_mark(books->fold, node, name);
}

static uint32_t note(struct pfl_books *books, uint32_t node, uint32_t number)
{
	struct pfl_fold *fold = books->fold;

	if (number > PFL_STACK_NUMBER)
		return PFL_NONE;
	return pfl_stacks_child(&fold->stacks, node, PFL_STACK_NOTE | number);
}

/*
 * The kernel's code and data lie together; what it allocates lies elsewhere, or on arm64
 * behind that. x86 keeps a GiB for them.
 */
#define KERNEL_SIZE_MAX (UINT64_C(1) << 30)

static bool in_kernel(struct pfl_books *books, uint64_t address)
{
	const struct pfl_fold *fold = books->fold;
	uint64_t start = fold->machine.dsos[PFL_DSO_NUMBER_KERNEL].start;

	return start && address - start < KERNEL_SIZE_MAX;
}

static const char *memory(struct pfl_books *books, const struct pfl_item *item)
{
	struct pfl_fold *fold = books->fold;
	const struct pfl_sample *sample = item->sample;
	const struct pfl_task *task = pfl_machine_task(&fold->machine, sample->pid, sample->tid);

	if (!task || !fold->events.mmap_data ||
	    !(sample->event->attr.sample_type & PERF_SAMPLE_ADDR))
		return NULL;
	return pfl_memory_name(pfl_machine_memory(task, sample->addr));
}

/* A recording does not tell; one of our own kind of machine has most likely our pages. */
static uint32_t page_size(const struct pfl_fold *fold)
{
	struct utsname us;

	if (fold->origin.arch && (uname(&us) || strcmp(us.machine, fold->origin.arch)))
		return 4096;
	return sysconf(_SC_PAGESIZE);
}

/* When the first item comes, all events are known. What could not be opened stays closed. */
static int open_books(struct pfl_fold *fold)
{
	struct pfl_books *books = &fold->books;

	if (fold->opened)
		return fold->open_err;
	books->ctx = fold->ctx;
	books->opts = &fold->opts.of_type;
	books->stacks = &fold->stacks;
	books->stats = &fold->stats;
	books->wants = wants;
	books->wants_task = wants_task;
	books->stack = stack_of;
	books->interrupt = interrupt;
	books->task = task_node;
	books->mark = mark;
	books->note = note;
	books->in_kernel = in_kernel;
	books->memory = memory;
	books->page_size = page_size(fold);
	for (unsigned int i = 0; i < fold->events.count; i++)
		books->switches |= fold->events.list[i]->attr.context_switch;
	books->fold = fold;
	fold->opened = true;
	if (fold->type->accountant->open)
		fold->open_err = fold->type->accountant->open(books);
	return fold->open_err;
}

int pfl_fold_open(struct pfl_fold *fold)
{
	int err = pfl_select(fold);

	return err || !fold->type || !fold->type->accountant ? err : open_books(fold);
}

void pfl_account_free(struct pfl_fold *fold)
{
	if (fold->opened && fold->type->accountant->close)
		fold->type->accountant->close(&fold->books);
}

/* Where each of the role's fields stands, is looked up once. */
static bool read_fields(struct pfl_fold *fold, struct pfl_item *item)
{
	const struct pfl_role *role = &fold->type->roles[item->role];
	const struct pfl_event *event = item->sample->event;
	struct pfl_fields *fields = &fold->fields[item->role];

	if (!role->tracepoint)
		return true;
	if (fields->of != event) {
		fields->of = event;
		for (fields->count = 0; fields->count < PFL_ROLE_FIELDS; fields->count++) {
			if (!role->fields[fields->count])
				break;
			fields->list[fields->count] =
				pfl_tracepoint_field(event->tracepoint,
						     role->fields[fields->count]);
		}
	}
	for (unsigned int i = 0; i < fields->count; i++)
		if (!pfl_field_read(&fields->list[i], item->sample, &item->field[i]))
			return false;
	return true;
}

int pfl_account_sample(struct pfl_fold *fold, const struct pfl_sample *sample, unsigned int role)
{
	struct pfl_item item = { .sample = sample, .role = role };
	int err = open_books(fold);

	if (err)
		return err;
	if (!read_fields(fold, &item)) {
		fold->stats.bad_samples++;
		return 0;
	}
	err = fold->type->accountant->item(&fold->books, &item);
	if (err == PFL_LEFT_OUT)
		fold->stats.filtered++;
	else if (!err)
		pfl_fold_count(fold, sample);
	return err < 0 ? err : 0;
}

int pfl_account_marker(struct pfl_fold *fold, const struct pfl_sample *sample, unsigned int role)
{
	const struct pfl_item item = { .sample = sample, .role = role };
	int err = open_books(fold);

	if (err)
		return err;
	err = fold->type->accountant->item(&fold->books, &item);
	return err < 0 ? err : 0;
}

/* FORK and EXIT: pid, ppid, tid, ptid. */
static bool read_birth(const struct perf_event_header *record, struct pfl_change *change)
{
	struct pfl_bytes bytes = pfl_bytes(record + 1, record->size - sizeof(*record), false);

	change->kind = record->type == PERF_RECORD_FORK ? PFL_FORKED : PFL_EXITED;
	change->pid = pfl_bytes_u32(&bytes);
	pfl_bytes_u32(&bytes);
	change->tid = pfl_bytes_u32(&bytes);
	return !bytes.bad;
}

/* COMM: pid, tid. False: a name, and no more. */
static bool read_exec(const struct perf_event_header *record, struct pfl_change *change)
{
	struct pfl_bytes bytes = pfl_bytes(record + 1, record->size - sizeof(*record), false);

	change->kind = PFL_EXECED;
	change->pid = pfl_bytes_u32(&bytes);
	change->tid = pfl_bytes_u32(&bytes);
	return !bytes.bad && record->misc & PERF_RECORD_MISC_COMM_EXEC;
}

/* False: nothing that concerns an accountant. */
static bool read_change(const struct pfl_fold *fold, const struct perf_event_header *record,
			struct pfl_change *change)
{
	const struct pfl_event *event = pfl_events_of(&fold->events, record);
	struct pfl_trailer trailer;

	if (!event)
		return false;
	trailer = pfl_event_trailer(event, record);
	*change = (struct pfl_change){ .pid = trailer.pid, .tid = trailer.tid, .cpu = trailer.cpu,
				       .time = trailer.time };
	switch (record->type) {
	case PERF_RECORD_SWITCH:
	case PERF_RECORD_SWITCH_CPU_WIDE:
		change->kind = record->misc & PERF_RECORD_MISC_SWITCH_OUT ? PFL_SWITCHED_OUT :
									     PFL_SWITCHED_IN;
		change->preempted = record->misc & PERF_RECORD_MISC_SWITCH_OUT_PREEMPT;
		return true;
	case PERF_RECORD_LOST:
	case PERF_RECORD_LOST_SAMPLES:
		change->kind = PFL_LOST;
		return true;
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
		return read_birth(record, change);
	case PERF_RECORD_COMM:
		return read_exec(record, change);
	default:
		return false;
	}
}

int pfl_account_record(struct pfl_fold *fold, const struct perf_event_header *record)
{
	const struct pfl_accountant *accountant;
	struct pfl_change change;
	int err;

	if (!fold->type)
		return 0;
	accountant = fold->type->accountant;
	if (!accountant || !accountant->change || !read_change(fold, record, &change))
		return 0;
	err = open_books(fold);
	return err ? err : accountant->change(&fold->books, &change);
}

int pfl_account_end(struct pfl_fold *fold)
{
	int err;

	if (!fold->type->accountant || !fold->type->accountant->end)
		return 0;
	err = open_books(fold);
	if (err)
		return err;
	return fold->type->accountant->end(&fold->books, fold->end ? fold->end : fold->newest);
}
