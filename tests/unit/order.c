/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time order: whatever order records are added in, and however they share chunks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "fold/order.h"

#define EMITTED_MAX 100000

struct emitted {
	uint64_t time[EMITTED_MAX];
	uint16_t mark[EMITTED_MAX];
	unsigned int count;
	int fail_at;
};

static int note(void *data, const struct pfl_order_entry *entry)
{
	struct emitted *emitted = data;

	if (emitted->fail_at && emitted->count + 1 == (unsigned int)emitted->fail_at)
		return -ENOMEM;
	emitted->time[emitted->count] = entry->time;
	emitted->mark[emitted->count++] = entry->record->misc;
	return 0;
}

struct fixture {
	struct pfl_chunks chunks;
	struct pfl_order order;
	struct emitted emitted;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	pfl_order_init(&f->order, &f->chunks, note, &f->emitted);
	*state = f;
	return 0;
}

/* Also finds, under ASan, a chunk that is dropped too often or never. */
static int teardown(void **state)
{
	struct fixture *f = *state;

	pfl_order_free(&f->order);
	pfl_chunks_free(&f->chunks);
	free(f);
	return 0;
}

static int add(struct fixture *f, uint64_t time, uint16_t mark)
{
	struct pfl_chunk *chunk = pfl_chunk_new(&f->chunks, sizeof(struct perf_event_header));
	struct perf_event_header *record;
	int err;

	assert_non_null(chunk);
	record = (struct perf_event_header *)chunk->bytes;
	*record = (struct perf_event_header){ .size = sizeof(*record), .misc = mark };
	err = pfl_order_add(&f->order, time, record, chunk);
	pfl_chunk_drop(&f->chunks, chunk);
	return err;
}

static void assert_marks(const struct fixture *f, const uint16_t *marks, unsigned int count)
{
	assert_int_equal(f->emitted.count, count);
	for (unsigned int i = 0; i < count; i++)
		assert_int_equal(f->emitted.mark[i], marks[i]);
}

static void two_rings_become_one(void **state)
{
	struct fixture *f = *state;
	static const uint16_t expected[] = { 1, 4, 2, 5, 3 };

	add(f, 10, 1);
	add(f, 30, 2);
	add(f, 50, 3);
	add(f, 20, 4);
	add(f, 40, 5);
	assert_int_equal(pfl_order_end(&f->order), 0);
	assert_marks(f, expected, 5);
	assert_int_equal(f->order.late, 0);
}

static void ties_keep_the_order_of_adding(void **state)
{
	struct fixture *f = *state;
	static const uint16_t expected[] = { 2, 4, 1, 3, 5 };

	add(f, 7, 1);
	add(f, 5, 2);
	add(f, 7, 3);
	add(f, 5, 4);
	add(f, 7, 5);
	assert_int_equal(pfl_order_end(&f->order), 0);
	assert_marks(f, expected, 5);
}

/* A round makes final what the round before it had seen, no more. */
static void rounds_hold_back_one_pass(void **state)
{
	struct fixture *f = *state;
	static const uint16_t first[] = { 1, 2 };
	static const uint16_t all[] = { 1, 2, 4, 3, 5 };

	add(f, 10, 1);
	add(f, 20, 2);
	assert_int_equal(pfl_order_round(&f->order), 0);
	assert_int_equal(f->emitted.count, 0);
	add(f, 40, 3);
	add(f, 30, 4);
	assert_int_equal(pfl_order_round(&f->order), 0);
	assert_marks(f, first, 2);
	add(f, 45, 5);
	assert_int_equal(pfl_order_end(&f->order), 0);
	assert_marks(f, all, 5);
	assert_int_equal(f->order.late, 0);
}

static void late_ones_are_counted_and_not_lost(void **state)
{
	struct fixture *f = *state;

	add(f, 100, 1);
	pfl_order_round(&f->order);
	pfl_order_round(&f->order);
	assert_int_equal(f->emitted.count, 1);
	add(f, 50, 2);
	pfl_order_end(&f->order);
	assert_int_equal(f->emitted.count, 2);
	assert_int_equal(f->order.late, 1);
}

static int by_time(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Seeded, so that a failure repeats; compared with qsort(3). */
static void any_order_comes_out_sorted(void **state)
{
	struct fixture *f = *state;
	static uint64_t times[5000];

	srandom(1);
	for (int i = 0; i < 5000; i++) {
		times[i] = 1 + random() % 1000;
		assert_int_equal(add(f, times[i], 0), 0);
	}
	pfl_order_end(&f->order);
	qsort(times, 5000, sizeof(*times), by_time);
	assert_int_equal(f->emitted.count, 5000);
	assert_memory_equal(f->emitted.time, times, sizeof(times));
}

/* One record that is far ahead of its time keeps the chunk that many others stood in. */
static void what_waits_costs_its_whole_chunk(void **state)
{
	struct fixture *f = *state;

	for (unsigned int i = 0; i < 100; i++) {
		struct pfl_chunk *chunk = pfl_chunk_new(&f->chunks, 8u << 20);
		struct perf_event_header *record;

		assert_non_null(chunk);
		record = (struct perf_event_header *)chunk->bytes;
		*record = (struct perf_event_header){ .size = sizeof(*record) };
		pfl_chunk_use(&f->chunks, chunk, chunk->size);
		assert_int_equal(pfl_order_add(&f->order, UINT64_MAX, record, chunk), 0);
		pfl_chunk_drop(&f->chunks, chunk);
		assert_true(f->chunks.used <= 256u << 20);
	}
	assert_true(f->emitted.count > 0);
	assert_int_equal(pfl_order_end(&f->order), 0);
	assert_int_equal(f->emitted.count, 100);
	assert_int_equal(f->chunks.used, 0);
}

static void an_error_comes_back_and_chunks_are_dropped(void **state)
{
	struct fixture *f = *state;

	f->emitted.fail_at = 2;
	add(f, 1, 1);
	add(f, 2, 2);
	add(f, 3, 3);
	assert_int_equal(pfl_order_end(&f->order), -ENOMEM);
	assert_int_equal(f->order.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_rings_become_one, setup, teardown),
		cmocka_unit_test_setup_teardown(ties_keep_the_order_of_adding, setup, teardown),
		cmocka_unit_test_setup_teardown(rounds_hold_back_one_pass, setup, teardown),
		cmocka_unit_test_setup_teardown(late_ones_are_counted_and_not_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(any_order_comes_out_sorted, setup, teardown),
		cmocka_unit_test_setup_teardown(what_waits_costs_its_whole_chunk, setup, teardown),
		cmocka_unit_test_setup_teardown(an_error_comes_back_and_chunks_are_dropped, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
