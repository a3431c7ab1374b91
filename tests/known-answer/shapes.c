/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fomit-frame-pointer -fno-optimize-sibling-calls -pthread */
/*
 * Frames of all shapes that a C compiler makes. shapes-*.c are the same, compiled
 * and linked in other ways.
 */
#define _GNU_SOURCE
#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

#include "work.h"

#define MS 100
#define ALTERNATE 12288
#define STACK (160 * 1024)	/* aarch64 refuses what is less than 128 KiB */

static struct place places[] = {
	{ "main;plain", 0 },
	{ "main;on_moving_stack;on_aligned_stack;plain", 0 },
	{ "main;deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;"
	  "deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;"
	  "deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;deep;plain", 0 },
	{ "main;call_edges", 0 },
	{ "main;call_edges;edges", 0 },
	{ "thread;interrupted;handler;plain", 0 },
	{ "main;variable;plain", 0 },
};

/* What a caller holds in the registers that calls preserve. */
struct held {
	unsigned long a, b, c, d, e;
};

/* Many registers pushed and popped for next to nothing: it is mostly seen in doing that. */
static FUNCTION unsigned long edges(struct held *held, unsigned long n)
{
	unsigned long sum = n;

#if defined(__x86_64__)
	__asm__ volatile("" : "+r"(sum) : : "rbx", "rbp", "r12", "r13", "r14", "r15");
#else
	__asm__ volatile("" : "+r"(sum) : : "x19", "x20", "x21", "x22", "x23", "x24");
#endif
	held->a = sum;
	return sum;
}

/* @ms of calls of edges(), which is what takes the time. */
static FUNCTION void call_edges(unsigned int ms)
{
	struct held held = { 0 };
	unsigned long sum = 0;

	for (unsigned int i = 0; i < ms * (TURNS_PER_MS / 20); i++) {
		sum += edges(&held, i);
		for (int turns = 10; turns; turns--)
			__asm__ volatile("" : "+r"(turns));
	}
	__asm__ volatile("" : : "r"(sum), "m"(held));
}

static FUNCTION void plain(struct place *place)
{
	work(place, MS);
	ENDS;
}

static FUNCTION void on_aligned_stack(struct place *place, unsigned long size)
{
	_Alignas(256) volatile char aligned[256];
	volatile char *some = alloca(size);

	some[size - 1] = aligned[size] = 1;
	plain(place);
	some[0] = aligned[0];
}

/* Where the frame pointer is the only way back to the CFA. */
static FUNCTION void on_moving_stack(struct place *place, unsigned long size)
{
	for (int i = 0; i < 2; i++) {
		volatile char *some = alloca(size << i);

		some[size - 1] = i;
	}
	on_aligned_stack(place, size);
	ENDS;
}

static FUNCTION void variable(struct place *place, int count)
{
	volatile char array[count];

	array[count - 1] = 1;
	plain(place);
	array[0] = array[count - 1];
}

static FUNCTION void deep(struct place *place, int depth)
{
	volatile char room[64];

	room[depth] = 1;
	if (depth > 1)
		deep(place, depth - 1);
	else
		plain(place);
	room[0] = room[depth];
}

static void handler(int signal);

static FUNCTION void handler(int signal)
{
	(void)signal;
	plain(&places[5]);
	ENDS;
}

/* A trap: its handler is called between two instructions of this function. */
static FUNCTION void interrupted(void)
{
#if defined(__x86_64__)
	__asm__ volatile("int3" : : : "memory");
#else
	raise(SIGTRAP);
#endif
	ENDS;
}

static FUNCTION void *thread(void *data)
{
	stack_t stack = { .ss_sp = data, .ss_size = ALTERNATE };
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK };

	if (sigaltstack(&stack, NULL) || sigaction(SIGTRAP, &action, NULL))
		_exit(1);
	interrupted();
	stack.ss_flags = SS_DISABLE;
	sigaltstack(&stack, NULL);
	return NULL;
}

/*
 * A thread whose alternate stack is part of its own, right below what it uses, so that one
 * dump of 16 KiB from the handler's SP on holds both: where it does not, nobody can tell
 * what was interrupted.
 */
static FUNCTION void on_alternate_stack(void)
{
	/* there from the start: the kernel dumps no page that nobody has touched yet */
	char *memory = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	pthread_attr_t attr;
	pthread_t id;

	if (memory == MAP_FAILED || pthread_attr_init(&attr) ||
	    pthread_attr_setstack(&attr, memory, STACK) ||
	    pthread_create(&id, &attr, thread, memory + STACK - ALTERNATE - 8192) || pthread_join(id, NULL))
		_exit(1);
	pthread_attr_destroy(&attr);
}

int main(int argc, char **argv)
{
	(void)argv;
	wait_for_start();
	plain(&places[0]);
	on_moving_stack(&places[1], 100 + argc);
	deep(&places[2], 48);
	call_edges(MS);
	variable(&places[6], 300 + argc);
	on_alternate_stack();
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		expect(&places[i]);
	spent();
	return 0;
}
