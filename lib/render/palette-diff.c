/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The colours of a difference: by how much each node has changed. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "render/palette.h"

#define DELTA_STEPS 15u	/* shades of growth, and as many of shrinking, around one of "as before" */

/* A differential profile as it is to be shown. */
struct deltas {
	const struct pfl_node *nodes;
	uint32_t size;
	unsigned int before, after;	/* which value is which */
	bool by_total;
	uint64_t threshold;
	uint64_t largest;		/* change of any node but the root */
};

static uint64_t delta_value(const struct deltas *deltas, uint32_t n, unsigned int value)
{
	const struct pfl_node *node = &deltas->nodes[n];

	return deltas->by_total ? node->total[value] : node->self[value];
}

static bool grew(const struct deltas *deltas, uint32_t n)
{
	return delta_value(deltas, n, deltas->after) > delta_value(deltas, n, deltas->before);
}

static uint64_t delta_size(const struct deltas *deltas, uint32_t n)
{
	uint64_t before = delta_value(deltas, n, deltas->before);
	uint64_t after = delta_value(deltas, n, deltas->after);

	return after > before ? after - before : before - after;
}

uint64_t pfl_diff_threshold(const struct pfl_profile *profile, const struct pfl_diff_opts *opts)
{
	const uint64_t *total = pfl_profile_node(profile, 0)->total;
	uint64_t whole = total[0] > total[1] ? total[0] : total[1];

	if (!(opts->threshold > 0))
		return 0;
	return opts->threshold >= 100 ? whole : ceill((long double)whole * opts->threshold / 100);
}

static struct deltas deltas_of(const struct pfl_profile *profile, const struct pfl_diff_opts *opts)
{
	struct deltas deltas = {
		.nodes = pfl_profile_node(profile, 0),
		.size = pfl_profile_size(profile),
		.before = opts->negate ? 1 : 0,
		.after = opts->negate ? 0 : 1,
		.by_total = opts->by_total,
		.threshold = pfl_diff_threshold(profile, opts),
	};

	for (uint32_t n = 1; n < deltas.size; n++) {
		uint64_t size = delta_size(&deltas, n);

		deltas.largest = size > deltas.largest ? size : deltas.largest;
	}
	return deltas;
}

/* Colours of a difference: as before, growth, shrinking, and what is on one side only. */
#define DELTA_GREW 1
#define DELTA_SHRANK (DELTA_GREW + DELTA_STEPS)
#define DELTA_ONE_SIDE (DELTA_SHRANK + DELTA_STEPS)

static unsigned int delta_shade(const struct deltas *deltas, uint32_t n)
{
	const uint64_t *total = deltas->nodes[n].total;
	uint64_t size = delta_size(deltas, n);
	unsigned int step = DELTA_STEPS - 1;

	if ((!total[0] || !total[1]) && total[0] + total[1] >= deltas->threshold)
		return DELTA_ONE_SIDE + !total[deltas->after];
	if (!size || size < deltas->threshold)
		return 0;
	if (size < deltas->largest)
		step = (unsigned __int128)size * (DELTA_STEPS - 1) / deltas->largest;
	return (grew(deltas, n) ? DELTA_GREW : DELTA_SHRANK) + step;
}

static int add_delta_colors(struct pfl_palette *palette)
{
	int err = pfl_palette_add(palette, pfl_color_hsl(0, 0, 94));

	for (unsigned int i = 0; i < DELTA_STEPS; i++)
		err |= pfl_palette_add(palette, pfl_color_hsl(4, 92, 92 - 2 * i));
	for (unsigned int i = 0; i < DELTA_STEPS; i++)
		err |= pfl_palette_add(palette, pfl_color_hsl(212, 92, 92 - 2 * i));
	err |= pfl_palette_add(palette, pfl_color_hsl(42, 96, 62));
	err |= pfl_palette_add(palette, pfl_color_hsl(172, 55, 64));
	return err;
}

int pfl_palette_diff(struct pfl_palette *palette, const struct pfl_profile *profile,
		     const struct pfl_diff_opts *opts)
{
	struct deltas deltas = deltas_of(profile, opts);

	palette->by_node = true;
	palette->of = calloc(deltas.size, sizeof(*palette->of));
	if (!palette->of || add_delta_colors(palette))
		return -ENOMEM;
	for (uint32_t n = 0; n < deltas.size; n++)
		palette->of[n] = delta_shade(&deltas, n);
	return 0;
}

/* What is on one side only has a swatch if it is there. */
unsigned int pfl_palette_diff_legend(const struct pfl_palette *palette,
				     const struct pfl_layout *layout,
				     const struct pfl_diff_opts *diff, struct pfl_swatch *swatches)
{
	bool seen[2] = { false };
	unsigned int count = 0;

	for (uint32_t i = 0; i < layout->count; i++) {
		unsigned int shade = palette->of[layout->order[i]];

		if (shade >= DELTA_ONE_SIDE)
			seen[shade - DELTA_ONE_SIDE] = true;
	}
	swatches[count++] = (struct pfl_swatch){
		diff->by_total ? "total grew" : "own value grew",
		palette->color[DELTA_SHRANK - 1],
	};
	swatches[count++] = (struct pfl_swatch){ "as before", palette->color[0] };
	swatches[count++] = (struct pfl_swatch){ "shrank", palette->color[DELTA_ONE_SIDE - 1] };
	for (unsigned int side = 0; side < 2; side++)
		if (seen[side])
			swatches[count++] = (struct pfl_swatch){
				side ? "gone" : "new", palette->color[DELTA_ONE_SIDE + side],
			};
	return count;
}
