/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recording tracepoints for real: perf script prints the fields of what was
 * recorded, also when the recorder was killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "record/session.h"

#define SLEEPS 50

static const struct pfl_event_spec sched_switch = {
	.name = "sched:sched_switch",
	.type = PERF_TYPE_TRACEPOINT,
	.callchain = true,
};
static const struct pfl_event_spec no_such = {
	.name = "sched:no_such_tracepoint",
	.type = PERF_TYPE_TRACEPOINT,
};
static const struct pfl_event_spec *const switches[] = { &sched_switch };
static const struct pfl_event_spec *const none[] = { &no_such };
static const struct pfl_type_spec switch_type = {
	.type = "switches", .events = switches, .nevents = 1, .ring_kib = 512, .dump_bytes = 1024,
};
static const struct pfl_type_spec none_type = {
	.type = "none", .events = none, .nevents = 1, .ring_kib = 512, .dump_bytes = 1024,
};

static struct pfl_sys sys;
static struct pfl_ctx *ctx;
static char messages[4096];
static char path[] = "/tmp/pfl-tracepoints-XXXXXX";

static void keep_message(void *data, enum pfl_level level, const char *text)
{
	(void)data;
	(void)level;
	strncat(messages, text, sizeof(messages) - strlen(messages) - 1);
}

static int gate_to_open;
static unsigned int times_told;

/* The time is asked for first when recording starts, and next when it has. */
static uint64_t open_gate_and_tell_time(void)
{
	if (times_told++ == 1)
		close(gate_to_open);
	return pfl_sys_linux.now();
}

/* The test's own capabilities stay. */
static int keep_caps(cap_t caps)
{
	(void)caps;
	return 0;
}

static int setup(void **state)
{
	(void)state;
	messages[0] = '\0';
	times_told = 0;
	sys = pfl_sys_linux;
	sys.set_caps = keep_caps;
	strcpy(path + strlen(path) - 6, "XXXXXX");
	close(mkstemp(path));
	if (pfl_ctx_new(&ctx))
		return -1;
	pfl_ctx_set_log(ctx, PFL_ERROR, keep_message, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	pfl_ctx_free(ctx);
	return 0;
}

static struct pfl_record *open_or_skip(const struct pfl_record_opts *opts)
{
	struct pfl_record *record = NULL;
	int err = pfl_session_open(ctx, &sys, &switch_type, opts, &record);

	if (err == -EACCES || err == -EPERM || err == -ENODEV) {
		print_message("%s\n", messages);
		skip();
	}
	assert_int_equal(err, 0);
	return record;
}

/* Whether there is a perf to compare with. */
static bool has_perf(void)
{
	return !system("perf --version >/dev/null 2>&1");
}

static int32_t start_sleeper(int *gate)
{
	int ends[2];
	int32_t pid;
	char go;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		close(ends[1]);
		if (read(ends[0], &go, 1) != 0)
			_exit(1);
		for (int i = 0; i < SLEEPS; i++)
			usleep(1000);
		_exit(0);
	}
	assert_true(pid > 0);
	close(ends[0]);
	*gate = ends[1];
	return pid;
}

/* Lines that perf prints of @path, of which @matching hold that the sleeper went to sleep. */
static unsigned int perf_lines(int32_t pid, unsigned int *matching)
{
	char command[256], line[4096], field[64];
	unsigned int lines = 0;
	FILE *out;

	snprintf(command, sizeof(command),
		 "perf script -i %s -F tid,event,trace --no-inline -G 2>/dev/null", path);
	snprintf(field, sizeof(field), "prev_pid=%d ", pid);
	*matching = 0;
	out = popen(command, "r");
	assert_non_null(out);
	while (fgets(line, sizeof(line), out)) {
		assert_non_null(strstr(line, "sched:sched_switch"));
		lines++;
		if (strstr(line, field) && strstr(line, "prev_state=S ==> next_comm="))
			++*matching;
	}
	assert_int_equal(pclose(out), 0);
	return lines;
}


static void test_fields(void **state)
{
	static const volatile sig_atomic_t stop;
	struct pfl_record_opts opts = { .npids = 1 };
	struct pfl_record_stats stats;
	struct pfl_record *record;
	unsigned int matching;
	int fd;
	int32_t pid = start_sleeper(&gate_to_open);

	(void)state;
	opts.pids = &pid;
	record = open_or_skip(&opts);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(pfl_record_to_file(record, fd, NULL), 0);
	/* The sleeper's end ends the recording. */
	sys.now = open_gate_and_tell_time;
	assert_int_equal(pfl_record_run(record, &stop, NULL, NULL), 0);
	assert_int_equal(pfl_record_finish(record), 0);
	pfl_record_get_stats(record, &stats);
	assert_string_equal(stats.event, "sched:sched_switch");
	pfl_record_free(record);
	close(fd);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(stats.lost, 0);
	assert_true(stats.samples >= SLEEPS);
	if (!has_perf())
		skip();
	assert_int_equal(perf_lines(pid, &matching), stats.samples);
	assert_true(matching >= SLEEPS);
}

/* In a process of its own, which then dies of SIGKILL in the middle of the recording. */
static void record_and_die(int32_t pid)
{
	static const volatile sig_atomic_t stop;
	/* What has yet to become whole waits for its turn, and would be lost: cli/whole-stacks.py */
	struct pfl_record_opts opts = { .pids = &pid, .npids = 1,
					.call_graph = PFL_CALL_GRAPH_FP };
	struct pfl_record *record = NULL;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (pfl_session_open(ctx, &sys, &switch_type, &opts, &record) ||
	    pfl_record_to_file(record, fd, NULL))
		_exit(1);
	sys.now = open_gate_and_tell_time;
	pfl_record_run(record, &stop, NULL, NULL);
	raise(SIGKILL);
}

static void test_killed(void **state)
{
	struct pfl_record_opts opts = { .npids = 1 };
	int32_t pid = start_sleeper(&gate_to_open), recorder;
	unsigned int matching;
	int status;

	(void)state;
	opts.pids = &pid;
	pfl_record_free(open_or_skip(&opts));
	recorder = fork();
	if (!recorder)
		record_and_die(pid);
	close(gate_to_open);
	assert_int_equal(waitpid(recorder, &status, 0), recorder);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	if (!has_perf())
		skip();
	assert_true(perf_lines(pid, &matching) >= SLEEPS);
	assert_true(matching >= SLEEPS);
}

static void test_missing(void **state)
{
	const struct pfl_record_opts opts = { 0 };
	struct pfl_record *record = NULL;
	int err = pfl_session_open(ctx, &sys, &none_type, &opts, &record);

	(void)state;
	if (err == -EACCES || err == -EPERM || err == -ENODEV)
		skip();
	assert_int_equal(err, -EOPNOTSUPP);
	assert_string_equal(messages, "sched:no_such_tracepoint: this kernel has no such tracepoint");
}

static int no_tracefs(void)
{
	errno = EPERM;
	return -1;
}

static int no_directory(int dir, const char *name, int flags)
{
	if (strstr(name, "tracing")) {
		errno = ENOENT;
		return -1;
	}
	return openat(dir, name, flags);
}

static void test_no_rights(void **state)
{
	const struct pfl_record_opts opts = { 0 };
	struct pfl_record *record = NULL;

	(void)state;
	sys.tracefs = no_tracefs;
	sys.openat = no_directory;
	assert_int_equal(pfl_session_open(ctx, &sys, &switch_type, &opts, &record), -EPERM);
	assert_non_null(strstr(messages, "sched:sched_switch: tracefs is out of reach"));
	assert_non_null(strstr(messages, "mount -t tracefs -o rw,mode=755,gid="));
}

/* Linux 5.18: no events of contended locks, and fewer ways to wait for a futex. */
static int before_contention(int dir, const char *name, int flags)
{
	if (strstr(name, "events/lock/contention") || strstr(name, "futex_wait/")) {
		errno = ENOENT;
		return -1;
	}
	return openat(dir, name, flags);
}

static void test_locks_of_an_older_kernel(void **state)
{
	const int32_t pid = getpid();
	struct pfl_record_opts opts = { .type = "locks", .pids = &pid, .npids = 1 };
	const struct pfl_type_spec *locks = pfl_type_spec_find("locks");
	struct pfl_record *record = NULL;
	int err;

	(void)state;
	sys.openat = before_contention;
	pfl_ctx_set_log(ctx, PFL_NOTE, keep_message, NULL);
	err = pfl_session_open(ctx, &sys, locks, &opts, &record);
	if (err == -EACCES || err == -EPERM || err == -ENODEV)
		skip();
	assert_int_equal(err, 0);
	pfl_record_free(record);
	assert_string_equal(messages, "lock:contention_begin: this kernel has no such tracepoint: "
			    "waiting for locks of the kernel (Linux 5.19 tells of it) is left out");

	messages[0] = '\0';
	opts.of_type.kernel_locks = 1;
	assert_int_equal(pfl_session_open(ctx, &sys, locks, &opts, &record), -EOPNOTSUPP);
	assert_non_null(strstr(messages, "this leaves nothing to record"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fields, setup, teardown),
		cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_rights, setup, teardown),
		cmocka_unit_test_setup_teardown(test_locks_of_an_older_kernel, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
