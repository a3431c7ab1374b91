/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which task had how much of what a node was charged itself: kept beside the tree, in
 * which stacks of all tasks of one name are one. A viewer can take them apart again, and
 * a stack that many tasks have costs a share each, not a tree each.
 */
#ifndef PFL_PROFILE_SHARES_H
#define PFL_PROFILE_SHARES_H

#include <perflame/profile.h>

#include "util/table.h"

struct pfl_share {
	uint32_t node;
	uint32_t task;		/* number in the names of tasks */
	uint64_t values[PFL_VALUES];
};

/* All zero is empty. */
struct pfl_shares {
	struct pfl_strings tasks;
	struct pfl_share *list;
	uint32_t count, room;
};

/* 0 or -ENOMEM. */
int pfl_shares_add(struct pfl_shares *shares, const struct pfl_share *share);

/* By node, then by task, one of each. */
void pfl_shares_finish(struct pfl_shares *shares);

void pfl_shares_free(struct pfl_shares *shares);

#endif
