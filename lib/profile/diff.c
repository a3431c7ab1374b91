/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The difference of two profiles: one tree of both, whose nodes carry the value
 * before and the value after.
 *
 * Scaling "before" rounds sums, not the values of nodes: what was charged up to
 * a node, depth first, is scaled and rounded, and the node gets what that adds.
 * A subtree is one piece of that order, so that its total is never off by more
 * than one, however many small values it is made of; and a factor of 1 changes
 * nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"
#include "profile/value.h"
#include "util/context.h"

/* One of the two profiles. */
struct side {
	const struct pfl_profile *profile;
	const struct pfl_profile_info *info;
	const struct pfl_value *meaning;
	unsigned int value;		/* which of its values is compared */
	unsigned int place;		/* 0: before, 1: after */
	uint64_t factor;		/* units of the difference in one of its own */
	uint64_t times, over;		/* what else its values are scaled by */
	unsigned __int128 sum;		/* of its values so far, */
	unsigned __int128 scaled;	/* scaled and rounded */
};

static int side_init(struct side *side, const struct pfl_profile *profile, unsigned int value,
		     unsigned int place)
{
	*side = (struct side){
		.profile = profile,
		.info = pfl_profile_info(profile),
		.value = value,
		.place = place,
		.factor = 1,
		.times = 1,
		.over = 1,
	};
	if (value >= side->info->nvalues)
		return -EINVAL;
	side->meaning = &side->info->values[value];
	return 0;
}

/* Folded stacks of an unknown type count in what the other side would be folded to. */
static int agree_on_unit(struct pfl_ctx *ctx, struct side *before, struct side *after)
{
	const char *units[2] = { before->meaning->unit, after->meaning->unit };
	struct side *mute = !*units[0] ? before : !*units[1] ? after : NULL;
	struct side *other = mute == before ? after : before;

	if (strcmp(units[0], units[1]) == 0)
		return 0;
	if (!mute)
		return pfl_fail(ctx, -EINVAL, "no difference of %s and %s: choose a value that both "
				"have (--value), or a type (--type)", units[0], units[1]);
	mute->factor = other->meaning->folded_div;
	mute->meaning = other->meaning;
	return 0;
}

static void agree_on_decimals(struct side *before, struct side *after)
{
	struct side *coarse = before->info->decimals < after->info->decimals ? before : after;
	struct side *fine = coarse == before ? after : before;

	coarse->factor *= pfl_power_of_ten(fine->info->decimals - coarse->info->decimals);
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t total_of(const struct side *side)
{
	return multiply(pfl_profile_node(side->profile, 0)->total[side->value], side->factor);
}

static void normalize(struct side *before, const struct side *after)
{
	uint64_t total = total_of(before);

	if (!total)
		return;
	before->times = total_of(after);
	before->over = total;
}

/* What @value, the next depth first, comes to. */
static uint64_t scale(struct side *side, uint64_t value)
{
	unsigned __int128 before = side->scaled;
	unsigned __int128 whole, rest;

	value = multiply(value, side->factor);
	if (side->times == side->over)
		return value;
	side->sum += value;
	whole = side->sum / side->over;
	rest = side->sum % side->over;
	side->scaled = whole * side->times + (rest * side->times + side->over / 2) / side->over;
	return side->scaled - before;
}

static void charge(struct side *side, struct pfl_profile *out, uint32_t node,
		   const struct pfl_node *from)
{
	uint64_t values[PFL_VALUES] = { 0 };

	values[side->place] = scale(side, from->self[side->value]);
	pfl_profile_charge(out, node, values);
}

/* Depth first, so that siblings come in order, and sums as scale() wants them. */
static int copy_nodes(struct side *side, struct pfl_profile *out, const uint32_t *frames,
		      uint32_t *copy)
{
	const struct pfl_node *nodes = pfl_profile_node(side->profile, 0);
	uint32_t node = 0;

	while (node != PFL_NODE_NONE) {
		if (node)
			copy[node] = pfl_profile_child(out, copy[nodes[node].parent],
						       frames[nodes[node].frame]);
		if (copy[node] == PFL_NODE_NONE)
			return -ENOMEM;
		charge(side, out, copy[node], &nodes[node]);
		node = pfl_node_after(nodes, node);
	}
	return 0;
}

static int add_side(struct side *side, struct pfl_profile *out)
{
	uint32_t *frames = pfl_profile_copy_frames(side->profile, out);
	uint32_t *copy = calloc(pfl_profile_size(side->profile), sizeof(*copy));
	int err = -ENOMEM;

	if (frames && copy)
		err = copy_nodes(side, out, frames, copy);
	free(copy);
	free(frames);
	return err;
}

static int new_profile(struct pfl_ctx *ctx, const struct side *before, const struct side *after,
		       struct pfl_profile **out)
{
	const struct side *known = after->info->type ? after : before;
	struct pfl_profile_info info = *known->info;

	if (before->info->type && after->info->type &&
	    strcmp(before->info->type, after->info->type) != 0)
		info.type = NULL;
	info.nvalues = 2;
	info.values[0] = *before->meaning;
	info.values[1] = *after->meaning;
	info.main_value = 1;
	info.differential = 1;
	if (before->info->decimals > after->info->decimals)
		info.decimals = before->info->decimals;
	else
		info.decimals = after->info->decimals;
	return pfl_profile_new(ctx, &info, out);
}

int pfl_profile_diff(struct pfl_ctx *ctx, const struct pfl_profile *before,
		     const struct pfl_profile *after, const struct pfl_diff *diff,
		     struct pfl_profile **out)
{
	struct side sides[2];
	struct pfl_profile *profile = NULL;
	int err;

	if (side_init(&sides[0], before, diff->before_value, 0) ||
	    side_init(&sides[1], after, diff->after_value, 1))
		return -EINVAL;
	err = agree_on_unit(ctx, &sides[0], &sides[1]);
	if (err)
		return err;
	agree_on_decimals(&sides[0], &sides[1]);
	if (diff->normalize)
		normalize(&sides[0], &sides[1]);
	err = new_profile(ctx, &sides[0], &sides[1], &profile);
	for (int i = 0; !err && i < 2; i++)
		err = add_side(&sides[i], profile);
	if (!err)
		err = pfl_profile_finish(profile);
	if (err)
		pfl_profile_free(profile);
	else
		*out = profile;
	return err;
}
