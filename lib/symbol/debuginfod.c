/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#include "symbol/debuginfod.h"
#include "util/context.h"

#define LIBRARY "libdebuginfod.so.1"

/* Its header is in a package of its own; these are its functions since elfutils 0.178. */
struct pfl_debuginfod {
	void *library;
	void *(*begin)(void);
	int (*find_debuginfo)(void *client, const unsigned char *id, int size, char **path);
	int (*find_executable)(void *client, const unsigned char *id, int size, char **path);
	void (*end)(void *client);
};

const char *pfl_debuginfod_servers(void)
{
	const char *servers = getenv("DEBUGINFOD_URLS");

	return servers && *servers ? servers : NULL;
}

static int find_functions(struct pfl_debuginfod *debuginfod)
{
	const struct {
		const char *name;
		void *function;
	} wanted[] = {
		{ "debuginfod_begin", &debuginfod->begin },
		{ "debuginfod_find_debuginfo", &debuginfod->find_debuginfo },
		{ "debuginfod_find_executable", &debuginfod->find_executable },
		{ "debuginfod_end", &debuginfod->end },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		*(void **)wanted[i].function = dlsym(debuginfod->library, wanted[i].name);
		if (!*(void **)wanted[i].function)
			return -ENOENT;
	}
	return 0;
}

static int load(struct pfl_ctx *ctx, struct pfl_debuginfod *debuginfod)
{
	const char *why;

	debuginfod->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (debuginfod->library && !find_functions(debuginfod))
		return 0;
	why = dlerror();
	pfl_warn(ctx, "no server is asked for symbols: %s; install libdebuginfod1 (Fedora: elfutils-debuginfod-client, Arch: debuginfod)",
		 why ? why : LIBRARY " cannot be loaded, by static programs least of all");
	return -ENOENT;
}

int pfl_debuginfod_new(struct pfl_ctx *ctx, struct pfl_debuginfod **out)
{
	struct pfl_debuginfod *debuginfod;
	int err;

	if (!pfl_debuginfod_servers()) {
		pfl_warn(ctx, "no server is asked for symbols: DEBUGINFOD_URLS names none; for Debian: export DEBUGINFOD_URLS=https://debuginfod.debian.net");
		return -ENOENT;
	}
	debuginfod = calloc(1, sizeof(*debuginfod));
	if (!debuginfod)
		return -ENOMEM;
	err = load(ctx, debuginfod);
	if (err)
		pfl_debuginfod_free(debuginfod);
	else
		*out = debuginfod;
	return err;
}

/* The library stays: what it has loaded in turn does not like to be unloaded. */
void pfl_debuginfod_free(struct pfl_debuginfod *debuginfod)
{
	free(debuginfod);
}

int pfl_debuginfod_fetch(const struct pfl_debuginfod *debuginfod, const struct pfl_build_id *id,
			 enum pfl_debuginfod_file which)
{
	/* a client is for one thread only */
	void *client = debuginfod->begin();
	int fd;

	if (!client)
		return -ENOMEM;
	if (which == PFL_DEBUGINFOD_DEBUG)
		fd = debuginfod->find_debuginfo(client, id->bytes, id->size, NULL);
	else
		fd = debuginfod->find_executable(client, id->bytes, id->size, NULL);
	debuginfod->end(client);
	return fd;
}
