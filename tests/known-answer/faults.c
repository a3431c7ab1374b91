/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O1 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls -fno-shrink-wrap -pthread */
/*
 * Touches memory of each kind in functions of their own, and prints how often the
 * kernel says that it was not there (getrusage(2), which counts where perf's events
 * do), a line for each stack and fault, and the bytes that were touched first:
 *
 *	faults COUNT BYTES main;...;function;[KIND minor|major]
 *
 * The path of a directory for a file is its argument.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "work.h"

#define PAGES 100
#define HUGE (2u << 20)
#define NHUGE 4

static size_t page;
static char text[16384];
static size_t len;

struct faults {
	long minor, major;
};

static struct faults now(void)
{
	static struct rusage usage;

	if (getrusage(RUSAGE_THREAD, &usage))
		_exit(1);
	return (struct faults){ usage.ru_minflt, usage.ru_majflt };
}

static void told(const char *stack, const char *kind, long count, size_t bytes)
{
	if (count)
		len += snprintf(text + len, sizeof(text) - len, "faults %ld %zu %s;[%s]\n", count, bytes,
				stack, kind);
}

/* @bytes 0: a page for each. */
static void since(struct faults start, const char *stack, const char *memory, size_t bytes)
{
	struct faults end = now();
	char kind[32];

	snprintf(kind, sizeof(kind), "%s minor", memory);
	told(stack, kind, end.minor - start.minor, bytes ? bytes : (end.minor - start.minor) * page);
	snprintf(kind, sizeof(kind), "%s major", memory);
	told(stack, kind, end.major - start.major, (end.major - start.major) * page);
}

static char *map(size_t size, int flags, int fd)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (memory == MAP_FAILED)
		_exit(1);
	return memory;
}

static char *map_anon(void)
{
	char *memory = map(PAGES * page, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	madvise(memory, PAGES * page, MADV_NOHUGEPAGE);
	return memory;
}

WORK_ALWAYS_INLINE void write_each(volatile char *memory)
{
	for (size_t i = 0; i < PAGES; i++)
		memory[i * page] = 1;
}

WORK_ALWAYS_INLINE void read_each(volatile char *memory)
{
	for (size_t i = 0; i < PAGES; i++)
		memory[i * page];
}

static FUNCTION char *anon(void)
{
	char *memory = map_anon();
	struct faults start = now();

	write_each(memory);
	since(start, "main;anon", "anon", 0);
	if (now().minor - start.minor < PAGES)
		_exit(1);	/* each page is one, whatever else is */
	return memory;
}

static FUNCTION void huge(void)
{
	char *memory = map((NHUGE + 1) * HUGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	volatile char *aligned = memory + HUGE - (uintptr_t)memory % HUGE;
	struct faults start;

	madvise((char *)aligned, NHUGE * HUGE, MADV_HUGEPAGE);
	start = now();
	for (size_t i = 0; i < NHUGE * HUGE; i += page)
		aligned[i] = 1;
	since(start, "main;huge", "anon", NHUGE * HUGE);
}

static FUNCTION void heap(void)
{
	char *memory = sbrk((PAGES + 1) * page);
	struct faults start = now();

	write_each(memory + page - 1);
	since(start, "main;heap", "heap", 0);
}

static FUNCTION void deeper(int depth)
{
	volatile char local[4096] __attribute__((unused));

	local[0] = 1;
	if (depth)
		deeper(depth - 1);
	local[1] = 1;
}

static FUNCTION void stack(void)
{
	struct faults start = now();

	deeper(60);
	since(start, "main;stack;deeper", "stack", 0);
}

static FUNCTION void file_private(int fd)
{
	char *memory = map(PAGES * page, MAP_PRIVATE, fd);
	struct faults start = now();

	write_each(memory);
	since(start, "main;file_private", "file", 0);
}

static FUNCTION void file_shared(int fd)
{
	char *memory = map(PAGES * page, MAP_SHARED, fd);
	struct faults start = now();

	write_each(memory);
	since(start, "main;file_shared", "file", 0);
}

/* The kernel brings neighbours of what is read, too. */
static FUNCTION void file_read(int fd)
{
	char *memory = map(PAGES * page, MAP_SHARED, fd);
	struct faults start = now();

	read_each(memory);
	since(start, "main;file_read", "file", 0);
}

static FUNCTION void file_cold(int fd)
{
	char *memory;
	struct faults start;

	fsync(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	memory = map(PAGES * page, MAP_SHARED, fd);
	start = now();
	read_each(memory);
	since(start, "main;file_cold", "file", 0);
}

/* The kernel touches it. */
static FUNCTION void copied(int zeroes)
{
	char *memory = map_anon();
	struct faults start = now();

	if (read(zeroes, memory, PAGES * page) != (ssize_t)(PAGES * page))
		_exit(1);
	since(start, "main;copied", "anon", 0);
}

static FUNCTION void *on_thread(void *data)
{
	struct faults start = now();

	deeper(60);
	since(start, "on_thread;deeper", "anon", 0);
	return data;
}

static FUNCTION void child(char *memory)
{
	struct faults start;

	now();	/* has its static memory copied */
	start = now();
	write_each(memory);
	len = 0;
	since(start, "main;child", "anon", 0);
	tell(text);
	_exit(0);
}

int main(int argc, char **argv)
{
	char *memory, path[4096];
	pthread_t thread;
	int fd, zeroes, status;
	pid_t pid;

	page = sysconf(_SC_PAGESIZE);
	snprintf(path, sizeof(path), "%s/faults.XXXXXX", argc > 1 ? argv[1] : "/tmp");
	fd = mkstemp(path);
	zeroes = open("/dev/zero", O_RDONLY);
	if (fd < 0 || zeroes < 0 || unlink(path) || ftruncate(fd, PAGES * page))
		return 1;
	memset(text, 1, sizeof(text));
	now();
	since(now(), "", "", 0);
	wait_for_start();
	memory = anon();
	huge();
	heap();
	stack();
	file_shared(fd);
	file_private(fd);
	file_read(fd);
	file_cold(fd);
	copied(zeroes);
	if (pthread_create(&thread, NULL, on_thread, NULL) || pthread_join(thread, NULL))
		return 1;
	pid = fork();
	if (!pid)
		child(memory);
	if (waitpid(pid, &status, 0) != pid || status)
		return 1;
	text[len] = '\0';
	tell(text);
	return 0;
}
