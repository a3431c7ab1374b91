/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tree, packed for viewer/svg.js: every frame, however narrow, so that
 * search and zoom see it, in about eight bytes.
 *
 * Names: a line for each frame, in the order in which the nodes use them: the
 * colour (a packed number), the name, and where the code's file is known a tab and
 * the file's name. Both are shortened to NAME_MAX_BYTES.
 *
 * Nodes: depth first, from the left, packed numbers (pack.h). Of each node: how
 * many levels it stands above a child of the node before it, the number of its
 * name, its self value, for a differential profile the self and the total value
 * before (a total that is gone after has no node of its own), and if the colours
 * are by node the colour.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profile/value.h"
#include "render/pack.h"
#include "render/svg.h"

#define NAME_MAX_BYTES 1024

/* XML readers take text of more than 10 MB for an attack. */
#define FRAMES_PER_CHUNK 2000
#define NODES_PER_CHUNK 100000

static void put_colors(struct pfl_svg *svg)
{
	pfl_out_text(&svg->out, ",\"colors\":[");
	for (unsigned int i = 0; i < svg->palette.count; i++)
		pfl_out_format(&svg->out, "%s\"#%06x\"", i ? "," : "", svg->palette.color[i]);
	pfl_out_char(&svg->out, ']');
}

/* min_width goes in thousandths: what printf makes of a double depends on the locale. */
static void put_meta(struct pfl_svg *svg, uint64_t scale)
{
	const char *name_type = svg->opts->name_type ? svg->opts->name_type : "";
	struct pfl_out *out = &svg->out;

	pfl_out_text(out, "<script type=\"application/json\" class=\"pfl-meta\">{\"unit\":");
	pfl_out_json(out, svg->unit, strlen(svg->unit));
	pfl_out_text(out, ",\"nameType\":");
	pfl_out_json(out, name_type, strlen(name_type));
	pfl_out_format(out, ",\"decimals\":%u,\"scale\":%llu,\"differential\":%u,\"negate\":%d,"
		       "\"byNode\":%u",
		       svg->info->decimals, (unsigned long long)scale, svg->info->differential,
		       !!svg->opts->diff.negate, svg->palette.by_node);
	pfl_out_format(out, ",\"left\":%d,\"top\":%u,\"width\":%u,\"frameHeight\":%u",
		       PFL_SVG_PAD, svg->top, svg->inner, svg->opts->frame_height);
	pfl_out_format(out, ",\"textSize\":%u,\"nameSize\":%u,\"cutLeft\":%d,\"fluid\":%d",
		       svg->opts->font_size, pfl_svg_name_size(svg), !!svg->opts->cut_left,
		       !!svg->opts->fluid);
	pfl_out_format(out, ",\"nodes\":%u,\"rows\":%u,\"drawn\":%u,\"inverted\":%d,\"minWidth\":",
		       svg->layout.count, svg->layout.rows, svg->drawn, !!svg->opts->inverted);
	pfl_out_number(out, llrint(svg->opts->min_width * 1000), 3);
	put_colors(svg);
	pfl_out_text(out, "}</script>\n");
}

static void put_shortened(struct pfl_out *out, const char *text)
{
	size_t fit = pfl_pack_shortened(text, NAME_MAX_BYTES);

	pfl_out_xml(out, text, fit);
	if (text[fit])
		pfl_out_text(out, "…");
}

static void put_frame(struct pfl_svg *svg, uint32_t node, const struct pfl_frame *frame)
{
	struct pfl_out *out = &svg->out;
	const char *slash = frame->dso ? strrchr(frame->dso, '/') : NULL;

	pfl_pack_number(out, pfl_palette_of(&svg->palette, &svg->layout, node));
	put_shortened(out, frame->name);
	if (frame->dso) {
		pfl_out_char(out, '\t');
		put_shortened(out, slash ? slash + 1 : frame->dso);
	}
	pfl_out_char(out, '\n');
}

static void open_chunk(struct pfl_out *out, const char *class)
{
	pfl_out_format(out, "<script type=\"text/plain\" class=\"%s\">", class);
}

static void close_chunk(struct pfl_out *out)
{
	pfl_out_text(out, "</script>\n");
}

/* Numbers the frames in the order of their first use, and writes them. */
static void put_frames(struct pfl_svg *svg, uint32_t *number)
{
	const struct pfl_profile *profile = svg->layout.profile;
	uint32_t used = 0;

	memset(number, 0xff, pfl_profile_frames(profile) * sizeof(*number));
	open_chunk(&svg->out, "pfl-names");
	for (uint32_t i = 0; i < svg->layout.count; i++) {
		uint32_t node = svg->layout.order[i];
		uint32_t frame = svg->layout.nodes[node].frame;

		if (number[frame] != UINT32_MAX)
			continue;
		number[frame] = used++;
		put_frame(svg, node, pfl_profile_frame_at(profile, frame));
		if (used % FRAMES_PER_CHUNK == 0) {
			close_chunk(&svg->out);
			open_chunk(&svg->out, "pfl-names");
		}
	}
	close_chunk(&svg->out);
}

static void put_nodes(struct pfl_svg *svg, const uint32_t *number, uint64_t scale)
{
	const struct pfl_layout *layout = &svg->layout;
	struct pfl_out *out = &svg->out;
	uint32_t above = UINT32_MAX;	/* the depth of the node before; 0 follows */

	open_chunk(out, "pfl-nodes");
	for (uint32_t i = 0; i < layout->count; i++) {
		uint32_t n = layout->order[i];
		const struct pfl_node *node = &layout->nodes[n];

		pfl_pack_number(out, above + 1 - layout->depth[n]);
		pfl_pack_number(out, number[node->frame]);
		pfl_pack_number(out, pfl_pack_scaled(node->self[layout->value], scale));
		if (svg->info->differential) {
			pfl_pack_number(out, pfl_pack_scaled(node->self[0], scale));
			pfl_pack_number(out, pfl_pack_scaled(node->total[0], scale));
		}
		if (svg->palette.by_node)
			pfl_pack_number(out, svg->palette.of[n]);
		above = layout->depth[n];
		if ((i + 1) % NODES_PER_CHUNK == 0) {
			close_chunk(out);
			open_chunk(out, "pfl-nodes");
		}
	}
	close_chunk(out);
}

int pfl_svg_write_data(struct pfl_svg *svg)
{
	const struct pfl_layout *layout = &svg->layout;
	uint64_t scale = pfl_pack_scale(layout->profile,
					svg->info->differential ? 0 : layout->value,
					svg->info->differential ? 1 : layout->value);
	uint32_t *number = calloc(pfl_profile_frames(svg->layout.profile), sizeof(*number));

	if (!number)
		return -ENOMEM;
	put_meta(svg, scale);
	put_frames(svg, number);
	put_nodes(svg, number, scale);
	free(number);
	return 0;
}
