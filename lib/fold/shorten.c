/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "fold/repair.h"
#include "fold/shorten.h"
#include "fold/unwind.h"
#include "perfdata/marker.h"
#include "util/bytes.h"

#define DUMP (PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER)

/* So long has a process to have mapped nothing. The rings are read at least four times in it. */
#define SETTLED_MS 1000u

/* What stands there instead of registers and dump. */
struct instead {
	uint64_t abi;		/* PFL_ABI_WALKED */
	struct pfl_walked walked;
	uint64_t size;		/* of the dump: 0 */
};

_Static_assert(sizeof(struct pfl_walked) == sizeof(uint64_t[PFL_WALKED_WORDS]), "one word each");

/* A sample with a chain that could be made whole. */
static bool has_dump(const struct pfl_fold *fold, const struct perf_event_header *record,
		     struct pfl_sample *sample)
{
	const struct pfl_event *event = pfl_events_of(&fold->events, record);

	return event && (event->attr.sample_type & DUMP) == DUMP && !pfl_marker_event(event) &&
	       !pfl_sample_parse(event, record, sample) && sample->nchain && sample->user_stack;
}

/* The mappings of the sample's task as far as they are known by now. */
static const struct pfl_maps *maps_of(const struct pfl_fold *fold, const struct pfl_sample *sample)
{
	uint32_t number = pfl_table_get(&fold->machine.by_tid, (uint32_t)sample->tid);
	const struct pfl_task *task = number == PFL_NONE ? NULL : &fold->machine.tasks[number];

	return task && task->process ? task->process->maps : NULL;
}

/* In the units of fold->mapped_at: 49 days are enough. */
static uint32_t ms_of(uint64_t ns)
{
	return ns / 1000000;
}

/* What changes an address space: the first word of each is the process. */
static bool maps_something(const struct perf_event_header *record)
{
	return record->type == PERF_RECORD_MMAP || record->type == PERF_RECORD_MMAP2 ||
	       record->type == PERF_RECORD_FORK ||
	       (record->type == PERF_RECORD_COMM && record->misc & PERF_RECORD_MISC_COMM_EXEC);
}

int pfl_shorten_note(struct pfl_fold *fold, const struct perf_event_header *record)
{
	const struct pfl_event *event;
	uint32_t *at, ms;

	if (!maps_something(record) || record->size < sizeof(*record) + 8)
		return 0;
	event = pfl_events_of(&fold->events, record);
	ms = event ? ms_of(pfl_event_time(event, record)) : 0;
	at = pfl_table_put(&fold->mapped_at, pfl_load32(record + 1));
	if (!at)
		return -ENOMEM;
	if (*at == PFL_NONE || ms > *at)
		*at = ms;
	return 0;
}

static bool is_settled(const struct pfl_fold *fold, const struct pfl_sample *sample)
{
	uint32_t at = pfl_table_get(&fold->mapped_at, (uint32_t)sample->pid);

	return at == PFL_NONE || ms_of(sample->time) >= at + SETTLED_MS;
}

/* Other mappings cannot change how it ended: only that it did not find any, they could. */
static bool is_sure(const struct pfl_walk *walk)
{
	return walk->count && walk->end != PFL_WALK_UNMAPPED && walk->end != PFL_WALK_BROKEN;
}

static unsigned char *add(unsigned char *to, const void *bytes, size_t size)
{
	memcpy(to, bytes, size);
	return to + size;
}

static size_t write_short(const struct perf_event_header *record, const struct pfl_sample *sample,
			  const struct pfl_walk *walk, const struct instead *instead, void *to)
{
	const unsigned char *start = (const unsigned char *)record;
	const unsigned char *between = sample->chain + 8 * sample->nchain;
	size_t before = sample->chain - start;
	unsigned char *at = add(to, start, before);
	struct perf_event_header *header = to;
	uint64_t count = pfl_repair_chain(sample, walk, at);

	memcpy(at - 8, &count, 8);
	at = add(at + 8 * count, between, sample->dump - between);
	at = add(at, instead, sizeof(*instead));
	at = add(at, sample->dump_end, start + record->size - sample->dump_end);
	header->size = at - (unsigned char *)to;
	return header->size;
}

size_t pfl_shorten(struct pfl_fold *fold, const struct perf_event_header *record, void *to)
{
	const struct pfl_maps *maps;
	struct pfl_sample sample;
	struct instead instead;
	struct pfl_walk walk;

	if (!fold->unwinding || fold->opts.kernel_only || !has_dump(fold, record, &sample))
		return 0;
	maps = is_settled(fold, &sample) ? maps_of(fold, &sample) : NULL;
	if (!maps || !pfl_unwinding_known(fold->unwinding, maps, &sample, &walk) || !is_sure(&walk))
		return 0;
	/* Shorter than the dump, marker and all, or there is no gain. */
	if (8 * (size_t)walk.count + 8 + sizeof(instead) > (size_t)(sample.dump_end - sample.dump))
		return 0;
	instead = (struct instead){
		.abi = PFL_ABI_WALKED,
		.walked = {
			.space = maps->version, .places = walk.places, .count = walk.count,
			.end = walk.end, .needed = walk.needed,
		},
	};
	return write_short(record, &sample, &walk, &instead, to);
}
