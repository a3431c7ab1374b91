/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "record/counts.h"

_Static_assert(PFL_RING_EVENTS >= PFL_COUNTERS_MAX && PFL_EVENT_COUNTS >= PFL_COUNTERS_MAX,
	       "there is room for all of them");

/* What our events append to every record that is no sample: counters.c, sample_id_all. */
struct trailer {
	uint32_t pid, tid;
	uint64_t time;
	uint32_t cpu, reserved;
	uint64_t id;
};

static struct trailer trailer_of(const struct pfl_counter *counter, uint64_t time)
{
	return (struct trailer){ .pid = -1, .tid = -1, .time = time, .cpu = -1,
				 .id = counter->ids[0] };
}

int pfl_counts_prepare(struct pfl_record *record)
{
	const struct pfl_counters *counters = &record->counters;

	for (unsigned int i = 0; i < counters->count; i++) {
		for (unsigned int n = 0; n < counters->list[i].nids; n++) {
			uint32_t *number = pfl_table_put(&record->tally.events,
							 counters->list[i].ids[n]);

			if (!number)
				return -ENOMEM;
			*number = i;
		}
	}
	return 0;
}

/* What is sampled so many times a second counts nanoseconds or cycles. */
static bool is_counted(const struct pfl_counter *counter)
{
	return counter->spec && !counter->spec->sampled;
}

/* But for what we did ourselves, where that is left out. */
static uint64_t occurred(const struct pfl_record *record, unsigned int number)
{
	uint64_t count = record->counters.list[number].occurred;
	uint64_t own = record->tally.own_by_event[number];

	return count > own ? count - own : 0;
}

/* What the kernel dropped since its last LOST record, or where it never had room for one. */
static int tell_lost(struct pfl_record *record)
{
	const struct pfl_counters *counters = &record->counters;
	struct {
		struct perf_event_header header;
		uint64_t lost;
		struct trailer trailer;
	} lost = {
		.header = { .type = PERF_RECORD_LOST_SAMPLES, .size = sizeof(lost) },
		.trailer = trailer_of(&counters->list[counters->count - 1], record->tally.last),
	};
	struct iovec part = { &lost, sizeof(lost) };

	for (unsigned int i = 0; i < counters->count; i++)
		record->lost += counters->list[i].lost;
	if (record->lost <= record->tally.lost)
		return 0;
	lost.lost = record->lost - record->tally.lost;
	return pfl_session_push(record, &part, 1);
}

/* As its read_format has it: value, id, and how many were lost, where the kernel tells. */
static int tell_count(struct pfl_record *record, unsigned int number)
{
	const struct pfl_counter *counter = &record->counters.list[number];
	struct {
		struct perf_event_header header;
		uint32_t pid, tid;
		uint64_t value, id, lost;
	} count = {
		.header = { .type = PERF_RECORD_READ },
		.pid = -1,
		.tid = -1,
		.value = occurred(record, number),
		.id = counter->ids[0],
		.lost = counter->lost,
	};
	size_t size = sizeof(count) - (record->counters.no_lost ? sizeof(count.lost) : 0);
	struct trailer trailer = trailer_of(counter, record->end);
	struct iovec parts[] = { { &count, size }, { &trailer, sizeof(trailer) } };

	count.header.size = size + sizeof(trailer);
	return pfl_session_push(record, parts, 2);
}

int pfl_counts_tell(struct pfl_record *record)
{
	const struct pfl_counters *counters = &record->counters;
	int err;

	pfl_counters_read(&record->counters);
	record->counted = true;
	err = tell_lost(record);
	for (unsigned int i = 0; i < counters->count && !err; i++)
		if (is_counted(&counters->list[i]))
			err = tell_count(record, i);
	return err;
}

/* The kernel counts what a child's event lost with nobody: that of its parent does not say it. */
static uint64_t lost_of(const struct pfl_record *record, const struct pfl_counter *counter,
			uint64_t all)
{
	if (!all)
		return 0;
	return record->counters.no_lost || pfl_counter_attr(counter)->inherit ? PFL_LOST_UNKNOWN :
										counter->lost;
}

void pfl_counts_list(const struct pfl_record *record, struct pfl_record_stats *stats)
{
	for (unsigned int i = 0; record->counted && i < record->counters.count; i++) {
		const struct pfl_counter *counter = &record->counters.list[i];
		struct pfl_event_count *count = &stats->counts[stats->ncounts];

		if (!is_counted(counter))
			continue;
		snprintf(count->event, sizeof(count->event), "%s", counter->name);
		count->count = occurred(record, i);
		count->samples = record->tally.by_event[i];
		count->lost = lost_of(record, counter, stats->lost);
		stats->ncounts++;
	}
}
