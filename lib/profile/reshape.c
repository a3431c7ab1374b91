/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Other shapes of a profile: stacks cut at either end, turned round, scaled.
 *
 * Cutting is one walk from the root: a node goes where its parent went, unless
 * a cut says otherwise. Turning round is a walk up from each node that was
 * charged. Both may follow each other, so that each is a profile of its own.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"
#include "profile/value.h"
#include "util/context.h"

/* By frame. */
#define IS_BASE 1
#define IS_LAST 2

static bool is_listed(const char *name, const char *const *names, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static uint8_t *mark_frames(const struct pfl_profile *profile, const struct pfl_reshape *shape)
{
	uint32_t count = pfl_profile_frames(profile);
	uint8_t *marks = calloc(count, 1);

	for (uint32_t f = 0; marks && f < count; f++) {
		const char *name = pfl_profile_frame_at(profile, f)->name;

		if (is_listed(name, shape->bases, shape->nbases))
			marks[f] |= IS_BASE;
		if (is_listed(name, shape->skip_after, shape->nskip_after))
			marks[f] |= IS_LAST;
	}
	return marks;
}

/* An empty profile like @profile, and what its frames are there. */
static int new_like(struct pfl_ctx *ctx, const struct pfl_profile *profile,
		    struct pfl_profile **out, uint32_t **frames)
{
	int err = pfl_profile_new(ctx, pfl_profile_info(profile), out);

	if (err)
		return err;
	pfl_profile_keep_order(*out, pfl_profile_keeps_order(profile));
	*frames = pfl_profile_copy_frames(profile, *out);
	return *frames ? 0 : -ENOMEM;
}

/* Where nodes go, by node. */
struct place {
	uint32_t node;
	bool cut;	/* what it calls is no frame of its own any more */
};

static int cut_nodes(const struct pfl_profile *profile, struct pfl_profile *out,
		     const uint32_t *frames, const uint8_t *marks, struct place *places)
{
	const struct pfl_node *nodes = pfl_profile_node(profile, 0);
	uint32_t n = 0;

	for (; n != PFL_NODE_NONE; n = pfl_node_after(nodes, n)) {
		struct place place = n ? places[nodes[n].parent] : (struct place){ 0, false };

		if (n && !place.cut) {
			uint8_t mark = marks[nodes[n].frame];

			if (mark & IS_BASE)
				place.node = 0;
			place.node = pfl_profile_child(out, place.node, frames[nodes[n].frame]);
			if (place.node == PFL_NODE_NONE)
				return -ENOMEM;
			place.cut = mark & IS_LAST;
		}
		places[n] = place;
		pfl_profile_charge(out, place.node, nodes[n].self);
	}
	return 0;
}

static int cut(struct pfl_ctx *ctx, const struct pfl_profile *profile,
	       const struct pfl_reshape *shape, struct pfl_profile **out)
{
	uint8_t *marks = mark_frames(profile, shape);
	struct place *places = calloc(pfl_profile_size(profile), sizeof(*places));
	uint32_t *frames = NULL;
	int err = marks && places ? new_like(ctx, profile, out, &frames) : -ENOMEM;

	if (!err)
		err = cut_nodes(profile, *out, frames, marks, places);
	free(frames);
	free(places);
	free(marks);
	return err;
}

static bool is_charged(const struct pfl_node *node)
{
	for (int v = 0; v < PFL_VALUES; v++)
		if (node->self[v])
			return true;
	return false;
}

static int turn_nodes(const struct pfl_profile *profile, struct pfl_profile *out,
		      const uint32_t *frames)
{
	const struct pfl_node *nodes = pfl_profile_node(profile, 0);
	uint32_t n = 0;

	for (; n != PFL_NODE_NONE; n = pfl_node_after(nodes, n)) {
		uint32_t to = 0;

		if (!is_charged(&nodes[n]))
			continue;
		for (uint32_t at = n; at; at = nodes[at].parent) {
			to = pfl_profile_child(out, to, frames[nodes[at].frame]);
			if (to == PFL_NODE_NONE)
				return -ENOMEM;
		}
		pfl_profile_charge(out, to, nodes[n].self);
	}
	return 0;
}

static int turn(struct pfl_ctx *ctx, const struct pfl_profile *profile, struct pfl_profile **out)
{
	uint32_t *frames = NULL;
	int err = new_like(ctx, profile, out, &frames);

	if (!err)
		err = turn_nodes(profile, *out, frames);
	free(frames);
	return err;
}

/* A factor as a whole number and decimals: 0.25 is 25 with 2 of them. */
static unsigned int split_factor(double factor, uint64_t *whole)
{
	unsigned int decimals = 0;
	double value = factor;

	while (decimals < PFL_DECIMALS_MAX && fabs(value - rint(value)) > 1e-9 * value) {
		decimals++;
		value = factor * pfl_power_of_ten(decimals);
	}
	*whole = value < 0x1p63 ? llrint(value) : INT64_MAX;
	return decimals;
}

/* What would make the total of the main value, which is @sum, what @shape wants it to be. */
static uint64_t missing(struct pfl_ctx *ctx, const struct pfl_profile_info *info, uint64_t sum,
			uint64_t wanted)
{
	uint64_t unit = info->values[info->main_value].folded_div *
			pfl_power_of_ten(info->decimals);
	uint64_t total;

	if (__builtin_mul_overflow(wanted, unit, &total))
		total = UINT64_MAX;
	if (total < sum) {
		pfl_warn(ctx, "the total of %" PRIu64 " is less than what was counted, and left out",
			 wanted);
		return 0;
	}
	return total - sum;
}

/* Multiplies and fills up; @profile is not finished yet. */
static void scale(struct pfl_ctx *ctx, struct pfl_profile *profile, const struct pfl_reshape *shape,
		  const uint64_t *sums)
{
	const struct pfl_profile_info *info = pfl_profile_info(profile);
	uint64_t rest[PFL_VALUES] = { 0 };
	uint64_t whole;

	if (shape->total)
		rest[info->main_value] = missing(ctx, info, sums[info->main_value], shape->total);
	pfl_profile_charge(profile, 0, rest);
	if (shape->factor > 0 && shape->factor != 1) {
		unsigned int decimals = split_factor(shape->factor, &whole);

		pfl_profile_multiply(profile, whole, decimals);
	}
}

int pfl_profile_reshape(struct pfl_ctx *ctx, const struct pfl_profile *profile,
			const struct pfl_reshape *shape, struct pfl_profile **out)
{
	const uint64_t *sums = pfl_profile_node(profile, 0)->total;
	struct pfl_profile *shaped = NULL;
	struct pfl_profile *turned = NULL;
	int err = cut(ctx, profile, shape, &shaped);

	if (!err && shape->reverse)
		err = pfl_profile_finish(shaped);
	if (!err && shape->reverse) {
		err = turn(ctx, shaped, &turned);
		pfl_profile_free(shaped);
		shaped = turned;
	}
	if (!err) {
		scale(ctx, shaped, shape, sums);
		err = pfl_profile_finish(shaped);
	}
	if (err)
		pfl_profile_free(shaped);
	else
		*out = shaped;
	return err;
}
