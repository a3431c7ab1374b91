/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <traceevent/event-parse.h>

#include "perfdata/features.h"
#include "perfdata/format.h"
#include "perfdata/format-text.h"
#include "perfdata/swap.h"
#include "perfdata/tracepoint.h"
#include "util/array.h"
#include "util/bytes.h"
#include "util/text.h"

void pfl_features_free(struct pfl_features *features)
{
	free(features->hostname);
	free(features->osrelease);
	free(features->arch);
	for (unsigned int i = 0; i < features->nbuild_ids; i++)
		free(features->build_ids[i].path);
	free(features->build_ids);
}

/* A string: its padded length, then the bytes. */
static const char *take_string(struct pfl_bytes *bytes)
{
	uint32_t len = pfl_bytes_u32(bytes);

	return pfl_bytes_string(bytes, len);
}

static int keep_string(char **field, struct pfl_bytes *bytes)
{
	const char *text = take_string(bytes);

	if (!text)
		return -EILSEQ;
	return pfl_text_set(field, text);
}

/* One event of EVENT_DESC: the attr, how many ids, the name, the ids. */
static int take_event_name(struct pfl_features *features, struct pfl_bytes *bytes,
			   uint32_t attr_size)
{
	const void *attr = pfl_bytes_take(bytes, attr_size);
	uint32_t nids = pfl_bytes_u32(bytes);
	const char *name = take_string(bytes);
	int err = 0;

	if (!attr || !name || nids > pfl_bytes_left(bytes) / 8)
		return -EILSEQ;
	for (; nids && err != -ENOMEM; nids--)
		err = pfl_events_rename(features->events, pfl_bytes_u64(bytes), name);
	return err == -ENOMEM ? err : 0;
}

static int take_event_names(struct pfl_features *features, struct pfl_bytes *bytes)
{
	uint32_t count = pfl_bytes_u32(bytes);
	uint32_t attr_size = pfl_bytes_u32(bytes);
	int err = bytes->bad ? -EILSEQ : 0;

	while (count-- && !err)
		err = take_event_name(features, bytes, attr_size);
	return err;
}

/* Before the length was told, ids were padded with zeroes; no real one ends in a zero word. */
static unsigned int id_length(const struct perf_event_header *header, const unsigned char *id)
{
	unsigned int len = PFL_BUILD_ID_MAX;

	if (header->misc & PFL_BUILD_ID_MISC_SIZE && id[PFL_BUILD_ID_MAX] <= PFL_BUILD_ID_MAX)
		return id[PFL_BUILD_ID_MAX];
	while (len && !pfl_load32(id + len - 4))
		len -= 4;
	return len;
}

int pfl_features_build_id(struct pfl_features *features, const struct perf_event_header *header,
			  const void *record)
{
	struct pfl_file_build_id *list, told = { 0 };
	const char *path;

	if (header->size <= PFL_BUILD_ID_NAME_AT)
		return -EILSEQ;
	path = (const char *)record + PFL_BUILD_ID_NAME_AT;
	if (!memchr(path, '\0', header->size - PFL_BUILD_ID_NAME_AT))
		return -EILSEQ;
	told.id.size = id_length(header, (const unsigned char *)record + 12);
	memcpy(told.id.bytes, (const char *)record + 12, told.id.size);
	list = pfl_array_grow(features->build_ids, features->nbuild_ids, &features->build_ids_room,
			      sizeof(*list));
	if (!list)
		return -ENOMEM;
	features->build_ids = list;
	told.path = strdup(path);
	if (!told.path)
		return -ENOMEM;
	list[features->nbuild_ids++] = told;
	return 0;
}

static int take_build_ids(struct pfl_features *features, struct pfl_bytes *bytes)
{
	while (pfl_bytes_left(bytes)) {
		struct perf_event_header header;
		const void *record = bytes->at;
		const void *start = pfl_bytes_take(bytes, sizeof(header));
		int err;

		if (!start)
			return -EILSEQ;
		memcpy(&header, start, sizeof(header));
		if (features->swap)
			pfl_swap_header(&header);
		if (header.size < sizeof(header) ||
		    !pfl_bytes_take(bytes, header.size - sizeof(header)))
			return -EILSEQ;
		err = pfl_features_build_id(features, &header, record);
		if (err)
			return err;
	}
	return 0;
}

int pfl_features_take(struct pfl_features *features, unsigned int feature, const void *data,
		      size_t size)
{
	struct pfl_bytes bytes = pfl_bytes(data, size, features->swap);

	switch (feature) {
	case PFL_FEATURE_HOSTNAME:
		return keep_string(&features->hostname, &bytes);
	case PFL_FEATURE_OSRELEASE:
		return keep_string(&features->osrelease, &bytes);
	case PFL_FEATURE_ARCH:
		return keep_string(&features->arch, &bytes);
	case PFL_FEATURE_EVENT_DESC:
		return take_event_names(features, &bytes);
	case PFL_FEATURE_BUILD_ID:
		return take_build_ids(features, &bytes);
	case PFL_FEATURE_TRACING_DATA:
		return pfl_features_tracing_data(features, data, size);
	default:
		return 0;
	}
}

struct formats {
	struct tep_handle *tep;
	const struct pfl_events *events;
};

/* Whether an event is of the tracepoint that the text is the format of, and has none yet. */
static bool is_wanted(const struct formats *formats, const char *text, size_t size)
{
	static const char mark[] = "\nID: ";
	const char *at = memmem(text, size, mark, sizeof(mark) - 1);
	char number[16];
	unsigned long id;

	if (!at || !pfl_format_text_ok(text, size))
		return false;
	at += sizeof(mark) - 1;
	snprintf(number, sizeof(number), "%.*s", (int)(text + size - at), at);
	id = strtoul(number, NULL, 10);
	for (unsigned int i = 0; i < formats->events->count; i++) {
		const struct pfl_event *event = formats->events->list[i];

		if (!event->tracepoint && event->attr.type == PERF_TYPE_TRACEPOINT &&
		    event->attr.config == id)
			return !tep_find_event(formats->tep, id);
	}
	return false;
}

/* The kernel's format of one tracepoint, told as: u64 size, text. */
static int take_format(const struct formats *formats, struct pfl_bytes *bytes, const char *system)
{
	uint64_t size = pfl_bytes_u64(bytes);
	const char *text = size > pfl_bytes_left(bytes) ? NULL : pfl_bytes_take(bytes, size);

	if (!text)
		return -EILSEQ;
	if (is_wanted(formats, text, size))
		tep_parse_event(formats->tep, text, size, system);
	return 0;
}

static const char *take_c_string(struct pfl_bytes *bytes)
{
	size_t len = strnlen((const char *)bytes->at, pfl_bytes_left(bytes));

	return pfl_bytes_string(bytes, len + 1);
}

static int take_formats(const struct formats *formats, struct pfl_bytes *bytes,
			const char *system)
{
	uint32_t count = pfl_bytes_u32(bytes);
	int err = bytes->bad || !system ? -EILSEQ : 0;

	while (count-- && !err)
		err = take_format(formats, bytes, system);
	return err;
}

/*
 * Magic, version, byte order, size of a long, page size; header_page and
 * header_event with their sizes; ftrace's own formats; then for each system its
 * name and formats. Source: perf's util/trace-event-info.c.
 */
static int take_tracing(const struct formats *formats, struct pfl_bytes *bytes)
{
	static const char magic[] = "\x17\x08\x44tracing";
	const char *start = pfl_bytes_take(bytes, sizeof(magic) - 1);
	uint32_t systems;
	int err;

	if (!start || memcmp(start, magic, sizeof(magic) - 1))
		return -EILSEQ;
	take_c_string(bytes);
	pfl_bytes_take(bytes, 1 + 1 + 4);
	for (int i = 0; i < 2; i++) {
		take_c_string(bytes);
		pfl_bytes_take(bytes, pfl_bytes_u64(bytes));
	}
	err = take_formats(formats, bytes, "ftrace");
	systems = pfl_bytes_u32(bytes);
	while (systems-- && !err) {
		const char *system = take_c_string(bytes);

		err = take_formats(formats, bytes, system);
	}
	return err;
}

/* By its number: only a tracepoint's config is one. */
static int take_tracepoint(struct pfl_event *event, const struct tep_event *found, bool swap)
{
	event->tracepoint = pfl_tracepoint_new(found, swap);
	if (!event->tracepoint)
		return -ENOMEM;
	return event->named ? 0 : pfl_event_rename(event, event->tracepoint->name);
}

static int take_tracepoints(struct pfl_features *features, struct tep_handle *tep)
{
	struct pfl_events *events = features->events;
	int err = 0;

	for (unsigned int i = 0; i < events->count && !err; i++) {
		struct pfl_event *event = events->list[i];
		struct tep_event *found;

		if (event->tracepoint || event->attr.type != PERF_TYPE_TRACEPOINT)
			continue;
		found = tep_find_event(tep, event->attr.config);
		if (found)
			err = take_tracepoint(event, found, features->swap);
	}
	return err;
}

static bool has_tracepoint(const struct pfl_events *events)
{
	for (unsigned int i = 0; i < events->count; i++)
		if (events->list[i]->attr.type == PERF_TYPE_TRACEPOINT)
			return true;
	return false;
}

int pfl_features_tracing_data(struct pfl_features *features, const void *data, size_t size)
{
	struct pfl_bytes bytes = pfl_bytes(data, size, features->swap);
	struct formats formats = { .events = features->events };
	int err;

	if (!has_tracepoint(features->events))
		return 0;
	formats.tep = tep_alloc();
	if (!formats.tep)
		return -ENOMEM;
	tep_set_loglevel(TEP_LOG_NONE);
	err = take_tracing(&formats, &bytes);
	if (take_tracepoints(features, formats.tep))
		err = -ENOMEM;
	tep_free(formats.tep);
	return err;
}
