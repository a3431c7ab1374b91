/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "fold/repair.h"
#include "fold/shorten.h"
#include "fold/unwind.h"
#include "perfdata/marker.h"
#include "util/bytes.h"

#define DUMP (PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER)

/* Fields stand in the order of their bits, but for this one, which is the first. */
#define BEHIND (~(2ULL * PERF_SAMPLE_STACK_USER - 1) & ~(uint64_t)PERF_SAMPLE_IDENTIFIER)

_Static_assert(sizeof(struct pfl_walked) == sizeof(uint64_t[PFL_WALKED_WORDS + 2]),
	       "one word each");

const unsigned char *pfl_shortened_end(const struct pfl_event *event,
				       const struct perf_event_header *record)
{
	const unsigned char *end = (const unsigned char *)record + record->size;

	if (event->attr.sample_type & BEHIND ||
	    record->size < sizeof(*record) + sizeof(struct pfl_walked) ||
	    pfl_load64(end - 8) != PFL_WALKED)
		return NULL;
	return end - sizeof(struct pfl_walked) + offsetof(struct pfl_walked, end);
}

/* A sample with a chain that could be made whole. */
static bool has_dump(const struct pfl_fold *fold, const struct perf_event_header *record,
		     struct pfl_sample *sample)
{
	const struct pfl_event *event = pfl_events_of(&fold->events, record);

	return event && (event->attr.sample_type & DUMP) == DUMP && !pfl_marker_event(event) &&
	       !pfl_sample_parse(event, record, sample) && sample->nchain && sample->user_stack;
}

/* Whether the mappings of process *@pid change by it. */
static bool changes(const struct pfl_fold *fold, const struct perf_event_header *record, int32_t *pid)
{
	return fold->mapping && record->type != PERF_RECORD_SAMPLE &&
	       record->size >= sizeof(*record) + sizeof(uint64_t) &&
	       pfl_changes_mappings(record, record + 1, pid);
}

int pfl_shorten_wait(struct pfl_fold *fold, const struct perf_event_header *record)
{
	uint32_t *waiting;
	int32_t pid;

	if (!changes(fold, record, &pid))
		return 0;
	waiting = pfl_table_put(&fold->waiting, (uint32_t)pid);
	if (!waiting)
		return -ENOMEM;
	*waiting = *waiting == PFL_NONE ? 1 : *waiting + 1;
	return 0;
}

void pfl_shorten_done(struct pfl_fold *fold, const struct perf_event_header *record)
{
	uint32_t *waiting;
	int32_t pid;

	if (!changes(fold, record, &pid))
		return;
	waiting = pfl_table_put(&fold->waiting, (uint32_t)pid);
	if (waiting)
		--*waiting;
}

/* The mappings that @sample was taken in; NULL: they are not known yet. */
static const struct pfl_maps *maps_of(const struct pfl_fold *fold, const struct pfl_sample *sample)
{
	uint32_t waiting = pfl_table_get(&fold->waiting, (uint32_t)sample->pid);

	if ((waiting && waiting != PFL_NONE) ||
	    pfl_table_get(fold->mapping, (uint32_t)sample->pid) != PFL_NONE)
		return NULL;
	return pfl_machine_maps(&fold->machine, sample->pid, sample->tid);
}

static unsigned char *add(unsigned char *to, const void *bytes, size_t size)
{
	memcpy(to, bytes, size);
	return to + size;
}

static size_t write_short(const struct perf_event_header *record, const struct pfl_sample *sample,
			  const struct pfl_walk *walk, void *to)
{
	const struct pfl_walked walked = { PFL_WALKED, walk->end, walk->needed, PFL_WALKED };
	const unsigned char *start = (const unsigned char *)record;
	const unsigned char *between = sample->chain + 8 * sample->nchain;
	size_t before = sample->chain - start;
	unsigned char *at = add(to, start, before);
	struct perf_event_header *header = to;
	uint64_t count = pfl_repair_chain(sample, walk, at);

	memcpy(at - 8, &count, 8);
	at = add(at + 8 * count, between, sample->dump - between);
	at = add(at, &walked, sizeof(walked));
	at = add(at, sample->dump_end, start + record->size - sample->dump_end);
	header->size = at - (unsigned char *)to;
	return header->size;
}

size_t pfl_shorten(struct pfl_fold *fold, const struct perf_event_header *record, void *to)
{
	const struct pfl_maps *maps;
	struct pfl_sample sample;
	struct pfl_walk walk;

	if (!fold->mapping || !fold->unwinding || fold->opts.kernel_only ||
	    !has_dump(fold, record, &sample))
		return 0;
	maps = maps_of(fold, &sample);
	if (!maps || !pfl_unwinding_known(fold->unwinding, maps, &sample, &walk) || !walk.count)
		return 0;
	/* Shorter than the dump, marker and all, or there is no gain. */
	if (8 * (size_t)walk.count + 8 + sizeof(struct pfl_walked) >
	    (size_t)(sample.dump_end - sample.dump))
		return 0;
	return write_short(record, &sample, &walk, to);
}
