/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of weighted stacks, names and values. */
#include "folded-input.h"

#include <errno.h>
#include <stdbool.h>

#include "profile/name.h"
#include "profile/profile.h"
#include "profile/value.h"

static const struct pfl_profile_info plain = {
	.type = "t", .title = "T", .palette = "hot", .nvalues = 2,
	.values = { { "count", "samples", 1 }, { "time", "ns", 1000 } },
};

static struct pfl_profile *new_profile(struct pfl_ctx **ctx)
{
	struct pfl_profile *profile;

	*ctx = new_context();
	assert_int_equal(pfl_profile_new(*ctx, &plain, &profile), 0);
	return profile;
}

static uint32_t child(struct pfl_profile *profile, uint32_t parent, const char *name)
{
	uint32_t frame = pfl_profile_frame(profile, name, strlen(name), NULL, PFL_FRAME_USER);

	return pfl_profile_child(profile, parent, frame);
}

static const char *name_at(const struct pfl_profile *profile, uint32_t node)
{
	return pfl_profile_frame_at(profile, pfl_profile_node(profile, node)->frame)->name;
}

static void new_profile_has_a_root(void **state)
{
	struct pfl_ctx *ctx;
	struct pfl_profile *profile = new_profile(&ctx);

	(void)state;
	assert_int_equal(pfl_profile_size(profile), 1);
	assert_string_equal(name_at(profile, 0), "all");
	assert_int_equal(pfl_profile_node(profile, 0)->parent, PFL_NODE_NONE);
	assert_int_equal(pfl_profile_node(profile, 0)->first, PFL_NODE_NONE);
	assert_string_equal(pfl_profile_info(profile)->values[1].unit, "ns");
	assert_ptr_not_equal(pfl_profile_info(profile)->values[1].unit, plain.values[1].unit);
	pfl_profile_free(profile);
	pfl_profile_free(NULL);
	pfl_ctx_free(ctx);
}

static void info_without_sense_is_refused(void **state)
{
	struct pfl_profile_info wrong[6];
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile;

	(void)state;
	for (int i = 0; i < 6; i++)
		wrong[i] = plain;
	wrong[0].nvalues = 0;
	wrong[1].nvalues = 3;
	wrong[2].main_value = 2;
	wrong[3].values[1].folded_div = 0;
	wrong[4].decimals = 7;
	wrong[5].nvalues = 1;
	wrong[5].differential = 1;
	for (int i = 0; i < 6; i++)
		assert_int_equal(pfl_profile_new(ctx, &wrong[i], &profile), -EINVAL);
	pfl_ctx_free(ctx);
}

static void frames_are_kept_once(void **state)
{
	struct pfl_ctx *ctx;
	struct pfl_profile *profile = new_profile(&ctx);
	uint32_t f = pfl_profile_frame(profile, "f", 1, NULL, PFL_FRAME_USER);

	(void)state;
	assert_int_equal(pfl_profile_frame(profile, "fx", 1, NULL, PFL_FRAME_USER), f);
	assert_int_not_equal(pfl_profile_frame(profile, "f", 1, NULL, PFL_FRAME_KERNEL), f);
	assert_int_not_equal(pfl_profile_frame(profile, "f", 1, "libc", PFL_FRAME_USER), f);
	assert_int_equal(pfl_profile_frames(profile), 4);
	assert_string_equal(pfl_profile_frame_at(profile, 3)->dso, "libc");
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

static void children_are_one_for_each_name(void **state)
{
	struct pfl_ctx *ctx;
	struct pfl_profile *profile = new_profile(&ctx);
	uint32_t user = pfl_profile_frame(profile, "f", 1, NULL, PFL_FRAME_USER);
	uint32_t kernel = pfl_profile_frame(profile, "f", 1, NULL, PFL_FRAME_KERNEL);
	uint32_t node = pfl_profile_child(profile, 0, user);

	(void)state;
	assert_int_equal(pfl_profile_child(profile, 0, kernel), node);
	assert_int_equal(pfl_profile_node(profile, node)->frame, user);
	assert_int_not_equal(pfl_profile_child(profile, node, user), node);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

/* Children that come sorted take one way through the profile, others another. */
static void siblings_stand_in_byte_order(void **state)
{
	static const char *const orders[][5] = {
		{ "A", "Z", "a", "b", "\xc3\xa4" },
		{ "\xc3\xa4", "b", "a", "Z", "A" },
		{ "a", "\xc3\xa4", "A", "b", "Z" },
	};

	(void)state;
	for (int order = 0; order < 3; order++) {
		struct pfl_ctx *ctx;
		struct pfl_profile *profile = new_profile(&ctx);
		uint32_t node;

		for (int round = 0; round < 2; round++)
			for (int i = 0; i < 5; i++)
				child(profile, child(profile, 0, "p"), orders[order][i]);
		assert_int_equal(pfl_profile_size(profile), 7);
		assert_int_equal(pfl_profile_finish(profile), 0);
		node = pfl_profile_node(profile, 1)->first;
		for (int i = 0; i < 5; i++) {
			assert_string_equal(name_at(profile, node), orders[0][i]);
			node = pfl_profile_node(profile, node)->next;
		}
		assert_int_equal(node, PFL_NODE_NONE);
		pfl_profile_free(profile);
		pfl_ctx_free(ctx);
	}
}

static void many_children_are_found_again(void **state)
{
	struct pfl_ctx *ctx;
	struct pfl_profile *profile = new_profile(&ctx);
	uint32_t last = 0;
	char name[16];

	(void)state;
	for (int round = 0; round < 2; round++)
		for (unsigned int i = 0; i < 5000; i++) {
			snprintf(name, sizeof(name), "%04u", i * 7 % 5000);
			child(profile, 0, name);
		}
	assert_int_equal(pfl_profile_size(profile), 5001);
	assert_int_equal(pfl_profile_finish(profile), 0);
	for (uint32_t n = pfl_profile_node(profile, 0)->first; n != PFL_NODE_NONE;
	     n = pfl_profile_node(profile, n)->next) {
		snprintf(name, sizeof(name), "%04u", last++);
		assert_string_equal(name_at(profile, n), name);
	}
	assert_int_equal(last, 5000);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

static void totals_sum_up_and_saturate(void **state)
{
	struct pfl_ctx *ctx;
	struct pfl_profile *profile = new_profile(&ctx);
	uint32_t a = child(profile, 0, "a");
	uint32_t b = child(profile, a, "b");
	uint32_t c = child(profile, 0, "c");

	(void)state;
	pfl_profile_charge(profile, a, (uint64_t[]){ 1, 10 });
	pfl_profile_charge(profile, b, (uint64_t[]){ 2, 20 });
	pfl_profile_charge(profile, b, (uint64_t[]){ 3, 30 });
	pfl_profile_charge(profile, c, (uint64_t[]){ 4, UINT64_MAX });
	pfl_profile_charge(profile, c, (uint64_t[]){ 4, 1 });
	assert_int_equal(pfl_profile_finish(profile), 0);
	assert_int_equal(pfl_profile_node(profile, b)->self[0], 5);
	assert_int_equal(pfl_profile_node(profile, a)->self[0], 1);
	assert_int_equal(pfl_profile_node(profile, a)->total[0], 6);
	assert_int_equal(pfl_profile_node(profile, a)->total[1], 60);
	assert_int_equal(pfl_profile_node(profile, 0)->total[0], 14);
	assert_true(pfl_profile_node(profile, c)->self[1] == UINT64_MAX);
	assert_true(pfl_profile_node(profile, 0)->total[1] == UINT64_MAX);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

static void deep_stacks_are_no_recursion(void **state)
{
	struct pfl_ctx *ctx;
	struct pfl_profile *profile = new_profile(&ctx);
	uint32_t node = 0;

	(void)state;
	for (int i = 0; i < 200000; i++)
		node = child(profile, node, "f");
	pfl_profile_charge(profile, node, (uint64_t[]){ 1, 1 });
	assert_int_equal(pfl_profile_finish(profile), 0);
	assert_int_equal(pfl_profile_node(profile, 0)->total[0], 1);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

static void check_cleaned(const char *dirty, size_t len, const char *clean)
{
	struct pfl_ctx *ctx;
	struct pfl_profile *profile = new_profile(&ctx);
	uint32_t frame = pfl_profile_frame(profile, dirty, len, NULL, PFL_FRAME_USER);

	assert_string_equal(pfl_profile_frame_at(profile, frame)->name, clean);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

#define BAD "\xef\xbf\xbd"

static void names_are_cleaned(void **state)
{
	static const struct {
		const char *dirty, *clean;
	} cases[] = {
		{ "", "[unknown]" },
		{ "std::vector<int, a>&", "std::vector<int, a>&" },
		{ "a;b", "a:b" },
		{ "eight888;nine", "eight888:nine" },
		{ "tab\there", "tab" BAD "here" },
		{ "esc\033[31m", "esc" BAD "[31m" },
		{ "del\x7f", "del" BAD },
		{ "c1\xc2\x9b" "31m", "c1" BAD "31m" },
		{ "\xc3\xa4 \xe6\x97\xa5", "\xc3\xa4 \xe6\x97\xa5" },
		{ "\xf0\x9f\x94\xa5 \xf4\x8f\xbf\xbd", "\xf0\x9f\x94\xa5 \xf4\x8f\xbf\xbd" },
		{ "lone\x80", "lone" BAD },
		{ "short\xe6\x97", "short" BAD BAD },
		{ "long\xc0\xaf", "long" BAD BAD },
		{ "long\xe0\x80\xaf", "long" BAD BAD BAD },
		{ "surrogate\xed\xa0\x80", "surrogate" BAD BAD BAD },
		{ "beyond\xf4\x90\x80\x80", "beyond" BAD BAD BAD BAD },
		{ "left\xe2\x80\xae" "right", "left" BAD "right" },
		{ "isolate\xe2\x81\xa6", "isolate" BAD },
		{ "mark\xe2\x80\x8f", "mark" BAD },
		{ "line\xe2\x80\xa8", "line" BAD },
		{ "non\xef\xbf\xbe", "non" BAD },
		{ "same" BAD "!", "same" BAD "!" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check_cleaned(cases[i].dirty, strlen(cases[i].dirty), cases[i].clean);
	check_cleaned("nul\0nul", 7, "nul" BAD "nul");
}

/* Each byte in each place of the words that the quick test looks at. */
static void quick_test_agrees_with_slow_one(void **state)
{
	char text[17] = "abcdefghijklmnop";

	(void)state;
	for (int at = 0; at < 16; at++)
		for (int byte = 0; byte < 128; byte++) {
			char kept = text[at];
			bool fine = byte >= 0x20 && byte != 0x7f && byte != ';';

			text[at] = byte;
			assert_int_equal(pfl_name_clean_len(text, 16), fine ? 16 : at);
			text[at] = kept;
		}
}

static void check_value(uint64_t value, const char *unit, unsigned int decimals, const char *want)
{
	char buf[64];

	assert_string_equal(pfl_format_value(buf, sizeof(buf), value, unit, decimals), want);
}

static void values_read_well(void **state)
{
	(void)state;
	check_value(0, "samples", 0, "0 samples");
	check_value(1, "samples", 0, "1 sample");
	check_value(1234, "samples", 0, "1,234 samples");
	check_value(UINT64_MAX, "cycles", 0, "18,446,744,073,709,551,615 cycles");
	check_value(1, "switches", 0, "1 switch");
	check_value(1, "misses", 0, "1 miss");
	check_value(15, "samples", 1, "1.5 samples");
	check_value(1000000, "samples", 6, "1 sample");
	check_value(1000050, "", 6, "1.00005");
	check_value(12, "", 0, "12");
	check_value(0, "ns", 0, "0 ns");
	check_value(999, "ns", 0, "999 ns");
	check_value(1000, "ns", 0, "1.0 µs");
	check_value(999949, "ns", 0, "999.9 µs");
	check_value(999950, "ns", 0, "1.0 ms");
	check_value(1500000000, "ns", 0, "1.5 s");
	check_value(7200000000000, "ns", 0, "7,200.0 s");
	check_value(15, "ns", 1, "1.5 ns");
	check_value(1023, "bytes", 0, "1,023 B");
	check_value(12288, "bytes", 0, "12.0 KiB");
	check_value(1ULL << 40, "bytes", 0, "1.0 TiB");
}

static void check_number(uint64_t value, unsigned int decimals, const char *want)
{
	char buf[PFL_NUMBER_LEN];
	size_t len = pfl_format_number(buf, value, decimals);

	assert_int_equal(len, strlen(want));
	assert_memory_equal(buf, want, len);
}

static void numbers_have_no_closing_zeroes(void **state)
{
	(void)state;
	check_number(0, 0, "0");
	check_number(0, 2, "0");
	check_number(5, 2, "0.05");
	check_number(150, 2, "1.5");
	check_number(1200, 2, "12");
	check_number(UINT64_MAX, 0, "18446744073709551615");
	check_number(UINT64_MAX, 6, "18446744073709.551615");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_profile_has_a_root),
		cmocka_unit_test(info_without_sense_is_refused),
		cmocka_unit_test(frames_are_kept_once),
		cmocka_unit_test(children_are_one_for_each_name),
		cmocka_unit_test(siblings_stand_in_byte_order),
		cmocka_unit_test(many_children_are_found_again),
		cmocka_unit_test(totals_sum_up_and_saturate),
		cmocka_unit_test(deep_stacks_are_no_recursion),
		cmocka_unit_test(names_are_cleaned),
		cmocka_unit_test(quick_test_agrees_with_slow_one),
		cmocka_unit_test(values_read_well),
		cmocka_unit_test(numbers_have_no_closing_zeroes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
