/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks of the test's own stack against libgcc's unwinder (backtrace(3)), which
 * walks the same stack by code of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

#include "unwind-self.h"

static struct snapshot shot;
static struct pfl_unwinder *unwinder;
static uint64_t pcs[FRAMES];
static volatile int sink;

static struct pfl_walk walk_it(size_t stack_size, uint32_t room)
{
	struct pfl_walk_from from = shot.from;
	struct pfl_walk walk = { .pcs = pcs, .room = room };

	if (stack_size < from.stack_size)
		from.stack_size = stack_size;
	pfl_unwinder_walk(unwinder, &from, &walk);
	return walk;
}

/* All of @walk's frames are those of the truth; in the first one, time passed between. */
static void check_prefix(const struct pfl_walk *walk)
{
	assert_true(walk->count >= 1);
	assert_true(walk->count <= (uint32_t)shot.ntruth);
	assert_int_equal(pcs[0], shot.chain[0]);
	for (uint32_t i = 1; i < walk->count; i++)
		assert_int_equal(pcs[i], (uintptr_t)shot.truth[i]);
}

static void check_whole(void)
{
	struct pfl_walk walk = walk_it(SIZE_MAX, FRAMES);

	check_prefix(&walk);
	assert_int_equal(walk.count, shot.ntruth);
	assert_int_equal(walk.end, PFL_WALK_ROOT);
	assert_int_equal(walk.by_record, 0);
	assert_int_equal(walk.joined, 0);
}

/*
 * With less of the stack: never a wrong frame; and as many bytes as are said to
 * be missing do bring the next one.
 */
static void check_every_length(void)
{
	struct pfl_walk walk = walk_it(0, FRAMES), more;

	for (size_t size = 0; walk.end != PFL_WALK_ROOT; size += 8) {
		assert_true(size <= shot.from.stack_size);
		walk = walk_it(size, FRAMES);
		check_prefix(&walk);
		if (walk.end == PFL_WALK_ROOT)
			break;
		assert_int_equal(walk.end, PFL_WALK_EXHAUSTED);
		assert_true(walk.needed > size);
		more = walk_it(walk.needed, FRAMES);
		assert_true(more.count > walk.count || more.needed > walk.needed);
		more = walk_it(walk.needed - 1, FRAMES);
		assert_int_equal(more.count, walk.count);
	}
}

static void check_all(void)
{
	check_whole();
	check_every_length();
}

WITHOUT_FP static int leaf(int x)
{
	take_snapshot(&shot);
	return x + 1;
}

WITHOUT_FP static int inner(int x)
{
	return leaf(x + 1) * 3;
}

WITH_FP static int middle(int x)
{
	return inner(x ^ 5) + 1;
}

WITHOUT_FP static int outer(int x)
{
	return middle(x * 7) - x;
}

static void nested_calls(void **state)
{
	(void)state;
	sink = outer(sink);
	check_all();
}

WITHOUT_FP static int with_alloca(int x)
{
	volatile char *room = alloca(100 + 16 * x);

	room[x] = x;
	return outer(x) + room[x];
}

static void alloca_moves_the_stack_pointer(void **state)
{
	(void)state;
	for (int x = 0; x < 5; x++) {
		sink = with_alloca(x);
		check_all();
	}
}

/* Aligned more than the ABI has it, and of variable size: no fixed distance to the CFA. */
WITHOUT_FP static int realigned(int x)
{
	_Alignas(128) volatile char fixed[256];
	volatile char *room = alloca(24 + 8 * x);

	assert_int_equal((uintptr_t)fixed % 128, 0);
	fixed[x] = room[x] = x;
	return outer(x) + fixed[x] + room[x];
}

WITHOUT_FP static int realigned_only(int x)
{
	_Alignas(64) volatile char fixed[64];

	fixed[x] = x;
	return realigned(x) + fixed[x];
}

static void realigned_stacks(void **state)
{
	(void)state;
	for (int x = 0; x < 5; x++) {
		sink = realigned_only(x);
		check_all();
	}
}

WITHOUT_FP static int recurse(int depth)
{
	volatile int here = depth;

	return depth ? recurse(depth - 1) + here : leaf(here);
}

static void deep_recursion(void **state)
{
	struct pfl_walk walk;

	(void)state;
	sink = recurse(1500);
	check_whole();
	walk = walk_it(SIZE_MAX, 1024);
	assert_int_equal(walk.count, 1024);
	assert_int_equal(walk.end, PFL_WALK_DEEP);
	check_prefix(&walk);
	walk = walk_it(SIZE_MAX, 0);
	assert_int_equal(walk.count, 0);
	assert_int_equal(walk.end, PFL_WALK_DEEP);
}

static int compare(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	if (!shot.ntruth)
		outer(x);
	return (x > y) - (x < y);
}

static void a_callback_from_libc(void **state)
{
	int list[] = { 5, 3, 1, 4, 2, 9, 8 };

	(void)state;
	shot.ntruth = 0;
	qsort(list, 7, sizeof(*list), compare);
	check_all();
}

static void on_signal(int number)
{
	sink = outer(number);
}

/* Interrupted where a fault struck: not behind a call. */
WITHOUT_FP static int interrupted(int x)
{
	raise(SIGUSR1);
	return x + 1;
}

static void a_signal_handler(void **state)
{
	struct sigaction action = { .sa_handler = on_signal };

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	sink = interrupted(3);
	check_all();
}

/* The alternate stack lies below the thread's own in one mapping, so that a dump holds both. */
static void *switch_stacks(void *stack)
{
	stack_t alternate = { .ss_sp = stack, .ss_size = 64 << 10 };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };

	if (sigaltstack(&alternate, NULL) || sigaction(SIGUSR1, &action, NULL))
		return stack;
	sink = interrupted(3);
	alternate.ss_flags = SS_DISABLE;
	return sigaltstack(&alternate, NULL) ? stack : NULL;
}

static void a_handler_on_an_alternate_stack(void **state)
{
	size_t half = 64 << 10, all = 3 * half;
	char *stack = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct pfl_walk walk;
	pthread_attr_t attr;
	pthread_t thread;
	void *failed;

	(void)state;
	assert_ptr_not_equal(stack, MAP_FAILED);
	assert_int_equal(pthread_attr_init(&attr), 0);
	assert_int_equal(pthread_attr_setstack(&attr, stack + half, all - half), 0);
	assert_int_equal(pthread_create(&thread, &attr, switch_stacks, stack), 0);
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_null(failed);
	check_whole();
	/* Without the other stack, the walk ends with the frame that was interrupted on it. */
	walk = walk_it((uintptr_t)stack + half - shot.from.regs.value[shot.from.arch->sp], FRAMES);
	check_prefix(&walk);
	assert_int_equal(walk.end, PFL_WALK_EXHAUSTED);
	assert_true(walk.count > 5);
	assert_true(walk.count < (uint32_t)shot.ntruth);
	assert_int_equal(pthread_attr_destroy(&attr), 0);
	munmap(stack, all);
}

static void *thread_main(void *data)
{
	sink = outer(4);
	return data;
}

static void a_thread_begins_in_libc(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, thread_main, NULL), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	check_all();
}

static jmp_buf way_out;

/* The call is the last instruction: what it would return to belongs to no function, or the next. */
__attribute__((noreturn)) WITHOUT_FP static void never_returns(int x)
{
	sink = outer(x);
	longjmp(way_out, 1);
}

__attribute__((noreturn)) WITHOUT_FP static void ends_with_a_call(int x)
{
	volatile char room[40];

	room[x & 7] = x;
	never_returns(room[x & 7]);
}

static void a_call_that_ends_its_function(void **state)
{
	(void)state;
	if (!setjmp(way_out))
		ends_with_a_call(3);
	check_all();
}

#if defined(__x86_64__)
/* Stopped at an instruction: the one that a trap or a fault interrupted. */
struct stops {
	unsigned int count, wrong;
	uint64_t first_wrong, stack_end;
	uint64_t before[FRAMES];	/* the stack at the last stop that was right */
	uint32_t nbefore;
};

static struct stops stops;

/*
 * libgcc loses its way behind the "leave" of a realigned frame, where CFI is wrong:
 * then the callers must be those of the instruction before.
 */
static void check_stop(void)
{
	struct pfl_walk walk = walk_it(SIZE_MAX, FRAMES);
	uint32_t skip = 0, count = shot.ntruth;
	bool right;

	while (skip < count && (uintptr_t)shot.truth[skip] != pcs[0])
		skip++;
	stops.count++;
	right = walk.end == PFL_WALK_ROOT && walk.count == count - skip;
	for (uint32_t i = 0; right && i < walk.count; i++)
		right = (uintptr_t)shot.truth[skip + i] == pcs[i];
	if (!right && walk.end == PFL_WALK_ROOT && walk.count == stops.nbefore)
		right = !memcmp(pcs + 1, stops.before + 1, (walk.count - 1) * sizeof(*pcs));
	if (!right && !stops.wrong++)
		stops.first_wrong = pcs[0];
	if (!right)
		return;
	stops.nbefore = walk.count;
	memcpy(stops.before, pcs, walk.count * sizeof(*pcs));
}

/* The registers are those of the code that was stopped, not the handler's. */
static void on_stop(int number, siginfo_t *info, void *data)
{
	ucontext_t *context = data;
	uint64_t sp = context->uc_mcontext.gregs[REG_RSP];

	(void)info;
	load_registers(context, &shot.from);
	shot.from.stack_size = stops.stack_end - sp;
	shot.from.stack = (const void *)sp;
	shot.ntruth = backtrace(shot.truth, FRAMES);
	check_stop();
	if (number == SIGILL)
		context->uc_mcontext.gregs[REG_RIP] += 2;
}

static void prepare_stops(int number)
{
	struct sigaction action = { .sa_sigaction = on_stop, .sa_flags = SA_SIGINFO };

	stops.count = stops.wrong = stops.nbefore = 0;
	stops.stack_end = mapping_end((uintptr_t)&action);
	shot.from.locate = locate;
	assert_int_equal(sigaction(number, &action, NULL), 0);
}

static void check_stops(int number, unsigned int expected)
{
	signal(number, SIG_DFL);
	if (stops.wrong)
		fail_msg("%u of %u stops are wrong, the first at %#llx", stops.wrong, stops.count,
			 (unsigned long long)stops.first_wrong);
	assert_true(stops.count >= expected);
}

/* A fault at the first instruction: the byte before it belongs to nobody. */
__asm__(".text\n\t.p2align 4\n\tnop\n"
	"faults_at_once:\n\t.cfi_startproc\n\tud2\n\tret\n\t.cfi_endproc");
void faults_at_once(void);

static void a_fault_at_the_first_instruction(void **state)
{
	(void)state;
	prepare_stops(SIGILL);
	faults_at_once();
	check_stops(SIGILL, 1);
}

WITHOUT_FP static int work(int x)
{
	volatile int kept[] = { x + 1, x + 2, x + 3, x + 4, x + 5, x + 6 };
	int a = kept[0], b = kept[1], c = kept[2], d = kept[3], e = kept[4], f = kept[5];

	__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c) :
			 : "rbx", "rbp", "r12", "r13", "r14", "r15");
	return a + b + c + d + e + f + kept[x & 3];
}

WITHOUT_FP static int work_realigned(int x)
{
	_Alignas(64) volatile char fixed[64];
	volatile char *room = alloca(24 + 8 * x);

	fixed[x] = room[x] = x;
	return work(x) + fixed[x] + room[x];
}

WITH_FP static int work_with_fp(int x)
{
	int list[] = { x, 3, 1, 2 };

	qsort(list, 4, sizeof(*list), compare);
	return work_realigned(list[1]) + work(list[2]);
}

/* Set and clear the flag that has the CPU trap after each instruction. */
__asm__(".text\n"
	"begin_stepping:\n\t.cfi_startproc\n\tpushfq\n\t.cfi_adjust_cfa_offset 8\n\t"
	"orq $0x100, (%rsp)\n\tpopfq\n\t.cfi_adjust_cfa_offset -8\n\tret\n\t.cfi_endproc\n"
	"end_stepping:\n\t.cfi_startproc\n\tpushfq\n\t.cfi_adjust_cfa_offset 8\n\t"
	"andq $~0x100, (%rsp)\n\tpopfq\n\t.cfi_adjust_cfa_offset -8\n\tret\n\t.cfi_endproc");
void begin_stepping(void);
void end_stepping(void);

/* Prologues, epilogues, PLT entries, the dynamic linker: every instruction on the way. */
static void every_single_instruction(void **state)
{
	(void)state;
	shot.ntruth = 1;	/* compare() takes no snapshot */
	prepare_stops(SIGTRAP);
	begin_stepping();
	sink = work_with_fp(2);
	end_stepping();
	check_stops(SIGTRAP, 200);
}
#endif

static void no_stack_at_all(void **state)
{
	struct pfl_walk_from from = shot.from;
	struct pfl_walk walk = { .pcs = pcs, .room = FRAMES };

	(void)state;
	from.stack = NULL;
	from.stack_size = 0;
	pfl_unwinder_walk(unwinder, &from, &walk);
	assert_int_equal(walk.count, 1);
	assert_int_equal(walk.end, PFL_WALK_EXHAUSTED);
	pfl_regs_set(&from.regs, from.arch->pc, 16);
	pfl_unwinder_walk(unwinder, &from, &walk);
	assert_int_equal(walk.count, 1);
	assert_int_equal(walk.end, PFL_WALK_UNMAPPED);
	assert_int_equal(walk.stop, 16);
}

/* Registers and stacks of noise, at every function: whatever comes out, it ends. */
static void noise(void **state)
{
	uint64_t *words = (uint64_t *)(void *)shot.stack;

	(void)state;
	srandom(5);
	nested_calls(NULL);
	for (int round = 0; round < 20000; round++) {
		const struct code_map *map = &code_maps[random() % ncode_maps];
		struct pfl_walk walk;

		for (int i = 0; i < 64; i++)
			words[random() % 512] = random() % 3 ?
				(uintptr_t)shot.truth[random() % shot.ntruth] :
				shot.from.regs.value[shot.from.arch->sp] + random() % 4096;
		pfl_regs_set(&shot.from.regs, shot.from.arch->pc,
			     map->start + (uint64_t)random() % (map->end - map->start));
		pfl_regs_set(&shot.from.regs, random() % shot.from.arch->sp,
			     shot.from.regs.value[shot.from.arch->sp] + random() % 4096);
		walk = walk_it(4096, FRAMES);
		assert_true(walk.count >= 1);
		assert_true(walk.count <= FRAMES);
	}
}

static int set_up(void **state)
{
	return read_code_maps(state) || pfl_unwinder_new(&unwinder);
}

static int tear_down(void **state)
{
	pfl_unwinder_free(unwinder);
	return free_code_maps(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nested_calls),
		cmocka_unit_test(alloca_moves_the_stack_pointer),
		cmocka_unit_test(realigned_stacks),
		cmocka_unit_test(deep_recursion),
		cmocka_unit_test(a_callback_from_libc),
		cmocka_unit_test(a_signal_handler),
		cmocka_unit_test(a_handler_on_an_alternate_stack),
		cmocka_unit_test(a_thread_begins_in_libc),
		cmocka_unit_test(a_call_that_ends_its_function),
#if defined(__x86_64__)
		cmocka_unit_test(a_fault_at_the_first_instruction),
		cmocka_unit_test(every_single_instruction),
#endif
		cmocka_unit_test(no_stack_at_all),
		cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
