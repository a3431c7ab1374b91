/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "record/counters.h"
#include "unwind/arch/arch.h"

#define FREQ_DEFAULT 99
#define MAX_RATE "/proc/sys/kernel/perf_event_max_sample_rate"

struct perf_event_attr *pfl_counter_attr(const struct pfl_counter *counter)
{
	return perf_evsel__attr(counter->evsel);
}

/*
 * At half of a ring of megabytes there are some thousand stacks to be unwound, and while
 * that is done, the other half fills. The kernel takes the number of bytes for what it
 * is, and more than the ring for all of it: a small ring is better off with its half (0).
 */
static uint32_t wake_bytes(const struct pfl_record_opts *opts)
{
	uint64_t ring = (uint64_t)opts->mmap_pages * sysconf(_SC_PAGESIZE);

	return ring && ring / 2 < PFL_WAKE_BYTES ? 0 : PFL_WAKE_BYTES;
}

/* What all events have in common; the rings rely on it, see ring.h. */
static struct perf_event_attr common_attr(const struct pfl_counters *c)
{
	struct perf_event_attr attr = {
		.size = PERF_ATTR_SIZE_VER7,
		.disabled = 1,
		.sample_id_all = 1,
		.exclude_guest = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
		.watermark = 1,
		.wakeup_watermark = wake_bytes(c->opts),
		.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
			       PERF_SAMPLE_CPU,
		.read_format = PERF_FORMAT_ID,
		.inherit = c->target->nfollowed != 0,
		.enable_on_exec = c->command,
	};

	if (!c->no_lost)
		attr.read_format |= PERF_FORMAT_LOST;
	return attr;
}

/* Mappings, names, births and deaths of tasks. */
static struct perf_event_attr mapping_attr(const struct pfl_counters *c)
{
	struct perf_event_attr attr = common_attr(c);

	attr.type = PERF_TYPE_SOFTWARE;
	attr.config = PERF_COUNT_SW_DUMMY;
	attr.sample_period = 1;
	attr.exclude_kernel = 1;	/* it never counts, so this only asks for fewer rights */
	attr.mmap = 1;
	attr.mmap2 = 1;
	attr.comm = 1;
	attr.comm_exec = 1;
	attr.task = 1;
	/*
	 * Not build_id: kernels up to 6.18 at least leave the misc bit that says so
	 * set for whoever gets the same record next. A perf record that already
	 * runs on the box then takes an inode for a build-id, and dies of it.
	 */
	/* perf reads a dumped stack by unwind data that it finds by its mapping: no code. */
	attr.mmap_data = c->call_graph == PFL_CALL_GRAPH_DWARF || c->type->data_mappings;
	/*
	 * The tracepoint of a task or a cgroup tells when it leaves its CPU, and not when it
	 * is back; what stands in for it never does. That of whole CPUs does, but
	 * some virtual machines lose samples of a CPU that was idle, without a word.
	 */
	attr.context_switch = c->type->switches;
	return attr;
}

/* Registers and the top of the stack, too; instead of frame pointers or beside them. */
static void add_dump(const struct pfl_counters *c, struct perf_event_attr *attr)
{
	if (c->call_graph == PFL_CALL_GRAPH_FP || c->opts->kernel_only)
		return;
	attr->sample_type |= PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
	attr->sample_regs_user = pfl_arch_perf_mask(pfl_arch_native());
	attr->sample_stack_user = c->dump_bytes;
	attr->exclude_callchain_user = c->call_graph == PFL_CALL_GRAPH_DWARF;
}

static struct perf_event_attr event_attr(const struct pfl_counters *c,
					 const struct pfl_event_spec *spec, uint64_t config)
{
	struct perf_event_attr attr = common_attr(c);

	attr.type = spec->type;
	attr.config = config;
	attr.sample_type |= PERF_SAMPLE_IP;
	if (spec->addr)
		attr.sample_type |= PERF_SAMPLE_ADDR |
				    (c->no_page_size ? 0 : PERF_SAMPLE_DATA_PAGE_SIZE);
	if (spec->callchain) {
		attr.sample_type |= PERF_SAMPLE_CALLCHAIN;
		attr.exclude_callchain_kernel = c->opts->user_only != 0 ||
						(spec->user_chain && !c->opts->kernel_only);
		attr.exclude_callchain_user = c->opts->kernel_only != 0;
		add_dump(c, &attr);
	}
	if (spec->sampled) {
		attr.freq = 1;
		attr.sample_freq = c->freq;
		attr.sample_type |= PERF_SAMPLE_PERIOD;
	} else {
		/* No PERIOD: with it the kernel leaves out samples of such events. */
		attr.sample_period = 1;
	}
	if (spec->type == PERF_TYPE_TRACEPOINT)
		attr.sample_type |= PERF_SAMPLE_RAW;
	else
		attr.exclude_kernel = c->user_only;
	/* The clock also ticks while nothing runs. */
	attr.exclude_idle = spec->type == PERF_TYPE_SOFTWARE &&
			    spec->config == PERF_COUNT_SW_CPU_CLOCK;
	return attr;
}

static int add_counter(struct pfl_counters *c, const struct pfl_event_spec *spec,
		       struct perf_event_attr *attr)
{
	struct pfl_counter *counter = &c->list[c->count];

	if (c->count == PFL_COUNTERS_MAX)
		return -E2BIG;
	counter->evsel = perf_evsel__new(attr);
	if (!counter->evsel)
		return -ENOMEM;
	perf_evlist__add(c->evlist, counter->evsel);
	c->count++;
	counter->spec = spec;
	snprintf(counter->name, sizeof(counter->name), "%s%s", spec ? spec->name : "dummy",
		 !spec || attr->exclude_kernel ? ":u" : "");
	return 0;
}

static bool is_reach(int err)
{
	return err == -EACCES || err == -EPERM || err == -ENODEV;
}

/* Both of what stands in the way, if it is two things: else the second would come as a surprise. */
static int explain_tracepoint(const struct pfl_counters *c, const char *name, int err)
{
	pfl_tracing_explain(&c->tracing, name, err);
	if ((err == -EACCES || err == -EPERM) && !c->rights->perfmon && c->rights->paranoid >= 0)
		pfl_rights_explain(c->ctx, c->sys, c->rights, PFL_REFUSED_TRACEPOINT, -1, err);
	return err == -ENOENT ? -EOPNOTSUPP : err;	/* no command that is not found */
}

/*
 * A tracepoint that cannot be had: something else stands in for it, or the
 * recording does without. 1: go on; otherwise -errno, logged.
 */
static int without_tracepoint(struct pfl_counters *c, const struct pfl_event_spec *spec, int err)
{
	if (is_reach(err) && spec->unprivileged) {
		c->no_tracepoints = true;
		c->stand_in_err = err;
		return 1;
	}
	if (!spec->brings || err == -ENOMEM)
		return explain_tracepoint(c, spec->name, err);
	if (is_reach(err)) {
		c->out_of_reach = spec->name;
		c->out_of_reach_err = err;
	}
	/* out of reach are all of them: what comes of that is told at the end, once */
	if (!c->told && *spec->brings && !is_reach(err))
		pfl_note(c->ctx, "%s: %s: %s is left out", spec->name, err == -ENOENT ?
			 "this kernel has no such tracepoint" : strerror(-err), spec->brings);
	return 1;
}

/* What is opened for @spec on this machine; NULL: nothing. */
static const struct pfl_event_spec *choose(const struct pfl_counters *c,
					   const struct pfl_event_spec *spec)
{
	const struct pfl_event_spec *instead;

	if ((spec->wanted && !spec->wanted(c->opts)) || (spec->brings && c->only_needed))
		return NULL;
	instead = c->target->scope == PFL_SCOPE_TASKS ? spec->per_task : spec->cpu_wide;
	if (c->no_pmu && instead)
		return instead;
	if (c->no_tracepoints && spec->type == PERF_TYPE_TRACEPOINT)
		return spec->unprivileged;
	return spec;
}

static int add_event(struct pfl_counters *c, const struct pfl_event_spec *wanted)
{
	const struct pfl_event_spec *spec = choose(c, wanted);
	struct perf_event_attr attr;
	uint64_t config;
	int err = 0;

	if (!spec)
		return 0;
	config = spec->config;
	if (spec->type == PERF_TYPE_TRACEPOINT)
		err = pfl_tracing_add(&c->tracing, spec->name, &config);
	if (err) {
		err = without_tracepoint(c, spec, err);
		if (err < 0)
			return err;
		return c->no_tracepoints && spec->unprivileged ? add_event(c, wanted) : 0;
	}
	attr = event_attr(c, spec, config);
	return add_counter(c, spec, &attr);
}

/* The list of events as it now stands, none of them open. */
static int make_list(struct pfl_counters *c)
{
	struct perf_event_attr attr = mapping_attr(c);
	size_t nfds = (size_t)c->ncpus * c->nthreads;
	int err = 0;

	c->evlist = perf_evlist__new();
	if (!c->evlist)
		return -ENOMEM;
	/*
	 * First the one that asks for least: where it is refused for a bit, the
	 * kernel is too old for the bit, and where for its CPU, the CPU is gone.
	 */
	err = add_counter(c, NULL, &attr);
	for (unsigned int i = 0; i < c->type->nevents && !err; i++)
		err = add_event(c, c->type->events[i]);
	c->told = true;
	if (!err && c->count == 1 && c->out_of_reach)
		err = explain_tracepoint(c, c->out_of_reach, c->out_of_reach_err);
	else if (!err && c->count == 1)
		err = pfl_fail(c->ctx, -EOPNOTSUPP, "this leaves nothing to record");
	if (err)
		return err;
	for (unsigned int i = 0; i < c->count; i++) {
		c->list[i].fds = malloc(nfds * sizeof(int));
		if (!c->list[i].fds)
			return -ENOMEM;
		memset(c->list[i].fds, -1, nfds * sizeof(int));
		c->list[i].ids = calloc(nfds, sizeof(*c->list[i].ids));
		if (!c->list[i].ids)
			return -ENOMEM;
	}
	return 0;
}

static void drop_list(struct pfl_counters *c)
{
	for (unsigned int i = 0; i < c->count; i++) {
		struct pfl_counter *counter = &c->list[i];

		for (size_t n = 0; counter->fds && n < (size_t)c->ncpus * c->nthreads; n++)
			if (counter->fds[n] >= 0)
				c->sys->close(counter->fds[n]);
		free(counter->fds);
		free(counter->ids);
	}
	perf_evlist__delete(c->evlist);
	c->evlist = NULL;
	memset(c->list, 0, sizeof(c->list));
	c->count = 0;
	pfl_tracing_free(&c->tracing);
}

static bool of_everybody(const struct pfl_counter *counter)
{
	return counter->spec && counter->spec->everybody;
}

/* It saves the cost of what reading passes over: without it nothing is wrong. */
static void set_filter(const struct pfl_counters *c, const struct pfl_counter *counter, int fd)
{
	const char *filter = counter->spec ? counter->spec->filter : NULL;

	if (filter && c->sys->ioctl(fd, PERF_EVENT_IOC_SET_FILTER, (unsigned long)filter))
		pfl_debug(c->ctx, "%s: the kernel does not take the filter \"%s\": %s",
			  counter->name, filter, strerror(errno));
}

/* 0 also where this CPU or thread has gone: that costs nobody else. */
static int open_one(struct pfl_counters *c, struct pfl_counter *counter, unsigned int cpu,
		    unsigned int thread)
{
	struct perf_event_attr attr = *pfl_counter_attr(counter);
	int number = perf_cpu_map__cpu(c->target->cpus, cpu).cpu;
	int pid = perf_thread_map__pid(c->target->threads, thread);
	unsigned long flags = PERF_FLAG_FD_CLOEXEC;
	int fd;

	attr.inherit = thread < c->target->nfollowed;
	if (of_everybody(counter)) {
		attr.inherit = 0;
		attr.enable_on_exec = 0;
		pid = -1;
	} else if (c->target->scope == PFL_SCOPE_CGROUP) {
		flags |= PERF_FLAG_PID_CGROUP;
		pid = c->target->cgroup;
	}
	fd = c->sys->perf_event_open(&attr, pid, number, -1, flags);
	if (fd >= 0) {
		set_filter(c, counter, fd);
		counter->fds[(size_t)thread * c->ncpus + cpu] = fd;
		return 0;
	}
	if (errno == ESRCH && pid != -1 && c->target->scope == PFL_SCOPE_TASKS) {
		c->dead[thread] = true;
		return 0;
	}
	c->failed = counter;
	c->failed_tid = c->target->scope == PFL_SCOPE_TASKS ? pid : -1;
	return -errno;
}

static void close_cpu(struct pfl_counters *c, unsigned int cpu)
{
	for (unsigned int i = 0; i < c->count; i++) {
		for (unsigned int thread = 0; thread < c->nthreads; thread++) {
			int *fd = &c->list[i].fds[(size_t)thread * c->ncpus + cpu];

			if (*fd >= 0)
				c->sys->close(*fd);
			*fd = -1;
		}
	}
}

/* All events of one CPU. One that has gone offline since it was listed is left out. */
static int open_cpu(struct pfl_counters *c, unsigned int cpu)
{
	int err = 0;

	for (unsigned int thread = 0; thread < c->nthreads && !err; thread++)
		for (unsigned int i = 0; i < c->count && !c->dead[thread] && !err; i++)
			if (!of_everybody(&c->list[i]))
				err = open_one(c, &c->list[i], cpu, thread);
	for (unsigned int i = 0; i < c->count && !err; i++)
		if (of_everybody(&c->list[i]))
			err = open_one(c, &c->list[i], cpu, 0);
	if (err != -ENODEV || c->failed->spec)
		return err;
	pfl_warn(c->ctx, "CPU %d went offline and is left out",
		 perf_cpu_map__cpu(c->target->cpus, cpu).cpu);
	close_cpu(c, cpu);
	return 0;
}

static int open_all(struct pfl_counters *c)
{
	int err;

	c->failed = &c->list[0];
	c->failed_tid = perf_thread_map__pid(c->target->threads, 0);
	for (unsigned int cpu = 0; cpu < c->ncpus; cpu++) {
		err = open_cpu(c, cpu);
		if (err)
			return err;
	}
	if (pfl_counters_nfds(c))
		return 0;
	return c->target->scope == PFL_SCOPE_TASKS ? -ESRCH : -ENODEV;
}

/* Takes back what the last failure asks for; whether another try makes sense. */
static bool take_back(struct pfl_counters *c, int err)
{
	const struct pfl_event_spec *spec = c->failed->spec;
	bool rights = err == -EACCES || err == -EPERM;
	bool resources = err == -EMFILE || err == -ENFILE || err == -ENOMEM || err == -ESRCH;

	if (err == -EINVAL && !spec && !c->no_lost) {
		pfl_debug(c->ctx, "this kernel does not count the records it drops (6.0 does)");
		return c->no_lost = true;
	}
	if (err == -EINVAL && spec && spec->addr && !c->no_page_size) {
		pfl_debug(c->ctx, "this kernel does not tell the sizes of pages (5.11 does)");
		return c->no_page_size = true;
	}
	if ((err == -EINVAL || err == -ENOSYS) && spec && spec->callchain &&
	    c->call_graph != PFL_CALL_GRAPH_FP) {
		pfl_debug(c->ctx, "%s with registers and stack: %s", spec->name, strerror(-err));
		c->call_graph = PFL_CALL_GRAPH_FP;
		return c->no_dump = true;
	}
	if (rights && spec && spec->unprivileged && !c->no_tracepoints)
		return c->no_tracepoints = true;
	if (rights && spec && spec->brings && !c->only_needed) {
		if (*spec->brings)
			pfl_note(c->ctx, "%s: %s: %s is left out", spec->name, strerror(-err),
				 spec->brings);
		return c->only_needed = true;
	}
	if (rights && spec && spec->type != PERF_TYPE_TRACEPOINT && !c->user_only &&
	    c->target->scope == PFL_SCOPE_TASKS && !c->opts->kernel_only)
		return c->user_only = true;
	if (!rights && !resources && spec && spec->type == PERF_TYPE_HARDWARE && !c->no_pmu) {
		pfl_debug(c->ctx, "%s: %s", spec->name, strerror(-err));
		return c->no_pmu = true;
	}
	return false;
}

static int explain(const struct pfl_counters *c, int err)
{
	const struct pfl_event_spec *spec = c->failed->spec;
	enum pfl_refused what = PFL_REFUSED_CPUS;

	if (err == -EACCES || err == -EPERM) {
		if (c->target->scope == PFL_SCOPE_TASKS)
			what = spec && !c->user_only ? PFL_REFUSED_KERNEL : PFL_REFUSED_TASK;
		if (spec && spec->type == PERF_TYPE_TRACEPOINT)
			what = PFL_REFUSED_TRACEPOINT;
		return pfl_rights_explain(c->ctx, c->sys, c->rights, what, c->failed_tid, err);
	}
	if (err == -EMFILE || err == -ENFILE)
		return -EMFILE;
	if (err == -ESRCH)
		return pfl_fail(c->ctx, err, "process %d ended before it could be recorded",
				c->failed_tid);
	if (err == -ENOSYS)
		return pfl_fail(c->ctx, err, "this kernel cannot record (CONFIG_PERF_EVENTS is off)");
	if ((err == -EBADF || err == -ENOENT) && c->target->scope == PFL_SCOPE_CGROUP && !spec)
		return pfl_fail(c->ctx, -EINVAL, "cgroup %s: not a cgroup of the hierarchy that perf "
				"counts by", c->opts->cgroup);
	return pfl_fail(c->ctx, err, "%s: the kernel refuses to open it: %s", c->failed->name,
			strerror(-err));
}

/* The kernel refuses a rate above its limit, which it lowers by itself where sampling takes long. */
static unsigned int allowed_freq(struct pfl_ctx *ctx, const struct pfl_sys *sys, unsigned int freq)
{
	long max = pfl_sys_read_number(sys, MAX_RATE, 0);

	if (!freq)
		freq = FREQ_DEFAULT;
	if (max <= 0 || freq <= (unsigned long)max)
		return freq;
	pfl_warn(ctx, "%u samples a second are more than the kernel allows: it will be %ld; as root: "
		 "sysctl kernel.perf_event_max_sample_rate=%u", freq, max, freq);
	return max;
}

static unsigned int dump_of(const struct pfl_type_spec *type, const struct pfl_target *target)
{
	return target->scope != PFL_SCOPE_CPUS && type->dump_bytes_of_few ? type->dump_bytes_of_few :
									   type->dump_bytes;
}

int pfl_counters_open(struct pfl_counters *c, struct pfl_ctx *ctx, const struct pfl_sys *sys,
		      const struct pfl_rights *rights, const struct pfl_target *target,
		      const struct pfl_type_spec *type, const struct pfl_record_opts *opts,
		      bool command)
{
	int err;

	*c = (struct pfl_counters){
		.ctx = ctx,
		.sys = sys,
		.rights = rights,
		.target = target,
		.type = type,
		.opts = opts,
		.ncpus = perf_cpu_map__nr(target->cpus),
		.nthreads = perf_thread_map__nr(target->threads),
		.command = command,
		.freq = allowed_freq(ctx, sys, opts->freq),
		.call_graph = opts->call_graph,
		.dump_bytes = opts->dump_bytes,
	};
	if (!c->dump_bytes)
		c->dump_bytes = c->call_graph == PFL_CALL_GRAPH_AUTO ? dump_of(type, target) :
				PFL_DUMP_SAMPLED;
	/* Nobody asked for what cannot be had here. */
	if (!pfl_arch_native())
		c->call_graph = PFL_CALL_GRAPH_FP;
	pfl_tracing_init(&c->tracing, ctx, sys);
	c->dead = calloc(c->nthreads, sizeof(*c->dead));
	if (!c->dead)
		return -ENOMEM;
	for (;;) {
		err = make_list(c);
		if (err)
			return err;
		err = open_all(c);
		if (!err)
			return 0;
		if (!take_back(c, err))
			return explain(c, err);
		drop_list(c);
		memset(c->dead, 0, c->nthreads * sizeof(*c->dead));
	}
}

void pfl_counters_free(struct pfl_counters *c)
{
	if (!c->sys)
		return;
	drop_list(c);
	free(c->dead);
	*c = (struct pfl_counters){ 0 };
}

static int add_ids(struct pfl_counters *c, struct pfl_counter *counter)
{
	size_t nfds = (size_t)c->ncpus * c->nthreads;

	counter->nids = 0;
	for (size_t n = 0; n < nfds; n++) {
		if (counter->fds[n] < 0)
			continue;
		if (c->sys->ioctl(counter->fds[n], PERF_EVENT_IOC_ID,
				  (unsigned long)&counter->ids[counter->nids]))
			return pfl_fail(c->ctx, -errno, "%s: cannot ask for its id: %s",
					counter->name, strerror(errno));
		counter->nids++;
	}
	return 0;
}

int pfl_counters_ids(struct pfl_counters *c)
{
	int err = 0;

	for (unsigned int i = 0; i < c->count && !err; i++)
		err = add_ids(c, &c->list[i]);
	return err;
}

static void control(const struct pfl_counters *c, const struct pfl_counter *counter,
		    unsigned long request)
{
	for (size_t n = 0; n < (size_t)c->ncpus * c->nthreads; n++)
		if (counter->fds[n] >= 0 && c->sys->ioctl(counter->fds[n], request, 0))
			pfl_debug(c->ctx, "%s: ioctl %#lx: %s", counter->name, request,
				  strerror(errno));
}

void pfl_counters_enable(const struct pfl_counters *c, bool mappings)
{
	/* A command's own start with it. */
	for (unsigned int i = 0; i < c->count; i++)
		if (mappings == !c->list[i].spec && (!c->command || of_everybody(&c->list[i])))
			control(c, &c->list[i], PERF_EVENT_IOC_ENABLE);
}

void pfl_counters_disable(const struct pfl_counters *c)
{
	/* Mappings last, so that no sample comes from one that was not told of. */
	for (unsigned int i = c->count; i--; )
		control(c, &c->list[i], PERF_EVENT_IOC_DISABLE);
}

/* The value, the id, and with PERF_FORMAT_LOST how many were lost. */
static void read_one(const struct pfl_counters *c, struct pfl_counter *counter, int fd)
{
	uint64_t values[3] = { 0 };
	ssize_t size = c->no_lost ? 2 * sizeof(*values) : sizeof(values);

	if (c->sys->read(fd, values, size) != size)
		return;
	counter->occurred += values[0];
	counter->lost += values[2];
}

void pfl_counters_read(struct pfl_counters *c)
{
	for (unsigned int i = 0; i < c->count; i++) {
		struct pfl_counter *counter = &c->list[i];

		counter->occurred = counter->lost = 0;
		for (size_t n = 0; n < (size_t)c->ncpus * c->nthreads; n++)
			if (counter->fds[n] >= 0)
				read_one(c, counter, counter->fds[n]);
	}
}

bool pfl_counters_of_everybody(const struct pfl_counters *c)
{
	for (unsigned int i = 0; i < c->count; i++)
		if (of_everybody(&c->list[i]))
			return true;
	return false;
}

unsigned int pfl_counters_nfds(const struct pfl_counters *c)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < c->count; i++)
		for (size_t n = 0; n < (size_t)c->ncpus * c->nthreads; n++)
			count += c->list[i].fds[n] >= 0;
	return count;
}
