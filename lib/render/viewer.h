/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The browser part of a graph, as the build embeds it: viewer/svg.js is
 * pfl_viewer_svg_js, NUL-terminated, of pfl_viewer_svg_js_len bytes without the
 * NUL, and so on. The other scripts and the style sheets of viewer/ are joined to
 * html.js and html.css; html.csp is the policy that allows only these two
 * (scripts/join-viewer.sh).
 */
#ifndef PFL_RENDER_VIEWER_H
#define PFL_RENDER_VIEWER_H

#include <stddef.h>

extern const char pfl_viewer_svg_js[];
extern const size_t pfl_viewer_svg_js_len;

extern const char pfl_viewer_body_html[];
extern const size_t pfl_viewer_body_html_len;
extern const char pfl_viewer_html_js[];
extern const size_t pfl_viewer_html_js_len;
extern const char pfl_viewer_html_css[];
extern const size_t pfl_viewer_html_css_len;
extern const char pfl_viewer_html_csp[];
extern const size_t pfl_viewer_html_csp_len;

#endif
