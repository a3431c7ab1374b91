/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory that several share: what the files of one recording may take together,
 * on whichever thread they are read.
 */
#ifndef PFL_SYMBOL_ROOM_H
#define PFL_SYMBOL_ROOM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct pfl_room {
	atomic_size_t left;
};

/* False: there is not so much left, and nothing was taken. */
static inline bool pfl_room_take(struct pfl_room *room, size_t size)
{
	size_t left = atomic_load(&room->left);

	while (left >= size)
		if (atomic_compare_exchange_weak(&room->left, &left, left - size))
			return true;
	return false;
}

static inline void pfl_room_give(struct pfl_room *room, size_t size)
{
	atomic_fetch_add(&room->left, size);
}

#endif
