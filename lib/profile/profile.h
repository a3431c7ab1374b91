/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the readers of other formats may change in a profile before it is
 * finished: they learn what the numbers mean while they read.
 */
#ifndef PFL_PROFILE_PROFILE_H
#define PFL_PROFILE_PROFILE_H

#include <stdbool.h>

#include <perflame/profile.h>

#include "profile/shares.h"

#define PFL_DECIMALS_MAX 6	/* 10^6 leaves 13 digits before the point of a uint64_t */

/*
 * From now on values are multiples of 10^-@decimals, no fewer than before and
 * at most PFL_DECIMALS_MAX; what was charged is converted. Returns how many
 * values did not fit and stand at UINT64_MAX now.
 */
uint32_t pfl_profile_set_decimals(struct pfl_profile *profile, unsigned int decimals);

/*
 * What was charged as value 0 is "before" from now on, value 1 is "after" and
 * takes its name and unit from value 0. For profiles of one value. 0 or -ENOMEM.
 */
int pfl_profile_set_differential(struct pfl_profile *profile);

/*
 * From now on children keep the order in which they come, and only the last one
 * of a parent is found again: neighbours merge, as in a flame chart. Before the
 * first child.
 */
void pfl_profile_keep_order(struct pfl_profile *profile, bool keep);
bool pfl_profile_keeps_order(const struct pfl_profile *profile);

/*
 * Multiplies what was charged by @factor / 10^@decimals, exactly as far as
 * PFL_DECIMALS_MAX reach. Before pfl_profile_finish().
 */
void pfl_profile_multiply(struct pfl_profile *profile, uint64_t factor, unsigned int decimals);

/*
 * Of what @node was charged itself, @values are those of the task called @task, of @len
 * bytes. What is in no share is nobody's. Before pfl_profile_finish(). 0 or -ENOMEM.
 */
int pfl_profile_share(struct pfl_profile *profile, uint32_t node, const char *task, size_t len,
		      const uint64_t *values);

/* The shares that there are; once finished in order. Valid as long as @profile. */
const struct pfl_shares *pfl_profile_shares(const struct pfl_profile *profile);

/*
 * Makes all frames of @from frames of @to: their numbers there by their numbers
 * here, the caller's to free(). NULL: out of memory.
 */
uint32_t *pfl_profile_copy_frames(const struct pfl_profile *from, struct pfl_profile *to);

/* The node that follows @node in its tree, depth first and from the left; PFL_NODE_NONE: none. */
static inline uint32_t pfl_node_after(const struct pfl_node *nodes, uint32_t node)
{
	uint32_t next = nodes[node].first;

	while (next == PFL_NODE_NONE && nodes[node].parent != PFL_NODE_NONE) {
		next = nodes[node].next;
		node = nodes[node].parent;
	}
	return next;
}

/* The sum, or UINT64_MAX. */
static inline uint64_t pfl_add_saturated(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

#endif
