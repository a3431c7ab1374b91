/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "perfdata/tracepoint.h"
#include "types/type.h"

/* In the order in which they are tried on a recording that does not say its type. */
static const struct pfl_type *const types[] = {
	&pfl_type_oncpu,
	&pfl_type_faults,
	&pfl_type_offcpu,
	&pfl_type_locks,
	&pfl_type_wakeup,
	&pfl_type_offwake,
	&pfl_type_wall,
};

#define COUNT (sizeof(types) / sizeof(*types))

static bool has_fields(const struct pfl_role *role, const struct pfl_tracepoint *tracepoint)
{
	for (unsigned int i = 0; i < PFL_ROLE_FIELDS && role->fields[i]; i++)
		if (!pfl_tracepoint_field(tracepoint, role->fields[i]).size)
			return false;
	return true;
}

static bool plays(const struct pfl_role *role, const struct pfl_event *event)
{
	if (!role->tracepoint)
		return role->takes(event);
	return event->tracepoint && !strcmp(event->tracepoint->name, role->tracepoint) &&
	       has_fields(role, event->tracepoint);
}

int pfl_type_role(const struct pfl_type *type, const struct pfl_event *event)
{
	for (unsigned int i = 0; i < type->nroles; i++)
		if (plays(&type->roles[i], event))
			return i;
	return -1;
}

static bool has_needs(const struct pfl_type *type, const struct pfl_events *events, uint32_t missing)
{
	int role;

	for (unsigned int i = 0; i < events->count && missing; i++) {
		role = pfl_type_role(type, events->list[i]);
		if (role >= 0)
			missing &= ~(1u << role);
	}
	return !missing;
}

/* The place of the first event that leads to @type; none does: the number of events. */
static unsigned int lead_of(const struct pfl_type *type, const struct pfl_events *events)
{
	unsigned int i;
	int role;

	for (i = 0; i < events->count; i++) {
		role = pfl_type_role(type, events->list[i]);
		if (role >= 0 && (unsigned int)role < type->leads &&
		    has_needs(type, events, type->needs | type->roles[role].needs))
			break;
	}
	return i;
}

const struct pfl_event *pfl_type_lead(const struct pfl_type *type, const struct pfl_events *events)
{
	unsigned int lead = lead_of(type, events);

	return lead < events->count ? events->list[lead] : NULL;
}

const struct pfl_type *pfl_type_of(const struct pfl_events *events)
{
	const struct pfl_type *first = NULL;
	unsigned int place = events->count;

	for (unsigned int i = 0; i < COUNT; i++) {
		unsigned int lead = lead_of(types[i], events);

		if (lead < place) {
			place = lead;
			first = types[i];
		}
	}
	return first;
}

const struct pfl_type *pfl_type_named(const char *name)
{
	for (unsigned int i = 0; i < COUNT; i++)
		if (!strcmp(types[i]->info.type, name))
			return types[i];
	return NULL;
}

const struct pfl_profile_info *pfl_type_find(const char *name)
{
	const struct pfl_type *type = pfl_type_named(name);

	return type ? &type->info : NULL;
}

const struct pfl_profile_info *pfl_type_at(unsigned int n)
{
	return n < COUNT ? &types[n]->info : NULL;
}
