/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole stacks of a program whose callers libc hides (known-answer/hidden.c), at
 * every context switch, with a kibibyte of its stack: live, and by way of a file.
 */
#include "switches.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <perflame/folded.h>

/* Of 100 blockings; the others are for a host that runs the two threads in no order. */
#define MIN_BLOCKED 80

static struct pfl_fold_stats folded;
static struct pfl_record_stats recorded;

static int set_up(void **state)
{
	(void)state;
	memset(&folded, 0, sizeof(folded));
	memset(&recorded, 0, sizeof(recorded));
	return make_context();
}

static int tear_down(void **state)
{
	(void)state;
	pfl_ctx_free(ctx);
	return 0;
}

/* The program's stacks, ready to be recorded. */
static struct pfl_record *open_hidden(enum pfl_call_graph how)
{
	static char path[4096];
	char *command[] = { path, NULL };
	const struct pfl_record_opts opts = { .type = "switches", .command = command,
					      .call_graph = how };
	struct pfl_record *record;

	if (!getenv("BUILD"))
		skip();
	snprintf(path, sizeof(path), "%s/tests/known-answer/hidden", getenv("BUILD"));
	record = open_switches(&opts);
	if (record->counters.user_only) {	/* switches happen in the kernel */
		pfl_record_free(record);
		skip();
	}
	return record;
}

static void run(struct pfl_record *record)
{
	const volatile sig_atomic_t stop = 0;

	assert_int_equal(pfl_record_run(record, &stop, NULL, NULL), 0);
	assert_int_equal(pfl_record_finish(record), 0);
	pfl_record_get_stats(record, &recorded);
	assert_int_equal(pfl_record_command_status(record), 0);
	assert_int_equal(recorded.lost, 0);
}

static const struct pfl_fold_opts fold_opts = {
	.event = "context-switches", .root = PFL_ROOT_NONE, .user_only = 1,
};

static char *text_of(struct pfl_profile *profile)
{
	const struct pfl_folded_write opts = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(pfl_folded_write(profile, &opts, out), 0);
	fclose(out);
	pfl_profile_free(profile);
	return text;
}

static char *live(enum pfl_call_graph how)
{
	struct pfl_record *record = open_hidden(how);
	struct pfl_profile *profile = NULL;

	assert_int_equal(pfl_record_to_profile(record, &fold_opts), 0);
	run(record);
	assert_int_equal(pfl_record_profile(record, &profile, &folded), 0);
	pfl_record_free(record);
	return text_of(profile);
}

static char *by_way_of_a_file(enum pfl_call_graph how)
{
	struct pfl_record *record = open_hidden(how);
	struct pfl_profile *profile = NULL;
	int fd = memfd_create("recording", MFD_CLOEXEC);
	struct pfl_input *input;

	assert_int_equal(pfl_record_to_file(record, fd, NULL), 0);
	run(record);
	pfl_record_free(record);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(pfl_input_from_fd(fd, "recording", &input), 0);
	assert_int_equal(pfl_fold_read(ctx, input, &fold_opts, &profile, &folded), 0);
	pfl_input_close(input);
	close(fd);
	assert_int_equal(folded.samples, recorded.samples);
	return text_of(profile);
}

/* How many times a stack has @part. */
static unsigned long count(const char *text, const char *part)
{
	unsigned long sum = 0;
	const char *end;

	for (; (end = strchr(text, '\n')); text = end + 1) {
		const char *at = strstr(text, part), *number = end;

		while (number > text && number[-1] != ' ')
			number--;
		if (at && at < end)
			sum += strtoul(number, NULL, 10);
	}
	return sum;
}

static const char *const functions[] = { "sleeps", "reads", "locks" };

static void check_whole(char *text)
{
	char whole[128], part[32];

	for (int i = 0; i < 3; i++) {
		snprintf(whole, sizeof(whole), ";main;deep;deep;deep;deep;deep;deep;%s;",
			 functions[i]);
		snprintf(part, sizeof(part), ";%s;", functions[i]);
		if (count(text, whole) < MIN_BLOCKED || count(text, part) != count(text, whole))
			fail_msg("%s: %lu whole of %lu in\n%s", functions[i], count(text, whole),
				 count(text, part), text);
	}
	/* Nothing is in there twice. */
	assert_int_equal(count(text, "main;deep;deep;deep;deep;deep;deep;deep"), 0);
	free(text);
}

static void test_live(void **state)
{
	(void)state;
	check_whole(live(PFL_CALL_GRAPH_AUTO));
	assert_int_equal(folded.bad_samples + folded.unordered, 0);
	assert_true(folded.unwound > 3 * MIN_BLOCKED);
}

static void test_file(void **state)
{
	(void)state;
	check_whole(by_way_of_a_file(PFL_CALL_GRAPH_AUTO));
	/* Its chains are the kernel's, as far as the file knows. */
	assert_int_equal(folded.unwound + folded.bad_samples, 0);
	assert_true(recorded.unwound > 3 * MIN_BLOCKED);
}

/* The other two, for comparison: one loses the caller, the other all that is deep. */
static void test_one_alone(void **state)
{
	char *text;

	(void)state;
	text = live(PFL_CALL_GRAPH_FP);
	assert_true(count(text, ";main;deep;deep;deep;deep;deep;deep;") > 0);
	assert_int_equal(count(text, ";sleeps;"), 0);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_live, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_alone, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
