/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command that is recorded: forked early, with the rights and limits that the
 * user had; exec'ed when the events are ready.
 */
#ifndef PFL_RECORD_COMMAND_H
#define PFL_RECORD_COMMAND_H

#include "record/sys.h"
#include "util/context.h"

struct pfl_command {
	struct pfl_ctx *ctx;
	const struct pfl_sys *sys;
	const char *name;	/* argv[0], the caller's */
	pid_t pid;		/* 0: none */
	int pidfd;		/* readable once it has ended; -1 */
	/* A byte to it opens the gate; the errno of an exec that failed comes back. */
	int gate;
	bool released;
	int status;		/* of waitpid(2), or -1 */
};

/*
 * Forks; the child waits. 0; -ENOENT: there is no such program; -ENOEXEC: it
 * cannot be run; or -errno; all logged. pfl_command_free() follows in any case.
 */
int pfl_command_start(struct pfl_command *command, struct pfl_ctx *ctx, const struct pfl_sys *sys,
		      char *const *argv);

/* Lets it run. As pfl_command_start(). */
int pfl_command_release(struct pfl_command *command);

/*
 * Stops it with SIGTERM where it still runs, and takes its status. One that does
 * not end within ten seconds is left to itself, with a warning.
 */
void pfl_command_end(struct pfl_command *command);

void pfl_command_free(struct pfl_command *command);

#endif
