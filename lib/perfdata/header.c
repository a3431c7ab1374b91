/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <byteswap.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "perfdata/format.h"
#include "perfdata/header.h"
#include "perfdata/swap.h"
#include "util/bytes.h"

/* More events than anybody records: a table of them is damaged, not large. */
#define EVENTS_MAX 65536

static uint64_t *take_ids(const void *ids, size_t count, bool swap)
{
	struct pfl_bytes bytes = pfl_bytes(ids, count * 8, swap);
	uint64_t *list = calloc(count + 1, sizeof(*list));

	for (size_t i = 0; list && i < count; i++)
		list[i] = pfl_bytes_u64(&bytes);
	return list;
}

int pfl_header_add_attr(struct pfl_features *features, const void *bytes, size_t size,
			const void *ids, size_t ids_size)
{
	struct perf_event_attr attr = { 0 };
	uint64_t *list;
	int err;

	if (size < PERF_ATTR_SIZE_VER0)
		return -EILSEQ;
	memcpy(&attr, bytes, size < sizeof(attr) ? size : sizeof(attr));
	if (features->swap)
		pfl_swap_attr(&attr);
	list = take_ids(ids, ids_size / 8, features->swap);
	if (!list)
		return -ENOMEM;
	err = pfl_events_add(features->events, &attr, list, ids_size / 8, NULL);
	free(list);
	return err;
}

int pfl_header_fail_alike(struct pfl_ctx *ctx, const struct pfl_input *input)
{
	return pfl_fail(ctx, -EINVAL, "%s: an event does not carry its id where those before it do, so "
			"that their records cannot be told apart: record them one by one", input->name);
}

/* What reading the head shares. */
struct head {
	struct pfl_ctx *ctx;
	struct pfl_input *input;
	struct pfl_features *features;
	struct pfl_header *header;
	uint64_t ids_left;	/* bytes: each event has its own, so that all of them fit the file */
	bool ids_damaged;
};

static int no_recording(const struct head *head)
{
	return pfl_fail(head->ctx, -EINVAL,
			"%s is no recording: it does not begin with PERFILE2; make one with perf record or perf-oncpu -o x.data",
			head->input->name);
}

/* Says that @what at @offset cannot be had, and that the rest is read all the same. */
static void damaged(const struct head *head, const char *what, uint64_t offset, int err)
{
	head->header->damaged = true;
	pfl_warn(head->ctx, "%s: %s at offset %llu cannot be read (%s); going on without",
		 head->input->name, what, (unsigned long long)offset,
		 err == -EILSEQ ? "it does not hold what it must" :
		 err == -ENODATA ? "the file ends before it does" : strerror(-err));
}

static int no_header(const struct head *head)
{
	return pfl_fail(head->ctx, -EILSEQ, "%s: the recording breaks off in its header, before all "
			"samples: copy it here again, or record again", head->input->name);
}

/* The ids at @offset to *@ids and *@size: none, where they cannot be read. 0 or -ENOMEM. */
static int read_ids(struct head *head, uint64_t offset, uint64_t *size, void **ids)
{
	int err = -EILSEQ;

	if (!*size)
		return 0;
	if (*size <= head->ids_left)
		err = pfl_input_section(head->input, offset, *size, ids);
	if (!err) {
		head->ids_left -= *size;
		return 0;
	}
	if (err == -ENOMEM)
		return err;
	if (!head->ids_damaged)
		damaged(head, "the ids of an event", offset, err);
	head->ids_damaged = true;
	*size = 0;
	return 0;
}

static int read_ids_and_add(struct head *head, const unsigned char *entry, size_t attr_size)
{
	struct pfl_bytes section = pfl_bytes(entry + attr_size, 16, head->header->swap);
	uint64_t offset = pfl_bytes_u64(&section);
	uint64_t size = pfl_bytes_u64(&section);
	void *ids = NULL;
	int err = read_ids(head, offset, &size, &ids);

	if (!err)
		err = pfl_header_add_attr(head->features, entry, attr_size, ids, size);
	free(ids);
	return err;
}

static int read_attrs(struct head *head, const struct pfl_file_section *where,
		      uint64_t entry_size)
{
	void *entries;
	int err;

	if (entry_size < PERF_ATTR_SIZE_VER0 + 16 || where->size / entry_size > EVENTS_MAX ||
	    where->size < entry_size)
		return -EILSEQ;
	err = pfl_input_section(head->input, where->offset, where->size, &entries);
	if (err)
		return err;
	for (uint64_t at = 0; at + entry_size <= where->size && !err; at += entry_size)
		err = read_ids_and_add(head, (unsigned char *)entries + at, entry_size - 16);
	free(entries);
	return err;
}

static int read_feature(const struct head *head, unsigned int feature, uint64_t index)
{
	uint64_t at = head->header->data_offset + head->header->data_size + index * 16;
	uint64_t offset = 0, size;
	struct pfl_bytes bytes;
	void *section = NULL, *data = NULL;
	int err = pfl_input_section(head->input, at, 16, &section);

	if (!err) {
		bytes = pfl_bytes(section, 16, head->header->swap);
		offset = pfl_bytes_u64(&bytes);
		size = pfl_bytes_u64(&bytes);
		err = pfl_input_section(head->input, offset, size, &data);
	}
	if (!err)
		err = pfl_features_take(head->features, feature, data, size);
	free(section);
	free(data);
	if (!err || err == -ENOMEM)
		return err;
	damaged(head, "what a feature section says", offset ? offset : at, err);
	return -EILSEQ;
}

/* The sections stand behind the data in bit order. The first that is broken ends it. */
static int read_features(const struct head *head, const uint64_t *bits)
{
	uint64_t index = 0;
	int err = 0;

	for (unsigned int feature = 0; feature < PFL_FEATURES && !err; feature++) {
		if (!(bits[feature / 64] >> feature % 64 & 1))
			continue;
		err = read_feature(head, feature, index++);
	}
	return err == -ENOMEM ? err : 0;
}

static void take_file_header(struct pfl_bytes *bytes, struct pfl_file_header *file)
{
	file->magic = pfl_bytes_u64(bytes);
	file->size = pfl_bytes_u64(bytes);
	file->attr_size = pfl_bytes_u64(bytes);
	file->attrs.offset = pfl_bytes_u64(bytes);
	file->attrs.size = pfl_bytes_u64(bytes);
	file->data.offset = pfl_bytes_u64(bytes);
	file->data.size = pfl_bytes_u64(bytes);
	file->event_types.offset = pfl_bytes_u64(bytes);
	file->event_types.size = pfl_bytes_u64(bytes);
	for (int i = 0; i < 4; i++)
		file->features[i] = pfl_bytes_u64(bytes);
}

/* A recorder that was killed may not have told how much it wrote. */
static bool never_finished(const struct pfl_file_header *file, const struct pfl_input *input)
{
	return !file->data.size ||
	       file->data.offset > input->size || file->data.size > input->size - file->data.offset;
}

/*
 * Our recorder's files are a stream whose first record the header has replaced
 * (perfdata/writer.h). Where the table of events behind the data was cut off,
 * each event still is told by a record of its own.
 */
static bool is_stream_behind(const struct head *head, const struct pfl_file_header *file)
{
	uint64_t size = head->input->size;
	struct perf_event_header first;
	void *bytes;

	if (file->attrs.offset <= size && file->attrs.size <= size - file->attrs.offset)
		return false;
	if (file->data.offset <= sizeof(*file) ||
	    pfl_input_section(head->input, sizeof(*file), sizeof(first), &bytes))
		return false;
	memcpy(&first, bytes, sizeof(first));
	free(bytes);
	if (head->header->swap)
		pfl_swap_header(&first);
	return first.type == PFL_RECORD_ATTR;
}

static void read_as_stream(const struct head *head, struct pfl_file_header *file)
{
	pfl_warn(head->ctx, "%s is cut off: its table of events, at offset %llu, is not there; reading "
		 "the events that stand before the samples", head->input->name,
		 (unsigned long long)file->attrs.offset);
	head->header->damaged = true;
	if (file->data.size <= UINT64_MAX - file->data.offset)
		file->data.size += file->data.offset - sizeof(*file);
	file->data.offset = sizeof(*file);
}

static int read_file(struct head *head)
{
	struct pfl_header *header = head->header;
	struct pfl_file_header file;
	struct pfl_bytes bytes;
	void *start;
	int err;

	head->ids_left = head->input->size;
	if (!head->input->seekable)
		return pfl_fail(head->ctx, -EINVAL,
				"%s: a recording that was made as a file cannot be read from a pipe; give the file's name",
				head->input->name);
	err = pfl_input_section(head->input, 0, sizeof(file), &start);
	if (err)
		return no_header(head);
	bytes = pfl_bytes(start, sizeof(file), header->swap);
	take_file_header(&bytes, &file);
	free(start);
	if (is_stream_behind(head, &file))
		read_as_stream(head, &file);
	else
		err = read_attrs(head, &file.attrs, file.attr_size);
	if (err == -EINVAL)
		return pfl_header_fail_alike(head->ctx, head->input);
	if (err)
		return pfl_fail(head->ctx, err, "%s: the table of events at offset %llu cannot be read, and "
				"no sample without it: copy the file here again, or record again",
				head->input->name, (unsigned long long)file.attrs.offset);
	header->data_offset = file.data.offset;
	header->data_size = file.data.size;
	if (never_finished(&file, head->input))
		header->data_size = header->data_offset < head->input->size ?
				    head->input->size - header->data_offset : 0;
	else
		err = read_features(head, file.features);
	if (err)
		return err;
	err = pfl_input_seek(head->input, header->data_offset);
	if (err)
		return pfl_fail(head->ctx, err, "%s: its samples cannot be at offset %llu, where its head "
				"says they are: copy the file here again, or record again",
				head->input->name, (unsigned long long)header->data_offset);
	return 0;
}

int pfl_header_read(struct pfl_ctx *ctx, struct pfl_input *input, struct pfl_features *features,
		    struct pfl_header *header)
{
	struct head head = { .ctx = ctx, .input = input, .features = features, .header = header };
	ssize_t have = pfl_input_peek(input);
	unsigned char skipped[PFL_PIPE_HEADER_SIZE];
	struct pfl_bytes bytes;
	uint64_t magic;

	*header = (struct pfl_header){ 0 };
	if (have < 0)
		return pfl_fail(ctx, have, "cannot read %s: %s", input->name, strerror(-have));
	if (!have)
		return pfl_fail(ctx, -EINVAL, "%s is empty: what should have written it wrote nothing",
				input->name);
	if (pfl_input_is_recording(input) != 1)
		return no_recording(&head);
	magic = pfl_load64(input->head);
	header->swap = features->swap = magic == bswap_64(PFL_MAGIC);
	if (!header->swap && magic != PFL_MAGIC)
		return pfl_fail(ctx, -EINVAL,
				"%s is a recording of perf's first format, from before 2012; convert it with the perf that made it",
				input->name);
	if (have < PFL_PIPE_HEADER_SIZE)
		return no_header(&head);
	bytes = pfl_bytes(input->head + 8, 8, header->swap);
	header->pipe = pfl_bytes_u64(&bytes) == PFL_PIPE_HEADER_SIZE;
	if (!header->pipe)
		return read_file(&head);
	pfl_input_read(input, skipped, sizeof(skipped));
	return 0;
}
