/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other shapes of a profile: cut, turned round, scaled, and in the order of time. */
#include "folded-input.h"

#include <errno.h>

static void expect_shape(const char *folded, int in_order, const struct pfl_reshape *shape,
			 const char *want)
{
	struct pfl_ctx *ctx = new_context();
	struct pfl_folded_read read = { .in_order = in_order };
	struct pfl_folded_write write = { .value = 0 };
	struct pfl_profile *profile, *shaped;
	char *text;
	FILE *file = open_text(&text);

	assert_int_equal(read_bytes(ctx, folded, strlen(folded), &read, &profile), 0);
	assert_int_equal(pfl_profile_reshape(ctx, profile, shape, &shaped), 0);
	assert_int_equal(pfl_folded_write(shaped, &write, file), 0);
	fclose(file);
	assert_string_equal(text, want);
	free(text);
	pfl_profile_free(shaped);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

static void no_shape_is_the_same(void **state)
{
	const struct pfl_reshape shape = { 0 };

	(void)state;
	expect_shape("a;b 1\na;c 2\nd 3\n", 0, &shape, "a;b 1\na;c 2\nd 3\n");
}

static void stacks_start_from_the_innermost_base(void **state)
{
	const char *const bases[] = { "f", "g" };
	const struct pfl_reshape shape = { .bases = bases, .nbases = 2 };

	(void)state;
	expect_shape("a;f;b;f;c 1\na;f 2\na;g;d 4\nx;y 8\nfn;b 16\n", 0, &shape,
		     "f 2\nf;c 1\nfn;b 16\ng;d 4\nx;y 8\n");
}

static void what_comes_after_is_charged_to_the_last(void **state)
{
	const char *const last[] = { "f" };
	const char *const bases[] = { "b" };
	const struct pfl_reshape shape = { .skip_after = last, .nskip_after = 1 };
	const struct pfl_reshape both = { .skip_after = last, .nskip_after = 1,
					  .bases = bases, .nbases = 1 };

	(void)state;
	expect_shape("a;f;b;f;c 1\na;f 2\na;g 4\n", 0, &shape, "a;f 3\na;g 4\n");
	/* what is cut off is no base any more */
	expect_shape("a;f;b 1\nb;f;x 2\n", 0, &both, "a;f 1\nb;f 2\n");
}

static void reversed_stacks_start_from_the_innermost_frame(void **state)
{
	const char *const bases[] = { "b" };
	const struct pfl_reshape shape = { .reverse = 1 };
	const struct pfl_reshape both = { .reverse = 1, .bases = bases, .nbases = 1 };

	(void)state;
	expect_shape("a;b;x 1\na;c;x 2\na 4\n", 0, &shape, "a 4\nx;b;a 1\nx;c;a 2\n");
	expect_shape("a;b;x 1\na;c;x 2\n", 0, &both, "x;b 1\nx;c;a 2\n");
}

static void values_are_scaled_exactly(void **state)
{
	const struct pfl_reshape quarter = { .factor = 0.25 };
	const struct pfl_reshape thousand = { .factor = 1000, .total = 4 };
	const struct pfl_reshape less = { .total = 2 };
	const struct pfl_reshape huge = { .factor = 1e19 };

	(void)state;
	expect_shape("a 1\nb 2\n", 0, &quarter, "a 0.25\nb 0.5\n");
	expect_shape("a 1\nb 2\n", 0, &thousand, "a 1000\nb 2000\n");
	expect_shape("a 1\nb 2\n", 0, &less, "a 1\nb 2\n");
	expect_shape("a 10\n", 0, &huge, "a 18446744073709551615\n");
}

/* What is a part of more leaves a gap: the root is as wide as the whole. */
static void a_total_fills_up_the_root(void **state)
{
	const struct pfl_reshape shape = { .total = 10 };
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile = profile_of(ctx, "a 1.5\n", NULL);
	struct pfl_profile *shaped;

	(void)state;
	assert_int_equal(pfl_profile_reshape(ctx, profile, &shape, &shaped), 0);
	assert_int_equal(pfl_profile_node(shaped, 0)->total[0], 100);
	assert_int_equal(pfl_profile_node(shaped, 0)->self[0], 85);
	pfl_profile_free(shaped);
	assert_int_equal(pfl_profile_reshape(ctx, profile, &(struct pfl_reshape){ .total = 1 },
					     &shaped), 0);
	assert_non_null(strstr(said, "the total of 1 is less than what was counted"));
	assert_int_equal(pfl_profile_node(shaped, 0)->total[0], 15);
	pfl_profile_free(shaped);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

static void a_flame_chart_keeps_the_order(void **state)
{
	const char *const bases[] = { "b" };
	const struct pfl_reshape none = { 0 };
	const struct pfl_reshape cut = { .bases = bases, .nbases = 1 };
	const struct pfl_reshape reverse = { .reverse = 1 };

	(void)state;
	expect_shape("b;x 1\na;x 2\na;y 4\na;x 8\nb;x 16\nb;x 32\n", 1, &none,
		     "b;x 1\na;x 2\na;y 4\na;x 8\nb;x 48\n");
	expect_shape("a;b 1\nb 2\na;c 4\nb 8\n", 1, &cut, "b 3\na;c 4\nb 8\n");
	expect_shape("b;x 1\na;x 2\nc 4\na;x 8\n", 1, &reverse, "x;b 1\nx;a 2\nc 4\nx;a 8\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_shape_is_the_same),
		cmocka_unit_test(stacks_start_from_the_innermost_base),
		cmocka_unit_test(what_comes_after_is_charged_to_the_last),
		cmocka_unit_test(reversed_stacks_start_from_the_innermost_frame),
		cmocka_unit_test(values_are_scaled_exactly),
		cmocka_unit_test(a_total_fills_up_the_root),
		cmocka_unit_test(a_flame_chart_keeps_the_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
