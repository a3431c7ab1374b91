/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The browser part of a graph, as the build embeds it: lib/render/viewer/svg.js
 * is pfl_viewer_svg_js, NUL-terminated, of pfl_viewer_svg_js_len bytes without
 * the NUL; and so on for each file there.
 */
#ifndef PFL_RENDER_VIEWER_H
#define PFL_RENDER_VIEWER_H

#include <stddef.h>

extern const char pfl_viewer_svg_js[];
extern const size_t pfl_viewer_svg_js_len;

#endif
