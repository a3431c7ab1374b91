/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <byteswap.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "perfdata/event.h"
#include "perfdata/tracepoint.h"
#include "util/array.h"
#include "util/bytes.h"
#include "util/text.h"

#define FIRST_FIELD sizeof(struct perf_event_header)

void pfl_events_free(struct pfl_events *events)
{
	for (unsigned int i = 0; i < events->count; i++) {
		pfl_tracepoint_free(events->list[i]->tracepoint);
		free(events->list[i]->name);
		free(events->list[i]);
	}
	free(events->list);
	pfl_table_free(&events->by_id);
	*events = (struct pfl_events){ 0 };
}

/* Samples: IDENTIFIER, IP, TID, TIME, ADDR and ID come in this order, eight bytes each. */
static void place_in_samples(struct pfl_event *event)
{
	static const uint64_t order[] = {
		PERF_SAMPLE_IDENTIFIER, PERF_SAMPLE_IP, PERF_SAMPLE_TID,
		PERF_SAMPLE_TIME, PERF_SAMPLE_ADDR, PERF_SAMPLE_ID,
	};
	uint64_t type = event->attr.sample_type;
	unsigned int at = FIRST_FIELD;

	for (unsigned int i = 0; i < sizeof(order) / sizeof(*order); i++) {
		if (!(type & order[i]))
			continue;
		if (order[i] == PERF_SAMPLE_TIME)
			event->time_at = at;
		if (order[i] == PERF_SAMPLE_IDENTIFIER ||
		    (order[i] == PERF_SAMPLE_ID && !event->id_at))
			event->id_at = at;
		at += 8;
	}
}

/* Other records end in TID, TIME, ID, STREAM_ID, CPU, IDENTIFIER, where sample_id_all says so. */
static void place_in_others(struct pfl_event *event)
{
	static const uint64_t order[] = {
		PERF_SAMPLE_IDENTIFIER, PERF_SAMPLE_CPU, PERF_SAMPLE_STREAM_ID,
		PERF_SAMPLE_ID, PERF_SAMPLE_TIME,
	};
	uint64_t type = event->attr.sample_type;
	unsigned int back = 0;

	if (!event->attr.sample_id_all)
		return;
	for (unsigned int i = 0; i < sizeof(order) / sizeof(*order); i++) {
		if (!(type & order[i]))
			continue;
		back += 8;
		if (order[i] == PERF_SAMPLE_TIME)
			event->time_back = back;
		if (order[i] == PERF_SAMPLE_IDENTIFIER ||
		    (order[i] == PERF_SAMPLE_ID && !event->id_back))
			event->id_back = back;
	}
}

static const char *const hardware[] = {
	"cycles", "instructions", "cache-references", "cache-misses", "branches",
	"branch-misses", "bus-cycles", "stalled-cycles-frontend", "stalled-cycles-backend",
	"ref-cycles",
};

static const char *const software[] = {
	"cpu-clock", "task-clock", "page-faults", "context-switches", "cpu-migrations",
	"minor-faults", "major-faults", "alignment-faults", "emulation-faults", "dummy",
	"bpf-output", "cgroup-switches",
};

static char *name_of_attr(const struct perf_event_attr *attr)
{
	uint32_t config = attr->config;	/* hybrid machines keep the PMU in the upper half */
	const char *known = NULL;
	char *name;

	if (attr->type == PERF_TYPE_HARDWARE && config < sizeof(hardware) / sizeof(*hardware))
		known = hardware[config];
	if (attr->type == PERF_TYPE_SOFTWARE && config < sizeof(software) / sizeof(*software))
		known = software[config];
	if (known)
		return strdup(known);
	if (attr->type == PERF_TYPE_TRACEPOINT)
		return asprintf(&name, "tracepoint:%llu", (unsigned long long)attr->config) < 0 ?
		       NULL : name;
	return asprintf(&name, "type-%u:0x%llx", attr->type, (unsigned long long)attr->config) < 0 ?
	       NULL : name;
}

static unsigned int trailer_size(uint64_t type)
{
	static const uint64_t fields = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID |
				       PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU |
				       PERF_SAMPLE_IDENTIFIER;

	return 8 * __builtin_popcountll(type & fields);
}

static struct pfl_event *new_event(const struct perf_event_attr *attr, const char *name)
{
	struct pfl_event *event = calloc(1, sizeof(*event));

	if (!event)
		return NULL;
	event->attr = *attr;
	event->named = name && *name;
	event->name = event->named ? strdup(name) : name_of_attr(attr);
	if (!event->name) {
		free(event);
		return NULL;
	}
	place_in_samples(event);
	place_in_others(event);
	event->trailer_size = attr->sample_id_all ? trailer_size(attr->sample_type) : 0;
	event->user_regs = __builtin_popcountll(attr->sample_regs_user);
	return event;
}

static int add_ids(struct pfl_events *events, const uint64_t *ids, unsigned int nids)
{
	for (unsigned int i = 0; i < nids; i++) {
		uint32_t *number = pfl_table_put(&events->by_id, ids[i]);

		if (!number)
			return -ENOMEM;
		*number = events->count;
	}
	return 0;
}

static void put_near(struct pfl_events *events, const struct pfl_event *event,
		     const uint64_t *ids, unsigned int nids)
{
	for (unsigned int i = 0; i < nids; i++) {
		events->near[ids[i] % PFL_NEAR_IDS].id = ids[i];
		events->near[ids[i] % PFL_NEAR_IDS].event = event;
	}
}

/* With several events the id must stand at one place in all of them. */
static bool told_apart(const struct pfl_events *events, const struct pfl_event *event)
{
	const struct pfl_event *first = events->count ? events->list[0] : event;

	return first->id_at == event->id_at && first->id_back == event->id_back;
}

int pfl_events_add(struct pfl_events *events, const struct perf_event_attr *attr,
		   const uint64_t *ids, unsigned int nids, const char *name)
{
	struct pfl_event *event = new_event(attr, name);
	struct pfl_event **list;

	if (!event)
		return -ENOMEM;
	list = pfl_array_grow(events->list, events->count, &events->room, sizeof(*list));
	if (!list)
		goto no_memory;
	events->list = list;
	if (!told_apart(events, event)) {
		free(event->name);
		free(event);
		return -EINVAL;
	}
	if (add_ids(events, ids, nids))
		goto no_memory;
	event->number = events->count;
	list[events->count++] = event;
	put_near(events, event, ids, nids);
	events->build_ids |= attr->build_id;
	events->mmap_data |= attr->mmap_data;
	return 0;

no_memory:
	free(event->name);
	free(event);
	return -ENOMEM;
}

int pfl_event_rename(struct pfl_event *event, const char *name)
{
	int err = pfl_text_set(&event->name, name);

	if (!err)
		event->named = true;
	return err;
}

static struct pfl_event *find(const struct pfl_events *events, uint64_t id)
{
	uint32_t number = pfl_table_get(&events->by_id, id);

	return number < events->count ? events->list[number] : NULL;
}

int pfl_events_rename(struct pfl_events *events, uint64_t id, const char *name)
{
	struct pfl_event *event = find(events, id);

	return event ? pfl_event_rename(event, name) : -ENOENT;
}

static bool word_of(const struct perf_event_header *record, unsigned int at, unsigned int back,
		    uint64_t *word)
{
	bool sample = record->type == PERF_RECORD_SAMPLE;
	unsigned int offset = sample ? at : record->size - back;

	if (sample ? !at || at + 8u > record->size : !back || back + FIRST_FIELD > record->size)
		return false;
	*word = pfl_load64((const char *)record + offset);
	return true;
}

static const struct pfl_event *event_of(const struct pfl_events *events,
					const struct perf_event_header *record, bool swap)
{
	const struct pfl_event *first = events->count ? events->list[0] : NULL;
	uint64_t id;

	if (events->count < 2)
		return first;
	if (!word_of(record, first->id_at, first->id_back, &id))
		return first;
	if (swap)
		id = bswap_64(id);
	/* What perf makes up itself (mappings of processes that ran before) has id 0. */
	if (!id && record->type != PERF_RECORD_SAMPLE)
		return first;
	if (events->near[id % PFL_NEAR_IDS].id == id)
		return events->near[id % PFL_NEAR_IDS].event;
	return find(events, id);
}

const struct pfl_event *pfl_events_of(const struct pfl_events *events,
				      const struct perf_event_header *record)
{
	return event_of(events, record, false);
}

const struct pfl_event *pfl_events_of_swapped(const struct pfl_events *events,
					      const struct perf_event_header *record)
{
	return event_of(events, record, true);
}

uint64_t pfl_event_time(const struct pfl_event *event, const struct perf_event_header *record)
{
	uint64_t time;

	return word_of(record, event->time_at, event->time_back, &time) ? time : 0;
}

unsigned int pfl_event_trailer_size(const struct pfl_event *event)
{
	return event ? event->trailer_size : 0;
}

struct pfl_trailer pfl_event_trailer(const struct pfl_event *event,
				     const struct perf_event_header *record)
{
	struct pfl_trailer trailer = { .pid = -1, .tid = -1, .cpu = UINT32_MAX };
	uint64_t type = event->attr.sample_type;
	unsigned int size = pfl_event_trailer_size(event);
	unsigned int ids = __builtin_popcountll(type & (PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID));
	struct pfl_bytes bytes;

	if (!size || record->size < FIRST_FIELD + size)
		return trailer;
	bytes = pfl_bytes((const char *)record + record->size - size, size, false);
	if (type & PERF_SAMPLE_TID) {
		trailer.pid = pfl_bytes_u32(&bytes);
		trailer.tid = pfl_bytes_u32(&bytes);
	}
	if (type & PERF_SAMPLE_TIME)
		trailer.time = pfl_bytes_u64(&bytes);
	pfl_bytes_take(&bytes, (size_t)ids * 8);
	if (type & PERF_SAMPLE_CPU)
		trailer.cpu = pfl_bytes_u32(&bytes);
	return trailer;
}
