/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The profile types: what a flame graph is about.
 */
#ifndef PERFLAME_TYPE_H
#define PERFLAME_TYPE_H

#include <perflame/profile.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The type called @name ("oncpu"), or NULL. Never freed.
 */
const struct pfl_profile_info *pfl_type_find(const char *name);

/* Type number @n, or NULL behind the last. */
const struct pfl_profile_info *pfl_type_at(unsigned int n);

#ifdef __cplusplus
}
#endif

#endif
