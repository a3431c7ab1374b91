/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/command.h"

#define GRACE_MS 10000	/* between SIGTERM and leaving a command to itself */

/* Is there a file to run at @path? 0, -ENOENT or -ENOEXEC. */
static int check_file(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno == ENOENT || errno == ENOTDIR ? -ENOENT : -ENOEXEC;
	return S_ISREG(st.st_mode) && !access(path, X_OK) ? 0 : -ENOEXEC;
}

/* As execvp(3) will look for it. What can be told before recording is told before. */
static int check_program(const char *name)
{
	const char *dir = getenv("PATH"), *end;
	char path[PATH_MAX];
	int err, worst = -ENOENT;

	if (!*name)
		return -ENOENT;
	if (strchr(name, '/'))
		return check_file(name);
	if (!dir)
		dir = "/bin:/usr/bin";
	for (;; dir = end + 1) {
		end = strchrnul(dir, ':');
		if (snprintf(path, sizeof(path), "%.*s%s%s", (int)(end - dir), dir,
			     end > dir ? "/" : "", name) < (int)sizeof(path)) {
			err = check_file(path);
			if (!err)
				return 0;
			if (err == -ENOEXEC)
				worst = err;
		}
		if (!*end)
			return worst;
	}
}

static int cannot_run(const struct pfl_command *command, int err)
{
	if (err == -ENOENT || err == -ENOTDIR)
		return pfl_fail(command->ctx, -ENOENT, "%s: command not found", command->name);
	return pfl_fail(command->ctx, -ENOEXEC, "%s: cannot be run: %s", command->name,
			strerror(err == -ENOEXEC ? EACCES : -err));
}

/* It was there when we looked. */
static int not_executed(const struct pfl_command *command, int err)
{
	if (err == -ENOENT)
		return pfl_fail(command->ctx, -ENOEXEC, "%s: cannot be run: it was there, but the "
				"interpreter that it names is not", command->name);
	return cannot_run(command, err);
}

/* In the child, until the gate opens. An end of file means that the recorder has gone. */
__attribute__((noreturn))
static void run_child(int gate, char *const *argv)
{
	ssize_t n;
	char go;
	int err;

	do
		n = recv(gate, &go, 1, 0);
	while (n < 0 && errno == EINTR);
	if (n == 1) {
		execvp(argv[0], argv);
		err = errno;
		send(gate, &err, sizeof(err), MSG_NOSIGNAL);
	}
	_exit(127);
}

static int start_child(struct pfl_command *command, char *const *argv)
{
	int gate[2], err;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gate))
		return -errno;
	command->pid = command->sys->fork();
	if (!command->pid) {
		close(gate[0]);
		run_child(gate[1], argv);
	}
	err = command->pid < 0 ? -errno : 0;
	close(gate[1]);
	command->gate = gate[0];
	if (err) {
		command->pid = 0;
		return err;
	}
	command->pidfd = command->sys->pidfd_open(command->pid);
	return command->pidfd < 0 ? -errno : 0;
}

int pfl_command_start(struct pfl_command *command, struct pfl_ctx *ctx, const struct pfl_sys *sys,
		      char *const *argv)
{
	int err;

	*command = (struct pfl_command){
		.ctx = ctx,
		.sys = sys,
		.name = argv[0],
		.pidfd = -1,
		.gate = -1,
		.status = -1,
	};
	err = argv[0] ? check_program(argv[0]) : -EINVAL;
	if (err == -ENOENT || err == -ENOEXEC)
		return cannot_run(command, err);
	if (!err)
		err = start_child(command, argv);
	if (err)
		return pfl_fail(ctx, err, "%s: cannot be started: %s", argv[0] ? argv[0] : "command",
				strerror(-err));
	return 0;
}

int pfl_command_release(struct pfl_command *command)
{
	int err = 0;
	ssize_t n;

	command->released = true;
	/* A child that has gone already is seen by its status. */
	if (send(command->gate, "", 1, MSG_NOSIGNAL) != 1)
		return 0;
	do
		n = recv(command->gate, &err, sizeof(err), MSG_WAITALL);
	while (n < 0 && errno == EINTR);
	return n == sizeof(err) ? not_executed(command, -err) : 0;
}

/* Whether it has ended; then its status is known. */
static bool reap(struct pfl_command *command, int timeout_ms)
{
	struct pollfd fd = { .fd = command->pidfd, .events = POLLIN };
	pid_t pid;
	int status;

	if (command->pidfd >= 0)
		while (command->sys->poll(&fd, 1, timeout_ms) < 0 && errno == EINTR)
			;
	pid = waitpid(command->pid, &status, command->pidfd >= 0 ? WNOHANG : 0);
	/* Where SIGCHLD is ignored, it is gone without a status, and its number may be another's. */
	if (!pid || (pid < 0 && errno != ECHILD))
		return false;
	if (command->released && pid > 0)
		command->status = status;
	command->pid = 0;
	return true;
}

void pfl_command_end(struct pfl_command *command)
{
	if (!command->pid)
		return;
	if (!command->released) {
		close(command->gate);
		command->gate = -1;
	}
	if (reap(command, 0))
		return;
	if (command->released) {
		kill(command->pid, SIGTERM);
		kill(command->pid, SIGCONT);	/* one that is stopped would never see it */
	}
	if (!reap(command, GRACE_MS))
		pfl_warn(command->ctx, "%s (process %d) does not end on SIGTERM and is left running",
			 command->name, command->pid);
	command->pid = 0;
}

void pfl_command_free(struct pfl_command *command)
{
	if (!command->sys)
		return;
	pfl_command_end(command);
	if (command->gate >= 0)
		close(command->gate);
	if (command->pidfd >= 0)
		command->sys->close(command->pidfd);
	*command = (struct pfl_command){ .status = -1 };
}
