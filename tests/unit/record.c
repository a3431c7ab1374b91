/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recording on a kernel that is played: one that is older, refuses, runs out of
 * this and that. Only the system calls of the seam are replaced.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "perfdata/format.h"
#include "record/session.h"

#define THREADS 4

static struct pfl_sys sys;
static struct pfl_ctx *ctx;
static char messages[8192];

/* What the kernel that is played does. */
static struct {
	bool old_lost, old_pmu;
	bool v5_10;			/* knows no bit that came later */
	int no_dump;			/* what it says to registers and stack */
	bool no_cpus, no_kernel;	/* rights */
	bool caps;
	bool no_maps;			/* of other processes */
	const char *online;		/* CPUs */
	int paranoid;
	int gone_tid;
	int gone_cpu;
	unsigned int files;		/* that may be open */
	rlim_t soft, hard;
	void (*on_open)(void);
	uint64_t lost;
} play;

/* What was seen of it. */
static struct {
	unsigned int opens, open, inherited, clocks;
	size_t ring;
	struct perf_event_attr sampler, mappings;
	uint64_t caps;
	bool cloexec;
} seen;

static void keep_message(void *data, enum pfl_level level, const char *text)
{
	size_t len = strlen(messages);

	(void)data;
	snprintf(messages + len, sizeof(messages) - len, "%d %s\n", level, text);
}

static bool said(const char *text)
{
	return strstr(messages, text) != NULL;
}

static int refuse(int err)
{
	errno = err;
	return -1;
}

/* As of Linux 5.10: sizes and bits that it has no meaning for are refused. */
static int refusal_of_5_10(const struct perf_event_attr *attr)
{
	const struct perf_event_attr none = { 0 };
	const char *beyond = (const char *)attr + PERF_ATTR_SIZE_VER6;

	if (attr->size > PERF_ATTR_SIZE_VER6 &&
	    memcmp(beyond, &none, attr->size - PERF_ATTR_SIZE_VER6) != 0)
		return E2BIG;
	if (attr->build_id || attr->inherit_thread || attr->remove_on_exec || attr->sigtrap ||
	    attr->__reserved_1 || attr->sample_type >= PERF_SAMPLE_CGROUP << 1 ||
	    attr->read_format >= PERF_FORMAT_GROUP << 1)
		return EINVAL;
	return 0;
}

static int fake_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group,
		     unsigned long flags)
{
	seen.opens++;
	if (play.on_open)
		play.on_open();
	seen.cloexec &= (flags & PERF_FLAG_FD_CLOEXEC) && group == -1;
	if (attr->size > PERF_ATTR_SIZE_VER7)
		return refuse(E2BIG);
	if (play.old_lost && attr->read_format & PERF_FORMAT_LOST)
		return refuse(EINVAL);
	if (play.v5_10 && refusal_of_5_10(attr))
		return refuse(refusal_of_5_10(attr));
	if (play.gone_cpu == cpu)
		return refuse(ENODEV);
	if (play.no_dump && attr->sample_type & (PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER))
		return refuse(play.no_dump);
	if (play.old_pmu && attr->type == PERF_TYPE_HARDWARE)
		return refuse(ENOENT);
	if (play.no_cpus && pid == -1)
		return refuse(EACCES);
	if (play.no_kernel && !attr->exclude_kernel)
		return refuse(EACCES);
	if (pid == play.gone_tid)
		return refuse(ESRCH);
	if (seen.open == play.files)
		return refuse(EMFILE);
	seen.open++;
	seen.inherited += attr->inherit;
	if (attr->config == PERF_COUNT_SW_DUMMY && attr->type == PERF_TYPE_SOFTWARE)
		seen.mappings = *attr;
	else
		seen.sampler = *attr;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int fake_close(int fd)
{
	char path[64], name[64] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (readlink(path, name, sizeof(name) - 1) > 0 && !strcmp(name, "/dev/null"))
		seen.open--;
	return close(fd);
}

static void *fake_mmap(size_t len, int prot, int fd)
{
	(void)fd;
	seen.ring = len;
	return mmap(NULL, len, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int fake_ioctl(int fd, unsigned long request, unsigned long arg)
{
	if (request == PERF_EVENT_IOC_ID)
		*(uint64_t *)arg = 1000 + fd;
	return 0;
}

static int fake_openat(int dir, const char *path, int flags)
{
	char text[32];
	int fd;

	snprintf(text, sizeof(text), "/proc/%d/maps", getpid());
	if (play.no_maps && strcmp(path, text) && !fnmatch("/proc/*/maps", path, FNM_PATHNAME)) {
		errno = EACCES;
		return -1;
	}
	if (!strcmp(path, "/proc/sys/kernel/perf_event_paranoid"))
		snprintf(text, sizeof(text), "%d\n", play.paranoid);
	else if (play.online && !strcmp(path, "/sys/devices/system/cpu/online"))
		snprintf(text, sizeof(text), "%s\n", play.online);
	else
		return openat(dir, path, flags);
	fd = memfd_create("played", MFD_CLOEXEC);
	return pwrite(fd, text, strlen(text), 0) > 0 ? fd : -1;
}

static ssize_t fake_read(int fd, void *buf, size_t len)
{
	char path[64], name[64] = "";
	uint64_t counts[3] = { 5, 1000 + fd, play.lost };

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (len != sizeof(counts) || readlink(path, name, sizeof(name) - 1) <= 0 ||
	    strcmp(name, "/dev/null"))
		return read(fd, buf, len);
	memcpy(buf, counts, sizeof(counts));
	return sizeof(counts);
}

static int fake_getrlimit(int resource, struct rlimit *limit)
{
	(void)resource;
	*limit = (struct rlimit){ play.soft, play.hard };
	return 0;
}

static int fake_setrlimit(int resource, const struct rlimit *limit)
{
	(void)resource;
	play.soft = limit->rlim_cur;
	return 0;
}

static bool fake_capable(int cap)
{
	(void)cap;
	return play.caps;
}

static int fake_set_caps(cap_t caps)
{
	cap_flag_value_t value;

	seen.caps = 0;
	for (int cap = 0; cap < 64; cap++)
		if (!cap_get_flag(caps, cap, CAP_EFFECTIVE, &value) && value == CAP_SET)
			seen.caps |= 1ULL << cap;
	return 0;
}

static int setup(void **state)
{
	(void)state;
	memset(&play, 0, sizeof(play));
	memset(&seen, 0, sizeof(seen));
	messages[0] = '\0';
	seen.cloexec = true;
	play.caps = true;
	play.paranoid = 2;
	play.gone_tid = -2;
	play.gone_cpu = -2;
	play.files = 100000;
	play.soft = play.hard = 100000;
	sys = pfl_sys_linux;
	sys.perf_event_open = fake_open;
	sys.close = fake_close;
	sys.mmap = fake_mmap;
	sys.ioctl = fake_ioctl;
	sys.openat = fake_openat;
	sys.read = fake_read;
	sys.getrlimit = fake_getrlimit;
	sys.setrlimit = fake_setrlimit;
	sys.capable = fake_capable;
	sys.set_caps = fake_set_caps;
	if (pfl_ctx_new(&ctx))
		return -1;
	pfl_ctx_set_log(ctx, PFL_NOTE, keep_message, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pfl_ctx_free(ctx);
	/* Whatever happened, nothing stays open. */
	return seen.open ? -1 : 0;
}

static unsigned int cpus(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}

static int open_with(const struct pfl_record_opts *opts, struct pfl_record **record)
{
	*record = NULL;
	return pfl_session_open(ctx, &sys, pfl_type_spec_find("oncpu"), opts, record);
}

static struct pfl_record *open_box(void)
{
	const struct pfl_record_opts opts = { .type = "oncpu" };
	struct pfl_record *record;

	assert_int_equal(open_with(&opts, &record), 0);
	return record;
}

static struct pfl_record *open_self(void)
{
	const int32_t pid = getpid();
	const struct pfl_record_opts opts = { .type = "oncpu", .pids = &pid, .npids = 1 };
	struct pfl_record *record;

	assert_int_equal(open_with(&opts, &record), 0);
	return record;
}

static void test_newest_kernel(void **state)
{
	struct pfl_record_stats stats;
	struct pfl_record *record;

	(void)state;
	record = open_box();
	assert_int_equal(seen.opens, 2 * cpus());
	assert_true(seen.cloexec);
	assert_int_equal(seen.sampler.type, PERF_TYPE_HARDWARE);
	assert_int_equal(seen.sampler.sample_freq, 99);
	assert_int_equal(seen.sampler.read_format, PERF_FORMAT_ID | PERF_FORMAT_LOST);
	assert_int_equal(seen.sampler.sample_type, PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP |
			 PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU |
			 PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN |
			 PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER);
	assert_int_equal(seen.sampler.sample_stack_user, 16384);
	assert_false(seen.sampler.exclude_callchain_user);
	/* build_id would corrupt what others on the box record: counters.c */
	assert_true(!seen.mappings.build_id && seen.mappings.mmap2 && seen.mappings.comm_exec &&
		    seen.mappings.task && seen.mappings.sample_id_all);
	assert_int_equal(seen.mappings.sample_type, PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID |
			 PERF_SAMPLE_TIME | PERF_SAMPLE_CPU);
	assert_int_equal(seen.inherited, 0);
	/* a second of the largest samples */
	assert_int_equal(seen.ring, (2048 << 10) + sysconf(_SC_PAGESIZE));
	pfl_record_get_stats(record, &stats);
	assert_string_equal(stats.event, "cycles");
	assert_int_equal(stats.ncpus, cpus());
	assert_int_equal(stats.nevents, 2 * cpus());
	pfl_record_free(record);
	assert_string_equal(messages, "");
}

static void test_older_kernels(void **state)
{
	struct pfl_record *record;

	(void)state;
	play.old_lost = true;		/* before 6.0 */
	record = open_box();
	assert_int_equal(seen.sampler.read_format, PERF_FORMAT_ID);
	assert_int_equal(seen.mappings.read_format, PERF_FORMAT_ID);
	assert_int_equal(seen.sampler.type, PERF_TYPE_HARDWARE);
	pfl_record_free(record);
}

/* Every type can be recorded on it. */
static void test_linux_5_10(void **state)
{
	static const char *const types[] = { "oncpu", "faults" };
	struct pfl_record *record;

	(void)state;
	play.v5_10 = true;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		const struct pfl_record_opts opts = { .type = types[i] };

		assert_int_equal(pfl_session_open(ctx, &sys, pfl_type_spec_find(types[i]), &opts,
						  &record), 0);
		assert_int_equal(seen.sampler.read_format, PERF_FORMAT_ID);
		assert_true(seen.sampler.sample_type & PERF_SAMPLE_CALLCHAIN);
		assert_true(seen.sampler.sample_type & PERF_SAMPLE_STACK_USER);
		assert_int_equal(seen.sampler.sample_type >> 22, 0);
		pfl_record_free(record);
	}
	assert_string_equal(messages, "");
}

static struct pfl_record *open_walking(enum pfl_call_graph how)
{
	const struct pfl_record_opts opts = { .type = "oncpu", .call_graph = how };
	struct pfl_record *record;

	assert_int_equal(open_with(&opts, &record), 0);
	return record;
}

static void test_call_graphs(void **state)
{
	const uint64_t dump = PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;

	(void)state;
	pfl_record_free(open_walking(PFL_CALL_GRAPH_FP));
	assert_int_equal(seen.sampler.sample_type & dump, 0);
	assert_false(seen.sampler.exclude_callchain_user);
	pfl_record_free(open_walking(PFL_CALL_GRAPH_DWARF));
	assert_int_equal(seen.sampler.sample_type & dump, dump);
	assert_int_equal(seen.sampler.sample_stack_user, 16384);
	assert_true(seen.sampler.exclude_callchain_user);
	assert_true(seen.mappings.mmap_data);	/* perf asks for it */
	assert_string_equal(messages, "");
}

/* Where registers and stack are refused, frame pointers are left, and it is said. */
static void test_no_dumps(void **state)
{
	static const int refusals[] = { EINVAL, ENOSYS };

	(void)state;
	for (int i = 0; i < 4; i++) {
		messages[0] = '\0';
		play.no_dump = refusals[i / 2];
		pfl_record_free(open_walking(i % 2 ? PFL_CALL_GRAPH_DWARF : PFL_CALL_GRAPH_AUTO));
		assert_int_equal(seen.sampler.type, PERF_TYPE_HARDWARE);
		assert_true(seen.sampler.sample_type & PERF_SAMPLE_CALLCHAIN);
		assert_int_equal(seen.sampler.sample_type & PERF_SAMPLE_STACK_USER, 0);
		assert_false(seen.sampler.exclude_callchain_user || seen.mappings.mmap_data);
		assert_true(said("walked by frame pointers alone"));
	}
}

static void test_no_pmu(void **state)
{
	struct pfl_record_stats stats;
	struct pfl_record *record;

	(void)state;
	play.old_pmu = true;
	record = open_box();
	assert_int_equal(seen.sampler.config, PERF_COUNT_SW_CPU_CLOCK);
	assert_true(seen.sampler.exclude_idle);
	/* What the sampler was refused for costs the others nothing. */
	assert_true(seen.mappings.read_format & PERF_FORMAT_LOST);
	pfl_record_free(record);
	assert_true(said("2 no hardware cycles here"));
	record = open_self();
	assert_int_equal(seen.sampler.config, PERF_COUNT_SW_TASK_CLOCK);
	pfl_record_get_stats(record, &stats);
	assert_string_equal(stats.event, "task-clock");
	pfl_record_free(record);
}

static void test_user_only(void **state)
{
	struct pfl_record_stats stats;
	struct pfl_record *record;

	(void)state;
	play.caps = false;
	play.no_kernel = play.old_pmu = true;
	record = open_self();
	pfl_record_get_stats(record, &stats);
	assert_string_equal(stats.event, "task-clock:u");
	assert_true(said("2 only the user side is recorded: kernel.perf_event_paranoid is 2"));
	assert_true(said("sysctl kernel.perf_event_paranoid=1"));
	pfl_record_free(record);
}

/* A user of whom the kernel lets everything be sampled sees code of others, but not whose it is. */
static void test_mappings_hidden(void **state)
{
	const struct pfl_fold_opts fold = { .type = "oncpu" };
	const volatile sig_atomic_t stop = 1;
	struct pfl_record *record;

	(void)state;
	for (int i = 0; i < 2; i++) {
		play.no_maps = i;
		play.caps = !i;
		record = open_box();
		assert_int_equal(pfl_record_to_profile(record, &fold), 0);
		assert_int_equal(pfl_record_run(record, &stop, NULL, NULL), 0);
		pfl_record_finish(record);
		assert_int_equal(said("processes of others may not be read"), i);
		assert_int_equal(said("cap_sys_ptrace"), i);
		pfl_record_free(record);
	}
}

static void test_refused(void **state)
{
	const int32_t pid = getpid();
	struct pfl_record_opts opts = { .type = "oncpu" };
	struct pfl_record *record;

	(void)state;
	play.caps = false;
	play.no_cpus = play.no_kernel = true;
	assert_int_equal(open_with(&opts, &record), -EACCES);
	assert_null(record);
	assert_true(said("0 recording whole CPUs was refused (Permission denied)"));
	assert_true(said("sysctl kernel.perf_event_paranoid=0, or: setcap cap_perfmon"));
	assert_true(said("your own processes and commands can be recorded"));
	opts.pids = &pid;
	opts.npids = 1;
	opts.kernel_only = 1;
	assert_int_equal(open_with(&opts, &record), -EACCES);
	assert_true(said("0 recording the kernel's side was refused"));
	assert_true(said("sysctl kernel.perf_event_paranoid=1, or"));
	assert_true(said("only their user side can be recorded (without --kernel)"));
	/* In spite of all capabilities: a container. */
	play.caps = true;
	opts = (struct pfl_record_opts){ .type = "oncpu" };
	assert_int_equal(open_with(&opts, &record), -EACCES);
	assert_true(said("in spite of CAP_PERFMON: inside a container"));
}

static int refuse_everything(struct perf_event_attr *attr, pid_t pid, int cpu, int group,
			     unsigned long flags)
{
	(void)attr;
	(void)pid;
	(void)cpu;
	(void)group;
	(void)flags;
	return refuse(EPERM);
}

static void test_paranoid_4(void **state)
{
	const int32_t pid = getpid();
	const struct pfl_record_opts opts = { .type = "oncpu", .pids = &pid, .npids = 1 };
	struct pfl_record *record;

	(void)state;
	play.caps = false;
	play.paranoid = 4;
	sys.perf_event_open = refuse_everything;
	assert_int_equal(open_with(&opts, &record), -EPERM);
	assert_true(said("0 recording a process was refused (Operation not permitted): "
			 "kernel.perf_event_paranoid is 4"));
	assert_true(said("sysctl kernel.perf_event_paranoid=2"));
	assert_false(said("your own processes and commands"));
}

static void test_cpu_offline(void **state)
{
	struct pfl_record_stats stats;
	struct pfl_record *record;

	(void)state;
	if (cpus() < 2)
		skip();
	play.gone_cpu = 1;
	record = open_box();
	pfl_record_get_stats(record, &stats);
	assert_int_equal(stats.ncpus, cpus() - 1);
	assert_int_equal(stats.nevents, 2 * (cpus() - 1));
	assert_string_equal(stats.event, "cycles");
	assert_true(said("1 CPU 1 went offline and is left out"));
	pfl_record_free(record);
}

/* The kernel never says so: its events stay silent when the CPU comes back. */
static void test_cpu_goes_offline(void **state)
{
	const struct pfl_record_opts opts = { .type = "oncpu" };
	struct pfl_target target;

	(void)state;
	if (cpus() < 2)
		skip();
	assert_int_equal(pfl_target_init(&target, ctx, &sys, &opts, 0), 0);
	pfl_target_watch_cpus(&target);
	assert_string_equal(messages, "");
	play.online = "0,2-255";
	pfl_target_watch_cpus(&target);
	assert_true(said("1 CPU 1 went offline"));
	messages[0] = '\0';
	pfl_target_watch_cpus(&target);
	play.online = "0-255";
	pfl_target_watch_cpus(&target);
	assert_string_equal(messages, "");
	play.online = "0";
	pfl_target_watch_cpus(&target);
	assert_true(said("1 CPU 1 went offline"));
	pfl_target_free(&target);
}

/* Threads that sleep until they are told. */
static pthread_t threads[2 * THREADS];
static unsigned int nthreads;
static pid_t tids[2 * THREADS];
static pthread_mutex_t stay = PTHREAD_MUTEX_INITIALIZER;

static void *thread_main(void *arg)
{
	__atomic_store_n((pid_t *)arg, syscall(SYS_gettid), __ATOMIC_RELEASE);
	pthread_mutex_lock(&stay);
	pthread_mutex_unlock(&stay);
	return NULL;
}

static void start_thread(void)
{
	pid_t *tid = &tids[nthreads];

	*tid = 0;
	assert_int_equal(pthread_create(&threads[nthreads++], NULL, thread_main, tid), 0);
	while (!__atomic_load_n(tid, __ATOMIC_ACQUIRE))
		usleep(100);
}

static int start_threads(void **state)
{
	pthread_mutex_lock(&stay);
	nthreads = 0;
	for (int i = 0; i < THREADS; i++)
		start_thread();
	return setup(state);
}

static int end_threads(void **state)
{
	pthread_mutex_unlock(&stay);
	while (nthreads)
		pthread_join(threads[--nthreads], NULL);
	return teardown(state);
}

static void test_threads(void **state)
{
	struct pfl_record *record;

	(void)state;
	record = open_self();
	assert_int_equal(seen.open, 2 * cpus() * (1 + THREADS));
	assert_int_equal(seen.inherited, seen.open);
	pfl_record_free(record);
}

/* Threads by number: their children are not asked for. */
static void test_tids(void **state)
{
	const struct pfl_record_opts opts = { .type = "oncpu", .tids = tids, .ntids = 2 };
	struct pfl_record *record;

	(void)state;
	assert_int_equal(open_with(&opts, &record), 0);
	assert_int_equal(seen.open, 2 * cpus() * 2);
	assert_int_equal(seen.inherited, 0);
	pfl_record_free(record);
}

static void test_thread_vanishes(void **state)
{
	struct pfl_record *record;

	(void)state;
	play.gone_tid = tids[1];
	record = open_self();
	assert_int_equal(seen.open, 2 * cpus() * THREADS);
	pfl_record_free(record);
	assert_string_equal(messages, "");
}

static void bear_once(void)
{
	play.on_open = NULL;
	start_thread();
}

/* All is opened again, so that no thread has half of its events, or twice as many. */
static void test_thread_born(void **state)
{
	struct pfl_record *record;

	(void)state;
	play.on_open = bear_once;
	record = open_self();
	assert_int_equal(seen.open, 2 * cpus() * (2 + THREADS));
	assert_int_equal(record->target.scope, PFL_SCOPE_TASKS);
	pfl_record_free(record);
	assert_int_equal(seen.open, 0);
}

static void test_too_many_files(void **state)
{
	const struct pfl_fold_opts fold = { .type = "oncpu" };
	struct pfl_record *record;

	(void)state;
	/* Raised as far as needed, and no further. */
	play.soft = 10;
	record = open_self();
	assert_int_equal(play.soft, 64 + 2 * cpus() * (1 + THREADS));
	assert_int_equal(record->target.scope, PFL_SCOPE_TASKS);
	pfl_record_free(record);
	/* The limit is lower than that: CPU-wide, chosen from on reading. */
	play.soft = 10;
	play.hard = 63 + 2 * cpus() * (1 + THREADS);
	record = open_self();
	assert_int_equal(record->target.scope, PFL_SCOPE_CPUS);
	assert_true(record->target.widened);
	assert_int_equal(seen.open, 2 * cpus());
	assert_true(said("2 each thread on each CPU takes more open files than the limit"));
	assert_int_equal(pfl_record_to_profile(record, &fold), 0);
	pfl_record_free(record);
	/* The limit says otherwise, and yet they run out. */
	play.hard = 100000;
	play.files = 2 * cpus() + 1;
	record = open_self();
	assert_true(record->target.widened);
	assert_int_equal(seen.open, 2 * cpus());
	assert_true(said("2 too many open files"));
	pfl_record_free(record);
}

static void test_no_files_at_all(void **state)
{
	const struct pfl_record_opts opts = { .type = "oncpu" };
	struct pfl_record *record;

	(void)state;
	play.files = 1;
	assert_int_equal(open_with(&opts, &record), -EMFILE);
	assert_true(said("0 too many open files: raise the limit (ulimit -n)"));
}

static void test_no_such_process(void **state)
{
	const int32_t pid = INT32_MAX, tid = tids[0];
	struct pfl_record_opts opts = { .type = "oncpu", .pids = &pid, .npids = 1 };
	struct pfl_record *record;
	char text[64];

	(void)state;
	assert_int_equal(open_with(&opts, &record), -ESRCH);
	assert_true(said("0 process 2147483647: No such process"));
	opts.pids = &tid;
	assert_int_equal(open_with(&opts, &record), -ESRCH);
	snprintf(text, sizeof(text), "there is a thread %d of process %d", tid, getpid());
	assert_true(said(text));
	assert_int_equal(seen.opens, 0);
}

static void test_capabilities(void **state)
{
	static char *const argv[] = { (char *)"true", NULL };
	const struct pfl_record_opts opts = { .type = "oncpu", .command = argv };
	uint64_t kept = 1ULL << CAP_SYSLOG | 1ULL << CAP_DAC_READ_SEARCH | 1ULL << CAP_SYS_PTRACE |
			1ULL << CAP_CHECKPOINT_RESTORE;
	struct pfl_record *record;

	(void)state;
	if (geteuid())
		skip();
	record = open_box();
	assert_int_equal(seen.caps & ~kept, 0);
	assert_true(seen.caps & 1ULL << CAP_DAC_READ_SEARCH);
	pfl_record_free(record);
	assert_int_equal(open_with(&opts, &record), 0);
	assert_int_equal(seen.caps & ~(kept | 1ULL << CAP_KILL), 0);
	pfl_record_free(record);
}

/* The kernel's count goes beyond its LOST records: the file is told of the rest. */
static void test_lost(void **state)
{
	const volatile sig_atomic_t stop = 1;
	struct pfl_record_stats stats;
	struct pfl_record *record;
	int fd = memfd_create("record", MFD_CLOEXEC);

	(void)state;
	play.lost = 3;
	record = open_box();
	assert_int_equal(pfl_record_to_file(record, fd, NULL), 0);
	assert_int_equal(pfl_record_run(record, &stop, NULL, NULL), 0);
	assert_int_equal(pfl_record_finish(record), 0);
	pfl_record_get_stats(record, &stats);
	assert_int_equal(stats.lost, 3 * 2 * cpus());
	pfl_record_free(record);
	close(fd);
}

/* Whether a file has the name of task @pid. */
static bool is_told(int fd, pid_t pid)
{
	struct {
		struct perf_event_header header;
		int32_t pid, tid;
	} record;
	off_t at = sizeof(struct pfl_file_header);
	bool told = false;

	while (pread(fd, &record, sizeof(record), at) == sizeof(record) &&
	       record.header.size >= sizeof(record.header)) {
		told |= record.header.type == PERF_RECORD_COMM && record.pid == pid;
		at += record.header.size;
	}
	return told;
}

static pid_t start_child(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	pause();
	_exit(0);
}

/* It has its parent's events, and no ring was there yet when it was forked. */
static void test_child_born(void **state)
{
	const int32_t pid = getpid();
	const struct pfl_record_opts opts = { .type = "oncpu", .pids = &pid, .npids = 1 };
	const volatile sig_atomic_t stop = 1;
	int fd = memfd_create("record", MFD_CLOEXEC);
	struct pfl_record *record;
	pid_t child;

	(void)state;
	assert_int_equal(open_with(&opts, &record), 0);
	child = start_child();
	assert_true(child > 0);
	assert_int_equal(pfl_record_to_file(record, fd, NULL), 0);
	assert_int_equal(pfl_record_run(record, &stop, NULL, NULL), 0);
	assert_int_equal(pfl_record_finish(record), 0);
	assert_true(is_told(fd, pid));
	assert_true(is_told(fd, child));
	assert_false(is_told(fd, getppid()));
	pfl_record_free(record);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(fd);
}

static int run_command(char *const *argv, int *status)
{
	const struct pfl_record_opts opts = { .type = "oncpu", .command = argv };
	const volatile sig_atomic_t stop = 0;
	struct pfl_record *record;
	int fd, err = open_with(&opts, &record);

	if (err)
		return err;
	assert_true(seen.sampler.enable_on_exec && seen.mappings.enable_on_exec);
	fd = memfd_create("record", MFD_CLOEXEC);
	assert_int_equal(pfl_record_to_file(record, fd, NULL), 0);
	err = pfl_record_run(record, &stop, NULL, NULL);
	assert_int_equal(pfl_record_finish(record), 0);
	*status = pfl_record_command_status(record);
	pfl_record_free(record);
	close(fd);
	return err;
}

static void test_command(void **state)
{
	static char *const fails[] = { (char *)"sh", (char *)"-c", (char *)"exit 7", NULL };
	static char *const dies[] = { (char *)"sh", (char *)"-c", (char *)"kill -9 $$", NULL };
	static char *const missing[] = { (char *)"no-such-command", NULL };
	static char *const plain[] = { (char *)"/etc/passwd", NULL };
	static char *const dir[] = { (char *)"/etc", NULL };
	int status = 0;

	(void)state;
	assert_int_equal(run_command(fails, &status), 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	assert_int_equal(run_command(dies, &status), 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(run_command(missing, &status), -ENOENT);
	assert_int_equal(run_command(plain, &status), -ENOEXEC);
	assert_int_equal(run_command(dir, &status), -ENOEXEC);
	assert_true(said("0 no-such-command: command not found"));
	assert_true(said("0 /etc/passwd: cannot be run: Permission denied"));
}

/* Only exec(2) can tell: the interpreter is missing. */
static void test_command_exec_fails(void **state)
{
	char path[] = "/tmp/pfl-record-XXXXXX", text[128];
	char *const argv[] = { path, NULL };
	int fd = mkstemp(path), status = 0;

	(void)state;
	assert_true(fd >= 0);
	assert_true(dprintf(fd, "#!/no/such/interpreter\n") > 0);
	assert_int_equal(fchmod(fd, 0700), 0);
	close(fd);
	assert_int_equal(run_command(argv, &status), -ENOEXEC);
	snprintf(text, sizeof(text), "0 %s: cannot be run: it was there, but the interpreter", path);
	assert_true(said(text));
	unlink(path);
}

/* It outlasts the recording, and gets SIGTERM. */
static void test_command_stopped(void **state)
{
	static char *const argv[] = { (char *)"sleep", (char *)"1000", NULL };
	const struct pfl_record_opts opts = {
		.type = "oncpu", .command = argv, .duration_ns = 1000000,
	};
	const struct pfl_fold_opts fold = { .type = "oncpu" };
	const volatile sig_atomic_t stop = 0;
	struct pfl_record *record;
	int status;

	(void)state;
	assert_int_equal(open_with(&opts, &record), 0);
	assert_int_equal(pfl_record_to_profile(record, &fold), 0);
	assert_int_equal(pfl_record_run(record, &stop, NULL, NULL), 0);
	assert_int_equal(pfl_record_finish(record), 0);
	status = pfl_record_command_status(record);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	pfl_record_free(record);
}

static void test_bad_options(void **state)
{
	static const char *const bad[] = { "", "x", "0-", "3-1", "0-99999999", "1,,2x" };
	struct pfl_record_opts opts = { .type = "oncpu" };
	/* The largest number a CPU may have; nobody has that many. */
	long max = pfl_sys_read_number(&sys, "/sys/devices/system/cpu/kernel_max", 8191);
	struct pfl_record *record;
	char list[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		opts.cpus = bad[i];
		assert_int_equal(open_with(&opts, &record), -EINVAL);
	}
	snprintf(list, sizeof(list), "0,%ld", max);
	opts.cpus = list;
	assert_int_equal(open_with(&opts, &record), 0);
	assert_int_equal(record->rings.count, 1);
	snprintf(list, sizeof(list), "1 CPU %ld is not online and left out", max);
	assert_true(said(list));
	pfl_record_free(record);
	assert_int_equal(pfl_record_open(ctx, &(struct pfl_record_opts){ .type = "nope" },
					 &record), -EINVAL);
	opts = (struct pfl_record_opts){ .type = "oncpu", .cgroup = "no/such/cgroup" };
	assert_int_not_equal(open_with(&opts, &record), 0);
	assert_true(said("0 cgroup no/such/cgroup: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_newest_kernel, setup, teardown),
		cmocka_unit_test_setup_teardown(test_older_kernels, setup, teardown),
		cmocka_unit_test_setup_teardown(test_linux_5_10, setup, teardown),
		cmocka_unit_test_setup_teardown(test_call_graphs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_dumps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_pmu, setup, teardown),
		cmocka_unit_test_setup_teardown(test_user_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mappings_hidden, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_paranoid_4, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cpu_offline, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cpu_goes_offline, setup, teardown),
		cmocka_unit_test_setup_teardown(test_threads, start_threads, end_threads),
		cmocka_unit_test_setup_teardown(test_tids, start_threads, end_threads),
		cmocka_unit_test_setup_teardown(test_thread_vanishes, start_threads, end_threads),
		cmocka_unit_test_setup_teardown(test_thread_born, start_threads, end_threads),
		cmocka_unit_test_setup_teardown(test_too_many_files, start_threads, end_threads),
		cmocka_unit_test_setup_teardown(test_no_files_at_all, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_such_process, start_threads, end_threads),
		cmocka_unit_test_setup_teardown(test_capabilities, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_child_born, setup, teardown),
		cmocka_unit_test_setup_teardown(test_command, setup, teardown),
		cmocka_unit_test_setup_teardown(test_command_exec_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(test_command_stopped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_options, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
