/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compressed records (perf record -z). One zstd stream runs through all of them:
 * what comes out of one may end in the middle of a record.
 */
#ifndef PFL_PERFDATA_INFLATE_H
#define PFL_PERFDATA_INFLATE_H

#include "perfdata/feed.h"

struct pfl_inflate {
	void *stream;		/* ZSTD_DStream, made when first needed */
	struct pfl_feed feed;	/* what comes out */
};

void pfl_inflate_free(struct pfl_inflate *inflate);

/*
 * Decompresses @size bytes and calls @handle with @data for every record that is
 * whole by then. 0; -EILSEQ for bytes that zstd cannot read or that hold no records;
 * -ENOMEM; or what @handle returned.
 */
int pfl_inflate(struct pfl_inflate *inflate, const void *bytes, size_t size,
		int (*handle)(void *data, struct pfl_feed *feed,
			      const struct perf_event_header *header,
			      struct perf_event_header *record),
		void *data);

#endif
