/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Debug files and binaries from a debuginfod server, by build-id. elfutils' client
 * library asks (debuginfod_find_debuginfo(3)): it knows the servers, the cache and the timeout
 * that the user has set. It is loaded when it is asked for, as it needs an HTTP
 * library that nothing else here needs.
 */
#ifndef PFL_SYMBOL_DEBUGINFOD_H
#define PFL_SYMBOL_DEBUGINFOD_H

#include <perflame/context.h>

#include "util/build-id.h"

struct pfl_debuginfod;

/* 0; -ENOMEM; -ENOENT: there is no client, or no server is named: told, with what helps. */
int pfl_debuginfod_new(struct pfl_ctx *ctx, struct pfl_debuginfod **out);
/* NULL is fine. */
void pfl_debuginfod_free(struct pfl_debuginfod *debuginfod);

/* The servers, as DEBUGINFOD_URLS has them; valid as long as the environment. */
const char *pfl_debuginfod_servers(void);

enum pfl_debuginfod_file {
	PFL_DEBUGINFOD_DEBUG,		/* what was stripped from a binary */
	PFL_DEBUGINFOD_EXECUTABLE,	/* the binary itself, program or library */
};

/*
 * The file of the binary with build-id @id, from the user's cache or from a
 * server; it is for the caller to look whether it is that. Several threads may ask at
 * once. A file descriptor; -ENOENT: no server has it; or why none could be asked.
 */
int pfl_debuginfod_fetch(const struct pfl_debuginfod *debuginfod, const struct pfl_build_id *id,
			 enum pfl_debuginfod_file which);

#endif
