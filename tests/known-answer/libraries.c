/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls -ldl */
/*
 * Two libraries (library-a.c, library-b.c, beside this one) that are loaded in
 * turn, at the same addresses: what an address means depends on when.
 */
#include <dlfcn.h>
#include <libgen.h>

#include "work.h"

static struct place places[2] = {
	{ "main;call_library;alpha_run;alpha_step", 0 },
	{ "main;call_library;beta_run;beta_step", 0 },
};
static void *address[2];

static FUNCTION void call_library(const char *path, int i)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	void (*run)(struct place *);

	if (!library) {
		fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
	address[i] = dlsym(library, i ? "beta_run" : "alpha_run");
	memcpy(&run, &address[i], sizeof(run));
	run(&places[i]);
	dlclose(library);
}

int main(int argc, char **argv)
{
	const char *dir = dirname(argv[0]);
	char paths[2][4096];

	(void)argc;
	snprintf(paths[0], sizeof(paths[0]), "%s/library-a", dir);
	snprintf(paths[1], sizeof(paths[1]), "%s/library-b", dir);
	wait_for_start();
	for (int i = 0; i < 2 * ROUNDS; i++)
		call_library(paths[i % 2], i % 2);
	if (address[0] != address[1]) {
		fprintf(stderr, "the libraries were not loaded at one address, but at %p and %p\n",
			address[0], address[1]);
		return 1;
	}
	expect(&places[0]);
	expect(&places[1]);
	spent();
	return 0;
}
