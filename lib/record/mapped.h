/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The records of mappings as they come out of the rings: each file is captured,
 * and its record gets the build-id, as MMAP2 has room for it, where the inode stands
 * otherwise. The kernel would write it there itself, if asked; why it is not asked
 * stands in counters.c.
 */
#ifndef PFL_RECORD_MAPPED_H
#define PFL_RECORD_MAPPED_H

#include "record/ring.h"
#include "symbol/captures.h"

/*
 * Sees the records in @parts, whole ones one behind the other, and hands them on to
 * @sink, in pieces, with build-ids in them. 0, -ENOMEM or what @sink said.
 */
int pfl_mapped_pass(struct pfl_captures *captures, const struct iovec *parts, int nparts,
		    pfl_ring_sink *sink, void *data);

#endif
