/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * palette.map in the current directory: the colours that names have in graph
 * after graph, as with flamegraph.pl --cp.
 */
#ifndef TOOLS_COLORMAP_H
#define TOOLS_COLORMAP_H

#include <perflame/render.h>

/* Reads it; where there is none the map is empty. 0, or -errno, and told. */
int tool_colormap_load(struct pfl_ctx *ctx, struct pfl_color_map **out);

/* Writes it. 0, or -errno, and told. */
int tool_colormap_save(const struct pfl_color_map *map);

#endif
