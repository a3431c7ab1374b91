/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Differences of two profiles. */
#include "folded-input.h"

#include <errno.h>

#include "profile/profile.h"

struct pair {
	struct pfl_ctx *ctx;
	struct pfl_profile *before, *after, *difference;
	int err;
};

/* One stack "a" of off-CPU time. */
static struct pfl_profile *blocked(struct pfl_ctx *ctx, uint64_t ns)
{
	const struct pfl_profile_info info = {
		.type = "offcpu", .nvalues = 1, .values = { { "time", "ns", 1000 } },
	};
	struct pfl_profile *profile;
	uint32_t frame;

	assert_int_equal(pfl_profile_new(ctx, &info, &profile), 0);
	frame = pfl_profile_frame(profile, "a", 1, "libc.so", PFL_FRAME_KERNEL);
	pfl_profile_charge(profile, pfl_profile_child(profile, 0, frame), (uint64_t[]){ ns, 0 });
	assert_int_equal(pfl_profile_finish(profile), 0);
	return profile;
}

static void compare(struct pair *pair, const char *before, const char *before_type,
		    const char *after, const char *after_type, int normalize)
{
	const struct pfl_diff diff = { .normalize = normalize };

	pair->ctx = new_context();
	pair->before = profile_of(pair->ctx, before, before_type);
	pair->after = profile_of(pair->ctx, after, after_type);
	pair->difference = NULL;
	pair->err = pfl_profile_diff(pair->ctx, pair->before, pair->after, &diff,
				     &pair->difference);
}

static void free_pair(struct pair *pair)
{
	pfl_profile_free(pair->difference);
	pfl_profile_free(pair->before);
	pfl_profile_free(pair->after);
	pfl_ctx_free(pair->ctx);
}

static void expect_folded(const struct pfl_profile *profile, const char *want)
{
	const struct pfl_folded_write opts = { .value = 1 };
	char *text;
	FILE *file = open_text(&text);

	assert_int_equal(pfl_folded_write(profile, &opts, file), 0);
	fclose(file);
	assert_string_equal(text, want);
	free(text);
}

static void both_sides_are_one_tree(void **state)
{
	struct pair pair;

	(void)state;
	compare(&pair, "m;old 4\nm;same 3\nm 1\n", NULL, "m;new 5\nm;same 7\n", NULL, 0);
	assert_int_equal(pair.err, 0);
	expect_folded(pair.difference, "m 1 0\nm;new 0 5\nm;old 4 0\nm;same 3 7\n");
	assert_int_equal(pfl_profile_info(pair.difference)->differential, 1);
	assert_int_equal(pfl_profile_node(pair.difference, 0)->total[0], 8);
	assert_int_equal(pfl_profile_node(pair.difference, 0)->total[1], 12);
	free_pair(&pair);
}

static void a_profile_against_itself_is_zero(void **state)
{
	static const char text[] = "a;b;c 7\na;b 1\na;d 1000003\ne 9\n";
	struct pair pair;

	(void)state;
	for (int normalize = 0; normalize < 2; normalize++) {
		compare(&pair, text, "oncpu", text, "oncpu", normalize);
		assert_int_equal(pair.err, 0);
		for (uint32_t n = 0; n < pfl_profile_size(pair.difference); n++) {
			const struct pfl_node *node = pfl_profile_node(pair.difference, n);

			assert_int_equal(node->self[0], node->self[1]);
			assert_int_equal(node->total[0], node->total[1]);
		}
		free_pair(&pair);
	}
}

/* As "difffolded.pl -n" scales, but that no total is off by more than one. */
static void before_is_scaled_to_the_total_of_after(void **state)
{
	char before[4096];
	size_t len = 0;
	struct pair pair;

	(void)state;
	compare(&pair, "a 30\nb 70\n", NULL, "a 600\nb 400\n", NULL, 1);
	expect_folded(pair.difference, "a 300 600\nb 700 400\n");
	free_pair(&pair);
	/* 100 times 1 becomes 50: each 0.5 rounded by itself would come to 0 or 100 */
	for (int i = 0; i < 100; i++)
		len += sprintf(before + len, "a;f%02d 1\n", i);
	compare(&pair, before, NULL, "a;f00 50\n", NULL, 1);
	assert_int_equal(pfl_profile_node(pair.difference, 0)->total[0], 50);
	assert_int_equal(pfl_profile_node(pair.difference, 1)->total[0], 50);
	free_pair(&pair);
	/* near the limit */
	compare(&pair, "a 18446744073709551614\nb 1\n", NULL, "a 18446744073709551615\n", NULL, 1);
	assert_true(pfl_profile_node(pair.difference, 0)->total[0] == UINT64_MAX);
	free_pair(&pair);
}

static void units_must_agree(void **state)
{
	const struct pfl_diff diff = { .normalize = 0 };
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *sampled = profile_of(ctx, "a 1\n", "oncpu");
	struct pfl_profile *unknown = profile_of(ctx, "a 3\n", NULL);
	struct pfl_profile *time = blocked(ctx, 5000);
	struct pfl_profile *difference = NULL;

	(void)state;
	assert_int_equal(pfl_profile_diff(ctx, sampled, time, &diff, &difference), -EINVAL);
	assert_non_null(strstr(said, "no difference of samples and ns"));
	/* folded stacks say no unit: they count in what the other side is folded to, µs here */
	assert_int_equal(pfl_profile_diff(ctx, unknown, time, &diff, &difference), 0);
	assert_string_equal(pfl_profile_info(difference)->values[0].unit, "ns");
	assert_string_equal(pfl_profile_info(difference)->type, "offcpu");
	expect_folded(difference, "a 3 5\n");
	pfl_profile_free(difference);
	pfl_profile_free(time);
	pfl_profile_free(unknown);
	pfl_profile_free(sampled);
	pfl_ctx_free(ctx);
}

static void decimals_need_not_agree(void **state)
{
	struct pair pair;

	(void)state;
	compare(&pair, "a 1.5\n", NULL, "a 2\n", NULL, 0);
	expect_folded(pair.difference, "a 1.5 2\n");
	free_pair(&pair);
}

/* The two columns of one profile can be compared, too. */
static void two_columns_can_be_scaled(void **state)
{
	const struct pfl_diff diff = { .before_value = 0, .after_value = 1, .normalize = 1 };
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *columns = profile_of(ctx, "a 1 20\nb 3 20\n", NULL);
	struct pfl_profile *scaled;

	(void)state;
	assert_int_equal(pfl_profile_diff(ctx, columns, columns, &diff, &scaled), 0);
	expect_folded(scaled, "a 10 20\nb 30 20\n");
	pfl_profile_free(scaled);
	pfl_profile_free(columns);
	pfl_ctx_free(ctx);
}

static void values_must_be_there(void **state)
{
	const struct pfl_diff diff = { .after_value = 1 };
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *one = profile_of(ctx, "a 1\n", NULL);
	struct pfl_profile *difference = NULL;

	(void)state;
	assert_int_equal(pfl_profile_diff(ctx, one, one, &diff, &difference), -EINVAL);
	assert_null(difference);
	pfl_profile_free(one);
	pfl_ctx_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_sides_are_one_tree),
		cmocka_unit_test(a_profile_against_itself_is_zero),
		cmocka_unit_test(before_is_scaled_to_the_total_of_after),
		cmocka_unit_test(units_must_agree),
		cmocka_unit_test(decimals_need_not_agree),
		cmocka_unit_test(two_columns_can_be_scaled),
		cmocka_unit_test(values_must_be_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
