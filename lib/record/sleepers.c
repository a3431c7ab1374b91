/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "record/rights.h"
#include "record/sleepers.h"

#define STACK_BYTES 32768u	/* of each: there are few of them, and each comes once */
#define CGROUPS_DEEP 32

int pfl_sleepers_init(struct pfl_sleepers *sleepers, struct pfl_ctx *ctx, const struct pfl_sys *sys,
		      struct pfl_markers *markers, bool count_only)
{
	int err;

	*sleepers = (struct pfl_sleepers){
		.ctx = ctx, .sys = sys, .markers = markers, .count_only = count_only,
	};
	if (count_only)
		return 0;
	sleepers->stack = malloc(STACK_BYTES);
	if (!sleepers->stack)
		return -ENOMEM;
	err = pfl_kernel_names_read(&sleepers->names);
	sleepers->have_names = !err;
	return err == -ENOMEM ? err : 0;
}

void pfl_sleepers_free(struct pfl_sleepers *sleepers)
{
	free(sleepers->stack);
	pfl_kernel_names_free(&sleepers->names);
	pfl_strbuf_free(&sleepers->path);
	pfl_strbuf_free(&sleepers->text);
	*sleepers = (struct pfl_sleepers){ 0 };
}

/* A file of a thread, to ->text. */
static int read_file(struct pfl_sleepers *sleepers, int32_t pid, int32_t tid, const char *what)
{
	struct pfl_strbuf *path = &sleepers->path, *text = &sleepers->text;
	int err;

	pfl_strbuf_cut(path, 0);
	pfl_strbuf_cut(text, 0);
	pfl_strbuf_addf(path, "/proc/%d/task/%d/%s", pid, tid, what);
	if (path->error)
		return -ENOMEM;
	err = pfl_sys_read_file(sleepers->sys, AT_FDCWD, path->text, 65536, text);
	return err ? err : text->len ? 0 : -ENODATA;
}

/* "PID (COMM) STATE …" */
static char state_of(struct pfl_sleepers *sleepers, int32_t pid, int32_t tid)
{
	const char *at;

	if (read_file(sleepers, pid, tid, "stat"))
		return 0;
	at = strrchr(sleepers->text.text, ')');
	return at && at[1] == ' ' ? at[2] : 0;
}

static void read_kernel_stack(struct pfl_sleepers *sleepers, struct pfl_sleeper *sleeper)
{
	int err = read_file(sleepers, sleeper->pid, sleeper->tid, "stack");

	if (!err && sleepers->have_names)
		sleeper->nkernel = pfl_kernel_stack_parse(&sleepers->names, sleepers->text.text,
							  sleepers->kernel);
	sleeper->kernel = sleepers->kernel;
	sleepers->no_kernel |= err == -EACCES || err == -EPERM || (!err && !sleepers->have_names);
}

/* What the kernel tells everybody who may look into the process; "0": nothing. */
static void read_wchan(struct pfl_sleepers *sleepers, struct pfl_sleeper *sleeper, char *wchan,
		       size_t size)
{
	if (read_file(sleepers, sleeper->pid, sleeper->tid, "wchan") ||
	    !strcmp(sleepers->text.text, "0"))
		return;
	snprintf(wchan, size, "%.*s", (int)strcspn(sleepers->text.text, "\n"), sleepers->text.text);
	sleeper->wchan = wchan;
}

/* "NUMBER ARGUMENTS… SP PC" of a system call, "-1 SP PC" outside of one, or "running". */
static bool parse_syscall(const char *text, uint64_t *sp, uint64_t *pc)
{
	const char *pc_at = strrchr(text, ' '), *sp_at = pc_at;

	while (sp_at && sp_at > text && sp_at[-1] != ' ')
		sp_at--;
	if (!sp_at || sp_at == text)
		return false;
	*sp = strtoull(sp_at, NULL, 16);
	*pc = strtoull(pc_at, NULL, 16);
	return *pc != 0;
}

/* "202 0x5561…(word) 0x80(operation) …" */
static void read_futex(struct pfl_sleeper *sleeper, const char *text)
{
	char *at;
	long number = strtol(text, &at, 10);

	if (at == text || number != SYS_futex)
		return;
	strtoull(at, &at, 16);
	sleeper->in_futex = true;
	sleeper->futex_op = strtoull(at, NULL, 16);
}

static void read_user_stack(struct pfl_sleepers *sleepers, struct pfl_sleeper *sleeper)
{
	int err = read_file(sleepers, sleeper->pid, sleeper->tid, "syscall");
	uint64_t sp, pc;
	ssize_t got;

	sleepers->no_user |= err == -EACCES || err == -EPERM;
	if (err || !parse_syscall(sleepers->text.text, &sp, &pc))
		return;
	read_futex(sleeper, sleepers->text.text);
	sleeper->sp = sp;
	sleeper->pc = pc;
	got = sleepers->sys->read_memory(sleeper->pid, sp, sleepers->stack, STACK_BYTES);
	sleepers->no_user |= got < 0 && (errno == EPERM || errno == EACCES);
	sleeper->stack = sleepers->stack;
	sleeper->stack_size = got > 0 ? got : 0;
}

int pfl_sleepers_thread(struct pfl_sleepers *sleepers, int32_t pid, int32_t tid)
{
	struct pfl_sleeper sleeper = { .pid = pid, .tid = tid, .time = sleepers->sys->now() };
	char wchan[64];

	sleeper.state = state_of(sleepers, pid, tid);
	if (!sleeper.state || strchr("XZ", sleeper.state))
		return 0;
	sleepers->found += !strchr("RI", sleeper.state);
	if (sleepers->count_only)
		return 0;
	if (sleeper.state != 'R') {
		read_kernel_stack(sleepers, &sleeper);
		if (!sleeper.nkernel)
			read_wchan(sleepers, &sleeper, wchan, sizeof(wchan));
		read_user_stack(sleepers, &sleeper);
	}
	return pfl_markers_sleeper(sleepers->markers, &sleeper);
}

int pfl_sleepers_process(struct pfl_sleepers *sleepers, int32_t pid)
{
	unsigned int count;
	int32_t *tids;
	int err;

	if (pid == getpid())
		return 0;
	pfl_strbuf_cut(&sleepers->path, 0);
	pfl_strbuf_addf(&sleepers->path, "/proc/%d/task", pid);
	err = sleepers->path.error ? -ENOMEM :
		pfl_sys_list_numbers(sleepers->sys, sleepers->path.text, &tids, &count);
	if (err)
		return err == -ENOMEM ? err : 0;
	for (unsigned int i = 0; i < count && !err; i++) {
		err = pfl_sleepers_thread(sleepers, pid, tids[i]);
		if (!err && sleepers->between)
			err = sleepers->between(sleepers->data);
	}
	free(tids);
	return err;
}

int pfl_sleepers_all(struct pfl_sleepers *sleepers)
{
	unsigned int count;
	int32_t *pids;
	int err = pfl_sys_list_numbers(sleepers->sys, "/proc", &pids, &count);

	if (err)
		return err == -ENOMEM ? err : 0;
	for (unsigned int i = 0; i < count && !err; i++)
		err = pfl_sleepers_process(sleepers, pids[i]);
	free(pids);
	return err;
}

/* cgroup.procs: a process a line. */
static int listed_processes(struct pfl_sleepers *sleepers, int dir)
{
	struct pfl_strbuf text = { 0 };
	char *at, *end;
	int err = pfl_sys_read_file(sleepers->sys, dir, "cgroup.procs", 16u << 20, &text);

	at = text.text;
	while (at && !err && *at) {
		long pid = strtol(at, &end, 10);

		if (end == at)
			break;
		if (pid > 0)
			err = pfl_sleepers_process(sleepers, pid);
		at = end;
	}
	pfl_strbuf_free(&text);
	return err == -ENOMEM || err == -ENOSPC ? err : 0;
}

static int below(struct pfl_sleepers *sleepers, int dir, unsigned int depth)
{
	int fd = sleepers->sys->openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	int err;

	if (!list) {
		if (fd >= 0)
			sleepers->sys->close(fd);
		return 0;
	}
	err = listed_processes(sleepers, fd);
	while (!err && depth && (entry = readdir(list))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		dir = sleepers->sys->openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0)
			continue;
		err = below(sleepers, dir, depth - 1);
		sleepers->sys->close(dir);
	}
	closedir(list);
	return err;
}

int pfl_sleepers_cgroup(struct pfl_sleepers *sleepers, int dir)
{
	return below(sleepers, dir, CGROUPS_DEEP);
}

void pfl_sleepers_explain(const struct pfl_sleepers *sleepers)
{
	if (sleepers->no_user)
		pfl_rights_warn_memory(sleepers->ctx, sleepers->sys->capable(CAP_SYS_PTRACE));
	else if (sleepers->no_kernel)
		pfl_note(sleepers->ctx, "threads that slept when recording began have no kernel stack, only "
			 "the function they sleep in: /proc/PID/stack is root's");
}
