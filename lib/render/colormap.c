/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Colours that names keep from one graph to the next, in the form in which
 * flamegraph.pl keeps them (palette.map): a line "NAME->rgb(R,G,B)" each.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/name.h"
#include "render/palette.h"
#include "util/context.h"
#include "util/table.h"

struct pfl_color_map {
	struct pfl_strings names;
	uint32_t *color;	/* by number of the name */
	uint32_t room;
};

static int set_color(struct pfl_color_map *map, const char *name, size_t len, uint32_t color)
{
	uint32_t id = pfl_strings_add(&map->names, name, len);

	if (id == PFL_NONE)
		return -ENOMEM;
	if (id >= map->room) {
		uint32_t *bigger = reallocarray(map->color, map->names.room, sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		map->color = bigger;
		map->room = map->names.room;
	}
	map->color[id] = color;
	return 0;
}

/* "R,G,B)", each from 0 to 255, up to @end. */
static bool parse_channels(const char *text, const char *end, uint32_t *color)
{
	*color = 0;
	for (int i = 0; i < 3; i++) {
		unsigned int channel = 0;
		const char *start = text;

		for (; text < end && *text >= '0' && *text <= '9' && channel < 256; text++)
			channel = channel * 10 + (*text - '0');
		if (text == start || channel > 255 || text == end || *text != (i < 2 ? ',' : ')'))
			return false;
		text++;
		*color = *color << 8 | channel;
	}
	return text == end;
}

/* 0, -EINVAL for a line of another form, or -ENOMEM. Names are cleaned, as those of frames are. */
static int add_line(struct pfl_color_map *map, const char *line, size_t len)
{
	static const char separator[] = "->rgb(";
	const size_t gap = sizeof(separator) - 1;
	struct pfl_strbuf name = { 0 };
	uint32_t color;
	size_t at;
	int err;

	for (at = len > gap ? len - gap : 0; at && memcmp(line + at, separator, gap); at--)
		;
	if (!at || !parse_channels(line + at + gap, line + len, &color))
		return -EINVAL;
	pfl_name_clean(&name, line, at);
	err = name.error ? name.error : set_color(map, name.text, name.len, color);
	pfl_strbuf_free(&name);
	return err;
}

int pfl_color_map_new(struct pfl_ctx *ctx, const char *text, size_t len,
		      struct pfl_color_map **out)
{
	struct pfl_color_map *map = calloc(1, sizeof(*map));
	const char *end = text + len;
	uint64_t bad = 0;

	while (map && text < end) {
		const char *newline = memchr(text, '\n', end - text);
		size_t line = (newline ? newline : end) - text;
		int err = line ? add_line(map, text, line) : 0;

		bad += err == -EINVAL;
		if (err == -ENOMEM) {
			pfl_color_map_free(map);
			return err;
		}
		text += line + 1;
	}
	if (!map)
		return -ENOMEM;
	if (bad)
		pfl_warn(ctx, "map of colours: %" PRIu64 " lines left out, which are not "
			 "\"NAME->rgb(R,G,B)\"", bad);
	*out = map;
	return 0;
}

void pfl_color_map_free(struct pfl_color_map *map)
{
	if (!map)
		return;
	pfl_strings_free(&map->names);
	free(map->color);
	free(map);
}

int pfl_color_map_write(const struct pfl_color_map *map, FILE *out)
{
	for (uint32_t id = 0; id < map->names.count; id++)
		fprintf(out, "%s->rgb(%u,%u,%u)\n", pfl_strings_get(&map->names, id),
			map->color[id] >> 16, map->color[id] >> 8 & 0xff, map->color[id] & 0xff);
	return fflush(out) || ferror(out) ? -EIO : 0;
}

/* Colours that the palette has already keep their numbers. */
static int number_colors(const struct pfl_palette *palette, struct pfl_table *numbers)
{
	for (unsigned int i = 0; i < palette->count; i++) {
		uint32_t *number = pfl_table_put(numbers, palette->color[i]);

		if (!number)
			return -ENOMEM;
		if (*number == PFL_NONE)
			*number = i;
	}
	return 0;
}

static int number_of(struct pfl_palette *palette, struct pfl_table *numbers, uint32_t color,
		     uint16_t *number)
{
	uint32_t *known = pfl_table_put(numbers, color);

	if (!known)
		return -ENOMEM;
	if (*known == PFL_NONE) {
		*known = palette->count;
		if (pfl_palette_add(palette, color))
			*known = 0;	/* more colours than anybody tells apart */
	}
	*number = *known;
	return 0;
}

int pfl_color_map_apply(struct pfl_color_map *map, struct pfl_palette *palette,
			const struct pfl_profile *profile)
{
	uint32_t frames = pfl_profile_frames(profile);
	struct pfl_table numbers = { 0 };
	int err = number_colors(palette, &numbers);

	for (uint32_t f = 0; f < frames && !err; f++) {
		const char *name = pfl_profile_frame_at(profile, f)->name;
		uint32_t count = map->names.count;
		uint32_t id = pfl_strings_add(&map->names, name, strlen(name));

		if (id < count)
			err = number_of(palette, &numbers, map->color[id], &palette->of[f]);
		else
			err = set_color(map, name, strlen(name), palette->color[palette->of[f]]);
	}
	pfl_table_free(&numbers);
	return err;
}
