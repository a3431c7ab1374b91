/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "record/mapped.h"

#define RECORD_MAX 8192		/* of a mapping: its path has at most 4096 bytes */
#define IDENTITY_AT 40		/* in MMAP2: maj, min, ino, ino_generation, or the build-id */

/* A place in the parts. */
struct place {
	const struct iovec *part, *end;
	size_t at;		/* in *part */
};

struct passing {
	struct pfl_captures *captures;
	struct place from;	/* of what was not handed on yet */
	pfl_ring_sink *sink;
	void *data;
};

/* Whether there were so many bytes. */
static bool copy(struct place place, unsigned char *to, size_t len)
{
	while (len && place.part < place.end) {
		size_t fit = place.part->iov_len - place.at;

		if (fit > len)
			fit = len;
		memcpy(to, (unsigned char *)place.part->iov_base + place.at, fit);
		to += fit;
		len -= fit;
		place.part++;
		place.at = 0;
	}
	return !len;
}

static void skip(struct place *place, size_t len)
{
	place->at += len;
	while (place->part < place->end && place->at >= place->part->iov_len) {
		place->at -= place->part->iov_len;
		place->part++;
	}
}

/* All up to @to. */
static int hand_on(struct passing *passing, const struct place *to)
{
	struct iovec parts[PFL_RING_PARTS];
	struct place at = passing->from;
	int n = 0;

	while (at.part <= to->part && at.part < at.end && n < PFL_RING_PARTS) {
		size_t end = at.part == to->part ? to->at : at.part->iov_len;

		if (end > at.at)
			parts[n++] = (struct iovec){ (unsigned char *)at.part->iov_base + at.at,
						     end - at.at };
		at.part++;
		at.at = 0;
	}
	passing->from = *to;
	return n ? passing->sink(passing->data, parts, n) : 0;
}

/* The file goes by its build-id from now on. Shorter ones than SHA-1 leave doubt: machine.c. */
static void set_build_id(struct perf_event_header *record, const struct pfl_build_id *id)
{
	unsigned char *identity = (unsigned char *)record + IDENTITY_AT;

	memset(identity, 0, 4);
	identity[0] = id->size;
	memcpy(identity + 4, id->bytes, PFL_BUILD_ID_MAX);
	record->misc |= PERF_RECORD_MISC_MMAP_BUILD_ID;
}

/* The kernel's ring cannot be written to: what is changed is handed on as a copy. */
static int see_record(struct passing *passing, const struct place *place, size_t size)
{
	union {
		struct perf_event_header header;
		unsigned char bytes[RECORD_MAX];
	} record;
	struct iovec part = { record.bytes, size };
	struct pfl_build_id id;
	int err;

	if (size > sizeof(record) || !copy(*place, record.bytes, size))
		return 0;
	err = pfl_captures_see(passing->captures, &record.header, &id);
	if (err || id.size != PFL_BUILD_ID_MAX)
		return err;
	set_build_id(&record.header, &id);
	err = hand_on(passing, place);
	skip(&passing->from, size);
	return err ? err : passing->sink(passing->data, &part, 1);
}

static int pass_all(struct passing *passing)
{
	struct place place = passing->from;
	struct perf_event_header header;
	int err = 0;

	while (!err && place.part < place.end) {
		if (!copy(place, (unsigned char *)&header, sizeof(header)) ||
		    header.size < sizeof(header))
			break;
		if (header.type == PERF_RECORD_MMAP2 || header.type == PERF_RECORD_FORK)
			err = see_record(passing, &place, header.size);
		skip(&place, header.size);
	}
	return err ? err : hand_on(passing, &place);
}

int pfl_mapped_pass(struct pfl_captures *captures, const struct iovec *parts, int nparts,
		    pfl_ring_sink *sink, void *data)
{
	struct passing passing = {
		.captures = captures, .from = { .part = parts, .end = parts + nparts },
		.sink = sink, .data = data,
	};

	skip(&passing.from, 0);
	return pass_all(&passing);
}
