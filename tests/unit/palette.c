/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Colours: what they tell apart, and what keeps them from one graph to the next. */
#include "folded-input.h"

#include <errno.h>

#include "render/language.h"
#include "render/palette.h"

static const struct {
	enum pfl_language language;
	const char *name;
	enum pfl_frame_kind kind;
	enum pfl_code_class class;
} cases[] = {
	{ PFL_LANGUAGE_JAVA, "java/util/HashMap.get", PFL_FRAME_USER, PFL_CODE_LIBRARY },
	{ PFL_LANGUAGE_JAVA, "Ljava/lang/String;::equals", PFL_FRAME_JIT, PFL_CODE_LIBRARY },
	{ PFL_LANGUAGE_JAVA, "Lorg/shop/Cart;::add", PFL_FRAME_JIT, PFL_CODE_OWN },
	{ PFL_LANGUAGE_JAVA, "Interpreter", PFL_FRAME_JIT, PFL_CODE_OWN },
	{ PFL_LANGUAGE_JAVA, "JavaThread::run", PFL_FRAME_USER, PFL_CODE_RUNTIME },
	{ PFL_LANGUAGE_JAVA, "LIR_Assembler", PFL_FRAME_USER, PFL_CODE_NATIVE },
	{ PFL_LANGUAGE_JAVA, "do_syscall_64", PFL_FRAME_KERNEL, PFL_CODE_KERNEL },
	{ PFL_LANGUAGE_JS, "LazyCompile:*sum /app/main.js:3", PFL_FRAME_USER, PFL_CODE_OWN },
	{ PFL_LANGUAGE_JS, "JS:~parse /app/node_modules/x/y.js:1", PFL_FRAME_USER,
	  PFL_CODE_LIBRARY },
	{ PFL_LANGUAGE_JS, "Builtins_ArrayMap", PFL_FRAME_USER, PFL_CODE_RUNTIME },
	{ PFL_LANGUAGE_JS, "v8::internal::Heap::Scavenge", PFL_FRAME_USER, PFL_CODE_RUNTIME },
	{ PFL_LANGUAGE_PERL, "Perl_pp_entersub", PFL_FRAME_USER, PFL_CODE_RUNTIME },
	{ PFL_LANGUAGE_PERL, "main::work", PFL_FRAME_USER, PFL_CODE_OWN },
	{ PFL_LANGUAGE_PYTHON, "py::work:/srv/app.py", PFL_FRAME_JIT, PFL_CODE_OWN },
	{ PFL_LANGUAGE_PYTHON, "py::dot:/x/site-packages/numpy/core.py", PFL_FRAME_JIT,
	  PFL_CODE_LIBRARY },
	{ PFL_LANGUAGE_PYTHON, "_PyEval_EvalFrameDefault", PFL_FRAME_USER, PFL_CODE_RUNTIME },
	{ PFL_LANGUAGE_RUST, "<core::iter::Map as Iterator>::next", PFL_FRAME_USER,
	  PFL_CODE_LIBRARY },
	{ PFL_LANGUAGE_RUST, "shop::cart::add", PFL_FRAME_USER, PFL_CODE_OWN },
	{ PFL_LANGUAGE_RUST, "memcpy", PFL_FRAME_USER, PFL_CODE_NATIVE },
};

static void names_tell_what_code_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct pfl_frame frame = { cases[i].name, NULL, cases[i].kind };

		if (pfl_language_class(cases[i].language, &frame) != cases[i].class)
			print_message("%s\n", cases[i].name);
		assert_int_equal(pfl_language_class(cases[i].language, &frame), cases[i].class);
	}
}

struct drawn {
	struct pfl_ctx *ctx;
	struct pfl_profile *profile;
	struct pfl_layout layout;
	struct pfl_palette palette;
};

static void draw(struct drawn *d, const char *folded, const struct pfl_coloring *coloring)
{
	d->ctx = new_context();
	d->profile = profile_of(d->ctx, folded, NULL);
	assert_int_equal(pfl_layout_new(&d->layout, d->profile, 0), 0);
	assert_int_equal(pfl_palette_new(&d->palette, &d->layout, coloring), 0);
}

static void undraw(struct drawn *d)
{
	pfl_palette_free(&d->palette);
	pfl_layout_free(&d->layout);
	pfl_profile_free(d->profile);
	pfl_ctx_free(d->ctx);
}

/* The colour of the @n-th node of that name. */
static uint32_t color_of(const struct drawn *d, const char *name, int n)
{
	for (uint32_t node = 0; node < pfl_profile_size(d->profile); node++) {
		const struct pfl_frame *frame =
			pfl_profile_frame_at(d->profile, d->layout.nodes[node].frame);

		if (!strcmp(frame->name, name) && !n--)
			return d->palette.color[pfl_palette_of(&d->palette, &d->layout, node)];
	}
	fail_msg("no %s", name);
	return 0;
}

static void shades_follow_what_was_asked_for(void **state)
{
	static const char folded[] =
		"m;aa;x 1\nm;ab;x 1\nm;zz;x 1\nm;c1;x 1\nm;c2;x 1\nm;c3;x 1\nm;c4;x 1\nm;c5;x 1\n";
	struct drawn d;
	int others = 0;

	(void)state;
	draw(&d, folded, &(struct pfl_coloring){ .shading = PFL_SHADE_NAME });
	assert_int_equal(color_of(&d, "x", 0), color_of(&d, "x", 7));
	undraw(&d);
	draw(&d, folded, &(struct pfl_coloring){ .shading = PFL_SHADE_ALPHABET });
	assert_int_equal(color_of(&d, "aa", 0), color_of(&d, "ab", 0));
	assert_int_not_equal(color_of(&d, "aa", 0), color_of(&d, "zz", 0));
	undraw(&d);
	draw(&d, folded, &(struct pfl_coloring){ .shading = PFL_SHADE_RANDOM });
	for (int i = 1; i < 8; i++)
		others += color_of(&d, "x", 0) != color_of(&d, "x", i);
	assert_true(others > 0);
	undraw(&d);
	draw(&d, "wide;x 96\nnarrow;x 4\n", &(struct pfl_coloring){ .shading = PFL_SHADE_WIDTH });
	assert_int_equal(color_of(&d, "wide", 0), color_of(&d, "x", 0));
	assert_true((color_of(&d, "all", 0) >> 8 & 0xff) < (color_of(&d, "narrow", 0) >> 8 & 0xff));
	undraw(&d);
}

static void a_map_keeps_colours(void **state)
{
	static const char lines[] = "f->rgb(1,2,3)\nodd\nx;y->rgb(4,5,6)\ng->rgb(1,2,300)\n"
				    "a->rgb(9)->rgb(7,8,9)\nc->rgb(1,2,3) \n\n";
	struct pfl_ctx *ctx = new_context();
	struct pfl_color_map *map;
	struct drawn d;
	char *text;
	FILE *file;

	(void)state;
	assert_int_equal(pfl_color_map_new(ctx, lines, sizeof(lines) - 1, &map), 0);
	assert_non_null(strstr(said, "3 lines left out"));
	draw(&d, "f;h 1\nx:y;f 2\na->rgb(9) 1\n", &(struct pfl_coloring){ .map = map });
	assert_int_equal(color_of(&d, "f", 0), 0x010203);
	assert_int_equal(color_of(&d, "f", 1), 0x010203);
	assert_int_equal(color_of(&d, "x:y", 0), 0x040506);
	assert_int_equal(color_of(&d, "a->rgb(9)", 0), 0x070809);
	file = open_text(&text);
	assert_int_equal(pfl_color_map_write(map, file), 0);
	fclose(file);
	assert_non_null(strstr(text, "f->rgb(1,2,3)\n"));
	assert_non_null(strstr(text, "\nh->rgb("));
	free(text);
	undraw(&d);
	pfl_color_map_free(map);
	pfl_color_map_free(NULL);
	pfl_ctx_free(ctx);
}

static void a_legend_tells_what_is_there(void **state)
{
	struct pfl_swatch swatches[PFL_SWATCHES];
	struct drawn d;

	(void)state;
	draw(&d, "java;java/lang/Thread.run;org/shop/Cart.add_[j];Heap::get;read_[k] 1\n",
	     &(struct pfl_coloring){ .palette = "java" });
	assert_int_equal(pfl_palette_legend(&d.palette, &d.layout, &(struct pfl_diff_opts){ 0 },
					    swatches), 4);
	assert_string_equal(swatches[0].label, "Java");
	assert_string_equal(swatches[1].label, "JDK");
	assert_string_equal(swatches[2].label, "C++");
	assert_string_equal(swatches[3].label, "kernel");
	undraw(&d);
}

/* Where two palettes meet in one graph, the legend is about which is which. */
static void a_legend_tells_two_palettes_apart(void **state)
{
	static const struct {
		const char *palette, *folded, *labels[2];
	} of[] = {
		{ "wall", "t;f;g 1\nt;f;h;[blocked] 9\nt;k 9\n", { "mostly on a CPU", "mostly off it" } },
		{ "chain", "t;f;read_[k];--;write_[k];w;u 1\n", { "who waits", "who wakes" } },
		{ "wall", "t;f;g 1\n", { NULL, NULL } },
	};
	const struct pfl_diff_opts no_diff = { 0 };
	struct pfl_swatch swatches[PFL_SWATCHES];
	struct drawn d;

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++) {
		draw(&d, of[i].folded, &(struct pfl_coloring){ .palette = of[i].palette });
		assert_int_equal(pfl_palette_legend(&d.palette, &d.layout, &no_diff, swatches),
				 of[i].labels[0] ? 2 : 0);
		for (int set = 0; set < 2 && of[i].labels[set]; set++)
			assert_string_equal(swatches[set].label, of[i].labels[set]);
		undraw(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_tell_what_code_is),
		cmocka_unit_test(shades_follow_what_was_asked_for),
		cmocka_unit_test(a_map_keeps_colours),
		cmocka_unit_test(a_legend_tells_what_is_there),
		cmocka_unit_test(a_legend_tells_two_palettes_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
