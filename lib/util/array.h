/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrays that grow by one element at a time. */
#ifndef PFL_UTIL_ARRAY_H
#define PFL_UTIL_ARRAY_H

#include <stdint.h>
#include <stdlib.h>

/*
 * @array, of @count elements of @size bytes with room for *@room, with room for one more.
 * NULL: out of memory; @array is as it was.
 */
static inline void *pfl_array_grow(void *array, uint32_t count, uint32_t *room, size_t size)
{
	uint32_t more = *room ? *room * 2 : 64;

	if (count < *room)
		return array;
	if (more < *room)
		return NULL;
	array = reallocarray(array, more, size);
	if (array)
		*room = more;
	return array;
}

#endif
