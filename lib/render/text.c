/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A flame graph for a terminal: an icicle of cells
 *
 *	|all                                                100.0%|
 *	|postgres                    71.2%|swapper          28.8%|
 *	|main                   60.1%|fork|default_idle     28.8%|
 *
 * and the table of functions below it (top.c). The bars are ASCII, so that a
 * serial console and a pager without a locale show them as they are.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <perflame/render.h>

#include "profile/name.h"
#include "render/columns.h"
#include "render/layout.h"
#include "util/out.h"
#include "render/palette.h"
#include "render/top.h"
#include "util/context.h"
#include "util/strbuf.h"

#define DEFAULT_WIDTH 80
#define DEFAULT_TOP 20
#define DEFAULT_DEPTH 40
#define WIDTH_MIN 40		/* the table's numbers, and a bit of a name */
#define WIDTH_MAX 4096

#define NAME_MIN 4		/* columns of a cell that has its name in it */
#define SHARE_MIN 16		/* columns of a cell that has its share in it, too */
#define SHARE_COLUMNS 7		/* " 100.0%" */

struct row {
	struct pfl_strbuf text;
	uint64_t columns;	/* how far it is written */
};

struct text {
	const struct pfl_text_opts *opts;	/* with the defaults in place */
	struct pfl_layout layout;
	struct pfl_palette palette;
	struct pfl_out out;
	struct row *rows;
	uint32_t nrows;
	uint64_t narrow;	/* frames in these rows that are less than a column */
};

static void pad(struct pfl_strbuf *buf, uint64_t columns)
{
	while (columns--)
		pfl_strbuf_addc(buf, ' ');
}

/* As much of @name as fits into @columns, and blanks for the rest. */
static void add_name(struct pfl_strbuf *buf, const char *name, size_t columns)
{
	size_t len = strlen(name);
	size_t fit = pfl_text_fit(name, len, columns);

	if (fit < len && columns > NAME_MIN) {
		fit = pfl_text_fit(name, len, columns - 2);
		pfl_strbuf_add(buf, name, fit);
		pfl_strbuf_adds(buf, "..");
		pad(buf, columns - 2 - pfl_text_columns(name, fit));
		return;
	}
	pfl_strbuf_add(buf, name, fit);
	pad(buf, columns - pfl_text_columns(name, fit));
}

/* " 12.3%", or of a difference by how much of the whole the total has changed: " +1.2%". */
static void add_share(struct text *t, struct pfl_strbuf *buf, const struct pfl_node *node)
{
	unsigned int after = t->opts->diff.negate ? 0 : 1;
	uint64_t value = node->total[t->layout.value];
	const char *sign = "";
	unsigned int tenths;
	char text[32];

	if (pfl_profile_info(t->layout.profile)->differential) {
		bool grew = node->total[after] > node->total[!after];

		value = grew ? node->total[after] - node->total[!after] :
			       node->total[!after] - node->total[after];
		sign = !value ? "" : grew ? "+" : "-";
	}
	tenths = pfl_layout_scale(&t->layout, value, 1000);
	snprintf(text, sizeof(text), "%s%u.%u%%", sign, tenths / 10, tenths % 10);
	pfl_strbuf_addf(buf, " %*s", SHARE_COLUMNS - 1, text);
}

/* The cell's @columns without its bar. */
static void add_content(struct text *t, struct pfl_strbuf *buf, uint32_t n, uint64_t columns)
{
	const struct pfl_node *node = &t->layout.nodes[n];
	const char *name = pfl_profile_frame_at(t->layout.profile, node->frame)->name;

	if (columns < NAME_MIN - 1) {
		pad(buf, columns);
	} else if (columns < SHARE_MIN - 1) {
		add_name(buf, name, columns);
	} else {
		add_name(buf, name, columns - SHARE_COLUMNS);
		add_share(t, buf, node);
	}
}

/* The nearest colour of the 6x6x6 cube that terminals with 256 colours have from 16 on. */
static unsigned int cube_color(uint32_t rgb)
{
	unsigned int index = 0;

	for (int shift = 16; shift >= 0; shift -= 8) {
		unsigned int channel = rgb >> shift & 0xff;

		index = index * 6 + (channel < 48 ? 0 : channel < 115 ? 1 : (channel - 35) / 40);
	}
	return 16 + index;
}

static void add_cell(struct text *t, uint32_t node, uint64_t left, uint64_t right)
{
	struct row *row = &t->rows[t->layout.depth[node]];
	uint32_t color = t->palette.color[pfl_palette_of(&t->palette, &t->layout, node)];

	if (row->columns < left) {
		if (row->columns)
			pfl_strbuf_addc(&row->text, '|');
		pad(&row->text, left - row->columns - !!row->columns);
	}
	pfl_strbuf_addc(&row->text, '|');
	if (t->opts->color)
		pfl_strbuf_addf(&row->text, "\033[30;48;5;%um", cube_color(color));
	add_content(t, &row->text, node, right - left - 1);
	if (t->opts->color)
		pfl_strbuf_adds(&row->text, "\033[m");
	row->columns = right;
}

/* Depth first, from the left: each row grows from the left, too. */
static void fill_rows(struct text *t)
{
	const struct pfl_layout *layout = &t->layout;

	for (uint32_t i = 0; i < layout->count; i++) {
		uint32_t node = layout->order[i];
		uint64_t start = layout->start[node];
		uint64_t left, right;

		if (layout->depth[node] >= t->nrows)
			continue;
		left = pfl_layout_scale(layout, start, t->opts->width - 1);
		right = pfl_layout_scale(layout, start + pfl_layout_total(layout, node),
					 t->opts->width - 1);
		if (left < right)
			add_cell(t, node, left, right);
		else
			t->narrow++;
	}
}

static int put_rows(struct text *t)
{
	for (uint32_t i = 0; i < t->nrows; i++) {
		struct row *row = &t->rows[i];

		if (row->text.error)
			return row->text.error;
		if (!row->columns)
			break;
		pfl_out_bytes(&t->out, row->text.text, row->text.len);
		pfl_out_text(&t->out, "|\n");
	}
	return 0;
}

/* What the graph does not show is said, in numbers. */
static void put_rest(struct text *t)
{
	uint32_t deeper = t->layout.rows - t->nrows;

	if (!deeper && !t->narrow)
		return;
	pfl_out_text(&t->out, "Not shown:");
	if (deeper)
		pfl_out_format(&t->out, " %u deeper row%s%s", deeper, deeper == 1 ? "" : "s",
			       t->narrow ? "," : "");
	if (t->narrow)
		pfl_out_format(&t->out, " %llu frame%s of less than a column",
			       (unsigned long long)t->narrow, t->narrow == 1 ? "" : "s");
	pfl_out_text(&t->out, "\n");
}

static void add_total(struct text *t, struct pfl_strbuf *line, unsigned int value)
{
	const struct pfl_profile_info *info = pfl_profile_info(t->layout.profile);
	char total[96];

	pfl_strbuf_adds(line, pfl_format_value(total, sizeof(total), t->layout.nodes[0].total[value],
					       info->values[value].unit, info->decimals));
}

/* "On-CPU time: 1,234 samples", or of a difference what it was before, and is after. */
static int put_heading(struct text *t)
{
	const struct pfl_profile_info *info = pfl_profile_info(t->layout.profile);
	const char *title = t->opts->title ? t->opts->title : info->title;
	unsigned int after = t->opts->diff.negate ? 0 : 1;
	struct pfl_strbuf line = { 0 };
	int err;

	title = title ? title : "Flame Graph";
	pfl_text_clean(&line, title, strlen(title));
	pfl_strbuf_adds(&line, ": ");
	if (info->differential) {
		add_total(t, &line, !after);
		pfl_strbuf_adds(&line, " before, ");
		add_total(t, &line, after);
		pfl_strbuf_adds(&line, " after");
	} else {
		add_total(t, &line, t->layout.value);
	}
	pfl_strbuf_addc(&line, '\n');
	err = line.error;
	if (!err)
		pfl_out_bytes(&t->out, line.text, line.len);
	pfl_strbuf_free(&line);
	return err;
}

static int put_graph(struct text *t)
{
	int err = put_heading(t);

	if (err)
		return err;
	t->nrows = t->opts->depth < t->layout.rows ? t->opts->depth : t->layout.rows;
	t->rows = calloc(t->nrows, sizeof(*t->rows));
	if (!t->rows)
		return -ENOMEM;
	fill_rows(t);
	err = put_rows(t);
	if (!err)
		put_rest(t);
	return err;
}

static void set_defaults(struct pfl_text_opts *opts, const struct pfl_profile_info *info)
{
	if (!opts->width)
		opts->width = DEFAULT_WIDTH;
	if (opts->width < WIDTH_MIN)
		opts->width = WIDTH_MIN;
	if (opts->width > WIDTH_MAX)
		opts->width = WIDTH_MAX;
	if (!opts->top)
		opts->top = DEFAULT_TOP;
	if (!opts->depth)
		opts->depth = DEFAULT_DEPTH;
	if (info->differential)
		opts->value = 1;
}

static void text_free(struct text *t)
{
	for (uint32_t i = 0; t->rows && i < t->nrows; i++)
		pfl_strbuf_free(&t->rows[i].text);
	free(t->rows);
	pfl_palette_free(&t->palette);
	pfl_layout_free(&t->layout);
	free(t);
}

static int write_text(struct pfl_ctx *ctx, const struct pfl_profile *profile,
		      const struct pfl_text_opts *given, FILE *file)
{
	const struct pfl_profile_info *info = pfl_profile_info(profile);
	const struct pfl_coloring coloring = { .palette = info->palette, .diff = given->diff };
	struct pfl_text_opts opts = *given;
	struct text *t;
	int err;

	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	set_defaults(&opts, info);
	t->opts = &opts;
	t->out.file = file;
	err = pfl_layout_new(&t->layout, profile, opts.value);
	if (err == -ENODATA)
		pfl_log(ctx, PFL_ERROR, "nothing to draw: all values are 0");
	if (!err)
		err = pfl_palette_new(&t->palette, &t->layout, &coloring);
	if (!err)
		err = put_graph(t);
	if (!err)
		err = pfl_top_write(&t->out, &t->layout, &opts);
	if (!err)
		err = pfl_out_finish(&t->out);
	text_free(t);
	return err;
}

/* As many columns of ASCII for each character of @text that is not. */
static int put_ascii(const char *text, size_t len, FILE *file)
{
	uint32_t code;

	for (size_t at = 0, step; at < len; at += step) {
		step = pfl_utf8_next(text + at, len - at, &code);
		if (code < 0x80)
			putc(code, file);
		else if (code == 0xb5)
			putc('u', file);	/* "µs" */
		else
			for (size_t i = pfl_text_columns(text + at, step); i; i--)
				putc('?', file);
	}
	return fflush(file) || ferror(file) ? -EIO : 0;
}

static int write_ascii(struct pfl_ctx *ctx, const struct pfl_profile *profile,
		       const struct pfl_text_opts *opts, FILE *file)
{
	char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);
	int err;

	if (!memory)
		return -ENOMEM;
	err = write_text(ctx, profile, opts, memory);
	if (fclose(memory) && !err)
		err = -ENOMEM;
	if (!err)
		err = put_ascii(text, len, file);
	free(text);
	return err;
}

int pfl_text_write(struct pfl_ctx *ctx, const struct pfl_profile *profile,
		   const struct pfl_text_opts *opts, FILE *file)
{
	if (pfl_profile_size(profile) == 1)
		return fputs(PFL_NOTHING_SEEN "\n", file) < 0 ? -errno : 0;
	return (opts->ascii ? write_ascii : write_text)(ctx, profile, opts, file);
}
