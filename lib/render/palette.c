/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Colours say two things: the palette's hues what kind of graph it is, and the
 * hue within it what kind of code a frame is. A hash of the name picks the
 * shade, so that neighbours differ and a function looks the same in every graph.
 * All arithmetic is on integers: the same colours on every machine. Everything
 * is light enough for black text.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <perflame/render.h>

#include "render/palette.h"
#include "util/table.h"

/* Degrees on the colour circle; a range may pass 360. */
struct hues {
	unsigned int from, to;
};

struct row {
	const char *name;
	struct hues user, kernel, jit;
	const char *behind_mark;	/* palette of the frames behind a "--", or NULL */
};

static const struct row rows[] = {
	{ "hot", { 32, 52 }, { 6, 20 }, { 64, 80 }, NULL },
	{ "blue", { 202, 216 }, { 228, 244 }, { 174, 186 }, NULL },
	{ "aqua", { 172, 184 }, { 194, 206 }, { 146, 158 }, NULL },
	{ "green", { 98, 122 }, { 146, 162 }, { 66, 80 }, NULL },
	{ "purple", { 270, 286 }, { 240, 256 }, { 318, 330 }, NULL },
	{ "red", { 0, 12 }, { 338, 350 }, { 24, 36 }, NULL },
	{ "orange", { 24, 36 }, { 6, 16 }, { 44, 54 }, NULL },
	{ "yellow", { 48, 58 }, { 34, 43 }, { 66, 80 }, NULL },
	{ "io", { 214, 228 }, { 194, 206 }, { 246, 260 }, NULL },
	{ "mem", { 120, 142 }, { 158, 174 }, { 80, 96 }, NULL },
	{ "wakeup", { 172, 184 }, { 194, 206 }, { 146, 158 }, NULL },
	{ "chain", { 202, 216 }, { 228, 244 }, { 256, 268 }, "aqua" },
};

/* How a kind of frame is drawn: so many shades, within these per cents. */
struct look {
	unsigned int shades;
	unsigned int saturation;
	unsigned int light_from, light_to;
	const char *label;
};

static const struct look looks[] = {
	[PFL_FRAME_USER] = { 8, 88, 66, 75, "user" },
	[PFL_FRAME_KERNEL] = { 8, 80, 66, 73, "kernel" },
	[PFL_FRAME_INLINED] = { 4, 80, 84, 89, "inlined" },
	[PFL_FRAME_JIT] = { 6, 65, 66, 74, "JIT" },
	[PFL_FRAME_TASK] = { 3, 55, 82, 86, NULL },
	[PFL_FRAME_MARK] = { 1, 0, 84, 84, NULL },
};

#define KINDS (sizeof(looks) / sizeof(*looks))
#define DELTA_STEPS 15u	/* shades of growth, and as many of shrinking, around one of "as before" */

const char *pfl_palette_name(unsigned int n)
{
	return n < sizeof(rows) / sizeof(*rows) ? rows[n].name : NULL;
}

static const struct row *find_row(const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

/* One of the three channels of an HSL colour: CSS Color 3, 4.2.4, in thousandths. */
static uint32_t channel(unsigned int hue, unsigned int saturation, unsigned int light)
{
	unsigned int shade = light < 50 ? light : 100 - light;
	int chroma = saturation * shade / 10;	/* half of it, in thousandths */
	int offset = hue < 60 ? -1000 + 2000 * (int)hue / 60 :
		     hue < 180 ? 1000 :
		     hue < 240 ? 1000 - 2000 * ((int)hue - 180) / 60 : -1000;
	int thousandths = 10 * light + chroma * offset / 1000;

	return (thousandths * 255 + 500) / 1000;
}

static uint32_t from_hsl(unsigned int hue, unsigned int saturation, unsigned int light)
{
	return channel((hue + 120) % 360, saturation, light) << 16 |
	       channel(hue % 360, saturation, light) << 8 |
	       channel((hue + 240) % 360, saturation, light);
}

static struct hues hues_of(const struct row *row, unsigned int kind)
{
	if (kind == PFL_FRAME_KERNEL)
		return row->kernel;
	return kind == PFL_FRAME_JIT ? row->jit : row->user;
}

/* Blue adds little to what the eye takes for light: it needs more of it behind black text. */
static unsigned int lift(unsigned int hue)
{
	return hue > 205 && hue < 290 ? 7 : 0;
}

/* Hue and lightness run through their ranges in opposite directions of a zigzag: more contrast. */
static uint32_t shade_color(const struct row *row, unsigned int kind, unsigned int shade)
{
	const struct look *look = &looks[kind];
	struct hues hues = hues_of(row, kind);
	unsigned int last = look->shades > 1 ? look->shades - 1 : 1;
	unsigned int other = shade * 3 % look->shades;
	unsigned int hue = hues.from + (hues.to - hues.from) * shade / last;
	unsigned int light = look->light_from + (look->light_to - look->light_from) * other / last;

	return from_hsl(hue, look->saturation, light + lift(hue));
}

/* Number of the first colour of @kind in a set of add_shades(). */
static unsigned int first_shade(unsigned int kind)
{
	unsigned int first = 0;

	for (unsigned int k = 0; k < kind; k++)
		first += looks[k].shades;
	return first;
}

static void add_shades(struct pfl_palette *palette, const struct row *row)
{
	for (unsigned int kind = 0; kind < KINDS; kind++)
		for (unsigned int shade = 0; shade < looks[kind].shades; shade++)
			palette->color[palette->count++] = shade_color(row, kind, shade);
}

static uint8_t frame_shade(const struct pfl_frame *frame)
{
	uint64_t hash = pfl_hash_bytes(frame->name, strlen(frame->name));

	return first_shade(frame->kind) + hash % looks[frame->kind].shades;
}

static int color_frames(struct pfl_palette *palette, const struct pfl_profile *profile)
{
	uint32_t frames = pfl_profile_frames(profile);

	palette->of = malloc(frames);
	if (!palette->of)
		return -ENOMEM;
	for (uint32_t f = 0; f < frames; f++)
		palette->of[f] = frame_shade(pfl_profile_frame_at(profile, f));
	return 0;
}

/* Frames below a "--" are those of the task that ended the wait: the second set of shades. */
static int color_behind_mark(struct pfl_palette *palette, const struct pfl_profile *profile,
			     unsigned int second)
{
	uint32_t size = pfl_profile_size(profile);
	uint8_t *of = calloc(size, 1);

	if (!of)
		return -ENOMEM;
	for (uint32_t n = 0; n < size; n++) {
		const struct pfl_node *node = pfl_profile_node(profile, n);
		uint8_t shade = palette->of[node->frame];

		if (n && (of[node->parent] >= second ||
			  !strcmp(pfl_profile_frame_at(profile, node->frame)->name, "--")))
			shade += second;
		of[n] = shade;
	}
	free(palette->of);
	palette->of = of;
	palette->by_node = true;
	return 0;
}

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

static void add_delta_colors(struct pfl_palette *palette)
{
	palette->color[palette->count++] = from_hsl(0, 0, 94);
	for (unsigned int i = 0; i < DELTA_STEPS; i++)
		palette->color[palette->count++] = from_hsl(4, 92, 92 - 2 * i);
	for (unsigned int i = 0; i < DELTA_STEPS; i++)
		palette->color[palette->count++] = from_hsl(212, 92, 92 - 2 * i);
	palette->color[palette->count++] = from_hsl(42, 96, 62);
	palette->color[palette->count++] = from_hsl(172, 55, 64);
}

static int color_deltas(struct pfl_palette *palette, const struct pfl_profile *profile,
			const struct pfl_diff_opts *opts)
{
	struct deltas deltas = deltas_of(profile, opts);

	palette->by_node = true;
	palette->of = malloc(deltas.size);
	if (!palette->of)
		return -ENOMEM;
	add_delta_colors(palette);
	for (uint32_t n = 0; n < deltas.size; n++)
		palette->of[n] = delta_shade(&deltas, n);
	return 0;
}

int pfl_palette_new(struct pfl_palette *palette, const char *name,
		    const struct pfl_layout *layout, const struct pfl_diff_opts *diff)
{
	const struct row *row = find_row(name ? name : "hot");
	const struct pfl_profile *profile = layout->profile;
	unsigned int second;
	int err;

	*palette = (struct pfl_palette){ 0 };
	if (!row)
		return -EINVAL;
	if (pfl_profile_info(profile)->differential)
		return color_deltas(palette, profile, diff);
	add_shades(palette, row);
	err = color_frames(palette, profile);
	if (err || !row->behind_mark)
		return err;
	second = palette->count;
	add_shades(palette, find_row(row->behind_mark));
	err = color_behind_mark(palette, profile, second);
	if (err)
		pfl_palette_free(palette);
	return err;
}

void pfl_palette_free(struct pfl_palette *palette)
{
	free(palette->of);
	palette->of = NULL;
}

/* What is on one side only has a swatch if it is there. */
static unsigned int delta_legend(const struct pfl_palette *palette, const struct pfl_layout *layout,
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

unsigned int pfl_palette_legend(const struct pfl_palette *palette, const struct pfl_layout *layout,
				const struct pfl_diff_opts *diff, struct pfl_swatch *swatches)
{
	bool seen[KINDS] = { false };
	unsigned int count = 0;

	if (pfl_profile_info(layout->profile)->differential)
		return delta_legend(palette, layout, diff, swatches);
	for (uint32_t i = 0; i < layout->count; i++) {
		uint32_t frame = layout->nodes[layout->order[i]].frame;

		seen[pfl_profile_frame_at(layout->profile, frame)->kind] = true;
	}
	for (unsigned int kind = 0; kind < KINDS; kind++)
		if (seen[kind] && looks[kind].label)
			swatches[count++] = (struct pfl_swatch){
				looks[kind].label,
				palette->color[first_shade(kind) + looks[kind].shades / 2],
			};
	return count > 1 ? count : 0;
}
