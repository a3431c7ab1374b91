/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls */
/*
 * Forks that go on alone, and forks that become another program (successor.c,
 * beside this one), at the same addresses as before or not.
 */
#include <libgen.h>
#include <sys/wait.h>

#include "work.h"

#define FAMILIES 5	/* each of 400 ms of CPU time */
#define TURNS 4

static struct place parent_place = { "main;parent", 0 };

static FUNCTION void parent(void)
{
	work(&parent_place, 40);
}

static FUNCTION void child(struct place *place)
{
	work(place, 20);
}

static FUNCTION void before_exec(struct place *place)
{
	work(place, 15);
}

static FUNCTION void run_child(void)
{
	struct place place = { "main;run_child;child", 0 };

	for (int i = 0; i < TURNS; i++)
		child(&place);
	expect(&place);
	spent();
	_exit(0);
}

static FUNCTION void run_successor(char *path)
{
	struct place place = { "main;run_successor;before_exec", 0 };

	for (int i = 0; i < TURNS; i++)
		before_exec(&place);
	expect(&place);
	execl(path, path, (char *)NULL);
	_exit(1);
}

int main(int argc, char **argv)
{
	char path[4096];
	int status;

	(void)argc;
	snprintf(path, sizeof(path), "%s/successor", dirname(argv[0]));
	wait_for_start();
	for (int i = 0; i < FAMILIES; i++) {
		if (!fork())
			run_child();
		if (!fork())
			run_successor(path);
		for (int j = 0; j < TURNS; j++)
			parent();
		while (wait(&status) > 0)
			if (status)
				return 1;
	}
	expect(&parent_place);
	spent();
	return 0;
}
