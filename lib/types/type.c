/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "types/type.h"

/* In the order in which they are tried on a recording that does not say its type. */
static const struct pfl_type *const types[] = {
	&pfl_type_oncpu,
};

#define COUNT (sizeof(types) / sizeof(*types))

const struct pfl_type *pfl_type_of(const struct pfl_event *event)
{
	for (unsigned int i = 0; i < COUNT; i++)
		if (types[i]->takes(event))
			return types[i];
	return NULL;
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
