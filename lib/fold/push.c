/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records as the kernel's rings have them: each is copied once, to where it waits for its
 * turn, and what need not wait with it is left behind (shorten.c).
 */
#include <errno.h>
#include <string.h>

#include "fold/record.h"
#include "fold/shorten.h"

static int hand_on(struct pfl_fold *fold, const struct perf_event_header *record)
{
	int err = pfl_shorten_wait(fold, record);

	return err ? err : pfl_fold_record(fold, record, fold->feed.chunk);
}

/* @size bytes of a record that comes in two pieces: it stood around the end of the ring. */
static int take_piece(struct pfl_fold *fold, const unsigned char *from, size_t size)
{
	struct perf_event_header header, *record;
	size_t room;
	void *to = pfl_feed_space(&fold->feed, &room);
	int err;

	if (!to)
		return -ENOMEM;
	memcpy(to, from, size);
	pfl_feed_filled(&fold->feed, size);
	err = pfl_feed_next(&fold->feed, &header, &record);
	return err || !record ? err : hand_on(fold, record);
}

/* Without its dump, if it need not have it. */
static int take_whole(struct pfl_fold *fold, const struct perf_event_header *from)
{
	size_t room, size = 0;
	struct perf_event_header *record = pfl_feed_space(&fold->feed, &room);

	if (!record)
		return -ENOMEM;
	if (fold->unwinding && pfl_is_long(from))
		size = pfl_shorten(fold, from, record);
	if (!size) {
		size = from->size;
		memcpy(record, from, size);
	}
	pfl_feed_whole(&fold->feed, size);
	return hand_on(fold, record);
}

/* How many bytes are missing of the record that the feed holds the beginning of. */
static size_t missing(const struct pfl_feed *feed)
{
	struct perf_event_header header;
	size_t left = pfl_feed_left(feed);

	if (left < sizeof(header))
		return 0;
	memcpy(&header, feed->chunk->bytes + feed->at, sizeof(header));
	return header.size - left;
}

/* How long the record at @from is; 0: it is not all there, or none. */
static size_t whole_record(const unsigned char *from, size_t size)
{
	struct perf_event_header header;

	if (size < sizeof(header))
		return 0;
	memcpy(&header, from, sizeof(header));
	return header.size < sizeof(header) || header.size % 8 || header.size > size ?
	       0 : header.size;
}

static int take_part(struct pfl_fold *fold, const struct iovec *part)
{
	const unsigned char *at = part->iov_base, *end = at + part->iov_len;
	size_t size = missing(&fold->feed);
	int err = 0;

	if (size > part->iov_len)
		size = part->iov_len;
	if (size)
		err = take_piece(fold, at, size);
	for (at += size; !err && at < end; at += size) {
		size = whole_record(at, end - at);
		if (size) {
			err = take_whole(fold, (const struct perf_event_header *)at);
		} else {
			size = end - at;
			err = take_piece(fold, at, size);
		}
	}
	return err;
}

int pfl_fold_push(struct pfl_fold *fold, const struct iovec *parts, int nparts)
{
	int err = 0;

	fold->feed.chunks = &fold->chunks;
	for (int i = 0; i < nparts && !err; i++)
		err = take_part(fold, &parts[i]);
	if (!err && pfl_feed_left(&fold->feed))
		err = -EILSEQ;
	if (err)
		pfl_feed_free(&fold->feed);
	return err;
}
