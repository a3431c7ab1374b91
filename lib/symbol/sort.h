/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sorting by address, and finding in what is sorted: a radix sort, as half a million
 * symbols or ranges come together, in an order that is nearly none.
 */
#ifndef PFL_SYMBOL_SORT_H
#define PFL_SYMBOL_SORT_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline uint64_t pfl_sort_key(const char *array, size_t i, size_t size)
{
	uint64_t key;

	memcpy(&key, array + i * size, sizeof(key));
	return key;
}

static inline bool pfl_is_sorted(const char *array, uint32_t count, size_t size)
{
	for (uint32_t i = 1; i < count; i++)
		if (pfl_sort_key(array, i, size) < pfl_sort_key(array, i - 1, size))
			return false;
	return true;
}

/* One pass, by byte number @byte of the key. False: all have the same byte. */
static inline bool pfl_sort_by_byte(const char *from, char *to, uint32_t count, size_t size,
				    unsigned int byte)
{
	uint32_t at[256] = { 0 }, sum = 0;

	for (uint32_t i = 0; i < count; i++)
		at[pfl_sort_key(from, i, size) >> 8 * byte & 0xff]++;
	if (at[pfl_sort_key(from, 0, size) >> 8 * byte & 0xff] == count)
		return false;
	for (unsigned int i = 0; i < 256; i++) {
		uint32_t n = at[i];

		at[i] = sum;
		sum += n;
	}
	for (uint32_t i = 0; i < count; i++) {
		uint32_t place = at[pfl_sort_key(from, i, size) >> 8 * byte & 0xff]++;

		memcpy(to + place * size, from + i * size, size);
	}
	return true;
}

/*
 * Sorts *@array, from malloc(), of @count elements of @size, by the uint64_t
 * that each starts with; equal ones stay in their order. *@array may become
 * another one, with room for @count. 0 or -ENOMEM.
 */
static inline int pfl_sort(void **array, uint32_t count, size_t size)
{
	char *from = *array, *to, *swap;

	if (!count || pfl_is_sorted(from, count, size))
		return 0;
	to = malloc(count * size);
	if (!to)
		return -ENOMEM;
	for (unsigned int byte = 0; byte < 8; byte++) {
		if (!pfl_sort_by_byte(from, to, count, size, byte))
			continue;
		swap = from;
		from = to;
		to = swap;
	}
	*array = from;
	free(to);
	return 0;
}

/* How many of @count elements of @size, sorted so, start with @key or less. */
static inline uint32_t pfl_sorted_upto(const void *array, uint32_t count, size_t size,
				       uint64_t key)
{
	uint32_t low = 0, high = count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (pfl_sort_key(array, mid, size) <= key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

#endif
