/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A made-up ring: what comes out of it is what went in, wherever it wraps. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/ring.h"
#include "record/session.h"

#define SIZE 8192u
#define SELF 4711

struct fixture {
	struct perf_event_mmap_page page;
	unsigned char data[SIZE];
	struct pfl_ring ring;
	struct pfl_ring_tally tally;
	unsigned char in[SIZE], out[SIZE];
	size_t nin, nout;
	int calls, fail;
};

static int take(void *data, const struct iovec *parts, int nparts)
{
	struct fixture *f = data;

	f->calls++;
	for (int i = 0; i < nparts; i++) {
		assert_true(f->nout + parts[i].iov_len <= sizeof(f->out));
		memcpy(f->out + f->nout, parts[i].iov_base, parts[i].iov_len);
		f->nout += parts[i].iov_len;
	}
	return f->fail;
}

static void start_at(struct fixture *f, uint64_t at)
{
	memset(f, 0, sizeof(*f));
	f->ring = (struct pfl_ring){ .page = &f->page, .data = f->data, .size = SIZE };
	f->page.data_head = at;
	f->page.data_tail = at;
}

/* Writes as the kernel does; @expected: it should come out again. */
static void put(struct fixture *f, const void *record, size_t size, int expected)
{
	const unsigned char *bytes = record;

	for (size_t i = 0; i < size; i++)
		f->data[(f->page.data_head + i) % SIZE] = bytes[i];
	f->page.data_head += size;
	if (!expected)
		return;
	memcpy(f->in + f->nin, record, size);
	f->nin += size;
}

static void put_sample(struct fixture *f, int32_t pid, uint64_t time, unsigned int words)
{
	uint64_t record[64];
	struct perf_event_header header = { .type = PERF_RECORD_SAMPLE, .size = 8 * words };

	assert_true(words >= 5 && words <= 64);
	for (unsigned int i = 0; i < words; i++)
		record[i] = 0x0101010101010101ULL * i + time;
	memcpy(record, &header, sizeof(header));
	memcpy((char *)record + PFL_SAMPLE_PID_AT, &pid, sizeof(pid));
	memcpy((char *)record + PFL_SAMPLE_TIME_AT, &time, sizeof(time));
	put(f, record, header.size, pid != SELF);
}

static void put_other(struct fixture *f, uint32_t type, uint64_t second)
{
	uint64_t record[4] = { 0, 99, second, 0 };
	struct perf_event_header header = { .type = type, .size = sizeof(record) };

	memcpy(record, &header, sizeof(header));
	put(f, record, sizeof(record), 1);
}

static void check_drained(struct fixture *f, uint64_t bytes)
{
	assert_int_equal(f->nout, f->nin);
	assert_memory_equal(f->out, f->in, f->nin);
	assert_int_equal(f->page.data_tail, f->page.data_head);
	assert_int_equal(f->tally.bytes, bytes);
	assert_int_equal(f->tally.bad, 0);
}

static int drain(struct fixture *f)
{
	return pfl_ring_drain(&f->ring, pfl_ring_head(&f->ring), SELF, take, f, &f->tally);
}

static void test_empty(void **state)
{
	struct fixture f;

	(void)state;
	start_at(&f, 64);
	assert_int_equal(drain(&f), 0);
	assert_int_equal(f.calls, 0);
	assert_int_equal(f.tally.bytes, 0);
}

/* Records of many sizes behind one another, the ring full, from every start. */
static void test_every_offset(void **state)
{
	struct fixture f;
	uint64_t used, samples;

	(void)state;
	for (uint64_t at = 0; at <= 2 * SIZE; at += 8) {
		start_at(&f, at);
		samples = 0;
		for (used = 0; used + 8 * 48 <= SIZE; samples++) {
			unsigned int words = 5 + samples * 7 % 43;

			put_sample(&f, 100 + samples, 1000 + samples, words);
			used += 8 * words;
		}
		assert_int_equal(drain(&f), 0);
		check_drained(&f, used);
		assert_int_equal(f.tally.samples, samples);
		assert_int_equal(f.tally.first, 1000);
		assert_int_equal(f.tally.last, 1000 + samples - 1);
	}
}

/* Ours are left out at the start, in between, at the end and around the wrap. */
static void test_own_samples(void **state)
{
	struct fixture f;

	(void)state;
	for (uint64_t at = 0; at <= SIZE; at += 8) {
		start_at(&f, at);
		for (int i = 0; i < 60; i++)
			put_sample(&f, i % 3 == 1 ? 1 : SELF, 1 + i, 6 + i % 3);
		assert_int_equal(drain(&f), 0);
		check_drained(&f, f.page.data_head - at);
		assert_int_equal(f.tally.samples, 20);
		assert_int_equal(f.tally.own, 40);
		assert_int_equal(f.tally.first, 2);
		assert_int_equal(f.tally.last, 59);
	}
}

/* More gaps than one call has pieces for: nothing is torn. */
static void test_many_gaps(void **state)
{
	struct fixture f;

	(void)state;
	start_at(&f, SIZE - 200);
	for (int i = 0; i < 200; i++)
		put_sample(&f, i % 2 ? SELF : 7, 1 + i, 5);
	assert_int_equal(drain(&f), 0);
	check_drained(&f, 200 * 40);
	assert_int_equal(f.tally.samples, 100);
	/* A call is made when fewer than two of its 64 pieces are free. */
	assert_int_equal(f.calls, 2);
}

static void test_counts(void **state)
{
	struct fixture f;

	(void)state;
	start_at(&f, SIZE - 16);
	put_other(&f, PERF_RECORD_LOST, 12);
	put_other(&f, PERF_RECORD_COMM, 1000);
	put_other(&f, PERF_RECORD_LOST, 30);
	put_other(&f, PERF_RECORD_THROTTLE, 5);
	put_other(&f, PERF_RECORD_UNTHROTTLE, 5);
	assert_int_equal(drain(&f), 0);
	check_drained(&f, 5 * 32);
	assert_int_equal(f.tally.lost, 42);
	assert_int_equal(f.tally.throttled, 1);
	assert_int_equal(f.tally.samples, 0);
}

static void put_change(struct fixture *f, uint32_t type, uint16_t misc, int32_t pid, int32_t second)
{
	struct perf_event_header header = { .type = type, .misc = misc, .size = 16 };
	int32_t record[4] = { [2] = pid, [3] = second };

	memcpy(record, &header, sizeof(header));
	put(f, record, sizeof(record), 1);
}

/* What is drained has an end, and what changes mappings is seen behind it, too. */
static void test_look(void **state)
{
	struct pfl_table pids = { 0 };
	struct fixture f;
	uint64_t until;

	(void)state;
	for (uint64_t at = SIZE - 200; at <= SIZE; at += 8) {
		start_at(&f, at);
		put_change(&f, PERF_RECORD_MMAP2, 0, 1, 1);
		put_sample(&f, 2, 5, 5);
		put_change(&f, PERF_RECORD_FORK, 0, 3, 3);
		put_change(&f, PERF_RECORD_FORK, 0, 4, 3);
		put_change(&f, PERF_RECORD_COMM, 0, 5, 5);
		until = pfl_ring_head(&f.ring);
		put_change(&f, PERF_RECORD_COMM, PERF_RECORD_MISC_COMM_EXEC, 6, 6);
		put_change(&f, PERF_RECORD_MMAP, 0, 7, 7);
		assert_int_equal(pfl_ring_look(&f.ring, &pids), 0);
		for (int32_t pid = 0; pid < 8; pid++)
			assert_int_equal(pfl_table_get(&pids, pid) != PFL_NONE,
					 pid == 1 || pid == 4 || pid == 6 || pid == 7);
		pfl_table_free(&pids);
		assert_int_equal(pfl_ring_drain(&f.ring, until, SELF, take, &f, &f.tally), 0);
		assert_int_equal(f.page.data_tail, until);
		assert_int_equal(f.nout, until - at);
		assert_int_equal(drain(&f), 0);
		check_drained(&f, f.page.data_head - at);
		assert_int_equal(f.tally.mapped, 3);
		/* a pass that began before that one */
		assert_int_equal(pfl_ring_drain(&f.ring, until, SELF, take, &f, &f.tally), 0);
		check_drained(&f, f.page.data_head - at);
	}
}

static int take_and_drain(void *data, const struct iovec *parts, int nparts)
{
	struct fixture *f = data;

	assert_int_equal(drain(f), 0);
	return take(f, parts, nparts);
}

/* Who takes long to take it has the rings emptied meanwhile: not this one. */
static void test_drained_in_hand(void **state)
{
	struct fixture f;

	(void)state;
	start_at(&f, 0);
	for (int i = 0; i < 3; i++)
		put_sample(&f, 1, 1 + i, 5);
	assert_int_equal(pfl_ring_drain(&f.ring, pfl_ring_head(&f.ring), SELF, take_and_drain, &f,
					&f.tally), 0);
	check_drained(&f, 120);
	assert_int_equal(f.calls, 1);
}

/* What the sink does not take is gone, and the kernel gets the room back. */
static void test_sink_fails(void **state)
{
	struct fixture f;

	(void)state;
	start_at(&f, 0);
	f.fail = -ENOSPC;
	put_sample(&f, 1, 5, 5);
	assert_int_equal(drain(&f), -ENOSPC);
	assert_int_equal(f.page.data_tail, 40);
}

/* Whatever a broken ring holds, we stay inside it and go on behind it. */
static void test_bad_sizes(void **state)
{
	static const uint16_t bad[] = { 0, 4, 7, 12, 48, 65528 };
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct perf_event_header header = { .type = PERF_RECORD_COMM, .size = bad[i] };
		uint64_t record[5] = { 0 };

		start_at(&f, SIZE - 64);
		put_sample(&f, 1, 5, 5);
		memcpy(record, &header, sizeof(header));
		put(&f, record, sizeof(record), 0);
		assert_int_equal(drain(&f), 0);
		assert_int_equal(f.nout, 40);
		assert_int_equal(f.tally.bad, 1);
		assert_int_equal(f.page.data_tail, f.page.data_head);
	}
}

static uint64_t clock_now, clock_step;
static unsigned int clock_reads;

static uint64_t scripted_now(void)
{
	clock_reads++;
	return clock_now += clock_step;
}

/* Whether the rings are emptied @at this time, which takes @took. */
static bool drains(struct pfl_record *record, uint64_t at, uint64_t took)
{
	clock_now = at - took;
	clock_step = took;
	clock_reads = 0;
	assert_int_equal(pfl_session_drain_between(record), 0);
	assert_true(clock_reads == 1 || record->drained == at + took);
	return clock_reads == 2;
}

/* Emptying the rings takes at most half of the time of what it comes between. */
static void test_between(void **state)
{
	const struct pfl_sys sys = { .now = scripted_now };
	struct pfl_record record = { .sys = &sys, .type = pfl_type_spec_find("oncpu") };

	(void)state;
	assert_true(drains(&record, 1000, 0));
	assert_true(drains(&record, 1000, 300));
	assert_false(drains(&record, 1310, 50));
	assert_false(drains(&record, 1599, 50));
	assert_true(drains(&record, 1600, 10));
	assert_false(drains(&record, 1619, 0));
	assert_true(drains(&record, 1620, 0));
	assert_true(drains(&record, 1620, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_every_offset),
		cmocka_unit_test(test_own_samples),
		cmocka_unit_test(test_many_gaps),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_drained_in_hand),
		cmocka_unit_test(test_sink_fails),
		cmocka_unit_test(test_bad_sizes),
		cmocka_unit_test(test_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
