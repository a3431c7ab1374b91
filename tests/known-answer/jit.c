/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls */
/*
 * Code in memory of no file, as a just-in-time compiler leaves it: named by
 * /tmp/perf-PID.map, where one name is given up and its place used again.
 */
#include <sys/mman.h>

#include "work.h"

#define CODE_SIZE 4096

static struct place compiled_place = { "main;call;int Compiled::loop(int)", 0 };

/* Turns like work(), with a frame of its own, and nothing that depends on where it stands. */
static FUNCTION uint64_t template(uint64_t turns)
{
	void *frame = __builtin_frame_address(0);

	for (; turns; turns--)
		__asm__ volatile("" : "+r"(turns), "+r"(frame));
	return turns;
}

static void *compile(void)
{
	char *code = mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	/* more than it takes: what lies behind it is never reached */
	if (code == MAP_FAILED)
		exit(1);
	memcpy(code, (void *)template, 64);
	__builtin___clear_cache(code, code + 64);
	if (mprotect(code, CODE_SIZE, PROT_READ | PROT_EXEC))
		exit(1);
	return code;
}

static void name_code(const void *code)
{
	char path[64];
	FILE *map;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	unlink(path);	/* of an earlier process of this number */
	map = fopen(path, "wx");
	if (!map || fprintf(map, "%lx 40 given up\n%lx 40 int Compiled::loop(int)\n",
			    (long)code, (long)code) < 0 || fclose(map))
		exit(1);
}

static FUNCTION void call(uint64_t (*code)(uint64_t))
{
	uint64_t start = cpu_ns(CLOCK_THREAD_CPUTIME_ID);

	code(100 * TURNS_PER_MS);
	compiled_place.ns += cpu_ns(CLOCK_THREAD_CPUTIME_ID) - start;
}

int main(void)
{
	void *code = compile();
	uint64_t (*function)(uint64_t);

	memcpy(&function, &code, sizeof(function));
	name_code(code);
	wait_for_start();
	for (int i = 0; i < ROUNDS; i++)
		call(function);
	expect(&compiled_place);
	spent();
	return 0;
}
