/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of the HTML writer share: html.c makes the page, html-data.c
 * packs a profile for its scripts (viewer/data.js).
 */
#ifndef PFL_RENDER_HTML_H
#define PFL_RENDER_HTML_H

#include <perflame/render.h>

#include "util/out.h"

/*
 * Writes the profile of @graph, whose name is clean, as two text elements.
 * 0, -EINVAL for an unknown palette, or -ENOMEM.
 */
int pfl_html_write_data(struct pfl_out *out, const struct pfl_graph *graph,
			const struct pfl_html_opts *opts);

#endif
