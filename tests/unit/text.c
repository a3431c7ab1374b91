/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flame graph and table for a terminal. */
#include "folded-input.h"

#include <errno.h>

#include <perflame/render.h>
#include <perflame/type.h>

#include "render/columns.h"
#include "render/top.h"

static int draw(struct pfl_ctx *ctx, const struct pfl_profile *profile, const void *opts, FILE *file)
{
	return pfl_text_write(ctx, profile, opts, file);
}

static char *text_of(const char *folded, const char *type, const struct pfl_text_opts *opts)
{
	return drawn(folded, type, draw, opts);
}

static void cells_are_as_wide_as_their_shares(void **state)
{
	const struct pfl_text_opts opts = { .width = 61 };
	char *text = text_of("pg;main;work 30\npg;main 12\npg;fork 3\nswapper;idle 15\n", "oncpu",
			     &opts);

	(void)state;
	assert_string_equal(text,
		"On-CPU time: 60 samples\n"
		"|all                                                  100.0%|\n"
		"|pg                                     75.0%|swapper       |\n"
		"|  |main                                70.0%|idle          |\n"
		"   |work                    50.0%|\n"
		"\n"
		"In samples:\n"
		"        self   share       total   share  name\n"
		"          30   50.0%          30   50.0%  work\n"
		"          15   25.0%          15   25.0%  idle\n"
		"          12   20.0%          42   70.0%  main\n"
		"           3    5.0%           3    5.0%  fork\n"
		"           0    0.0%          45   75.0%  pg\n"
		"           0    0.0%          15   25.0%  swapper\n");
	free(text);
}

static void what_is_left_out_is_said(void **state)
{
	const struct pfl_text_opts opts = { .depth = 2, .top = 1 };
	char *text = text_of("a;b;c 1000\ntiny 1\nb 1\n", NULL, &opts);

	(void)state;
	assert_non_null(strstr(text, "\nNot shown: 2 deeper rows, "
				     "2 frames of less than a column\n"));
	assert_non_null(strstr(text, "\nNot shown: 3 more\n"));
	free(text);
}

static void recursion_counts_once(void **state)
{
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile = profile_of(ctx, "f;g;f;g 1\nf;g;f 2\nf 4\nh;f 8\n", NULL);
	struct pfl_layout layout;
	const struct pfl_text_opts opts = { 0 };
	struct pfl_top_row *rows;
	uint32_t count;

	(void)state;
	assert_int_equal(pfl_layout_new(&layout, profile, 0), 0);
	assert_int_equal(pfl_top_new(&layout, &opts, &rows, &count), 0);
	assert_int_equal(count, 3);
	assert_string_equal(rows[0].name, "f");
	assert_int_equal(rows[0].self[0], 14);
	assert_int_equal(rows[0].total[0], 15);
	assert_string_equal(rows[1].name, "g");
	assert_int_equal(rows[1].self[0], 1);
	assert_int_equal(rows[1].total[0], 3);
	assert_string_equal(rows[2].name, "h");
	assert_int_equal(rows[2].total[0], 8);
	free(rows);
	pfl_layout_free(&layout);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

static void the_table_can_be_sorted_by_total(void **state)
{
	const struct pfl_text_opts opts = { .by_total = 1, .width = 50 };
	char *text = text_of("m;a 5\nm;b 1\nc 7\n", NULL, &opts);

	(void)state;
	assert_non_null(strstr(text,
		"    self   total  name\n"
		"   53.8%   53.8%  c\n"
		"    0.0%   46.2%  m\n"
		"   38.5%   38.5%  a\n"
		"    7.7%    7.7%  b\n"));
	free(text);
}

static void a_difference_is_sorted_by_change(void **state)
{
	struct pfl_text_opts opts = { .width = 61 };
	char *text = text_of("a 100 101\nb 1 50\nc 90 2\nm;x 7 0\nm;y 0 7\n", NULL, &opts);

	(void)state;
	assert_string_equal(text,
		"Flame Graph: 198 before, 160 after\n"
		"|all                                                  -23.8%|\n"
		"|a                               +0.6%|b           +30.6%|  |\n"
		"                                                         |  |\n"
		"Not shown: 1 frame of less than a column\n"
		"\n"
		"      change        self       name\n"
		"         -88           2       c\n"
		"         +49          50       b\n"
		"          -7           0 gone  x\n"
		"          +7           7  new  y\n"
		"          +1         101       a\n"
		"1 function is as before\n");
	free(text);
	opts.width = 76;
	opts.diff.by_total = 1;
	opts.diff.negate = 1;
	opts.diff.threshold = 5;
	text = text_of("m;a 100 1\nb 1 50\nm;c 9 2\n", NULL, &opts);
	assert_non_null(strstr(text, "Flame Graph: 53 before, 110 after\n"));
	assert_non_null(strstr(text,
		"      change       total      change        self       name\n"
		"        +106         109           0           0       m\n"
		"         +99         100         +99         100       a\n"
		"         -49           1         -49           1       b\n"
		"          +7           9          +7           9       c\n"));
	free(text);
	opts.diff.threshold = 10;
	text = text_of("m;a 100 1\nb 1 50\nm;c 9 2\n", NULL, &opts);
	assert_null(strstr(text, "  c\n"));
	assert_non_null(strstr(text, "\n1 function is as before\n"));
	free(text);
}

static void a_profile_has_not_changed_from_itself(void **state)
{
	const struct pfl_text_opts opts = { 0 };
	char *text = text_of("a;b 4 4\nc 1 1\n", NULL, &opts);

	(void)state;
	assert_non_null(strstr(text, "\n\nNo change that counts: 3 functions are as before\n"));
	assert_null(strpbrk(text, "+-"));
	free(text);
}

/* No line is wider than asked for, whatever is in it. */
static void check_widths(const char *text, size_t columns)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		assert_true(pfl_text_columns(text, len) <= columns);
		text += len + 1;
	}
}

static void rows_keep_within_the_width(void **state)
{
	static const char folded[] =
		"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e;x 5\n"
		"a-very-long-name-that-goes-on-and-on-and-on-and-on-and-on-and-on-and;y 7\n"
		"u\xcc\x88\xcc\x88;\xf0\x9f\x94\xa5 1\n";

	(void)state;
	for (unsigned int width = 40; width < 110; width++) {
		const struct pfl_text_opts opts = { .width = width };
		char *text = text_of(folded, "oncpu", &opts);

		check_widths(text, width);
		free(text);
	}
}

static void nothing_from_outside_reaches_the_terminal(void **state)
{
	const struct pfl_text_opts opts = { .title = "t\033]0;x\a" };
	char *text = text_of("a\033[31m;b\xc2\x9b" "2J;\x7f\b 1\n", NULL, &opts);

	(void)state;
	assert_null(strpbrk(text, "\033\a\b\x7f"));
	assert_null(strstr(text, "\xc2\x9b"));
	free(text);
}

/* A terminal without UTF-8 gets as many columns of what it can show. */
static void ascii_is_enough(void **state)
{
	const struct pfl_text_opts plain = { .width = 60 };
	const struct pfl_text_opts ascii = { .width = 60, .ascii = 1 };
	static const char folded[] = "\xe6\x97\xa5\xe6\x9c\xac;caf\xc3\xa9;u\xcc\x88 5\n";
	char *wide = text_of(folded, NULL, &plain);
	char *text = text_of(folded, NULL, &ascii);

	(void)state;
	assert_non_null(strstr(text, "\n|????      "));
	assert_non_null(strstr(text, "\n|caf?      "));
	assert_int_equal(pfl_text_columns(text, strlen(text)), pfl_text_columns(wide, strlen(wide)));
	for (const char *p = text; *p; p++)
		assert_true(*p > 0);
	free(wide);
	free(text);
}

static void colours_come_only_when_asked_for(void **state)
{
	const struct pfl_text_opts opts = { .color = 1, .width = 50 };
	char *text = text_of("a 1\n", NULL, &opts);

	(void)state;
	/* the grey of what is not code, in the cube of 256 colours */
	assert_non_null(strstr(text, "|\033[30;48;5;188m"
				     "all                                       100.0%\033[m|\n"));
	free(text);
}

static void nothing_to_draw_is_an_error(void **state)
{
	const struct pfl_text_opts opts = { 0 };
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile = profile_of(ctx, "a 0\n", NULL);

	(void)state;
	assert_int_equal(pfl_text_write(ctx, profile, &opts, stderr), -ENODATA);
	assert_string_equal(said, "nothing to draw: all values are 0\n");
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

static void a_profile_of_nothing_says_so(void **state)
{
	const struct pfl_text_opts opts = { 0 };
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile;
	char *text;
	FILE *file = open_text(&text);

	(void)state;
	assert_int_equal(pfl_profile_new(ctx, pfl_type_find("oncpu"), &profile), 0);
	assert_int_equal(pfl_profile_finish(profile), 0);
	assert_int_equal(pfl_text_write(ctx, profile, &opts, file), 0);
	fclose(file);
	assert_string_equal(text, "Nothing to show: none of what is counted happened meanwhile.\n");
	free(text);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_as_wide_as_their_shares),
		cmocka_unit_test(what_is_left_out_is_said),
		cmocka_unit_test(recursion_counts_once),
		cmocka_unit_test(the_table_can_be_sorted_by_total),
		cmocka_unit_test(a_difference_is_sorted_by_change),
		cmocka_unit_test(a_profile_has_not_changed_from_itself),
		cmocka_unit_test(rows_keep_within_the_width),
		cmocka_unit_test(nothing_from_outside_reaches_the_terminal),
		cmocka_unit_test(ascii_is_enough),
		cmocka_unit_test(colours_come_only_when_asked_for),
		cmocka_unit_test(nothing_to_draw_is_an_error),
		cmocka_unit_test(a_profile_of_nothing_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
