/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The picture that the SVG is without its script. What the script does: tests/browser. */
#include "folded-input.h"

#include <errno.h>
#include <stdbool.h>

#include <perflame/type.h>
#include <perflame/render.h>

#include "render/columns.h"
#include "render/layout.h"
#include "render/palette.h"
#include "render/viewer.h"

static const struct pfl_diff_opts no_diff;

static int draw(struct pfl_ctx *ctx, const struct pfl_profile *profile, const void *opts, FILE *file)
{
	return pfl_svg_write(ctx, profile, opts, file);
}

static char *svg_of(const char *folded, const char *type, const struct pfl_svg_opts *opts)
{
	return drawn(folded, type, draw, opts);
}

/* @text without what the script is made of. */
static void cut_script(char *text)
{
	char *script = strstr(text, "<script><![CDATA[");

	assert_non_null(script);
	*script = '\0';
}

static void frames_lie_where_their_sums_say(void **state)
{
	const struct pfl_svg_opts opts = { .width = 1020 };
	char *svg = svg_of("a;x 100\na;y 300\nb 600\n", NULL, &opts);

	(void)state;
	/* 1,000 pixels for 1,000: all at the bottom, a from 0 to 400, b from there on */
	assert_non_null(strstr(svg, "<rect x=\"10\" y=\"68\" width=\"999.5\" height=\"15\""));
	assert_non_null(strstr(svg, "<rect x=\"10\" y=\"52\" width=\"399.5\" height=\"15\""));
	assert_non_null(strstr(svg, "<rect x=\"410\" y=\"52\" width=\"599.5\" height=\"15\""));
	assert_non_null(strstr(svg, "<rect x=\"10\" y=\"36\" width=\"99.5\" height=\"15\""));
	assert_non_null(strstr(svg, "<rect x=\"110\" y=\"36\" width=\"299.5\" height=\"15\""));
	assert_non_null(strstr(svg, "<title>y (300, 30.00%)</title>"));
	assert_non_null(strstr(svg, "<title>all (1,000, 100.00%)</title>"));
	assert_int_equal(count(svg, "<title>"), 1 + 5);
	free(svg);
}

static void an_icicle_hangs_from_its_root(void **state)
{
	const struct pfl_svg_opts opts = { .width = 1020, .inverted = 1, .frame_height = 20 };
	char *svg = svg_of("a;x 100\na;y 300\nb 600\n", NULL, &opts);

	(void)state;
	assert_non_null(strstr(svg, "<rect x=\"10\" y=\"36\" width=\"999.5\" height=\"19\""));
	assert_non_null(strstr(svg, "<rect x=\"110\" y=\"76\" width=\"299.5\" height=\"19\""));
	free(svg);
}

static void equal_input_makes_equal_bytes(void **state)
{
	const struct pfl_svg_opts opts = { 0 };
	char *one = svg_of("a;x 1\na;y_[k] 3\nb;z_[j] 6\n", "oncpu", &opts);
	char *two = svg_of("b;z_[j] 6\na;y_[k] 1\na;x 1\na;y_[k] 2\n", "oncpu", &opts);

	(void)state;
	assert_string_equal(one, two);
	free(one);
	free(two);
}

static void units_are_those_of_the_type(void **state)
{
	const struct pfl_svg_opts opts = { 0 };
	char *svg = svg_of("a 1\nb 999\n", "oncpu", &opts);

	(void)state;
	assert_non_null(strstr(svg, "<title>On-CPU time</title>"));
	assert_non_null(strstr(svg, "<title>a (1 sample, 0.10%)</title>"));
	assert_non_null(strstr(svg, ">all (1,000 samples)</text>"));
	free(svg);
	svg = svg_of("a 1\nb 999\n", NULL, &opts);
	cut_script(svg);
	assert_null(strstr(svg, "sample"));
	free(svg);
}

static void everything_from_outside_is_escaped(void **state)
{
	const struct pfl_svg_opts opts = {
		.title = "<t>&\"'\033", .subtitle = "<s>&\n]]>", .notes = "</desc>\xff",
	};
	char *svg = svg_of("<c>;\"f\"&'g';]]>;e\033[31m;\xff 5\n", NULL, &opts);

	(void)state;
	cut_script(svg);
	assert_int_equal(count(svg, "<t>") + count(svg, "<s>") + count(svg, "<c>"), 0);
	assert_int_equal(count(svg, "]]>"), 0);
	assert_int_equal(count(svg, "\033"), 0);
	assert_int_equal(count(svg, "\xff"), 0);
	assert_int_equal(count(svg, "</desc>"), 1);
	assert_non_null(strstr(svg, "<title>&lt;t&gt;&amp;&quot;'\xef\xbf\xbd</title>"));
	assert_non_null(strstr(svg, "&lt;s&gt;&amp; ]]&gt;"));
	assert_non_null(strstr(svg, "<title>&quot;f&quot;&amp;'g' (5, 100.00%)</title>"));
	free(svg);
}

static void the_script_ends_where_it_should(void **state)
{
	(void)state;
	assert_true(pfl_viewer_svg_js_len > 1000);
	assert_int_equal(strlen(pfl_viewer_svg_js), pfl_viewer_svg_js_len);
	assert_null(strstr(pfl_viewer_svg_js, "]]>"));
}

static void long_names_are_shortened(void **state)
{
	const struct pfl_svg_opts opts = { 0 };
	size_t len = 65536;
	char *folded = malloc(len + 16);
	char *svg;

	(void)state;
	memset(folded, 'n', len);
	strcpy(folded + len, ";x 1\n");
	svg = svg_of(folded, NULL, &opts);
	cut_script(svg);
	assert_true(strlen(svg) < 8000);
	folded[1024] = '\0';
	assert_non_null(strstr(svg, folded));
	free(svg);
	free(folded);
}

/* A thousand frames of a thousandth of the width, and one of a millionth of it. */
static void narrow_frames_are_lines_or_data_only(void **state)
{
	const struct pfl_svg_opts opts = { .width = 1020 };
	char *folded = malloc(1 << 20);
	size_t len = 0;
	char *svg;

	(void)state;
	for (int i = 0; i < 999; i++)
		len += sprintf(folded + len, "f%03d 1000\n", i);
	len += sprintf(folded + len, "g 500\nh 499\ntiny 1\n");
	svg = svg_of(folded, NULL, &opts);
	assert_int_equal(count(svg, "<rect x=\"") - count(svg, "<rect x=\"0"), 1 + 999);
	/* g and h are less than a pixel: two pieces of lines; "tiny" is in the data */
	assert_int_equal(count(svg, "h0.5"), 2);
	assert_null(strstr(svg, "<title>tiny"));
	assert_non_null(strstr(svg, "tiny\n"));
	assert_non_null(strstr(svg, "\"nodes\":1003,"));
	free(svg);
	free(folded);
}

static void deep_graphs_say_what_is_missing(void **state)
{
	const struct pfl_svg_opts opts = { 0 };
	size_t len = 0;
	char *folded = malloc(20000);
	char *svg;

	(void)state;
	for (int i = 0; i < 5000; i++)
		len += sprintf(folded + len, "%sf", i ? ";" : "");
	sprintf(folded + len, " 1\n");
	svg = svg_of(folded, NULL, &opts);
	assert_non_null(strstr(svg, "Not in this picture: the 3001 rows beyond row 2000."));
	assert_non_null(strstr(svg, " height=\"32082\""));
	assert_int_equal(count(svg, "<rect x=\"10\""), 2000);
	assert_non_null(strstr(svg, "\"rows\":5001,\"drawn\":2000,"));
	free(svg);
	free(folded);
}

static void a_difference_has_its_own_colours(void **state)
{
	const struct pfl_svg_opts opts = { 0 };
	char *svg = svg_of("a;same 5 5\na;grew 1 9\na;shrank 9 1\na;gone 7 0\n", NULL, &opts);

	(void)state;
	assert_non_null(strstr(svg, ">own value grew</text>"));
	assert_non_null(strstr(svg, "fill=\"#f0f0f0\"><title>same (5, 33.33%)</title>"));
	assert_non_null(strstr(svg, "fill=\"#f85a4f\"><title>grew (9, 60.00%)</title>"));
	assert_non_null(strstr(svg, "fill=\"#4f9ef8\"><title>shrank (1, 6.67%)</title>"));
	assert_null(strstr(svg, "<title>gone"));
	assert_non_null(strstr(svg, "nothing of it is left after: stacks that had 7 before."));
	free(svg);
}

static void options_change_the_page(void **state)
{
	const struct pfl_svg_opts opts = {
		.width = 1020, .count_name = "<pages>", .name_type = "Fn:", .background = "blue",
		.font = "Fira \"Mono\"", .font_size = 24, .frame_height = 40, .cut_left = 1,
	};
	char *svg = svg_of("a;b::long_name_that_is_cut 35\na;x 965\n", NULL, &opts);

	(void)state;
	cut_script(svg);
	assert_non_null(strstr(svg, "font-family=\"Fira &quot;Mono&quot;\" font-size=\"24\""));
	assert_non_null(strstr(svg, "<g class=\"pfl-frames\" font-size=\"24\">"));
	assert_non_null(strstr(svg, "<stop offset=\"1\" stop-color=\"#dfe4fb\"/>"));
	assert_non_null(strstr(svg, "<title>x (965 &lt;pages&gt;, 96.50%)</title>"));
	assert_non_null(strstr(svg, ">Fn: all (1,000 &lt;pages&gt;)</text>"));
	free(svg);
}

static void names_are_cut_at_either_end(void **state)
{
	struct pfl_svg_opts opts = { .width = 1020 };
	char *svg = svg_of("abcdefghijklmnopqrstuvwxyz 100\nz 900\n", NULL, &opts);

	(void)state;
	assert_non_null(strstr(svg, ">abcdefghijk…</text>"));
	free(svg);
	opts.cut_left = 1;
	svg = svg_of("abcdefghijklmnopqrstuvwxyz 100\nz 900\n", NULL, &opts);
	assert_non_null(strstr(svg, ">…pqrstuvwxyz</text>"));
	assert_non_null(strstr(svg, ">z</text>"));
	free(svg);
}

/* For programs that read the picture: where frames are and how wide, in whole units. */
static void exact_numbers_stand_beside_the_pixels(void **state)
{
	const struct pfl_svg_opts opts = { .width = 320 };
	char *svg = svg_of("a;x 7\na;y 3\nb 19\n", NULL, &opts);

	(void)state;
	assert_non_null(strstr(svg, "xmlns:fg=\"http://github.com/jonhoo/inferno\""));
	assert_non_null(strstr(svg, " fg:x=\"7\" fg:w=\"3\" "));
	assert_non_null(strstr(svg, " fg:x=\"10\" fg:w=\"19\" "));
	assert_non_null(strstr(svg, " fg:x=\"0\" fg:w=\"29\" "));
	free(svg);
}

/* 150 of 1,000 pixels; per cents are of the same width. */
static void narrow_is_what_was_said(void **state)
{
	struct pfl_svg_opts opts = { .width = 1020, .min_width = 150 };
	char *svg = svg_of("a 150\nb 149\nc 701\n", NULL, &opts);

	(void)state;
	assert_non_null(strstr(svg, "<title>a "));
	assert_null(strstr(svg, "<title>b "));
	free(svg);
	opts = (struct pfl_svg_opts){ .width = 1020, .min_percent = 15 };
	svg = svg_of("a 150\nb 149\nc 701\n", NULL, &opts);
	assert_non_null(strstr(svg, "<title>a "));
	assert_null(strstr(svg, "<title>b "));
	free(svg);
}

static void a_fluid_page_has_no_width_of_its_own(void **state)
{
	const struct pfl_svg_opts opts = { .fluid = 1 };
	char *svg = svg_of("a 1\n", NULL, &opts);

	(void)state;
	assert_non_null(strstr(svg, " width=\"100%\" viewBox=\"0 0 1200 98\""));
	assert_non_null(strstr(svg, "\"fluid\":1"));
	free(svg);
}

static void what_cannot_be_drawn_is_refused(void **state)
{
	struct pfl_svg_opts opts = { .palette = "plaid" };
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile = profile_of(ctx, "a 1\n", NULL);
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_int_equal(pfl_svg_write(ctx, profile, &opts, full), -EINVAL);
	assert_string_equal(said, "there is no palette plaid\n");
	opts = (struct pfl_svg_opts){ .value = 1 };
	assert_int_equal(pfl_svg_write(ctx, profile, &opts, full), -EINVAL);
	opts = (struct pfl_svg_opts){ .width = 10 };
	assert_int_equal(pfl_svg_write(ctx, profile, &opts, full), -EINVAL);
	opts = (struct pfl_svg_opts){ 0 };
	assert_int_equal(pfl_svg_write(ctx, profile, &opts, full), -ENOSPC);
	pfl_profile_free(profile);
	profile = profile_of(ctx, "a 0\n", NULL);
	assert_int_equal(pfl_svg_write(ctx, profile, &opts, full), -ENODATA);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
	fclose(full);
}

static void a_profile_of_nothing_is_a_page(void **state)
{
	const struct pfl_svg_opts opts = { .title = "<idle>" };
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile;
	char *text;
	FILE *file = open_text(&text);

	(void)state;
	assert_int_equal(pfl_profile_new(ctx, pfl_type_find("oncpu"), &profile), 0);
	assert_int_equal(pfl_profile_finish(profile), 0);
	assert_int_equal(pfl_svg_write(ctx, profile, &opts, file), 0);
	fclose(file);
	assert_non_null(strstr(text, "<title>&lt;idle&gt;</title>"));
	assert_non_null(strstr(text, ">Nothing to show: none of what is counted happened meanwhile.<"));
	assert_string_equal(text + strlen(text) - 7, "</svg>\n");
	free(text);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

static uint32_t color_of(const struct pfl_palette *palette, const struct pfl_layout *layout,
			 uint32_t node)
{
	return palette->color[pfl_palette_of(palette, layout, node)];
}

static int palette_new(struct pfl_palette *palette, const struct pfl_layout *layout,
		       const char *name)
{
	const struct pfl_coloring coloring = { .palette = name };

	return pfl_palette_new(palette, layout, &coloring);
}

/* Whatever the palette: each kind has colours that no other kind has, light enough for black. */
static void kinds_are_told_apart_in_every_palette(void **state)
{
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile = profile_of(ctx, "c;u;k_[k];i_[i];j_[j];- 1\n", NULL);
	struct pfl_layout layout;
	struct pfl_palette palette;
	unsigned int n;

	(void)state;
	assert_int_equal(pfl_layout_new(&layout, profile, 0), 0);
	for (n = 0; pfl_palette_name(n); n++) {
		struct pfl_swatch swatches[PFL_SWATCHES];

		assert_int_equal(palette_new(&palette, &layout, pfl_palette_name(n)), 0);
		for (unsigned int i = 0; i < palette.count; i++) {
			unsigned int red = palette.color[i] >> 16;
			unsigned int green = palette.color[i] >> 8 & 0xff;
			unsigned int blue = palette.color[i] & 0xff;

			assert_true(2126 * red + 7152 * green + 722 * blue > 120 * 10000);
		}
		for (uint32_t a = 1; a < 7; a++)
			for (uint32_t b = 1; b < a; b++)
				assert_int_not_equal(color_of(&palette, &layout, a),
						     color_of(&palette, &layout, b));
		assert_int_equal(pfl_palette_legend(&palette, &layout, &no_diff, swatches), 4);
		pfl_palette_free(&palette);
	}
	assert_true(n >= 10);
	pfl_layout_free(&layout);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

/* "chain": what stands behind a "--" is the waker's, and has other colours than the same frames. */
static void wakers_have_colours_of_their_own(void **state)
{
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile = profile_of(ctx, "c;f;--;f 1\n", NULL);
	struct pfl_layout layout;
	struct pfl_palette palette;

	(void)state;
	assert_int_equal(pfl_layout_new(&layout, profile, 0), 0);
	assert_int_equal(palette_new(&palette, &layout, "chain"), 0);
	assert_true(palette.by_node);
	assert_int_not_equal(color_of(&palette, &layout, 2), color_of(&palette, &layout, 4));
	pfl_palette_free(&palette);
	pfl_layout_free(&layout);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

static void columns_are_counted_as_terminals_do(void **state)
{
	(void)state;
	assert_int_equal(pfl_text_columns("plain", 5), 5);
	assert_int_equal(pfl_text_columns("\xc3\xa4", 2), 1);
	assert_int_equal(pfl_text_columns("a\xcc\x88", 3), 1);
	assert_int_equal(pfl_text_columns("\xe6\x97\xa5\xe6\x9c\xac", 6), 4);
	assert_int_equal(pfl_text_columns("\xf0\x9f\x94\xa5", 4), 2);
	assert_int_equal(pfl_text_columns("\xef\xbf\xbd", 3), 1);
	assert_int_equal(pfl_text_fit("\xe6\x97\xa5\xe6\x9c\xac", 6, 3), 3);
	assert_int_equal(pfl_text_fit("a\xcc\x88" "b", 4, 1), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_lie_where_their_sums_say),
		cmocka_unit_test(an_icicle_hangs_from_its_root),
		cmocka_unit_test(equal_input_makes_equal_bytes),
		cmocka_unit_test(units_are_those_of_the_type),
		cmocka_unit_test(everything_from_outside_is_escaped),
		cmocka_unit_test(the_script_ends_where_it_should),
		cmocka_unit_test(long_names_are_shortened),
		cmocka_unit_test(narrow_frames_are_lines_or_data_only),
		cmocka_unit_test(deep_graphs_say_what_is_missing),
		cmocka_unit_test(a_difference_has_its_own_colours),
		cmocka_unit_test(options_change_the_page),
		cmocka_unit_test(names_are_cut_at_either_end),
		cmocka_unit_test(exact_numbers_stand_beside_the_pixels),
		cmocka_unit_test(narrow_is_what_was_said),
		cmocka_unit_test(a_fluid_page_has_no_width_of_its_own),
		cmocka_unit_test(what_cannot_be_drawn_is_refused),
		cmocka_unit_test(a_profile_of_nothing_is_a_page),
		cmocka_unit_test(kinds_are_told_apart_in_every_palette),
		cmocka_unit_test(wakers_have_colours_of_their_own),
		cmocka_unit_test(columns_are_counted_as_terminals_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
