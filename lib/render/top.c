/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"
#include "render/columns.h"
#include "render/top.h"
#include "util/table.h"

#define NUMBER_COLUMNS 12
#define SHARE_COLUMNS 8

struct sums {
	const struct pfl_layout *layout;
	struct pfl_table rows_of;	/* by address of the name, which is kept once */
	struct pfl_top_row *rows;
	uint32_t count;
	uint32_t *row;		/* by frame */
	uint32_t *active;	/* by row: how often the name is on the path to the node at hand */
	uint32_t *path;		/* by depth: the row of the node there */
};

/* Frames that differ in file or kind only share a row, as they share nodes. */
static int number_rows(struct sums *sums)
{
	const struct pfl_profile *profile = sums->layout->profile;
	uint32_t frames = pfl_profile_frames(profile);

	for (uint32_t f = 0; f < frames; f++) {
		const char *name = pfl_profile_frame_at(profile, f)->name;
		uint32_t *row = pfl_table_put(&sums->rows_of, (uintptr_t)name);

		if (!row)
			return -ENOMEM;
		if (*row == PFL_NONE) {
			sums->rows[sums->count].name = name;
			*row = sums->count++;
		}
		sums->row[f] = *row;
	}
	return 0;
}

static void add_node(struct sums *sums, const struct pfl_node *node, uint32_t depth)
{
	unsigned int value = sums->layout->value;
	uint32_t number = sums->row[node->frame];
	struct pfl_top_row *row = &sums->rows[number];

	row->self = pfl_add_saturated(row->self, node->self[value]);
	row->self_before = pfl_add_saturated(row->self_before, node->self[0]);
	if (!sums->active[number]++)
		row->total = pfl_add_saturated(row->total, node->total[value]);
	sums->path[depth] = number;
}

static void add_nodes(struct sums *sums)
{
	const struct pfl_layout *layout = sums->layout;
	uint32_t open = 0;	/* nodes on the path, the root not among them */

	for (uint32_t i = 1; i < layout->count; i++) {
		uint32_t depth = layout->depth[layout->order[i]];

		for (; open >= depth; open--)
			sums->active[sums->path[open]]--;
		add_node(sums, &layout->nodes[layout->order[i]], depth);
		open = depth;
	}
}

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? 1 : a > b ? -1 : 0;
}

static int by_self(const void *pa, const void *pb)
{
	const struct pfl_top_row *a = pa;
	const struct pfl_top_row *b = pb;
	int order = compare(a->self, b->self);

	if (!order)
		order = compare(a->total, b->total);
	return order ? order : strcmp(a->name, b->name);
}

static uint64_t change(const struct pfl_top_row *row)
{
	return row->self > row->self_before ? row->self - row->self_before
					    : row->self_before - row->self;
}

static int by_change(const void *pa, const void *pb)
{
	int order = compare(change(pa), change(pb));

	return order ? order : by_self(pa, pb);
}

/* What has no total was not drawn either; the root's name is among those. */
static void sort_rows(struct sums *sums)
{
	int differential = pfl_profile_info(sums->layout->profile)->differential;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < sums->count; i++)
		if (sums->rows[i].total)
			sums->rows[kept++] = sums->rows[i];
	sums->count = kept;
	qsort(sums->rows, kept, sizeof(*sums->rows), differential ? by_change : by_self);
}

int pfl_top_new(const struct pfl_layout *layout, struct pfl_top_row **rows, uint32_t *count)
{
	uint32_t frames = pfl_profile_frames(layout->profile);
	struct sums sums = {
		.layout = layout,
		.rows = calloc(frames, sizeof(*sums.rows)),
		.row = calloc(frames, sizeof(*sums.row)),
		.active = calloc(frames, sizeof(*sums.active)),
		.path = calloc(layout->rows, sizeof(*sums.path)),
	};
	int err = -ENOMEM;

	if (sums.rows && sums.row && sums.active && sums.path)
		err = number_rows(&sums);
	if (!err) {
		add_nodes(&sums);
		sort_rows(&sums);
		*rows = sums.rows;
		*count = sums.count;
	} else {
		free(sums.rows);
	}
	free(sums.path);
	free(sums.active);
	free(sums.row);
	pfl_table_free(&sums.rows_of);
	return err;
}

/* Values say their unit where it changes from one to the next; else the heading does. */
static int has_scales(const char *unit)
{
	return !strcmp(unit, "ns") || !strcmp(unit, "bytes");
}

static void put_value(struct pfl_out *out, const struct pfl_layout *layout, uint64_t value,
		      const char *sign)
{
	const struct pfl_profile_info *info = pfl_profile_info(layout->profile);
	const char *unit = info->values[layout->value].unit;
	char number[96];
	char text[100];
	size_t columns;

	pfl_format_value(number, sizeof(number), value, has_scales(unit) ? unit : "",
			 info->decimals);
	snprintf(text, sizeof(text), "%s%s", sign, number);
	columns = pfl_text_columns(text, strlen(text));
	for (; columns < NUMBER_COLUMNS; columns++)
		pfl_out_char(out, ' ');
	pfl_out_text(out, text);
}

static void put_share(struct pfl_out *out, const struct pfl_layout *layout, uint64_t value)
{
	uint64_t tenths = pfl_layout_scale(layout, value, 1000);

	pfl_out_format(out, " %4u.%u%%", (unsigned int)(tenths / 10),
		       (unsigned int)(tenths % 10));
}

static void put_name(struct pfl_out *out, const char *name, size_t columns)
{
	size_t len = strlen(name);
	size_t fit = pfl_text_fit(name, len, columns);

	if (fit == len) {
		pfl_out_bytes(out, name, len);
		return;
	}
	pfl_out_bytes(out, name, pfl_text_fit(name, len, columns - 2));
	pfl_out_text(out, "..");
}

static void put_row(struct pfl_out *out, const struct pfl_layout *layout,
		    const struct pfl_top_row *row, unsigned int width)
{
	const unsigned int numbers = 2 * (NUMBER_COLUMNS + SHARE_COLUMNS) + 2;

	put_value(out, layout, row->self, "");
	put_share(out, layout, row->self);
	if (pfl_profile_info(layout->profile)->differential) {
		put_value(out, layout, change(row), row->self < row->self_before ? "-" : "+");
	} else {
		put_value(out, layout, row->total, "");
		put_share(out, layout, row->total);
	}
	pfl_out_text(out, "  ");
	put_name(out, row->name, width - numbers);
	pfl_out_char(out, '\n');
}

static void put_heading(struct pfl_out *out, const struct pfl_layout *layout)
{
	const struct pfl_profile_info *info = pfl_profile_info(layout->profile);
	const char *unit = info->values[layout->value].unit;

	pfl_out_char(out, '\n');
	if (!has_scales(unit) && *unit)
		pfl_out_format(out, "In %.60s:\n", unit);
	pfl_out_format(out, "%*s   share%*s  name\n", NUMBER_COLUMNS, "self", NUMBER_COLUMNS +
		       (info->differential ? 0 : SHARE_COLUMNS),
		       info->differential ? "change" : "total   share");
}

int pfl_top_write(struct pfl_out *out, const struct pfl_layout *layout, uint32_t most,
		  unsigned int width)
{
	struct pfl_top_row *rows;
	uint32_t count;
	int err = pfl_top_new(layout, &rows, &count);

	if (err)
		return err;
	put_heading(out, layout);
	for (uint32_t i = 0; i < count && i < most; i++)
		put_row(out, layout, &rows[i], width);
	if (count > most)
		pfl_out_format(out, "Not shown: %u more\n", count - most);
	free(rows);
	return 0;
}
