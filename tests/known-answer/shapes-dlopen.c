/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fomit-frame-pointer -fno-optimize-sibling-calls -ldl */
/*
 * A library (shapes-library.c, beside this one) that comes while the program runs,
 * and calls it back; its own calls go through its PLT.
 */
#include <dlfcn.h>
#include <libgen.h>

#include "work.h"

static struct place places[] = {
	{ "main;load;library_run;library_step", 0 },
	{ "main;load;library_run;called_back", 0 },
	{ "main;load;library_run;library_loop", 0 },
	{ "main;load;library_run;library_loop;library_nothing", 0 },
};

static FUNCTION void called_back(void *place)
{
	work(place, 100);
	ENDS;
}

static FUNCTION void load(const char *path)
{
	void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL), *found;
	void (*run)(struct place *, void (*)(void *));

	if (!library || !(found = dlsym(library, "library_run"))) {
		fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
	memcpy(&run, &found, sizeof(run));
	run(places, called_back);
	dlclose(library);
}

int main(int argc, char **argv)
{
	char path[4096];

	(void)argc;
	snprintf(path, sizeof(path), "%s/shapes-library", dirname(argv[0]));
	wait_for_start();
	load(path);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		expect(&places[i]);
	spent();
	return 0;
}
