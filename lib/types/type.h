/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A profile type: one row of data and one small accountant. A new type is a new
 * file here and a line in type.c; see Documentation/howto-add-a-profile-type.md.
 */
#ifndef PFL_TYPES_TYPE_H
#define PFL_TYPES_TYPE_H

#include <perflame/type.h>

#include "perfdata/sample.h"

struct pfl_type {
	struct pfl_profile_info info;

	/* Whether samples of @event are what this type is about. */
	bool (*takes)(const struct pfl_event *event);

	/* What one sample of such an event weighs, in the order of info.values. */
	void (*weigh)(const struct pfl_sample *sample, uint64_t *values);

	/* Corrects the units in @info (a copy) where they depend on the event. May be NULL. */
	void (*describe)(const struct pfl_event *event, struct pfl_profile_info *info);
};

extern const struct pfl_type pfl_type_oncpu;
extern const struct pfl_type pfl_type_raw;	/* any event, for --event; not in the list */

/* The first type in the list that takes @event, or NULL. */
const struct pfl_type *pfl_type_of(const struct pfl_event *event);

/* The type called @name, or NULL. */
const struct pfl_type *pfl_type_named(const char *name);

#endif
