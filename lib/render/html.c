/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Profiles as one HTML file: the viewer (viewer/, which the build joins and
 * embeds) and behind it the data. Its Content-Security-Policy allows the one
 * script and the one style sheet that the build made, told by their hashes, and
 * nothing else: no other script, no request, whatever names the data has.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/name.h"
#include "profile/value.h"
#include "render/html.h"
#include "render/viewer.h"
#include "util/context.h"

static void put_clean(struct pfl_out *out, struct pfl_strbuf *scratch, const char *text)
{
	pfl_strbuf_cut(scratch, 0);
	pfl_text_clean(scratch, text, strlen(text));
	if (scratch->text)
		pfl_out_xml(out, scratch->text, scratch->len);
}

static void put_head(struct pfl_out *out, struct pfl_strbuf *scratch, const char *title)
{
	pfl_out_text(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		     "<meta http-equiv=\"Content-Security-Policy\" content=\"");
	pfl_out_bytes(out, pfl_viewer_html_csp, pfl_viewer_html_csp_len);
	pfl_out_text(out, "\">\n<meta name=\"viewport\" "
		     "content=\"width=device-width, initial-scale=1\">\n"
		     "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	put_clean(out, scratch, title);
	pfl_out_text(out, "</title>\n<style>");
	pfl_out_bytes(out, pfl_viewer_html_css, pfl_viewer_html_css_len);
	pfl_out_text(out, "</style>\n</head>\n");
}

/* Text below the title; @class is ours. */
static void put_paragraph(struct pfl_out *out, struct pfl_strbuf *scratch, const char *class,
			  const char *text)
{
	if (!text || !*text)
		return;
	pfl_out_format(out, "<template class=\"%s\">", class);
	put_clean(out, scratch, text);
	pfl_out_text(out, "</template>\n");
}

/* Names of graphs come from file names and from whoever calls: as dirty as any text. */
static int put_graph(struct pfl_out *out, struct pfl_strbuf *scratch,
		     const struct pfl_graph *graph, const struct pfl_html_opts *opts)
{
	struct pfl_graph clean = *graph;

	if (graph->name) {
		pfl_strbuf_cut(scratch, 0);
		pfl_text_clean(scratch, graph->name, strlen(graph->name));
		if (scratch->error)
			return scratch->error;
		clean.name = scratch->text ? scratch->text : "";
	}
	return pfl_html_write_data(out, &clean, opts);
}

/* The threshold goes in thousandths: what printf makes of a double depends on the locale. */
static void put_body(struct pfl_out *out, const struct pfl_html_opts *opts)
{
	const struct pfl_diff_opts *diff = &opts->diff;
	double percent = diff->threshold > 100 ? 100 : diff->threshold;

	pfl_out_format(out, "<body data-inverted=\"%d\" data-basis=\"%s\" data-negate=\"%d\" "
		       "data-threshold=\"", !!opts->inverted, diff->by_total ? "total" : "self",
		       !!diff->negate);
	pfl_out_number(out, percent > 0 ? llrint(percent * 1000) : 0, 3);
	pfl_out_text(out, "\">\n");
	pfl_out_bytes(out, pfl_viewer_body_html, pfl_viewer_body_html_len);
}

static const char *title_of(const struct pfl_graph *graph)
{
	const char *title = pfl_profile_info(graph->profile)->title;

	return title ? title : "Flame Graph";
}

static int put_document(struct pfl_out *out, struct pfl_strbuf *scratch,
			const struct pfl_graph *graphs, unsigned int count,
			const struct pfl_html_opts *opts)
{
	char profiles[32];
	int err = 0;

	snprintf(profiles, sizeof(profiles), "%u profiles", count);
	put_head(out, scratch, opts->title ? opts->title :
			       count > 1 ? profiles : title_of(graphs));
	put_body(out, opts);
	put_paragraph(out, scratch, "subtitle", opts->subtitle);
	put_paragraph(out, scratch, "notes", opts->notes);
	for (unsigned int i = 0; i < count && !err; i++)
		err = put_graph(out, scratch, &graphs[i], opts);
	pfl_out_text(out, "<script>");
	pfl_out_bytes(out, pfl_viewer_html_js, pfl_viewer_html_js_len);
	pfl_out_text(out, "</script>\n</body>\n</html>\n");
	return err ? err : scratch->error;
}

int pfl_html_write(struct pfl_ctx *ctx, const struct pfl_graph *graphs, unsigned int count,
		   const struct pfl_html_opts *opts, FILE *file)
{
	struct pfl_strbuf scratch = { 0 };
	struct pfl_out *out;
	int err;

	for (unsigned int i = 0; i < count; i++)
		if (graphs[i].value >= pfl_profile_info(graphs[i].profile)->nvalues)
			return pfl_fail(ctx, -EINVAL, "profile %u of the page has no value %u", i,
					graphs[i].value);
	if (!count)
		return pfl_fail(ctx, -EINVAL, "a page needs a profile");
	out = calloc(1, sizeof(*out));
	if (!out)
		return -ENOMEM;
	out->file = file;
	err = put_document(out, &scratch, graphs, count, opts);
	if (err == -EINVAL)
		pfl_log(ctx, PFL_ERROR, "there is no palette %s",
			opts->palette ? opts->palette : "of that name");
	if (!err)
		err = pfl_out_finish(out);
	pfl_strbuf_free(&scratch);
	free(out);
	return err;
}
