/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Samples whose dump is left in the ring, since their walk is known: what comes out is what
 * would come out of the dump. Where the mappings may be other ones by then, it stays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "fold/shorten.h"
#include "fold/state.h"
#include "unwind-self.h"

#define DUMP 2048
#define ID 77
#define CHAIN_MAX 256

static struct snapshot shot;
static volatile int sink_of_calls;
static struct pfl_ctx *ctx;
static struct pfl_fold *fold;
static struct perf_event_attr attr;
static struct pfl_table mapping;
static uint64_t now;

/* Records on their way to the fold. */
static uint64_t words[1 << 14];
static size_t used;

/* What came out: the chain of the last sample. */
static uint64_t chain[CHAIN_MAX], first_chain[CHAIN_MAX];
static uint64_t nchain, nfirst;
static unsigned int came;

WITHOUT_FP static int leaf(int x)
{
	take_snapshot(&shot);
	return x + 1;
}

WITHOUT_FP static int middle(int x)
{
	return leaf(x) * 3;
}

WITH_FP static int outer(int x)
{
	return middle(x) + 1;
}

static void put(uint64_t word)
{
	assert_true(used < sizeof(words) / sizeof(*words));
	words[used++] = word;
}

static struct perf_event_header *begin(uint32_t type)
{
	struct perf_event_header *header = (struct perf_event_header *)&words[used];

	put(0);
	*header = (struct perf_event_header){ .type = type, .misc = PERF_RECORD_MISC_USER };
	return header;
}

static void end(struct perf_event_header *header)
{
	header->size = (char *)&words[used] - (char *)header;
}

static void put_task(void)
{
	put((uint64_t)getpid() << 32 | (uint32_t)getpid());
}

/* MMAP2 of code, and what sample_id_all puts behind it. */
static void put_mapping(uint64_t from, uint64_t to, uint64_t offset, const char *path)
{
	struct perf_event_header *header = begin(PERF_RECORD_MMAP2);
	struct stat st = { 0 };
	char name[256] = "";

	stat(path, &st);
	snprintf(name, sizeof(name), "%s", path);
	put_task();
	put(from);
	put(to - from);
	put(offset);
	put((uint64_t)minor(st.st_dev) << 32 | major(st.st_dev));
	put(st.st_ino);
	put(0);
	put(5);		/* PROT_READ | PROT_EXEC */
	for (size_t i = 0; i <= strlen(name) / 8; i++)
		put(((uint64_t *)name)[i]);
	put_task();
	put(++now);
	put(ID);
	end(header);
}

static void put_own_mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[5000], path[4096], exec;
	uint64_t from, to, offset;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*2c%c%*c %" SCNx64 " %*s %*s %4095[^\n]",
			   &from, &to, &exec, &offset, path) == 5 && exec == 'x' && *path == '/')
			put_mapping(from, to, offset, path);
	fclose(maps);
}

static void put_sample(void)
{
	struct perf_event_header *header = begin(PERF_RECORD_SAMPLE);
	const struct pfl_walk_from *from = &shot.from;

	put(ID);
	put(from->regs.value[from->arch->pc]);
	put_task();
	put(++now);
	put(shot.nchain + 1);
	put((uint64_t)PERF_CONTEXT_USER);
	for (size_t i = 0; i < shot.nchain; i++)
		put(shot.chain[i]);
	put(PERF_SAMPLE_REGS_ABI_64);
	for (unsigned int bit = 0; bit < from->arch->nperf; bit++)
		if (attr.sample_regs_user >> bit & 1)
			put(from->regs.value[from->arch->perf[bit]]);
	put(DUMP);
	for (size_t i = 0; i < DUMP; i += 8)
		put(*(uint64_t *)(shot.stack + i));
	put(DUMP);
	end(header);
}

/* Everything that was put, in two pieces. */
static void push_pieces(size_t at)
{
	struct iovec parts[] = { { words, at }, { (char *)words + at, 8 * used - at } };

	assert_int_equal(pfl_fold_push(fold, parts, 2), 0);
	used = 0;
}

static void push_and_wait(void)
{
	push_pieces(0);
}

/* All that waits has its turn. */
static void turn(void)
{
	assert_int_equal(pfl_fold_round(fold), 0);
	assert_int_equal(pfl_fold_round(fold), 0);
}

static void push_cut(size_t at)
{
	push_pieces(at);
	turn();
}

static void push(void)
{
	push_cut(0);
}

static int take(void *data, const struct iovec *parts, int nparts)
{
	const char *at = parts->iov_base, *to = at + parts->iov_len;
	struct perf_event_header header;
	uint64_t head[5];	/* id, ip, task, time, nr */

	(void)data;
	assert_int_equal(nparts, 1);
	for (; at < to; at += header.size) {
		memcpy(&header, at, sizeof(header));
		if (header.type != PERF_RECORD_SAMPLE)
			continue;
		came++;
		memcpy(head, at + sizeof(header), sizeof(head));
		assert_int_equal(head[0], ID);
		nchain = head[4];
		assert_true(nchain <= CHAIN_MAX);
		memcpy(chain, at + sizeof(header) + sizeof(head), 8 * nchain);
		assert_int_equal(header.size, sizeof(header) + sizeof(head) + 8 * nchain);
	}
	return 0;
}

static bool is_short(void)
{
	static uint64_t to[8192];
	size_t size;

	put_sample();
	size = pfl_shorten(fold, (const struct perf_event_header *)words, to);
	assert_true(size < 8 * used / 2);
	used = 0;
	return size;
}

static void check_chain(void)
{
	assert_int_equal(nchain, nfirst);
	assert_memory_equal(chain, first_chain, 8 * nchain);
}

/* The same place three times: from then on it is known. */
static void get_to_know(void)
{
	assert_false(is_short());
	for (int i = 0; i < 3; i++) {
		put_sample();
		push();
		if (!i) {
			nfirst = nchain;
			memcpy(first_chain, chain, 8 * nchain);
		}
		check_chain();
	}
	assert_true(is_short());
	/* marker, where it stood, and callers as libgcc knows them */
	assert_true(nchain > 4);
	assert_int_equal(chain[0], (uint64_t)PERF_CONTEXT_USER);
	for (uint64_t i = 2; i < nchain && i < (uint64_t)shot.ntruth; i++)
		assert_int_equal(chain[i], (uintptr_t)shot.truth[i - 1]);
}

static int set_up(void **state)
{
	const struct pfl_symbols_origin origin = { .live = true };
	const struct pfl_fold_opts opts = { 0 };
	const uint64_t id = ID;

	(void)state;
	now = used = came = 0;
	attr = (struct perf_event_attr){
		.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CONTEXT_SWITCHES,
		.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |
			       PERF_SAMPLE_TIME | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_REGS_USER |
			       PERF_SAMPLE_STACK_USER,
		.sample_regs_user = pfl_arch_perf_mask(pfl_arch_native()),
		.sample_stack_user = DUMP, .sample_id_all = 1, .mmap2 = 1, .sample_period = 1,
	};
	if (pfl_ctx_new(&ctx) || pfl_fold_new(ctx, &opts, &origin, &fold) ||
	    pfl_fold_event(fold, &attr, &id, 1, "switches") ||
	    pfl_fold_to_records(fold, take, NULL))
		return -1;
	pfl_fold_set_live(fold, &mapping, NULL, NULL);
	sink_of_calls = outer(1);
	put_own_mappings();
	push();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pfl_fold_free(fold);
	pfl_ctx_free(ctx);
	return 0;
}

static void the_same_comes_out(void **state)
{
	(void)state;
	get_to_know();
	for (int i = 0; i < 10; i++)
		put_sample();
	came = 0;
	push();
	assert_int_equal(came, 10);
	check_chain();
	assert_int_equal(fold->stats.unwound, fold->stats.samples);
	assert_int_equal(fold->stats.broken + fold->stats.bad_samples, 0);
}

/* The end of the ring may be anywhere in a record. */
static void a_record_in_two_pieces(void **state)
{
	size_t size;

	(void)state;
	get_to_know();
	put_sample();
	size = 8 * used;
	used = 0;
	for (size_t cut = 0; cut <= 3 * size; cut += 8) {
		for (int i = 0; i < 3; i++)
			put_sample();
		came = 0;
		push_cut(cut);
		assert_int_equal(came, 3);
		check_chain();
	}
}

/* Other code where the callers are: until its record has its turn, samples before it have theirs. */
static void a_mapping_waits(void **state)
{
	uint64_t page = (uintptr_t)middle & ~0xfffULL;

	(void)state;
	get_to_know();
	put_sample();
	put_mapping(page, page + 0x1000, 0, "/nowhere/other.so");
	push_and_wait();
	assert_false(is_short());
	came = 0;
	turn();
	assert_int_equal(came, 1);
	check_chain();
	assert_int_equal(fold->stats.broken, 0);
	/* what comes behind it is walked as it is mapped by then */
	assert_false(is_short());
}

/* The sample was taken after it, and comes before it, out of another ring. */
static void a_mapping_will_come(void **state)
{
	uint64_t page = (uintptr_t)middle & ~0xfffULL, mapped = now + 1;
	uint32_t *seen;

	(void)state;
	get_to_know();
	seen = pfl_table_put(&mapping, getpid());
	assert_non_null(seen);
	*seen = 1;
	assert_false(is_short());
	now += 10;
	put_sample();
	push_and_wait();
	now = mapped;
	put_mapping(page, page + 0x1000, 0, "/nowhere/other.so");
	now += 20;
	push_and_wait();
	came = 0;
	turn();
	assert_int_equal(came, 1);
	/* the callers are in code that nothing is known of */
	assert_true(nchain < nfirst);
	assert_memory_equal(chain, first_chain, 16);
	pfl_table_free(&mapping);
}

/* What others map is their business, and so is a thread more of ours. */
static void others_map(void **state)
{
	struct perf_event_header *header;
	uint32_t *seen;

	(void)state;
	get_to_know();
	seen = pfl_table_put(&mapping, getpid() + 1);
	assert_non_null(seen);
	*seen = 1;
	header = begin(PERF_RECORD_FORK);
	put((uint64_t)getpid() << 32 | (uint32_t)getpid());
	put((uint64_t)getpid() << 32 | (uint32_t)(getpid() + 1));
	put(++now);
	put_task();
	put(++now);
	put(ID);
	end(header);
	push_and_wait();
	assert_true(is_short());
	turn();
	pfl_table_free(&mapping);
}

/* One that no thread is known of may be another's by now. */
static void unknown_threads(void **state)
{
	(void)state;
	get_to_know();
	assert_null(pfl_machine_maps(&fold->machine, getpid(), 1));
	assert_null(pfl_machine_maps(&fold->machine, 1, getpid()));
	assert_non_null(pfl_machine_maps(&fold->machine, getpid(), getpid()));
}

/* A recording that says of itself what only we may say. */
static void nobody_else_says_so(void **state)
{
	(void)state;
	get_to_know();
	put_sample();
	push_and_wait();
	fold->mapping = NULL;
	came = 0;
	turn();
	assert_int_equal(came, 1);
	check_chain();
	assert_int_equal(fold->stats.unwound, fold->stats.samples - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_same_comes_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_record_in_two_pieces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_mapping_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_mapping_will_come, set_up, tear_down),
		cmocka_unit_test_setup_teardown(others_map, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unknown_threads, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_else_says_so, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
