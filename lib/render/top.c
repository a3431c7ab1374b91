/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"
#include "render/columns.h"
#include "render/palette.h"
#include "render/top.h"
#include "util/table.h"

#define NUMBER_COLUMNS 12
#define SHARE_COLUMNS 8
#define MARK_COLUMNS 5		/* "gone " */

/* Narrower tables leave out what can be told from the rest. */
#define VALUES_WIDTH_MIN 60	/* values beside their shares */
#define BOTH_WIDTH_MIN 76	/* of a difference: self and total */
#define ONE_WIDTH_MIN 56	/* of a difference: the value beside its change */

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
	uint32_t number = sums->row[node->frame];
	struct pfl_top_row *row = &sums->rows[number];
	bool is_outer = !sums->active[number]++;

	for (int v = 0; v < PFL_VALUES; v++) {
		row->self[v] = pfl_add_saturated(row->self[v], node->self[v]);
		if (is_outer)
			row->total[v] = pfl_add_saturated(row->total[v], node->total[v]);
	}
	sums->path[depth] = number;
}

/* All nodes, also those that have only the value that is not drawn. */
static void add_nodes(struct sums *sums)
{
	const struct pfl_layout *layout = sums->layout;
	uint32_t open = 0;	/* nodes on the path, the root not among them */
	uint32_t node = pfl_node_after(layout->nodes, 0);

	for (; node != PFL_NODE_NONE; node = pfl_node_after(layout->nodes, node)) {
		uint32_t depth = layout->depth[node];

		for (; open >= depth; open--)
			sums->active[sums->path[open]]--;
		add_node(sums, &layout->nodes[node], depth);
		open = depth;
	}
}

static uint64_t change(const uint64_t *value)
{
	return value[1] > value[0] ? value[1] - value[0] : value[0] - value[1];
}

/* What rows are sorted by, beside them. */
struct ranked {
	uint64_t first, second;
	const struct pfl_top_row *row;
};

static int compare(const void *pa, const void *pb)
{
	const struct ranked *a = pa;
	const struct ranked *b = pb;

	if (a->first != b->first)
		return a->first < b->first ? 1 : -1;
	if (a->second != b->second)
		return a->second < b->second ? 1 : -1;
	return strcmp(a->row->name, b->row->name);
}

static struct ranked rank(const struct pfl_layout *layout, const struct pfl_text_opts *opts,
			  const struct pfl_top_row *row)
{
	bool differential = pfl_profile_info(layout->profile)->differential;
	uint64_t self = differential ? change(row->self) : row->self[layout->value];
	uint64_t total = differential ? change(row->total) : row->total[layout->value];
	bool by_total = differential ? opts->diff.by_total : opts->by_total;

	return (struct ranked){ by_total ? total : self, by_total ? self : total, row };
}

static bool is_kept(const struct pfl_layout *layout, const struct pfl_top_row *row)
{
	if (pfl_profile_info(layout->profile)->differential)
		return row->total[0] || row->total[1];
	return row->total[layout->value];
}

/* The rows that count, sorted; the root's has no total. */
static struct pfl_top_row *sort_rows(const struct sums *sums, const struct pfl_text_opts *opts,
				     uint32_t *count)
{
	size_t most = sums->count ? sums->count : 1;	/* calloc() of none may be NULL */
	struct pfl_top_row *rows = calloc(most, sizeof(*rows));
	struct ranked *ranked = calloc(most, sizeof(*ranked));
	uint32_t kept = 0;

	if (!rows || !ranked) {
		free(rows);
		free(ranked);
		return NULL;
	}
	for (uint32_t i = 0; i < sums->count; i++)
		if (is_kept(sums->layout, &sums->rows[i]))
			ranked[kept++] = rank(sums->layout, opts, &sums->rows[i]);
	qsort(ranked, kept, sizeof(*ranked), compare);
	for (uint32_t i = 0; i < kept; i++)
		rows[i] = *ranked[i].row;
	free(ranked);
	*count = kept;
	return rows;
}

static uint32_t levels(const struct pfl_layout *layout)
{
	uint32_t size = pfl_profile_size(layout->profile);
	uint32_t most = 0;

	for (uint32_t n = 0; n < size; n++)
		most = layout->depth[n] > most ? layout->depth[n] : most;
	return most + 1;
}

int pfl_top_new(const struct pfl_layout *layout, const struct pfl_text_opts *opts,
		struct pfl_top_row **rows, uint32_t *count)
{
	uint32_t frames = pfl_profile_frames(layout->profile);
	struct pfl_top_row *sorted = NULL;
	struct sums sums = {
		.layout = layout,
		.rows = calloc(frames, sizeof(*sums.rows)),
		.row = calloc(frames, sizeof(*sums.row)),
		.active = calloc(frames, sizeof(*sums.active)),
		.path = calloc(levels(layout), sizeof(*sums.path)),
	};

	if (sums.rows && sums.row && sums.active && sums.path && !number_rows(&sums)) {
		add_nodes(&sums);
		sorted = sort_rows(&sums, opts, count);
	}
	free(sums.path);
	free(sums.active);
	free(sums.row);
	free(sums.rows);
	pfl_table_free(&sums.rows_of);
	if (!sorted)
		return -ENOMEM;
	*rows = sorted;
	return 0;
}

struct table {
	struct pfl_out *out;
	const struct pfl_layout *layout;
	const struct pfl_text_opts *opts;
	const char *unit;	/* as it stands behind each value; "" where the heading says it */
	unsigned int used;	/* columns of the row so far */
};

static void put_right(struct table *table, const char *text, size_t columns)
{
	size_t width = pfl_text_columns(text, strlen(text));

	for (size_t i = width; i < columns; i++)
		pfl_out_char(table->out, ' ');
	pfl_out_text(table->out, text);
	table->used += width > columns ? width : columns;
}

static void put_value(struct table *table, uint64_t value, const char *sign)
{
	char number[96];
	char text[100];

	pfl_format_value(number, sizeof(number), value, table->unit,
			 pfl_profile_info(table->layout->profile)->decimals);
	snprintf(text, sizeof(text), "%s%s", sign, number);
	put_right(table, text, NUMBER_COLUMNS);
}

static void put_share(struct table *table, uint64_t value)
{
	uint64_t tenths = pfl_layout_scale(table->layout, value, 1000);
	char text[32];

	snprintf(text, sizeof(text), "%u.%u%%", (unsigned int)(tenths / 10),
		 (unsigned int)(tenths % 10));
	put_right(table, text, SHARE_COLUMNS);
}

/* As much of the name as the row has room for ends it. */
static void put_name(struct table *table, const char *name)
{
	size_t room = table->opts->width > table->used + 4 ? table->opts->width - table->used - 2 : 2;
	size_t len = strlen(name);
	size_t fit = pfl_text_fit(name, len, room);

	pfl_out_text(table->out, "  ");
	if (fit == len) {
		pfl_out_bytes(table->out, name, len);
	} else {
		pfl_out_bytes(table->out, name, pfl_text_fit(name, len, room - 2));
		pfl_out_text(table->out, "..");
	}
	pfl_out_char(table->out, '\n');
	table->used = 0;
}

static void put_heading(struct table *table, const char *text, size_t columns)
{
	put_right(table, text, columns);
}

static void put_plain_heading(struct table *table)
{
	bool values = table->opts->width >= VALUES_WIDTH_MIN;

	if (values)
		put_heading(table, "self", NUMBER_COLUMNS);
	put_heading(table, values ? "share" : "self", SHARE_COLUMNS);
	if (values)
		put_heading(table, "total", NUMBER_COLUMNS);
	put_heading(table, values ? "share" : "total", SHARE_COLUMNS);
	put_name(table, "name");
}

static void put_plain_row(struct table *table, const struct pfl_top_row *row)
{
	bool values = table->opts->width >= VALUES_WIDTH_MIN;
	unsigned int value = table->layout->value;

	if (values)
		put_value(table, row->self[value], "");
	put_share(table, row->self[value]);
	if (values)
		put_value(table, row->total[value], "");
	put_share(table, row->total[value]);
	put_name(table, row->name);
}

/* The parts of a difference that have room: the one that it is sorted by comes first. */
static unsigned int diff_parts(const struct table *table)
{
	return table->opts->width >= BOTH_WIDTH_MIN ? 2 : 1;
}

static void put_diff_heading(struct table *table)
{
	static const char *const parts[] = { "self", "total" };

	for (unsigned int i = 0; i < diff_parts(table); i++) {
		put_heading(table, "change", NUMBER_COLUMNS);
		if (table->opts->width >= ONE_WIDTH_MIN)
			put_heading(table, parts[table->opts->diff.by_total ^ i], NUMBER_COLUMNS);
	}
	put_heading(table, "", MARK_COLUMNS);
	put_name(table, "name");
}

static void put_diff_row(struct table *table, const struct pfl_top_row *row)
{
	unsigned int after = table->opts->diff.negate ? 0 : 1;
	const uint64_t *parts[] = { row->self, row->total };

	for (unsigned int i = 0; i < diff_parts(table); i++) {
		const uint64_t *value = parts[table->opts->diff.by_total ^ i];

		put_value(table, change(value), value[after] > value[!after] ? "+" :
						value[after] < value[!after] ? "-" : "");
		if (table->opts->width >= ONE_WIDTH_MIN)
			put_value(table, value[after], "");
	}
	put_heading(table, !row->total[!after] ? "new" : !row->total[after] ? "gone" : "",
		    MARK_COLUMNS);
	put_name(table, row->name);
}

/* How many rows changed by as much as counts; they come first. */
static uint32_t count_movers(const struct table *table, const struct pfl_top_row *rows,
			     uint32_t count)
{
	uint64_t least = pfl_diff_threshold(table->layout->profile, &table->opts->diff);
	uint32_t movers = 0;

	while (movers < count && rank(table->layout, table->opts, &rows[movers]).first >= least &&
	       rank(table->layout, table->opts, &rows[movers]).first)
		movers++;
	return movers;
}

static void put_rows(struct table *table, const struct pfl_top_row *rows, uint32_t count)
{
	bool differential = pfl_profile_info(table->layout->profile)->differential;
	uint32_t there = differential ? count_movers(table, rows, count) : count;
	uint32_t shown = there < table->opts->top ? there : table->opts->top;

	if (shown && differential)
		put_diff_heading(table);
	else if (shown)
		put_plain_heading(table);
	for (uint32_t i = 0; i < shown; i++)
		(differential ? put_diff_row : put_plain_row)(table, &rows[i]);
	if (shown < there)
		pfl_out_format(table->out, "Not shown: %u more\n", there - shown);
	if (there < count)
		pfl_out_format(table->out, "%s%u function%s as before\n", there ? "" :
			       "No change that counts: ", count - there,
			       count - there == 1 ? " is" : "s are");
}

/* Values say their unit where it changes from one to the next; else the heading does. */
static bool has_scales(const char *unit)
{
	return !strcmp(unit, "ns") || !strcmp(unit, "bytes");
}

int pfl_top_write(struct pfl_out *out, const struct pfl_layout *layout,
		  const struct pfl_text_opts *opts)
{
	const char *unit = pfl_profile_info(layout->profile)->values[layout->value].unit;
	struct table table = { out, layout, opts, has_scales(unit) ? unit : "", 0 };
	struct pfl_top_row *rows;
	uint32_t count;
	int err = pfl_top_new(layout, opts, &rows, &count);

	if (err)
		return err;
	pfl_out_char(out, '\n');
	if (!*table.unit && *unit)
		pfl_out_format(out, "In %.60s:\n", unit);
	put_rows(&table, rows, count);
	free(rows);
	return 0;
}
