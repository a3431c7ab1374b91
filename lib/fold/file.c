/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A recording, from a file or a pipe, into the fold. The kernel's records go on
 * as they are; those that perf wrote between them are handled here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fold/record.h"
#include "perfdata/feed.h"
#include "perfdata/format.h"
#include "perfdata/header.h"
#include "perfdata/inflate.h"
#include "perfdata/swap.h"
#include "util/bytes.h"
#include "util/strbuf.h"

#define TRACING_DATA_MAX (64u << 20)

struct reading {
	struct pfl_ctx *ctx;
	struct pfl_fold *fold;
	struct pfl_input *input;
	struct pfl_header header;
	struct pfl_features features;
	struct pfl_feed feed;
	struct pfl_inflate inflate;
	uint64_t offset;	/* of what stands at feed.at, in the input */
	uint64_t left;		/* of the data section of a file that were not read yet */
	uint64_t payload;	/* bytes that follow the last record and are none themselves … */
	bool keep_payload;	/* … and are collected here: */
	struct pfl_strbuf tracing;
	unsigned int told;	/* build-ids of ->features that the fold knows */
	bool ended;		/* before the input did */
	bool damaged;
	uint64_t broke_at;
};

/* What cannot be read any further ends the reading; all before it stays. */
static int broken(struct reading *reading, uint64_t offset, const char *what)
{
	pfl_warn(reading->ctx, "%s: %s at offset %llu; what stands before it is kept",
		 reading->input->name, what, (unsigned long long)offset);
	reading->damaged = true;
	reading->broke_at = offset;
	return -EILSEQ;
}

/* What the recording tells beside its records decides which files may be believed. */
static int tell_features(struct reading *reading)
{
	const struct pfl_features *features = &reading->features;
	int err;

	err = pfl_fold_set_origin(reading->fold, &(struct pfl_symbols_origin){
		.hostname = features->hostname, .osrelease = features->osrelease,
		.arch = features->arch });
	for (; reading->told < features->nbuild_ids && !err; reading->told++)
		err = pfl_fold_build_id(reading->fold, features->build_ids[reading->told].path,
					&features->build_ids[reading->told].id);
	return err;
}

static int take_attr(struct reading *reading, const struct perf_event_header *header,
		     const unsigned char *record)
{
	size_t size = header->size - sizeof(*header);
	struct pfl_bytes bytes = pfl_bytes(record + sizeof(*header), size, reading->header.swap);
	uint32_t attr_size;
	int err;

	pfl_bytes_u32(&bytes);
	attr_size = pfl_bytes_u32(&bytes);
	if (!attr_size)
		attr_size = PERF_ATTR_SIZE_VER0;
	if (bytes.bad || attr_size > size)
		return -EILSEQ;
	err = pfl_header_add_attr(&reading->features, record + sizeof(*header), attr_size,
				  record + sizeof(*header) + attr_size, size - attr_size);
	return err == -EINVAL ? pfl_header_fail_alike(reading->ctx, reading->input) : err;
}

/* EVENT_UPDATE: what, the event's id, and for a new name the name. */
static int take_update(struct reading *reading, struct pfl_bytes *bytes)
{
	uint64_t what = pfl_bytes_u64(bytes);
	uint64_t id = pfl_bytes_u64(bytes);
	const char *name;
	int err;

	if (what != PFL_EVENT_UPDATE_NAME)
		return bytes->bad ? -EILSEQ : 0;
	name = pfl_bytes_string(bytes, pfl_bytes_left(bytes));
	if (!name)
		return -EILSEQ;
	err = pfl_events_rename(reading->features.events, id, name);
	return err == -ENOENT ? 0 : err;
}

static int take_feature(struct reading *reading, struct pfl_bytes *bytes)
{
	uint64_t feature = pfl_bytes_u64(bytes);
	int err = -EILSEQ;

	if (!bytes->bad)
		err = pfl_features_take(&reading->features, feature < PFL_FEATURES ? feature : 0,
					bytes->at, pfl_bytes_left(bytes));
	return err ? err : tell_features(reading);
}

static int take_build_id(struct reading *reading, const struct perf_event_header *header,
			 const void *record)
{
	int err = pfl_features_build_id(&reading->features, header, record);

	return err ? err : tell_features(reading);
}

static int take_inflated(void *data, struct pfl_feed *feed, const struct perf_event_header *header,
			 struct perf_event_header *record);

static int take_compressed(struct reading *reading, struct pfl_bytes *bytes, uint32_t type)
{
	uint64_t size = type == PFL_RECORD_COMPRESSED ? pfl_bytes_left(bytes) : pfl_bytes_u64(bytes);
	const void *data;
	int err;

	if (size > pfl_bytes_left(bytes))
		return -EILSEQ;
	data = pfl_bytes_take(bytes, size);
	err = data ? pfl_inflate(&reading->inflate, data, size, take_inflated, reading) : -EILSEQ;
	return err;
}

/* TRACING_DATA: u32 size, padded to 8; AUXTRACE: u64 size. The payload follows the record. */
static int expect_payload(struct reading *reading, struct pfl_bytes *bytes, uint32_t type)
{
	reading->keep_payload = type == PFL_RECORD_TRACING_DATA;
	if (reading->keep_payload)
		reading->payload = ((uint64_t)pfl_bytes_u32(bytes) + 7) & ~7ULL;
	else
		reading->payload = pfl_bytes_u64(bytes);
	if (reading->keep_payload && reading->payload > TRACING_DATA_MAX)
		return -EILSEQ;
	pfl_strbuf_cut(&reading->tracing, 0);
	return bytes->bad ? -EILSEQ : 0;
}

/* A record that perf wrote, not the kernel. Those that concern no stack are passed over. */
static int take_user_record(struct reading *reading, const struct perf_event_header *header,
			    const void *record)
{
	struct pfl_bytes bytes = pfl_bytes((const char *)record + sizeof(*header),
					   header->size - sizeof(*header), reading->header.swap);
	int err;

	switch (header->type) {
	case PFL_RECORD_FINISHED_ROUND:
		return pfl_fold_round(reading->fold);
	case PFL_RECORD_COMPRESSED:
	case PFL_RECORD_COMPRESSED2:
		return take_compressed(reading, &bytes, header->type);
	}
	err = pfl_fold_settle(reading->fold);
	if (err)
		return err;
	switch (header->type) {
	case PFL_RECORD_ATTR:
		return take_attr(reading, header, record);
	case PFL_RECORD_BUILD_ID:
		return take_build_id(reading, header, record);
	case PFL_RECORD_EVENT_UPDATE:
		return take_update(reading, &bytes);
	case PFL_RECORD_FEATURE:
		return take_feature(reading, &bytes);
	case PFL_RECORD_TRACING_DATA:
	case PFL_RECORD_AUXTRACE:
		return expect_payload(reading, &bytes, header->type);
	default:
		return 0;
	}
}

static int take_kernel_record(struct reading *reading, struct pfl_feed *feed,
			      struct perf_event_header *record)
{
	if (reading->header.swap && pfl_swap_record(reading->features.events, record)) {
		pfl_fold_count_bad(reading->fold, record);
		return 0;
	}
	return pfl_fold_record(reading->fold, record, feed->chunk);
}

static int take_inflated(void *data, struct pfl_feed *feed, const struct perf_event_header *header,
			 struct perf_event_header *record)
{
	struct reading *reading = data;

	if (header->type < PFL_RECORD_USER)
		return take_kernel_record(reading, feed, record);
	/* a stream within the stream, or a payload that is not in it, is nobody's format */
	if (header->type == PFL_RECORD_COMPRESSED || header->type == PFL_RECORD_COMPRESSED2 ||
	    header->type == PFL_RECORD_TRACING_DATA || header->type == PFL_RECORD_AUXTRACE)
		return -EILSEQ;
	return take_user_record(reading, header, record);
}

static int take_record(struct reading *reading, const struct perf_event_header *header,
		       struct perf_event_header *record)
{
	int err;

	if (header->type < PFL_RECORD_USER)
		err = take_kernel_record(reading, &reading->feed, record);
	else
		err = take_user_record(reading, header, record);
	if (err == -EILSEQ)
		return broken(reading, reading->offset, "a record that does not hold what it must");
	return err;
}

/* Bytes behind a record that are none: a tracepoint format table, or hardware trace. */
static int take_payload(struct reading *reading)
{
	const void *bytes;
	size_t got = pfl_feed_take(&reading->feed, reading->payload, &bytes);
	int err = 0;

	if (got && reading->keep_payload)
		pfl_strbuf_add(&reading->tracing, bytes, got);
	reading->offset += got;
	reading->payload -= got;
	if (reading->payload || !reading->keep_payload)
		return 0;
	reading->keep_payload = false;
	if (reading->tracing.error)
		return -ENOMEM;
	err = pfl_fold_settle(reading->fold);
	if (err)
		return err;
	err = pfl_features_tracing_data(&reading->features, reading->tracing.text,
					reading->tracing.len);
	if (err == -EILSEQ)
		pfl_warn(reading->ctx, "%s: the tracepoint formats cannot be read; tracepoints go by number",
			 reading->input->name);
	return err == -ENOMEM ? err : 0;
}

static bool is_text(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != '\n' && (bytes[i] < ' ' || bytes[i] > '~'))
			return false;
	return true;
}

/* What perf says to its user may follow in the pipe; it is no damage. */
static int no_record(struct reading *reading)
{
	size_t left = pfl_feed_left(&reading->feed);
	const void *rest;

	pfl_feed_take(&reading->feed, left, &rest);
	if (!reading->header.pipe || !is_text(rest, left))
		return broken(reading, reading->offset, "no record can begin");
	pfl_note(reading->ctx, "%s: left out %zu bytes of text behind the last record",
		 reading->input->name, left);
	reading->ended = true;
	return 0;
}

static int take_records(struct reading *reading)
{
	struct perf_event_header header, *record;
	int err;

	for (;;) {
		if (reading->payload || reading->keep_payload) {
			err = take_payload(reading);
			if (err || reading->payload)
				return err;
		}
		err = pfl_feed_next(&reading->feed, &header, &record);
		if (err == -EILSEQ)
			return no_record(reading);
		if (err || !record)
			return err;
		err = take_record(reading, &header, record);
		if (err)
			return err;
		reading->offset += header.size;
	}
}

/* The next bytes of the records: how many, 0 at the end, or -errno. */
static ssize_t read_more(struct reading *reading)
{
	size_t room;
	void *space = pfl_feed_space(&reading->feed, &room);
	ssize_t got;

	if (!space)
		return -ENOMEM;
	if (!reading->header.pipe && room > reading->left)
		room = reading->left;
	got = room ? pfl_input_read(reading->input, space, room) : 0;
	if (got > 0) {
		reading->left -= reading->header.pipe ? 0 : got;
		pfl_feed_filled(&reading->feed, got);
	}
	return got;
}

/* The input is at its end, but a record or the section is not. */
static int check_end(struct reading *reading)
{
	if (pfl_feed_left(&reading->feed) || pfl_feed_left(&reading->inflate.feed))
		return broken(reading, reading->offset, "the recording breaks off inside a record");
	if (reading->payload || reading->left)
		return broken(reading, reading->offset, "the recording breaks off");
	return 0;
}

static int read_records(struct reading *reading)
{
	ssize_t got;
	int err;

	for (;;) {
		got = read_more(reading);
		if (got < 0) {
			pfl_warn(reading->ctx, "cannot read on in %s: %s", reading->input->name,
				 strerror(-got));
			reading->damaged = true;
			return got == -ENOMEM ? -ENOMEM : -EILSEQ;
		}
		if (!got)
			return check_end(reading);
		err = take_records(reading);
		if (err || reading->ended)
			return err;
	}
}

static int read_all(struct reading *reading)
{
	struct pfl_chunks *chunks = pfl_fold_chunks(reading->fold);
	int err;

	reading->features.events = pfl_fold_events(reading->fold);
	err = pfl_header_read(reading->ctx, reading->input, &reading->features, &reading->header);
	if (err)
		return err;
	reading->damaged = reading->header.damaged;
	reading->feed = (struct pfl_feed){ .chunks = chunks, .swap = reading->header.swap };
	reading->inflate.feed = reading->feed;
	reading->offset = reading->header.pipe ? PFL_PIPE_HEADER_SIZE : reading->header.data_offset;
	reading->left = reading->header.data_size;
	err = tell_features(reading);
	if (!err)
		err = read_records(reading);
	return err == -EILSEQ ? 0 : err;
}

static void stop_reading(struct reading *reading)
{
	pfl_inflate_free(&reading->inflate);
	pfl_feed_free(&reading->feed);
	pfl_features_free(&reading->features);
	pfl_strbuf_free(&reading->tracing);
}

static int no_samples(const struct reading *reading, const struct pfl_fold_stats *stats)
{
	if (!stats->samples)
		return pfl_fail(reading->ctx, -ENODATA, "%s holds no samples%s", reading->input->name,
				reading->damaged ? " that could be read" :
				": what was recorded did not run, or not for long enough");
	return pfl_fail(reading->ctx, -ENODATA,
			"%s: none of its %llu samples was asked for (%llu of other events, %llu left out by -p, -t or -C, %llu damaged)",
			reading->input->name, (unsigned long long)stats->samples,
			(unsigned long long)stats->other_event,
			(unsigned long long)stats->filtered,
			(unsigned long long)stats->bad_samples);
}

int pfl_fold_read(struct pfl_ctx *ctx, struct pfl_input *input, const struct pfl_fold_opts *opts,
		  struct pfl_profile **out, struct pfl_fold_stats *stats)
{
	static const struct pfl_symbols_origin unknown;
	struct reading reading = { .ctx = ctx, .input = input };
	struct pfl_fold_stats own = { 0 };
	int err;

	err = pfl_fold_new(ctx, opts, &unknown, &reading.fold);
	if (err)
		return err;
	err = read_all(&reading);
	if (!err)
		err = pfl_fold_finish(reading.fold, out, &own);
	if (err == -ENODATA)
		err = no_samples(&reading, &own);
	own.truncated_at = reading.broke_at;
	if (!err && reading.damaged)
		err = -EILSEQ;
	if (stats)
		*stats = own;
	stop_reading(&reading);
	pfl_fold_free(reading.fold);
	return err;
}
