/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the raw data of a tracepoint's samples holds, as the kernel that wrote
 * them says it: where a field stands, and what the bits of one are called.
 * Nothing of it is known beforehand: fields move from kernel to kernel.
 */
#ifndef PFL_PERFDATA_TRACEPOINT_H
#define PFL_PERFDATA_TRACEPOINT_H

#include "perfdata/sample.h"

/* A number in the raw data. */
struct pfl_field {
	uint32_t offset;
	uint8_t size;		/* 1, 2, 4 or 8; 0: there is no such field */
	bool is_signed;
	bool swap;		/* in the other byte order: raw data stays as it was recorded */
};

struct pfl_tracepoint_field {
	char *name;
	struct pfl_field field;
};

/* A value that has a name where the tracepoint is printed: a bit of prev_state, and "S". */
struct pfl_tracepoint_flag {
	uint64_t value;
	char *field, *name;
};

struct pfl_tracepoint {
	char *name;		/* "sched:sched_switch" */
	struct pfl_tracepoint_field *fields;
	uint32_t nfields, fields_room;
	struct pfl_tracepoint_flag *flags;
	uint32_t nflags, flags_room;
};

struct tep_event;

/* What libtraceevent knows of @event; @swap: it was recorded in the other byte order. NULL: out of memory. */
struct pfl_tracepoint *pfl_tracepoint_new(const struct tep_event *event, bool swap);
void pfl_tracepoint_free(struct pfl_tracepoint *tracepoint);

/* Where the number called @name stands; of size 0 where there is none. */
struct pfl_field pfl_tracepoint_field(const struct pfl_tracepoint *tracepoint, const char *name);

/*
 * Reads @field of @sample, extended to 64 bits by its sign. False where the sample's raw data
 * does not reach so far, or there is no such field.
 */
bool pfl_field_read(const struct pfl_field *field, const struct pfl_sample *sample,
		    uint64_t *value);

#endif
