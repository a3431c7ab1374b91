/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A recording from open to finish: what <perflame/record.h> hides.
 */
#ifndef PFL_RECORD_SESSION_H
#define PFL_RECORD_SESSION_H

#include <perflame/record.h>

#include "fold/fold.h"
#include "record/command.h"
#include "record/counters.h"
#include "record/host.h"
#include "record/mapped.h"
#include "record/markers.h"
#include "record/priority.h"
#include "record/rings.h"
#include "record/synth.h"
#include "util/strbuf.h"

struct pfl_record {
	struct pfl_ctx *ctx;
	const struct pfl_sys *sys;
	const struct pfl_type_spec *type;
	struct pfl_record_opts opts;	/* its pointers are the caller's, and gone after open */
	struct pfl_rights rights;
	struct pfl_host host;
	struct pfl_kernel_text kernel;
	struct pfl_command command;
	struct pfl_target target;
	struct pfl_counters counters;
	struct pfl_rings rings;
	struct pfl_synth synth;
	struct pfl_markers markers;	/* of a type that is marked */
	uint64_t asleep;	/* threads that slept when recording began, and were left out */
	struct pfl_captures *captures;	/* of what is mapped */
	/* One of them; or both, where samples get whole chains on their way to the writer. */
	struct pfl_fold *fold;
	struct pfl_writer *writer;
	struct pfl_fold_stats unwound;	/* of the latter */
	int sink_err;		/* what it said when it took no more */
	bool aside;		/* the fold is busy, and takes nothing: … */
	struct pfl_strbuf backlog;	/* … whole records that it gets first then */
	struct pollfd *polled;	/* a ring each, then the command */
	struct pfl_ring_tally tally;
	uint64_t rounds_at;	/* bytes when the last pass ended */
	uint64_t mapped;	/* of the tally, as far as their records were handed on */
	struct pfl_table mapping;	/* processes whose mappings what comes out of the rings changes */
	bool waiting;		/* and it brought some, which wait for the next one */
	uint64_t drained;	/* when pfl_session_drain_between() ended last, … */
	uint64_t drain_took;	/* … and how long that was */
	uint64_t lost;		/* by the kernel's own count, at the end */
	bool counted;		/* … which was read */
	uint64_t start, end;	/* CLOCK_MONOTONIC; 0: not yet */
	int command_status;
	bool first;		/* goes before others: record/priority.h … */
	bool not_first;		/* … or has no right to */
	bool running, ended;
};

/* As pfl_record_open(), for a @type and through a @sys of the caller's choice. */
int pfl_session_open(struct pfl_ctx *ctx, const struct pfl_sys *sys,
		     const struct pfl_type_spec *type, const struct pfl_record_opts *opts,
		     struct pfl_record **out);

/*
 * Does @work on another thread, and empties the rings meanwhile; data is the pfl_record. For
 * work that touches nothing of the recording.
 */
pfl_fold_aside pfl_session_aside;

/* Takes records to where they go; data is the pfl_record. */
pfl_ring_sink pfl_session_push;

/* Whether samples get whole chains on their way to a file. */
bool pfl_session_repairs(const struct pfl_record *record);

/* Empties the rings once and ends the pass; data is the pfl_record. 0, or what the sink said. */
int pfl_session_drain(void *data);

/* The same without an end: nothing of it goes on its way before the next pass. */
int pfl_session_empty(void *data);

/*
 * pfl_session_drain() between the steps of something that must come to its end: at most half
 * of the time is spent on it. Where samples come faster than they are taken, the rings are
 * full again whenever they have been emptied.
 */
int pfl_session_drain_between(void *data);

#endif
