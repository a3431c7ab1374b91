/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records as the kernel's rings have them: each is copied once, to where it waits for its
 * turn, and what need not wait with it is left behind (shorten.c).
 */
#include <errno.h>
#include <string.h>

#include "fold/record.h"
#include "fold/shorten.h"

/* Hands on what is whole of all that was put into the feed. */
static int take_fed(struct pfl_fold *fold)
{
	struct perf_event_header header, *record;
	int err;

	for (;;) {
		err = pfl_feed_next(&fold->feed, &header, &record);
		if (err || !record)
			return err;
		err = pfl_shorten_note(fold, record);
		if (!err)
			err = pfl_fold_record(fold, record, fold->feed.chunk);
		if (err)
			return err;
	}
}

/* Chunk by chunk of the usual size: those come from the pool, and are still in the cache. */
static int feed(struct pfl_fold *fold, const unsigned char *from, size_t size)
{
	size_t fit;
	int err = 0;

	for (; size && !err; from += fit, size -= fit) {
		void *to = pfl_feed_space(&fold->feed, &fit);

		if (!to)
			return -ENOMEM;
		if (fit > size)
			fit = size;
		memcpy(to, from, fit);
		pfl_feed_filled(&fold->feed, fit);
		err = take_fed(fold);
	}
	return err;
}

/* How long the record at @from is; 0: it is not all there, or none. */
static size_t whole_record(const unsigned char *from, size_t size)
{
	struct perf_event_header header;

	if (size < sizeof(header))
		return 0;
	memcpy(&header, from, sizeof(header));
	return header.size < sizeof(header) || header.size > size ? 0 : header.size;
}

/* The rest of a record that began where the ring ends. */
static size_t rest_of_record(const struct pfl_feed *feed, size_t size)
{
	size_t left = pfl_feed_left(feed);
	size_t rest = left ? whole_record(feed->chunk->bytes + feed->at, UINT16_MAX) - left : 0;

	return rest < size ? rest : size;
}

/* Brings a record in without its dump; *@size is 0 where it cannot. */
static int feed_short(struct pfl_fold *fold, const unsigned char *from, size_t *size)
{
	size_t room;
	void *to = pfl_feed_space(&fold->feed, &room);

	if (!to)
		return -ENOMEM;
	*size = pfl_shorten(fold, (const struct perf_event_header *)from, to);
	pfl_feed_filled(&fold->feed, *size);
	return *size ? take_fed(fold) : 0;
}

/* Those between two that are shortened go together. */
static int feed_records(struct pfl_fold *fold, const unsigned char *from, size_t left)
{
	const unsigned char *at = from, *end = from + left;
	size_t size, shortened;
	int err = 0;

	while (!err && (size = whole_record(at, end - at))) {
		if (pfl_is_long((const struct perf_event_header *)at)) {
			err = feed(fold, from, at - from);
			from = at;
			if (!err)
				err = feed_short(fold, at, &shortened);
			if (!err && shortened)
				from += size;
		}
		at += size;
	}
	return err ? err : feed(fold, from, end - from);
}

static int feed_part(struct pfl_fold *fold, const struct iovec *part)
{
	const unsigned char *from = part->iov_base;
	size_t rest = rest_of_record(&fold->feed, part->iov_len);
	int err;

	if (!fold->unwinding)
		return feed(fold, from, part->iov_len);
	err = feed(fold, from, rest);
	return err ? err : feed_records(fold, from + rest, part->iov_len - rest);
}

int pfl_fold_push(struct pfl_fold *fold, const struct iovec *parts, int nparts)
{
	int err = 0;

	fold->feed.chunks = &fold->chunks;
	for (int i = 0; i < nparts && !err; i++)
		err = feed_part(fold, &parts[i]);
	if (!err && pfl_feed_left(&fold->feed))
		err = -EILSEQ;
	if (err)
		pfl_feed_free(&fold->feed);
	return err;
}
