/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Folded stacks in and out. */
#include "folded-input.h"

#include <errno.h>
#include <fcntl.h>

/* What comes out again of what goes in. */
static void check_round(const char *in, const char *type, int annotate, const char *out)
{
	struct pfl_folded_write opts = { .annotate = annotate };
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile = profile_of(ctx, in, type);
	char *text;
	FILE *file = open_text(&text);

	assert_int_equal(pfl_folded_write(profile, &opts, file), 0);
	fclose(file);
	assert_string_equal(text, out);
	free(text);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

static void lines_come_out_sorted_and_merged(void **state)
{
	(void)state;
	check_round("b;y 1\na;z 2\na;z;q 3\na;b 4\na;z 5\nb 6\n", NULL, 0,
		    "a;b 4\na;z 7\na;z;q 3\nb 6\nb;y 1\n");
	/* a name is a name: what starts like another is not it */
	check_round("ab;c 1\na;bc 2\na;b 3\nab;cd 4\n", NULL, 0,
		    "a;b 3\na;bc 2\nab;c 1\nab;cd 4\n");
	/* depth first: the lines below "a" stay together, whatever ';' and '1' are in ASCII */
	check_round("a1 1\na;x 2\n", NULL, 0, "a;x 2\na1 1\n");
}

static void lines_are_taken_as_they_come(void **state)
{
	(void)state;
	check_round("# comment\n\n   \na;b 1\r\na;b\t2\na;b   3  \n;x 4\na;;b 5\na;b; 6\nlast 7",
		    NULL, 0, "[unknown];x 4\na;[unknown];b 5\na;b 12\nlast 7\n");
	check_round("operator new(unsigned long) 3\n", NULL, 0, "operator new(unsigned long) 3\n");
	/* more frames than are looked up together, and as many */
	check_round("a;b;c;d;e;f;g;h;i;j;k;l;m;n;o;p;q;r;s;t;u;v;w;x;y;z;0;1;2;3;4;5 1\n"
		    "a;b;c;d;e;f;g;h;i;j;k;l;m;n;o;p;q;r; 2\na;b;c;d;e;f;g;h;i;j;k;l;m;n;o;p 3\n", NULL, 0,
		    "a;b;c;d;e;f;g;h;i;j;k;l;m;n;o;p 3\na;b;c;d;e;f;g;h;i;j;k;l;m;n;o;p;q;r 2\n"
		    "a;b;c;d;e;f;g;h;i;j;k;l;m;n;o;p;q;r;s;t;u;v;w;x;y;z;0;1;2;3;4;5 1\n");
}

static void suffixes_become_kinds(void **state)
{
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile = profile_of(
		ctx, "comm;u;k_[k];i_[i];j_[j];w_[w];-;--;[unknown];_[k];[k]x 1\n", NULL);
	static const struct pfl_frame want[] = {
		{ "comm", NULL, PFL_FRAME_TASK },  { "u", NULL, PFL_FRAME_USER },
		{ "k", NULL, PFL_FRAME_KERNEL },   { "i", NULL, PFL_FRAME_INLINED },
		{ "j", NULL, PFL_FRAME_JIT },	   { "w", NULL, PFL_FRAME_USER },
		{ "-", NULL, PFL_FRAME_MARK },	   { "--", NULL, PFL_FRAME_MARK },
		{ "[unknown]", NULL, PFL_FRAME_MARK }, { "_[k]", NULL, PFL_FRAME_USER },
		{ "[k]x", NULL, PFL_FRAME_USER },
	};

	(void)state;
	for (uint32_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		const struct pfl_node *node = pfl_profile_node(profile, i + 1);
		const struct pfl_frame *frame = pfl_profile_frame_at(profile, node->frame);

		assert_int_equal(node->parent, i);
		assert_string_equal(frame->name, want[i].name);
		assert_int_equal(frame->kind, want[i].kind);
	}
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
	check_round("c;a_[k];b_[i];c_[j];d 1\n", NULL, 1, "c;a_[k];b_[i];c_[j];d 1\n");
	check_round("c;a_[k];b_[i];c_[j];d 1\n", NULL, 0, "c;a;b;c;d 1\n");
	/* a process and a function of one name */
	check_round("a;a_[k] 1\n", NULL, 1, "a;a_[k] 1\n");
}

static void fractions_are_exact(void **state)
{
	(void)state;
	check_round("a 1\nb 0.25\na 1.5\n", NULL, 0, "a 2.5\nb 0.25\n");
	check_round("a 0.1\na 0.2\n", NULL, 0, "a 0.3\n");
	check_round("a 1.0000004\nb 1.0000005\nc 2.\n", NULL, 0, "a 1\nb 1.000001\nc 2\n");
	check_round("a 1.50 2.25\n", NULL, 0, "a 1.5 2.25\n");
}

static void two_columns_are_a_difference(void **state)
{
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile = profile_of(ctx, "a 1 3\nb 5\na;c 0 2\n", NULL);
	const struct pfl_profile_info *info = pfl_profile_info(profile);

	(void)state;
	assert_int_equal(info->differential, 1);
	assert_int_equal(info->nvalues, 2);
	assert_int_equal(info->main_value, 1);
	assert_int_equal(pfl_profile_node(profile, 0)->total[0], 6);
	assert_int_equal(pfl_profile_node(profile, 0)->total[1], 5);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
	check_round("a 1 3\nb 5\na;c 0 2\n", NULL, 0, "a 1 3\na;c 0 2\nb 5 0\n");
}

static void a_name_that_ends_in_a_number_stays_one_column(void **state)
{
	(void)state;
	check_round("worker 12;f 1\nf;worker_12 3\n", NULL, 0, "f;worker_12 3\nworker 12;f 1\n");
}

static void write_guards_against_a_second_column(void **state)
{
	static const struct pfl_profile_info info = {
		.title = "T", .palette = "hot", .nvalues = 1, .values = { { "count", "", 1 } },
	};
	struct pfl_folded_write opts = { 0 };
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile;
	uint32_t frame;
	char *text;
	FILE *file = open_text(&text);

	(void)state;
	assert_int_equal(pfl_profile_new(ctx, &info, &profile), 0);
	frame = pfl_profile_frame(profile, "worker 12", 9, NULL, PFL_FRAME_JIT);
	pfl_profile_charge(profile, pfl_profile_child(profile, 0, frame), (uint64_t[]){ 5, 0 });
	assert_int_equal(pfl_profile_finish(profile), 0);
	assert_int_equal(pfl_folded_write(profile, &opts, file), 0);
	fclose(file);
	assert_string_equal(text, "worker_12 5\n");
	free(text);
	opts.value = 1;
	assert_int_equal(pfl_folded_write(profile, &opts, stderr), -EINVAL);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

/* Time is folded in microseconds: rounded once, and left out where that makes 0. */
static void values_are_rounded_once(void **state)
{
	static const struct pfl_profile_info info = {
		.title = "T", .palette = "hot", .nvalues = 1, .values = { { "time", "ns", 1000 } },
	};
	static const uint64_t ns[] = { 499, 500, 1499, 1500, UINT64_MAX };
	struct pfl_folded_write opts = { 0 };
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile;
	char *text;
	FILE *file = open_text(&text);

	(void)state;
	assert_int_equal(pfl_profile_new(ctx, &info, &profile), 0);
	for (uint32_t i = 0; i < 5; i++) {
		uint32_t frame = pfl_profile_frame(profile, &"abcde"[i], 1, NULL, PFL_FRAME_USER);
		uint32_t node = pfl_profile_child(profile, 0, frame);

		pfl_profile_charge(profile, node, (uint64_t[]){ ns[i], 0 });
	}
	assert_int_equal(pfl_profile_finish(profile), 0);
	assert_int_equal(pfl_folded_write(profile, &opts, file), 0);
	fclose(file);
	assert_string_equal(text, "b 1\nc 1\nd 2\ne 18446744073709552\n");
	free(text);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

static void bad_lines_are_counted_and_the_first_is_shown(void **state)
{
	static const char text[] = "a;b 1\nno number\n7\n   8\nx -5\ny 99999999999999999999\n"
				   "z 1e5\nw 0x10\nv 1.2.3\nu 99999999999999999999 1\nt.5\nc 2\n";
	struct pfl_folded_read read = { .type = NULL };
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile;

	(void)state;
	assert_int_equal(read_bytes(ctx, text, strlen(text), &read, &profile), 0);
	assert_int_equal(read.lines, 2);
	assert_int_equal(read.bad, 10);
	assert_string_equal(said,
			    "in:2: left out: no number behind a blank at its end "
			    "(a folded line is \"frame;frame;frame 12\")\n"
			    "in: 10 lines left out in all\n");
	assert_int_equal(pfl_profile_node(profile, 0)->total[0], 3);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

static void nothing_valid_is_an_error(void **state)
{
	static const char *const texts[] = { "", "\n\n", "# only a comment\n", "ELF\177\n", "7\n" };
	struct pfl_ctx *ctx = new_context();

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct pfl_folded_read read = { .type = NULL };
		struct pfl_profile *profile;

		said[0] = '\0';
		assert_int_equal(read_bytes(ctx, texts[i], strlen(texts[i]), &read, &profile),
				 -ENODATA);
		assert_non_null(strstr(said, i ? "in: no folded stacks in it" : "in is empty"));
	}
	pfl_ctx_free(ctx);
}

static void unreadable_input_is_an_error(void **state)
{
	struct pfl_folded_read read = { 0 };
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile;
	struct pfl_input *input;
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(pfl_input_from_fd(fd, "closed", &input), 0);
	assert_int_equal(pfl_folded_read(ctx, input, &read, &profile), -EBADF);
	assert_string_equal(said, "closed: cannot be read: Bad file descriptor\n");
	pfl_input_close(input);
	close(fd);
	read.type = "nonsense";
	assert_int_equal(read_bytes(ctx, "a 1\n", 4, &read, &profile), -EINVAL);
	assert_string_equal(strchr(said, '\n') + 1, "there is no profile type nonsense\n");
	pfl_ctx_free(ctx);
}

static void values_too_large_are_said(void **state)
{
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile = profile_of(ctx, "a 18446744073709551615\nb 0.5\n", NULL);

	(void)state;
	assert_true(pfl_profile_node(profile, 0)->total[0] == UINT64_MAX);
	assert_string_equal(said, "in: 1 value(s) do not fit and stand for 2^64-1\n");
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

/* Longer than any buffer starts out, in frames and in bytes, and cut in odd places. */
static void long_lines_are_read_whole(void **state)
{
	enum { FRAMES = 5000, NAME = 600 };
	size_t len = 0;
	char *text = malloc(2 * FRAMES * (NAME + 1) + 64);
	struct pfl_folded_read read = { .type = NULL };
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile;
	const struct pfl_node *node;

	(void)state;
	for (int line = 0; line < 2; line++) {
		for (int i = 0; i < FRAMES; i++) {
			memset(text + len, 'a' + i % 26, NAME);
			len += NAME;
			text[len++] = ';';
		}
		len += sprintf(text + len, "leaf%d %d\n", line, line + 1);
	}
	assert_int_equal(read_bytes(ctx, text, len, &read, &profile), 0);
	assert_int_equal(read.lines, 2);
	assert_int_equal(pfl_profile_size(profile), 1 + FRAMES + 2);
	assert_int_equal(pfl_profile_node(profile, FRAMES)->total[0], 3);
	node = pfl_profile_node(profile, FRAMES + 2);
	assert_int_equal(node->parent, FRAMES);
	assert_int_equal(node->self[0], 2);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
	free(text);
}

static void a_line_beyond_reason_is_left_out(void **state)
{
	const size_t size = 18 << 20;
	struct pfl_folded_read read = { .type = NULL };
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile;
	char *text = malloc(size);

	(void)state;
	memset(text, 'x', size);
	memcpy(text, "a;b 1\n", 6);
	memcpy(text + size - 14, " 5\na;b 2\nc 30\n", 14);
	assert_int_equal(read_bytes(ctx, text, size, &read, &profile), 0);
	assert_int_equal(read.lines, 3);
	assert_int_equal(read.bad, 1);
	assert_string_equal(said, "in:2: left out: longer than 16 MiB\n");
	assert_int_equal(pfl_profile_node(profile, 0)->total[0], 33);
	assert_int_equal(pfl_profile_size(profile), 4);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
	free(text);
}

/* Between lines that share a stack there may be more than a buffer of others. */
static void comments_may_be_long(void **state)
{
	const size_t size = 5 << 20;
	struct pfl_folded_read read = { .type = NULL };
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile;
	char *text = malloc(size);

	(void)state;
	memset(text, '\n', size);
	memcpy(text, "a;b;c 1\n", 8);
	for (size_t i = 8; i + 1000 < size - 10; i += 1000)
		text[i] = '#';
	memcpy(text + size - 9, "\na;b;d 2\n", 9);
	assert_int_equal(read_bytes(ctx, text, size, &read, &profile), 0);
	assert_int_equal(read.lines, 2);
	assert_int_equal(pfl_profile_size(profile), 5);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
	free(text);
}

static void a_type_says_what_numbers_mean(void **state)
{
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile = profile_of(ctx, "a;b 7\n", "oncpu");
	const struct pfl_profile_info *info = pfl_profile_info(profile);

	(void)state;
	assert_string_equal(info->type, "oncpu");
	assert_int_equal(info->nvalues, 1);
	assert_string_equal(info->values[0].unit, "samples");
	assert_int_equal(pfl_profile_node(profile, 0)->total[0], 7);
	pfl_profile_free(profile);
	profile = profile_of(ctx, "a;b 7\n", NULL);
	assert_null(pfl_profile_info(profile)->type);
	assert_string_equal(pfl_profile_info(profile)->values[0].unit, "");
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

static void a_full_disk_is_told(void **state)
{
	struct pfl_folded_write opts = { 0 };
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile = profile_of(ctx, "a;b 7\n", NULL);
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	assert_int_equal(pfl_folded_write(profile, &opts, full), -ENOSPC);
	fclose(full);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_out_sorted_and_merged),
		cmocka_unit_test(lines_are_taken_as_they_come),
		cmocka_unit_test(suffixes_become_kinds),
		cmocka_unit_test(fractions_are_exact),
		cmocka_unit_test(two_columns_are_a_difference),
		cmocka_unit_test(a_name_that_ends_in_a_number_stays_one_column),
		cmocka_unit_test(write_guards_against_a_second_column),
		cmocka_unit_test(values_are_rounded_once),
		cmocka_unit_test(bad_lines_are_counted_and_the_first_is_shown),
		cmocka_unit_test(nothing_valid_is_an_error),
		cmocka_unit_test(unreadable_input_is_an_error),
		cmocka_unit_test(values_too_large_are_said),
		cmocka_unit_test(long_lines_are_read_whole),
		cmocka_unit_test(a_line_beyond_reason_is_left_out),
		cmocka_unit_test(comments_may_be_long),
		cmocka_unit_test(a_type_says_what_numbers_mean),
		cmocka_unit_test(a_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
