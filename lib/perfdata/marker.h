/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What our recorders have to say themselves, in the midst of the kernel's
 * records: samples of a software bpf-output event, which every reader of the
 * format knows how to pass over. Its name, "perflame:offcpu", tells the profile
 * type that was recorded; the raw data of its samples is lines of text:
 *
 *	perflame start
 *	time 123456789		when
 *	self 4711		the recorder's process, which is left out
 *	pids 1,2		what was asked for, where more than that was
 *	tids 3			recorded
 *	cpus 0,1
 *
 *	perflame sleeper	a thread that sleeps when recording begins; the
 *	state S			sample holds its stack
 *	wchan futex_wait	where in the kernel, where the stack does not say it
 *	futex 128		the operation, where it sleeps in futex(2)
 *
 *	perflame end		when recording ended
 *	asleep 93		threads that slept when it began, and were not looked at
 */
#ifndef PFL_PERFDATA_MARKER_H
#define PFL_PERFDATA_MARKER_H

#include "perfdata/sample.h"

#define PFL_MARKER_MAGIC "perflame "
#define PFL_MARKER_EVENT "perflame"	/* the event's name up to ":TYPE" */

enum pfl_marker_kind {
	PFL_MARKER_NONE,	/* somebody else's */
	PFL_MARKER_START,
	PFL_MARKER_SLEEPER,
	PFL_MARKER_END,
};

/* Whether samples of @event are markers: by its name. pfl_marker_kind() tells which. */
bool pfl_marker_event(const struct pfl_event *event);

/* The type that it says was recorded; NULL: none. */
const char *pfl_marker_type(const struct pfl_event *event);

enum pfl_marker_kind pfl_marker_kind(const struct pfl_sample *sample);

/* The value of @key: *len bytes, not ended by NUL; NULL: not there. Valid as long as the record. */
const char *pfl_marker_value(const struct pfl_sample *sample, const char *key, size_t *len);

/* A value that is a number; 0: not there. */
uint64_t pfl_marker_number(const struct pfl_sample *sample, const char *key);

#endif
