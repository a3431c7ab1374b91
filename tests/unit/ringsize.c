/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How large the rings are, and how full when we are woken, by what may be locked in memory. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "record/session.h"

#define EARLY (512u << 10)

static struct pfl_sys sys;
static struct pfl_ctx *ctx;
static char messages[4096];
static size_t page, room;	/* room: bytes that a ring may have, and its page */

static struct {
	unsigned int opens;
	uint32_t woken_at;	/* by the event that is mapped */
	uint32_t dump;		/* of the events with a stack */
	size_t ring;
} seen;

static void keep_message(void *data, enum pfl_level level, const char *text)
{
	size_t len = strlen(messages);

	(void)data;
	snprintf(messages + len, sizeof(messages) - len, "%d %s\n", level, text);
}

static bool said(const char *text)
{
	return strstr(messages, text) != NULL;
}

static int fake_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group,
		     unsigned long flags)
{
	(void)pid;
	(void)cpu;
	(void)group;
	(void)flags;
	seen.opens++;
	assert_true(attr->watermark);
	if (attr->config == PERF_COUNT_SW_DUMMY && attr->type == PERF_TYPE_SOFTWARE)
		seen.woken_at = attr->wakeup_watermark;
	if (attr->sample_type & PERF_SAMPLE_STACK_USER)
		seen.dump = attr->sample_stack_user;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void *fake_mmap(size_t len, int prot, int fd)
{
	(void)fd;
	if (len > room) {
		errno = EPERM;
		return MAP_FAILED;
	}
	seen.ring = len - page;
	return mmap(NULL, len, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int fake_ioctl(int fd, unsigned long request, unsigned long arg)
{
	if (request == PERF_EVENT_IOC_ID)
		*(uint64_t *)arg = 1000 + fd;
	return 0;
}

static int keep_caps(cap_t caps)
{
	(void)caps;
	return 0;
}

static int setup(void **state)
{
	(void)state;
	page = sysconf(_SC_PAGESIZE);
	room = SIZE_MAX;
	messages[0] = '\0';
	memset(&seen, 0, sizeof(seen));
	sys = pfl_sys_linux;
	sys.perf_event_open = fake_open;
	sys.mmap = fake_mmap;
	sys.ioctl = fake_ioctl;
	sys.set_caps = keep_caps;
	if (pfl_ctx_new(&ctx))
		return -1;
	pfl_ctx_set_log(ctx, PFL_NOTE, keep_message, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pfl_ctx_free(ctx);
	return 0;
}

/* With rings of @pages, 0: as the type has it. What opening said. */
static int open_with(unsigned int pages)
{
	const struct pfl_record_opts opts = { .type = "oncpu", .mmap_pages = pages };
	struct pfl_record *record = NULL;
	int err = pfl_session_open(ctx, &sys, pfl_type_spec_find("oncpu"), &opts, &record);

	pfl_record_free(record);
	return err;
}

/* Of a few tasks a type may take more of each stack, and there is room for as many of them. */
static void test_few(void **state)
{
	static const struct pfl_event_spec event = {
		.name = "context-switches", .type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CONTEXT_SWITCHES, .callchain = true,
	};
	static const struct pfl_event_spec *const events[] = { &event };
	static const struct pfl_type_spec type = {
		.type = "switches", .events = events, .nevents = 1, .ring_kib = 512,
		.dump_bytes = PFL_DUMP_EACH, .dump_bytes_of_few = PFL_DUMP_EACH_OF_FEW,
	};
	int32_t pids[] = { getpid() };
	struct pfl_record_opts opts = { .type = "switches" };
	struct pfl_record *record = NULL;

	(void)state;
	assert_int_equal(pfl_session_open(ctx, &sys, &type, &opts, &record), 0);
	pfl_record_free(record);
	assert_int_equal(seen.dump, 1024);
	assert_int_equal(seen.ring, 512 << 10);
	opts.pids = pids;
	opts.npids = 1;
	assert_int_equal(pfl_session_open(ctx, &sys, &type, &opts, &record), 0);
	pfl_record_free(record);
	assert_int_equal(seen.dump, 2048);
	assert_int_equal(seen.ring, 1024 << 10);
}

static void test_all_it_takes(void **state)
{
	(void)state;
	assert_int_equal(open_with(0), 0);
	/* a second of the largest samples */
	assert_int_equal(seen.ring, 2048 << 10);
	assert_int_equal(seen.woken_at, EARLY);
	assert_string_equal(messages, "");
}

static void test_half_of_it(void **state)
{
	(void)state;
	room = 2 * EARLY + page;
	assert_int_equal(open_with(0), 0);
	assert_int_equal(seen.ring, 2 * EARLY);
	assert_int_equal(seen.woken_at, EARLY);
}

/* Too small to be woken as early as in others: at its half, which the kernel calls 0. */
static void test_small(void **state)
{
	unsigned int once;

	(void)state;
	assert_int_equal(open_with(EARLY / page), 0);
	assert_int_equal(seen.ring, EARLY);
	assert_int_equal(seen.woken_at, 0);
	once = seen.opens;
	/* That turns out when all is open: all is opened once more, and told once. */
	room = EARLY + page;
	seen.opens = 0;
	assert_int_equal(open_with(0), 0);
	assert_int_equal(seen.ring, EARLY);
	assert_int_equal(seen.woken_at, 0);
	assert_int_equal(seen.opens, 2 * once);
	assert_true(said("2 rings of 512 KiB instead of 2048: kernel.perf_event_mlock_kb is"));
	assert_string_equal(strchr(messages, '\n'), "\n");
}

static void test_none(void **state)
{
	(void)state;
	room = 5 * page;
	assert_int_equal(open_with(64), 0);
	assert_int_equal(seen.ring, 4 * page);
	room = page;
	assert_int_equal(open_with(64), -EPERM);
	assert_true(said("0 memory for the rings, even of 1 page, was refused"));
	assert_int_equal(open_with(63), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_it_takes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_few, setup, teardown),
		cmocka_unit_test_setup_teardown(test_half_of_it, setup, teardown),
		cmocka_unit_test_setup_teardown(test_small, setup, teardown),
		cmocka_unit_test_setup_teardown(test_none, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
