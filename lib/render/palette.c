/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Colours say two things: the palette's hues what kind of graph it is, and the
 * hue within it what kind of code a frame is. A hash of the name picks the
 * shade, so that neighbours differ and a function looks the same in every graph.
 * All arithmetic is on integers: the same colours on every machine. Everything
 * is light enough for black text.
 *
 * A palette of a language tells by the names what is the program's own code and
 * what its libraries', its runtime's or the kernel's (language.c).
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "render/language.h"
#include "render/palette.h"
#include "util/array.h"
#include "util/table.h"

#define COLORS_MAX UINT16_MAX

/* Degrees on the colour circle; a range may pass 360. */
struct hues {
	unsigned int from, to;
};

/* A palette: hues by the kind of code, or of a language by its class. */
struct pfl_palette_row {
	const char *name;
	struct hues user, kernel, jit;
	const char *behind_mark;	/* palette of the frames behind a "--", or NULL */
	enum pfl_language language;
	const char *off_cpu;	/* palette of frames that are mostly "[blocked]" or "[runqueue]", or NULL */
};

static const struct pfl_palette_row rows[] = {
	{ "hot", { 32, 52 }, { 6, 20 }, { 64, 80 }, NULL, 0, NULL },
	{ "blue", { 202, 216 }, { 228, 244 }, { 174, 186 }, NULL, 0, NULL },
	{ "aqua", { 172, 184 }, { 194, 206 }, { 146, 158 }, NULL, 0, NULL },
	{ "green", { 98, 122 }, { 146, 162 }, { 66, 80 }, NULL, 0, NULL },
	{ "purple", { 270, 286 }, { 240, 256 }, { 318, 330 }, NULL, 0, NULL },
	{ "red", { 0, 12 }, { 338, 350 }, { 24, 36 }, NULL, 0, NULL },
	{ "orange", { 24, 36 }, { 6, 16 }, { 44, 54 }, NULL, 0, NULL },
	{ "yellow", { 48, 58 }, { 34, 43 }, { 66, 80 }, NULL, 0, NULL },
	{ "io", { 214, 228 }, { 194, 206 }, { 246, 260 }, NULL, 0, NULL },
	{ "mem", { 120, 142 }, { 158, 174 }, { 80, 96 }, NULL, 0, NULL },
	{ "wakeup", { 172, 184 }, { 194, 206 }, { 146, 158 }, NULL, 0, NULL },
	{ "chain", { 202, 216 }, { 228, 244 }, { 256, 268 }, "aqua", 0, NULL },
	{ "wall", { 32, 52 }, { 6, 20 }, { 64, 80 }, NULL, 0, "blue" },
	{ "java", { 0, 0 }, { 0, 0 }, { 0, 0 }, NULL, PFL_LANGUAGE_JAVA, NULL },
	{ "js", { 0, 0 }, { 0, 0 }, { 0, 0 }, NULL, PFL_LANGUAGE_JS, NULL },
	{ "perl", { 0, 0 }, { 0, 0 }, { 0, 0 }, NULL, PFL_LANGUAGE_PERL, NULL },
	{ "python", { 0, 0 }, { 0, 0 }, { 0, 0 }, NULL, PFL_LANGUAGE_PYTHON, NULL },
	{ "rust", { 0, 0 }, { 0, 0 }, { 0, 0 }, NULL, PFL_LANGUAGE_RUST, NULL },
};

/* The hues of a language's classes. */
static const struct hues class_hues[] = {
	[PFL_CODE_OWN] = { 98, 122 },
	[PFL_CODE_LIBRARY] = { 172, 184 },
	[PFL_CODE_RUNTIME] = { 48, 58 },
	[PFL_CODE_KERNEL] = { 26, 36 },
	[PFL_CODE_NATIVE] = { 0, 10 },
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
#define WIDTH_STEPS 16u		/* colours of PFL_SHADE_WIDTH */

const char *pfl_palette_name(unsigned int n)
{
	return n < sizeof(rows) / sizeof(*rows) ? rows[n].name : NULL;
}

static const struct pfl_palette_row *find_row(const char *name)
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

uint32_t pfl_color_hsl(unsigned int hue, unsigned int saturation, unsigned int light)
{
	return channel((hue + 120) % 360, saturation, light) << 16 |
	       channel(hue % 360, saturation, light) << 8 |
	       channel((hue + 240) % 360, saturation, light);
}

int pfl_palette_add(struct pfl_palette *palette, uint32_t color)
{
	uint32_t *colors = palette->count < COLORS_MAX ?
			   pfl_array_grow(palette->color, palette->count, &palette->room,
					  sizeof(*colors)) : NULL;

	if (!colors)
		return -ENOMEM;
	palette->color = colors;
	colors[palette->count++] = color;
	return 0;
}

/* Blue adds little to what the eye takes for light: it needs more of it behind black text. */
static unsigned int lift(unsigned int hue)
{
	return hue > 205 && hue < 290 ? 7 : 0;
}

/* Hue and lightness run through their ranges in opposite directions of a zigzag: more contrast. */
static uint32_t shade_color(struct hues hues, const struct look *look, unsigned int shade)
{
	unsigned int last = look->shades > 1 ? look->shades - 1 : 1;
	unsigned int other = shade * 3 % look->shades;
	unsigned int hue = hues.from + (hues.to - hues.from) * shade / last;
	unsigned int light = look->light_from + (look->light_to - look->light_from) * other / last;

	return pfl_color_hsl(hue, look->saturation, light + lift(hue));
}

/* A set holds the shades of each kind; a palette is one or several of them. */
static int add_set(struct pfl_palette *palette, const struct pfl_palette_row *row)
{
	int err = 0;

	for (unsigned int kind = 0; kind < KINDS; kind++) {
		struct hues hues = kind == PFL_FRAME_KERNEL ? row->kernel :
				   kind == PFL_FRAME_JIT ? row->jit : row->user;

		for (unsigned int shade = 0; shade < looks[kind].shades; shade++)
			err |= pfl_palette_add(palette, shade_color(hues, &looks[kind], shade));
	}
	return err;
}

/* Number of the first colour of @kind in a set, or with KINDS of how many a set has. */
static unsigned int first_shade(unsigned int kind)
{
	unsigned int first = 0;

	for (unsigned int k = 0; k < kind; k++)
		first += looks[k].shades;
	return first;
}

/* The sets of a palette: one, a second one behind the mark, or one for each class of a language. */
static int add_sets(struct pfl_palette *palette)
{
	const struct pfl_palette_row *row = palette->row;
	int err = 0;

	for (unsigned int class = 0; row->language && class < PFL_CODE_CLASSES; class++) {
		struct hues hues = class_hues[class];
		const struct pfl_palette_row set = { .user = hues, .kernel = hues, .jit = hues };

		err |= add_set(palette, &set);
	}
	if (!row->language)
		err |= add_set(palette, row);
	if (row->behind_mark)
		err |= add_set(palette, find_row(row->behind_mark));
	if (row->off_cpu)
		err |= add_set(palette, find_row(row->off_cpu));
	return err;
}

static unsigned int set_of(const struct pfl_palette *palette, const struct pfl_frame *frame)
{
	if (!palette->row->language || frame->kind == PFL_FRAME_TASK ||
	    frame->kind == PFL_FRAME_MARK)
		return 0;
	return pfl_language_class(palette->row->language, frame);
}

/* From 0 to 2^32: names that begin alike have numbers that are near. */
static uint64_t place_in_alphabet(const char *name)
{
	uint64_t place = 0;
	unsigned int letters = 0;

	for (; *name && letters < 6; name++) {
		unsigned int c = *name | 0x20;

		if (c >= 'a' && c <= 'z') {
			place = place * 27 + (c - 'a' + 1);
			letters++;
		}
	}
	for (; letters < 6; letters++)
		place *= 27;
	return (place << 32) / (27ULL * 27 * 27 * 27 * 27 * 27);
}

static uint64_t hash_name(const struct pfl_frame *frame)
{
	return pfl_hash_bytes(frame->name, strlen(frame->name));
}

static unsigned int shade_of(const struct pfl_frame *frame, enum pfl_shading shading)
{
	unsigned int shades = looks[frame->kind].shades;

	if (shading == PFL_SHADE_ALPHABET)
		return place_in_alphabet(frame->name) * shades >> 32;
	return hash_name(frame) % shades;
}

static unsigned int frame_color(const struct pfl_palette *palette, const struct pfl_frame *frame,
				unsigned int shade)
{
	return set_of(palette, frame) * first_shade(KINDS) + first_shade(frame->kind) + shade;
}

static int color_frames(struct pfl_palette *palette, const struct pfl_profile *profile,
			enum pfl_shading shading)
{
	uint32_t frames = pfl_profile_frames(profile);

	palette->of = calloc(frames, sizeof(*palette->of));
	if (!palette->of)
		return -ENOMEM;
	for (uint32_t f = 0; f < frames; f++) {
		const struct pfl_frame *frame = pfl_profile_frame_at(profile, f);

		palette->of[f] = frame_color(palette, frame, shade_of(frame, shading));
	}
	return 0;
}

/* Turns colours by frame into colours by node, which then may differ. */
static int spread(struct pfl_palette *palette, const struct pfl_profile *profile)
{
	const struct pfl_node *nodes = pfl_profile_node(profile, 0);
	uint32_t size = pfl_profile_size(profile);
	uint16_t *of = calloc(size, sizeof(*of));

	if (!of)
		return -ENOMEM;
	for (uint32_t n = 0; n < size; n++)
		of[n] = palette->of[nodes[n].frame];
	free(palette->of);
	palette->of = of;
	palette->by_node = true;
	return 0;
}

/* Frames below a "--" are those of the task that ended the wait: the second set of shades. */
static void color_behind_mark(struct pfl_palette *palette, const struct pfl_profile *profile)
{
	const struct pfl_node *nodes = pfl_profile_node(profile, 0);
	uint32_t size = pfl_profile_size(profile);
	unsigned int second = first_shade(KINDS);

	for (uint32_t n = 1; n < size; n++)
		if (palette->of[nodes[n].parent] >= second ||
		    !strcmp(pfl_profile_frame_at(profile, nodes[n].frame)->name, "--"))
			palette->of[n] += second;
}

static bool is_off_cpu(const struct pfl_frame *frame)
{
	return frame->kind == PFL_FRAME_MARK &&
	       (!strcmp(frame->name, "[blocked]") || !strcmp(frame->name, "[runqueue]"));
}

/* A frame below which more time passed off the CPU than on it: the second set of shades. */
static int color_off_cpu(struct pfl_palette *palette, const struct pfl_profile *profile)
{
	const struct pfl_node *nodes = pfl_profile_node(profile, 0);
	unsigned int value = pfl_profile_info(profile)->main_value;
	uint32_t size = pfl_profile_size(profile);
	uint64_t *off = calloc(size, sizeof(*off));
	unsigned int second = first_shade(KINDS);

	if (!off)
		return -ENOMEM;
	for (uint32_t n = size; n--; ) {
		const struct pfl_node *node = &nodes[n];

		if (is_off_cpu(pfl_profile_frame_at(profile, node->frame)))
			off[n] = node->total[value];
		if (off[n] > node->total[value] - off[n])
			palette->of[n] += second;
		if (n && __builtin_add_overflow(off[node->parent], off[n], &off[node->parent]))
			off[node->parent] = UINT64_MAX;
	}
	free(off);
	return 0;
}

/* Each node one of the shades of its kind, whatever its name; the same in every run. */
static void color_at_random(struct pfl_palette *palette, const struct pfl_profile *profile)
{
	const struct pfl_node *nodes = pfl_profile_node(profile, 0);
	uint32_t size = pfl_profile_size(profile);

	for (uint32_t n = 0; n < size; n++) {
		const struct pfl_frame *frame = pfl_profile_frame_at(profile, nodes[n].frame);

		palette->of[n] = frame_color(palette, frame,
					     pfl_mix64(n) % looks[frame->kind].shades);
	}
}

static int color_nodes(struct pfl_palette *palette, const struct pfl_profile *profile,
		       enum pfl_shading shading)
{
	int err = spread(palette, profile);

	if (!err && shading == PFL_SHADE_RANDOM)
		color_at_random(palette, profile);
	if (!err && palette->row->behind_mark)
		color_behind_mark(palette, profile);
	if (!err && palette->row->off_cpu)
		err = color_off_cpu(palette, profile);
	return err;
}

/* From pale yellow for what is narrow to red for the whole; the root of the share, to tell apart. */
static int color_by_width(struct pfl_palette *palette, const struct pfl_layout *layout)
{
	uint32_t size = pfl_profile_size(layout->profile);

	palette->by_node = true;
	palette->of = calloc(size, sizeof(*palette->of));
	if (!palette->of)
		return -ENOMEM;
	for (unsigned int i = 0; i < WIDTH_STEPS; i++)
		if (pfl_palette_add(palette, pfl_color_hsl(56 - 52 * i / (WIDTH_STEPS - 1), 92,
							   90 - 24 * i / (WIDTH_STEPS - 1))))
			return -ENOMEM;
	for (uint32_t n = 0; n < size; n++) {
		uint64_t share = pfl_layout_scale(layout, pfl_layout_total(layout, n), 1000000);

		palette->of[n] = lround(sqrt(share / 1e6) * (WIDTH_STEPS - 1));
	}
	return 0;
}

static int make(struct pfl_palette *palette, const struct pfl_layout *layout,
		const struct pfl_coloring *coloring)
{
	const struct pfl_profile *profile = layout->profile;
	int err;

	if (pfl_profile_info(profile)->differential)
		return pfl_palette_diff(palette, profile, &coloring->diff);
	if (coloring->shading == PFL_SHADE_WIDTH)
		return color_by_width(palette, layout);
	err = add_sets(palette);
	if (!err)
		err = color_frames(palette, profile, coloring->shading);
	if (!err && (palette->row->behind_mark || palette->row->off_cpu ||
		     coloring->shading == PFL_SHADE_RANDOM))
		err = color_nodes(palette, profile, coloring->shading);
	else if (!err && coloring->map)
		err = pfl_color_map_apply(coloring->map, palette, profile);
	return err;
}

int pfl_palette_new(struct pfl_palette *palette, const struct pfl_layout *layout,
		    const struct pfl_coloring *coloring)
{
	int err;

	*palette = (struct pfl_palette){
		.row = find_row(coloring->palette ? coloring->palette : "hot"),
	};
	if (!palette->row)
		return -EINVAL;
	err = make(palette, layout, coloring);
	if (err)
		pfl_palette_free(palette);
	return err;
}

void pfl_palette_free(struct pfl_palette *palette)
{
	free(palette->color);
	free(palette->of);
	*palette = (struct pfl_palette){ 0 };
}

/* The kinds that are there; with a language, its classes instead of most of them. */
static unsigned int legend_of_kinds(const struct pfl_palette *palette, const bool *seen,
				    struct pfl_swatch *swatches)
{
	unsigned int count = 0;

	for (unsigned int kind = 0; kind < KINDS; kind++)
		if (seen[kind] && looks[kind].label &&
		    (!palette->row->language || kind == PFL_FRAME_INLINED))
			swatches[count++] = (struct pfl_swatch){
				looks[kind].label,
				palette->color[first_shade(kind) + looks[kind].shades / 2],
			};
	return count;
}

static unsigned int legend_of_classes(const struct pfl_palette *palette, const bool *seen,
				      struct pfl_swatch *swatches)
{
	unsigned int count = 0;

	for (unsigned int class = 0; class < PFL_CODE_CLASSES; class++)
		if (seen[class])
			swatches[count++] = (struct pfl_swatch){
				pfl_language_label(palette->row->language, class),
				palette->color[class * first_shade(KINDS) +
					       looks[PFL_FRAME_USER].shades / 2],
			};
	return count;
}

/* Which of the two palettes that a row may have there are, in frames of code. */
static void find_sets(const struct pfl_palette *palette, const struct pfl_layout *layout, bool seen[2])
{
	for (uint32_t n = 0; n < pfl_profile_size(layout->profile); n++)
		if (looks[pfl_profile_frame_at(layout->profile, layout->nodes[n].frame)->kind].label)
			seen[palette->of[n] >= first_shade(KINDS)] = true;
}

/* Where frames have the colours of two palettes, whose is more than what kind they are. */
static unsigned int legend_of_sets(const struct pfl_palette *palette, struct pfl_swatch *swatches)
{
	static const char *const behind_mark[] = { "who waits", "who wakes" };
	static const char *const off_cpu[] = { "mostly on a CPU", "mostly off it" };
	const char *const *labels = palette->row->off_cpu ? off_cpu : behind_mark;
	unsigned int second = first_shade(KINDS);

	for (unsigned int set = 0; set < 2; set++)
		swatches[set] = (struct pfl_swatch){
			labels[set],
			palette->color[set * second + looks[PFL_FRAME_USER].shades / 2],
		};
	return 2;
}

unsigned int pfl_palette_legend(const struct pfl_palette *palette, const struct pfl_layout *layout,
				const struct pfl_diff_opts *diff, struct pfl_swatch *swatches)
{
	bool kinds[KINDS] = { false };
	bool classes[PFL_CODE_CLASSES] = { false };
	bool sets[2] = { false };
	unsigned int count = 0;

	if (pfl_profile_info(layout->profile)->differential)
		return pfl_palette_diff_legend(palette, layout, diff, swatches);
	if (palette->count == WIDTH_STEPS)
		return 0;	/* the width says it already */
	if (palette->row->behind_mark || palette->row->off_cpu)
		find_sets(palette, layout, sets);
	if (sets[1])
		return sets[0] ? legend_of_sets(palette, swatches) : 0;
	for (uint32_t i = 0; i < layout->count; i++) {
		uint32_t number = layout->nodes[layout->order[i]].frame;
		const struct pfl_frame *frame = pfl_profile_frame_at(layout->profile, number);

		kinds[frame->kind] = true;
		if (looks[frame->kind].label && frame->kind != PFL_FRAME_INLINED)
			classes[set_of(palette, frame)] = true;
	}
	if (palette->row->language)
		count = legend_of_classes(palette, classes, swatches);
	count += legend_of_kinds(palette, kinds, swatches + count);
	return count > 1 ? count : 0;
}
