/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O1 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls -pthread */
/*
 * Touches pages of fresh memory in three functions: 300 and 200 in two of them, and
 * in changes(), which calls_it() calls, as many as its argument says. What differs from
 * run to run is only that.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>

#include "work.h"

static char *fresh;

static FUNCTION void touch(size_t pages)
{
	size_t size = sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < pages; i++, fresh += size)
		*(volatile char *)fresh = 1;
	ENDS;
}

static FUNCTION void stays(void)
{
	touch(300);
	ENDS;
}

static FUNCTION void stays_too(void)
{
	touch(200);
	ENDS;
}

static FUNCTION void changes(size_t pages)
{
	touch(pages);
	ENDS;
}

static FUNCTION void calls_it(size_t pages)
{
	touch(50);
	changes(pages);
	ENDS;
}

int main(int argc, char **argv)
{
	size_t size = 16 << 20;

	fresh = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (argc != 2 || fresh == MAP_FAILED || madvise(fresh, size, MADV_NOHUGEPAGE))
		return 1;
	stays();
	calls_it(strtoul(argv[1], NULL, 10));
	stays_too();
	return 0;
}
