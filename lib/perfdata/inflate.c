/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <zstd.h>

#include "perfdata/inflate.h"

void pfl_inflate_free(struct pfl_inflate *inflate)
{
	ZSTD_freeDStream(inflate->stream);
	pfl_feed_free(&inflate->feed);
}

static int handle_records(struct pfl_inflate *inflate,
			  int (*handle)(void *data, struct pfl_feed *feed,
					const struct perf_event_header *header,
					struct perf_event_header *record), void *data)
{
	struct perf_event_header header, *record;
	int err;

	for (;;) {
		err = pfl_feed_next(&inflate->feed, &header, &record);
		if (err || !record)
			return err;
		err = handle(data, &inflate->feed, &header, record);
		if (err)
			return err;
	}
}

int pfl_inflate(struct pfl_inflate *inflate, const void *bytes, size_t size,
		int (*handle)(void *data, struct pfl_feed *feed,
			      const struct perf_event_header *header,
			      struct perf_event_header *record),
		void *data)
{
	ZSTD_inBuffer in = { .src = bytes, .size = size };
	bool full = false;

	if (!inflate->stream)
		inflate->stream = ZSTD_createDStream();
	if (!inflate->stream)
		return -ENOMEM;
	/* a full output may leave more inside zstd, even when all input was taken */
	while (in.pos < in.size || full) {
		ZSTD_outBuffer out = { 0 };
		int err;

		out.dst = pfl_feed_space(&inflate->feed, &out.size);
		if (!out.dst)
			return -ENOMEM;
		if (ZSTD_isError(ZSTD_decompressStream(inflate->stream, &out, &in)))
			return -EILSEQ;
		full = out.pos == out.size;
		pfl_feed_filled(&inflate->feed, out.pos);
		err = handle_records(inflate, handle, data);
		if (err)
			return err;
	}
	return 0;
}
