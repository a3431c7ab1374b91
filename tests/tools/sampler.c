/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linked to an aarch64 program, it samples it, where no kernel does: in an emulator. A
 * timer of CPU time interrupts the program. What goes to the file that $SAMPLES names is
 *
 *	/proc/self/maps, a line "\n", and for each sample struct taken and the stack's bytes
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#define DUMP 16384
#define PAGE 4096

struct taken {
	uint64_t regs[33];	/* x0 to x30, SP, PC: in the order of a recording */
	uint64_t size;
};

static int out, ends[2];

static void put(const void *bytes, size_t size)
{
	if (write(out, bytes, size) != (ssize_t)size)
		_exit(1);
}

/* Copies the stack from @sp on, as far as there is one: a system call fails where we would fault. */
static uint64_t copy_stack(uint64_t sp, char *copy)
{
	uint64_t size = 0;
	ssize_t step;

	while (size < DUMP) {
		step = PAGE - (sp + size) % PAGE;
		if ((uint64_t)step > DUMP - size)
			step = DUMP - size;
		if (write(ends[1], (const void *)(uintptr_t)(sp + size), step) != step)
			break;
		if (read(ends[0], copy + size, step) != step)
			_exit(1);
		size += step;
	}
	return size;
}

static void take(int number, siginfo_t *info, void *data)
{
	static char stack[DUMP];
	static bool busy;
	const mcontext_t *from = &((ucontext_t *)data)->uc_mcontext;
	struct taken taken;
	int saved = errno;

	(void)number;
	(void)info;
	/* the timer is the process's: another thread may get the next signal before this is done */
	if (__atomic_test_and_set(&busy, __ATOMIC_ACQUIRE))
		return;
	memcpy(taken.regs, from->regs, sizeof(from->regs));
	taken.regs[31] = from->sp;
	taken.regs[32] = from->pc;
	taken.size = copy_stack(from->sp, stack);
	put(&taken, sizeof(taken));
	put(stack, taken.size);
	__atomic_clear(&busy, __ATOMIC_RELEASE);
	errno = saved;
}

static void put_maps(void)
{
	int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	char text[4096];
	ssize_t got;

	while ((got = read(maps, text, sizeof(text))) > 0)
		put(text, got);
	put("\n", 1);
	close(maps);
}

static void __attribute__((constructor)) begin(void)
{
	struct sigaction action = { .sa_sigaction = take, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct itimerval often = { { 0, 4000 }, { 0, 4000 } };

	out = open(getenv("SAMPLES"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (out < 0 || pipe2(ends, O_CLOEXEC))
		_exit(1);
	put_maps();
	sigaction(SIGPROF, &action, NULL);
	setitimer(ITIMER_PROF, &often, NULL);
}

static void __attribute__((destructor)) end(void)
{
	setitimer(ITIMER_PROF, &(struct itimerval){ 0 }, NULL);
}
