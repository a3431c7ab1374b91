/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "record/cgroup.h"
#include "record/target.h"

/* Text of /proc/PID/WHAT. */
static int read_proc(const struct pfl_sys *sys, int32_t pid, const char *what,
		     struct pfl_strbuf *text)
{
	struct pfl_strbuf path = { 0 };
	int err;

	pfl_strbuf_addf(&path, "/proc/%d/%s", pid, what);
	err = path.error;
	if (!err)
		err = pfl_sys_read_file(sys, AT_FDCWD, path.text, 4096, text);
	pfl_strbuf_free(&path);
	return err;
}

/* The process that @tid is a thread of, or -errno: -ESRCH where there is no such thread. */
static int32_t process_of(const struct pfl_sys *sys, int32_t tid)
{
	struct pfl_strbuf text = { 0 };
	int err = read_proc(sys, tid, "status", &text);
	const char *line = NULL;
	int32_t pid = -ESRCH;

	if (!err && text.len)
		line = strstr(text.text, "\nTgid:");
	if (line)
		pid = strtol(line + 6, NULL, 10);
	pfl_strbuf_free(&text);
	return err && err != -ENOENT && err != -ESRCH ? err : pid;
}

int32_t pfl_target_process(const struct pfl_target *target, unsigned int i)
{
	return process_of(target->sys, target->tids[i]);
}

static int check_tasks(const struct pfl_target *target)
{
	int32_t pid;

	for (unsigned int i = 0; i < target->npids; i++) {
		pid = process_of(target->sys, target->pids[i]);
		if (pid < 0)
			return pfl_fail(target->ctx, pid, "process %d: %s", target->pids[i],
					strerror(-pid));
		if (pid != target->pids[i])
			return pfl_fail(target->ctx, -ESRCH, "process %d does not exist; there is a "
					"thread %d of process %d: -t %d records the thread, "
					"-p %d the process", target->pids[i], target->pids[i], pid,
					target->pids[i], pid);
	}
	for (unsigned int i = 0; i < target->ntids; i++) {
		pid = process_of(target->sys, target->tids[i]);
		if (pid < 0)
			return pfl_fail(target->ctx, pid, "thread %d: %s", target->tids[i],
					strerror(-pid));
	}
	return 0;
}

/* A copy of @count numbers and room for one more. */
static int32_t *copy_numbers(const int32_t *numbers, unsigned int count)
{
	int32_t *copy = calloc(count + 1, sizeof(*copy));

	if (copy && count)
		memcpy(copy, numbers, count * sizeof(*copy));
	return copy;
}

static bool has_number(const int32_t *numbers, unsigned int count, int32_t number)
{
	for (unsigned int i = 0; i < count; i++)
		if (numbers[i] == number)
			return true;
	return false;
}

struct tid_list {
	int32_t *tids;
	unsigned int count;
};

static int add_tids(struct tid_list *list, const int32_t *tids, unsigned int count)
{
	int32_t *grown;

	if (!count)
		return 0;
	grown = realloc(list->tids, (list->count + count) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	memcpy(grown + list->count, tids, count * sizeof(*grown));
	list->tids = grown;
	list->count += count;
	return 0;
}

/* The threads of process @pid; none where it has ended. */
static int add_threads_of(const struct pfl_target *target, int32_t pid, struct tid_list *list)
{
	struct pfl_strbuf path = { 0 };
	unsigned int count;
	int32_t *tids;
	int err;

	pfl_strbuf_addf(&path, "/proc/%d/task", pid);
	err = path.error ? path.error :
		pfl_sys_list_numbers(target->sys, path.text, &tids, &count);
	pfl_strbuf_free(&path);
	if (err)
		return err == -ENOENT || err == -ESRCH ? 0 : err;
	err = add_tids(list, tids, count);
	free(tids);
	return err;
}

static int list_threads(const struct pfl_target *target, struct tid_list *list,
			unsigned int *nfollowed)
{
	int err = 0;

	for (unsigned int i = 0; i < target->npids && !err; i++)
		err = add_threads_of(target, target->pids[i], list);
	*nfollowed = list->count;
	for (unsigned int i = 0; i < target->ntids && !err; i++)
		if (!has_number(list->tids, *nfollowed, target->tids[i]))
			err = add_tids(list, &target->tids[i], 1);
	return err;
}

static bool all_known(struct perf_thread_map *threads, const struct tid_list *list)
{
	int known = threads ? perf_thread_map__nr(threads) : 0;
	unsigned int found = 0;

	/* Both are in the order of list_threads(), so that what is known comes in sequence. */
	for (int i = 0; i < known && found < list->count; i++)
		found += perf_thread_map__pid(threads, i) == list->tids[found];
	return found == list->count;
}

int pfl_target_scan(struct pfl_target *target)
{
	struct tid_list list = { 0 };
	struct perf_thread_map *map;
	unsigned int nfollowed;
	int err = list_threads(target, &list, &nfollowed);

	if (err || all_known(target->threads, &list))
		goto out;
	map = perf_thread_map__new_array(list.count, list.tids);
	err = map ? 1 : -ENOMEM;
	if (map) {
		perf_thread_map__put(target->threads);
		target->threads = map;
		target->nfollowed = nfollowed;
	}
out:
	free(list.tids);
	return err;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Marks the CPUs of @list in @asked, which has @max + 1. False: it is no such list. libperf
 * would take "0-", and refuse "0,0".
 */
static bool mark_cpus(const char *list, bool *asked, unsigned long max)
{
	unsigned long first, last;
	char *end;

	for (;; list = end + 1) {
		if (!is_digit(*list))
			return false;
		first = last = strtoul(list, &end, 10);
		if (*end == '-' && is_digit(end[1]))
			last = strtoul(end + 1, &end, 10);
		if (first > last || last > max)
			return false;
		memset(asked + first, true, last - first + 1);
		if (!*end)
			return true;
		if (*end != ',')
			return false;
	}
}

/* The CPUs of @list that are there; without a list, all that are online. */
static int find_cpus(struct pfl_target *target, const char *list)
{
	long max = pfl_sys_read_number(target->sys, "/sys/devices/system/cpu/kernel_max", 8191);
	struct perf_cpu_map *online = perf_cpu_map__new(NULL);
	struct pfl_strbuf both = { 0 };
	bool *asked = NULL;
	int err = 0;

	target->cpus = online;
	if (!online)
		return -ENOMEM;
	if (!list)
		return 0;
	target->cpus = NULL;
	asked = max < 0 ? NULL : calloc(max + 1, sizeof(*asked));
	if (!asked) {
		err = -ENOMEM;
		goto out;
	}
	if (!mark_cpus(list, asked, max)) {
		err = pfl_fail(target->ctx, -EINVAL, "'%s' is no list of CPUs (such as 0-3,7)", list);
		goto out;
	}
	for (int cpu = 0; cpu <= max; cpu++) {
		if (asked[cpu] && perf_cpu_map__has(online, (struct perf_cpu){ cpu }))
			pfl_strbuf_addf(&both, "%s%d", both.len ? "," : "", cpu);
		else if (asked[cpu])
			pfl_warn(target->ctx, "CPU %d is not online and left out", cpu);
	}
	if (both.error)
		err = both.error;
	else if (!both.len)
		err = pfl_fail(target->ctx, -EINVAL, "none of the CPUs %s is online", list);
	else if (!(target->cpus = perf_cpu_map__new(both.text)))
		err = -ENOMEM;
out:
	pfl_strbuf_free(&both);
	free(asked);
	perf_cpu_map__put(online);
	return err;
}

int pfl_target_widen(struct pfl_target *target)
{
	struct perf_thread_map *any = perf_thread_map__new_dummy();

	if (!any)
		return -ENOMEM;
	perf_thread_map__put(target->threads);
	target->threads = any;
	target->nfollowed = 0;
	target->widened = target->scope == PFL_SCOPE_TASKS;
	target->scope = PFL_SCOPE_CPUS;
	return 0;
}

int pfl_target_all_cpus(struct pfl_target *target)
{
	struct perf_cpu_map *online = perf_cpu_map__new(NULL);
	struct pfl_strbuf list = { 0 };
	struct perf_cpu cpu;
	int i;

	if (!online)
		return -ENOMEM;
	perf_cpu_map__for_each_cpu(cpu, i, target->cpus)
		pfl_strbuf_addf(&list, "%s%d", list.len ? "," : "", cpu.cpu);
	perf_cpu_map__put(target->cpus);
	target->cpus = online;
	target->chosen_cpus = list.text;
	return list.error;
}

static int find_tasks(struct pfl_target *target, pid_t command)
{
	int err;

	if (command)
		target->pids[target->npids++] = command;
	target->scope = PFL_SCOPE_TASKS;
	err = check_tasks(target);
	if (!err)
		err = pfl_target_scan(target);
	return err < 0 ? err : 0;
}

static int find_cgroup(struct pfl_target *target, const char *path)
{
	int err = pfl_target_widen(target);

	if (err)
		return err;
	target->scope = PFL_SCOPE_CGROUP;
	target->cgroup = pfl_cgroup_open(target->ctx, target->sys, path);
	return target->cgroup < 0 ? target->cgroup : 0;
}

int pfl_target_init(struct pfl_target *target, struct pfl_ctx *ctx, const struct pfl_sys *sys,
		    const struct pfl_record_opts *opts, pid_t command)
{
	bool tasks = opts->npids || opts->ntids;
	int err;

	*target = (struct pfl_target){
		.ctx = ctx,
		.sys = sys,
		.cgroup = -1,
		.pids = copy_numbers(opts->pids, opts->npids),
		.tids = copy_numbers(opts->tids, opts->ntids),
		.npids = opts->npids,
		.ntids = opts->ntids,
	};
	err = target->pids && target->tids ? find_cpus(target, opts->cpus) : -ENOMEM;
	if (err)
		goto fail;
	if (opts->cgroup && tasks)
		err = pfl_fail(ctx, -EINVAL, "a cgroup and processes cannot be recorded together");
	else if (opts->cgroup)
		err = find_cgroup(target, opts->cgroup);
	else if (tasks || (command && !opts->all_cpus))
		err = find_tasks(target, tasks ? 0 : command);
	else
		err = pfl_target_widen(target);
	if (!err)
		return 0;
fail:
	pfl_target_free(target);
	return err;
}

void pfl_target_free(struct pfl_target *target)
{
	perf_cpu_map__put(target->cpus);
	perf_thread_map__put(target->threads);
	free(target->online);
	free(target->chosen_cpus);
	free(target->pids);
	free(target->tids);
	if (target->cgroup >= 0)
		target->sys->close(target->cgroup);
	*target = (struct pfl_target){ .cgroup = -1 };
}

/* A thread has ended; of a process also its last thread, though nobody has waited for it yet. */
static bool has_ended(const struct pfl_sys *sys, int32_t tid)
{
	struct pfl_strbuf text = { 0 };
	const char *at = NULL;
	char state = 'X';
	int threads = 0;

	/* The name in parentheses may hold anything, and is followed by the state. */
	if (!read_proc(sys, tid, "stat", &text) && text.len)
		at = strrchr(text.text, ')');
	if (at)
		sscanf(at, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
		       "%*d %d", &state, &threads);
	pfl_strbuf_free(&text);
	return (state == 'Z' || state == 'X') && threads <= 1;
}

bool pfl_target_gone(const struct pfl_target *target)
{
	for (unsigned int i = 0; i < target->npids; i++)
		if (!has_ended(target->sys, target->pids[i]))
			return false;
	for (unsigned int i = 0; i < target->ntids; i++)
		if (!has_ended(target->sys, target->tids[i]))
			return false;
	return true;
}

static void tell_offline(const struct pfl_target *target, const struct perf_cpu_map *online)
{
	struct perf_cpu_map *before = target->online ? perf_cpu_map__new(target->online) : NULL;
	struct perf_cpu cpu;
	int i;

	perf_cpu_map__for_each_cpu(cpu, i, target->cpus)
		if (!perf_cpu_map__has(online, cpu) && (!before || perf_cpu_map__has(before, cpu)))
			pfl_warn(target->ctx, "CPU %d went offline: what it runs after coming back "
				 "is not recorded", cpu.cpu);
	perf_cpu_map__put(before);
}

void pfl_target_watch_cpus(struct pfl_target *target)
{
	struct pfl_strbuf text = { 0 };
	struct perf_cpu_map *online;

	if (pfl_sys_read_file(target->sys, AT_FDCWD, "/sys/devices/system/cpu/online", 4096, &text) ||
	    !text.len)
		goto out;
	pfl_strbuf_cut(&text, strcspn(text.text, "\n"));
	if (target->online && !strcmp(text.text, target->online))
		goto out;
	online = perf_cpu_map__new(text.text);
	if (!online)
		goto out;
	tell_offline(target, online);
	perf_cpu_map__put(online);
	free(target->online);
	target->online = strdup(text.text);
out:
	pfl_strbuf_free(&text);
}

bool pfl_target_cgroup_gone(const struct pfl_target *target)
{
	int fd = target->sys->openat(target->cgroup, "cgroup.procs", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		target->sys->close(fd);
	return fd < 0 && (errno == ENOENT || errno == ENODEV);
}
