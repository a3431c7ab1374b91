/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one way of the data, from records to a profile; <perflame/fold.h> is its
 * front for files. A source (a recording, live rings) tells the events it has,
 * pushes records in whatever order it finds them, ends each pass over its rings
 * with a round, and finishes.
 */
#ifndef PFL_FOLD_FOLD_H
#define PFL_FOLD_FOLD_H

#include <linux/perf_event.h>
#include <sys/uio.h>

#include <perflame/fold.h>

#include "symbol/symbol.h"

struct pfl_fold;

/* @opts and @origin with their strings are copied. 0, -EINVAL or -ENOMEM. */
int pfl_fold_new(struct pfl_ctx *ctx, const struct pfl_fold_opts *opts,
		 const struct pfl_symbols_origin *origin, struct pfl_fold **out);
void pfl_fold_free(struct pfl_fold *fold);

/*
 * Tells an event before its first record: @attr, the ids its records carry
 * (may be none where there is only one event), and its name ("cpu-clock").
 * 0 or -ENOMEM.
 */
int pfl_fold_event(struct pfl_fold *fold, const struct perf_event_attr *attr,
		   const uint64_t *ids, unsigned int nids, const char *name);

/* Tells the formats of the tracepoints among them: the body of a TRACING_DATA feature. 0 or -ENOMEM. */
int pfl_fold_tracing(struct pfl_fold *fold, const void *bytes, size_t size);

/*
 * Of a source that has told all events there will be: what the options ask of the
 * type is looked at now, not with the first record. 0, -EINVAL or -ENOMEM.
 */
int pfl_fold_open(struct pfl_fold *fold);

/* Takes whole records, in pieces. 0 or -errno. */
typedef int pfl_fold_sink(void *data, const struct iovec *parts, int nparts);

/*
 * Before the first record: what comes out is no profile but records again, for
 * @sink, in time order. Samples that have both frame pointers and a dump of the
 * stack get one whole chain in place of them, as pfl_fold_written_attr() tells.
 * What @sink says ends the fold. 0 or -ENOMEM.
 */
int pfl_fold_to_records(struct pfl_fold *fold, pfl_fold_sink *sink, void *data);

/* Makes of the attr of an event the one of its records that come out. */
void pfl_fold_written_attr(struct perf_event_attr *attr);

/*
 * Takes records: the @nparts pieces, one behind the other, are whole records in
 * this machine's byte order. Each piece stands at a multiple of 8 bytes, and is a multiple of
 * 8 long, as rings are. They are copied. 0, -EILSEQ for a record size that
 * makes no sense (what stood before it is kept), or -ENOMEM.
 */
int pfl_fold_push(struct pfl_fold *fold, const struct iovec *parts, int nparts);

struct pfl_captures;
struct pfl_table;

/* Live: what was captured of the files that are mapped. Before any record; outlives @fold. */
void pfl_fold_set_captures(struct pfl_fold *fold, struct pfl_captures *captures);

/* Does @work(@arg), which takes long, and returns when it is done: in some way, on any thread. */
typedef void pfl_fold_aside(void *data, void (*work)(void *arg), void *arg);

/*
 * Live: somebody has better to do meanwhile. And whoever pushes says in @mapping of which
 * processes records come that change their mappings, by the time that the first sample comes
 * which may have been taken after them. Before any record; outlives @fold.
 */
void pfl_fold_set_live(struct pfl_fold *fold, const struct pfl_table *mapping,
		       pfl_fold_aside *aside, void *data);

/* Ends a pass over all rings: what the next pass brings is no older than this one began. */
int pfl_fold_round(struct pfl_fold *fold);

/* Handles all that still waits and hands it on, where records come out. */
int pfl_fold_end(struct pfl_fold *fold, struct pfl_fold_stats *stats);

/*
 * Handles all that still waits, names the frames and hands out the profile.
 * Once. 0, -ENODATA, -EINVAL or -ENOMEM as pfl_fold_read().
 */
int pfl_fold_finish(struct pfl_fold *fold, struct pfl_profile **out,
		    struct pfl_fold_stats *stats);

#endif
