/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <perflame/exchange.h>
#include <perflame/folded.h>

#include "colormap.h"
#include "format.h"

static int write_folded(struct pfl_ctx *ctx, const struct pfl_graph *graphs, unsigned int count,
			const struct tool_format_opts *opts, FILE *out)
{
	const struct pfl_folded_write write = {
		.value = graphs->value, .annotate = opts->annotate,
	};

	(void)ctx;
	(void)count;
	return pfl_folded_write(graphs->profile, &write, out);
}

static int write_svg(struct pfl_ctx *ctx, const struct pfl_graph *graphs, unsigned int count,
		     const struct tool_format_opts *opts, FILE *out)
{
	struct pfl_svg_opts svg = opts->svg;
	int err = opts->color_map ? tool_colormap_load(ctx, &svg.map) : 0;

	(void)count;
	if (err)
		return err;
	svg.value = graphs->value;
	svg.diff = opts->diff;
	svg.title = opts->title;
	svg.width = opts->width;
	err = pfl_svg_write(ctx, graphs->profile, &svg, out);
	if (!err && svg.map)
		err = tool_colormap_save(svg.map);
	pfl_color_map_free(svg.map);
	return err;
}

static int write_html(struct pfl_ctx *ctx, const struct pfl_graph *graphs, unsigned int count,
		      const struct tool_format_opts *opts, FILE *out)
{
	const struct pfl_html_opts html = {
		.title = opts->title,
		.subtitle = opts->svg.subtitle,
		.notes = opts->svg.notes,
		.palette = opts->svg.palette,
		.inverted = opts->svg.inverted,
		.diff = opts->diff,
	};

	return pfl_html_write(ctx, graphs, count, &html, out);
}

static int write_text(struct pfl_ctx *ctx, const struct pfl_graph *graphs, unsigned int count,
		      const struct tool_format_opts *opts, FILE *out)
{
	struct pfl_text_opts text = opts->text;

	(void)count;
	text.value = graphs->value;
	text.diff = opts->diff;
	text.title = opts->title;
	if (opts->width)
		text.width = opts->width;
	return pfl_text_write(ctx, graphs->profile, &text, out);
}

static int write_pprof(struct pfl_ctx *ctx, const struct pfl_graph *graphs, unsigned int count,
		       const struct tool_format_opts *opts, FILE *out)
{
	(void)ctx;
	(void)count;
	(void)opts;
	return pfl_pprof_write(graphs->profile, graphs->value, out);
}

static int write_speedscope(struct pfl_ctx *ctx, const struct pfl_graph *graphs,
			    unsigned int count, const struct tool_format_opts *opts, FILE *out)
{
	(void)ctx;
	return pfl_speedscope_write(graphs, count, opts->title, out);
}

static int write_nested(struct pfl_ctx *ctx, const struct pfl_graph *graphs, unsigned int count,
			const struct tool_format_opts *opts, FILE *out)
{
	(void)ctx;
	(void)count;
	(void)opts;
	return pfl_nested_write(graphs->profile, graphs->value, out);
}

static const struct tool_format formats[] = {
	{ .name = "data", .ending = ".data", .is_binary = true },
	{ .name = "folded", .ending = ".folded", .write = write_folded },
	{ .name = "html", .ending = ".html", .holds_many = true, .tells_tasks = true,
	  .write = write_html },
	{ .name = "nested", .ending = ".nested.json", .write = write_nested },
	{ .name = "pprof", .ending = ".pb.gz", .is_binary = true, .write = write_pprof },
	{ .name = "speedscope", .ending = ".speedscope.json", .holds_many = true,
	  .write = write_speedscope },
	{ .name = "svg", .ending = ".svg", .write = write_svg },
	{ .name = "txt", .ending = ".txt", .write = write_text },
};

const char *const tool_format_names[] = { "data", "folded", "html", "nested", "pprof",
					  "speedscope", "svg", "txt", NULL };

const struct tool_format *tool_format_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

const struct tool_format *tool_format_of_path(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t len = strlen(base);

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		size_t ending = strlen(formats[i].ending);

		if (len >= ending && strcmp(base + len - ending, formats[i].ending) == 0)
			return &formats[i];
	}
	return NULL;
}

const char *tool_format_list_many(char *buf, size_t size)
{
	size_t len = 0;
	size_t i;

	*buf = '\0';
	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (formats[i].holds_many && len < size)
			len += snprintf(buf + len, size - len, "%s%s", len ? ", " : "",
					formats[i].name);
	return buf;
}

int tool_format_render(struct pfl_ctx *ctx, const struct tool_format *format,
		       const struct pfl_graph *graphs, unsigned int count,
		       const struct tool_format_opts *opts, char **bytes, size_t *len)
{
	FILE *out = open_memstream(bytes, len);
	int err;

	if (!out)
		return -errno;
	err = format->write(ctx, graphs, count, opts, out);
	if (fclose(out) && !err)
		err = -errno;
	if (err) {
		free(*bytes);
		*bytes = NULL;
	}
	return err;
}
