/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrays that grow. */
#ifndef PFL_UTIL_ARRAY_H
#define PFL_UTIL_ARRAY_H

#include <stddef.h>
#include <stdint.h>

/*
 * @array, of @count elements of @size bytes with room for *@room, with room for @more behind
 * them. NULL: out of memory; @array is as it was.
 */
void *pfl_array_reserve(void *array, uint32_t count, uint32_t more, uint32_t *room, size_t size);

/* @array without the memory beyond its first @size bytes, of which there is at least one. */
void *pfl_array_fit(void *array, size_t size);

/* With room for one more. */
static inline void *pfl_array_grow(void *array, uint32_t count, uint32_t *room, size_t size)
{
	return count < *room ? array : pfl_array_reserve(array, count, 1, room, size);
}

#endif
