/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "util/array.h"

#define FIRST_ROOM 64u

void *pfl_array_reserve(void *array, uint32_t count, uint32_t more, uint32_t *room, size_t size)
{
	uint32_t wanted, next = *room ? *room : FIRST_ROOM;

	if (__builtin_add_overflow(count, more, &wanted))
		return NULL;
	while (next < wanted)
		if (__builtin_mul_overflow(next, 2, &next))
			return NULL;
	if (next == *room)
		return array;
	array = reallocarray(array, next, size);
	if (array)
		*room = next;
	return array;
}

void *pfl_array_fit(void *array, size_t size)
{
	void *smaller = realloc(array, size);

	if (smaller)
		array = smaller;
	return array;
}
