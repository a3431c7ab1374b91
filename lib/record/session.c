/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <perf/core.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/counts.h"
#include "record/session.h"
#include "unwind/arch/arch.h"

#define SAMPLE_MAX 1152		/* bytes of a sample with all of 127 frames, without a dump */
#define RING_KIB_ENOUGH 4096u	/* with many CPUs; where there are few, all may have … */
#define RINGS_KIB_MAX (32u * 1024)
#define ATTACH_TRIES 8
#define FILES_OTHERWISE 64	/* descriptors that are not events */

/* libperf would write to standard error. */
static int mute_libperf(enum libperf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static int check_opts(struct pfl_ctx *ctx, const struct pfl_record_opts *opts)
{
	if (opts->mmap_pages & (opts->mmap_pages - 1))
		return pfl_fail(ctx, -EINVAL, "%u pages: a ring has a power of two of them",
				opts->mmap_pages);
	if (opts->user_only && opts->kernel_only)
		return pfl_fail(ctx, -EINVAL, "only the user half and only the kernel half of each "
				"stack leave nothing");
	if (opts->dump_bytes % 8 || opts->dump_bytes > PFL_DUMP_MAX)
		return pfl_fail(ctx, -EINVAL, "%u bytes of stack: the kernel takes multiples of 8 up "
				"to %u", opts->dump_bytes, PFL_DUMP_MAX);
	if (opts->call_graph == PFL_CALL_GRAPH_DWARF && !pfl_arch_native())
		return pfl_fail(ctx, -EOPNOTSUPP, "dumped stacks of this machine cannot be unwound: "
				"only frame pointers are walked here");
	return 0;
}

/*
 * What the type takes, more where its samples bring more than it counts on, and room for a
 * second of the largest samples. The kernel
 * wakes us long before it is full, and we come four times a second anyway; but on a
 * box that has more to do than CPUs, we may wait for our turn as others do.
 */
static unsigned int ring_pages(const struct pfl_record *record)
{
	bool dumps = record->counters.call_graph != PFL_CALL_GRAPH_FP;
	uint64_t sample = SAMPLE_MAX + (dumps ? record->counters.dump_bytes : 0);
	uint64_t second = record->counters.freq * sample / 1024;
	uint64_t as_many = record->type->ring_kib * sample / (SAMPLE_MAX + record->type->dump_bytes);
	uint64_t kib = second > as_many ? second : as_many;
	uint64_t max = RINGS_KIB_MAX / perf_cpu_map__nr(record->target.cpus);
	uint64_t ring = record->type->ring_kib;
	uint64_t page = sysconf(_SC_PAGESIZE);

	if (record->opts.mmap_pages)
		return record->opts.mmap_pages;
	if (max < RING_KIB_ENOUGH)
		max = RING_KIB_ENOUGH;
	while (ring < kib && ring * 2 <= max)
		ring *= 2;
	return ring * 1024 > page ? ring * 1024 / page : 1;
}

/* Whether the target's descriptors fit the limit, raised as far as it goes. */
static bool files_fit(struct pfl_record *record)
{
	uint64_t cpus = perf_cpu_map__nr(record->target.cpus);
	uint64_t threads = perf_thread_map__nr(record->target.threads);

	return pfl_rights_raise_files(record->ctx, record->sys, FILES_OTHERWISE +
				      cpus * threads * (record->type->nevents + 1));
}

static int widen(struct pfl_record *record, const char *reason)
{
	pfl_note(record->ctx, "%s: recording whole CPUs, of which only what was asked for is folded; "
		 "a .data file holds all of it", reason);
	pfl_counters_free(&record->counters);
	return pfl_target_widen(&record->target);
}

/* The command, not exec'ed yet, is all that is recorded. */
static bool starts_at_exec(const struct pfl_record *record)
{
	return record->command.pid && record->target.scope == PFL_SCOPE_TASKS &&
	       record->target.npids == 1 && record->target.pids[0] == record->command.pid;
}

static int open_counters(struct pfl_record *record)
{
	int err;

	pfl_counters_free(&record->counters);
	if (!files_fit(record) && record->target.scope == PFL_SCOPE_TASKS) {
		err = widen(record, "each thread on each CPU takes more open files than the limit "
			    "allows (ulimit -n)");
		if (err)
			return err;
	}
	err = pfl_counters_open(&record->counters, record->ctx, record->sys, &record->rights,
				&record->target, record->type, &record->opts,
				starts_at_exec(record));
	if (err != -EMFILE)
		return err;
	if (record->target.scope != PFL_SCOPE_TASKS)
		return pfl_fail(record->ctx, err, "too many open files: raise the limit (ulimit -n)");
	err = widen(record, "too many open files (ulimit -n)");
	return err ? err : open_counters(record);
}

/*
 * A thread born while events were opened may have inherited some of them, or
 * none, and nothing tells which. So all is opened again until no thread was
 * born meanwhile; from then on inheritance takes care of every one. Nobody is
 * stopped for it.
 */
static int attach(struct pfl_record *record)
{
	int err = 0;

	if (record->type->whole_cpus && record->target.scope == PFL_SCOPE_TASKS)
		err = pfl_target_widen(&record->target);
	if (!err)
		err = open_counters(record);

	for (int i = 0; i < ATTACH_TRIES && !err; i++) {
		if (record->target.scope != PFL_SCOPE_TASKS)
			return 0;
		err = pfl_target_scan(&record->target);
		if (err <= 0)
			return err;
		err = open_counters(record);
	}
	if (err || record->target.scope != PFL_SCOPE_TASKS)
		return err;
	if (!record->rights.perfmon && record->rights.paranoid > 0) {
		pfl_warn(record->ctx, "threads are born faster than one can attach to them: some of "
			 "the first ones may be missing");
		return 0;
	}
	err = widen(record, "threads are born faster than one can attach to them");
	return err ? err : open_counters(record);
}

/*
 * How small the rings are, only mapping them tells; when the kernel wakes us is told with
 * the events. Where that would be too late for such rings, once more.
 */
static int attach_with_rings(struct pfl_record *record)
{
	int err = attach(record);

	if (!err)
		err = pfl_rings_open(&record->rings, &record->counters, ring_pages(record));
	if (err || record->rings.size / 2 >= PFL_WAKE_BYTES ||
	    !pfl_counter_attr(&record->counters.list[0])->wakeup_watermark)
		return err;
	record->opts.mmap_pages = record->rings.size / sysconf(_SC_PAGESIZE);
	pfl_rings_free(&record->rings);
	return attach_with_rings(record);
}

static const char *sampled_name(const struct pfl_counters *counters)
{
	unsigned int i = 1;

	while (i < counters->count - 1 && !counters->list[i].spec->sampled)
		i++;
	return counters->list[i].name;
}

static void tell_of_stand_in(struct pfl_record *record)
{
	int err = record->counters.stand_in_err;
	char command[128];

	pfl_rights_note_stand_in(record->ctx, &record->rights, err == -EACCES || err == -EPERM ?
				 pfl_tracing_remedy(err, command, sizeof(command)) : NULL);
}

static void tell_what(struct pfl_record *record)
{
	const struct pfl_counters *counters = &record->counters;

	if (counters->user_only)
		pfl_rights_note_user_only(record->ctx, &record->rights, record->type->switches);
	else if (counters->no_tracepoints)
		tell_of_stand_in(record);
	if (counters->no_pmu)
		pfl_note(record->ctx, "no hardware cycles here (a virtual machine mostly has none): "
			 "sampling by the software clock, %s", sampled_name(counters));
	if (counters->no_dump)
		pfl_warn(record->ctx, "this kernel does not take registers and stack along: user stacks "
			 "are walked by frame pointers alone, and lack callers without them");
	pfl_debug(record->ctx, "%s: %u events on %u CPUs, rings of %llu KiB", counters->list[1].name,
		  pfl_counters_nfds(counters), record->rings.live,
		  (unsigned long long)(record->rings.list[0].size / 1024));
}

bool pfl_session_repairs(const struct pfl_record *record)
{
	return record->counters.call_graph == PFL_CALL_GRAPH_AUTO && !record->opts.kernel_only;
}

static int open_all(struct pfl_record *record, const struct pfl_record_opts *opts)
{
	int err = 0;

	if (opts->command)
		err = pfl_command_start(&record->command, record->ctx, record->sys, opts->command);
	if (!err)
		err = pfl_target_init(&record->target, record->ctx, record->sys, opts,
				      record->command.pid);
	if (!err && record->type->all_cpus && opts->cpus)
		err = pfl_target_all_cpus(&record->target);
	if (!err)
		err = attach_with_rings(record);
	if (!err)
		err = pfl_counters_ids(&record->counters);
	if (!err)
		err = pfl_counts_prepare(record);
	if (err)
		return err;
	record->polled = calloc(record->rings.count + 1, sizeof(*record->polled));
	if (!record->polled)
		return -ENOMEM;
	if (record->type->marked)
		pfl_markers_init(&record->markers, record->type->type,
				 pfl_counter_attr(&record->counters.list[0]), pfl_session_push,
				 record);
	record->markers.attr.exclude_callchain_user = !pfl_session_repairs(record);
	tell_what(record);
	err = pfl_priority_raise(record->ctx, record->sys);
	record->first = !err;
	record->not_first = err < 0;
	/* The kernel stacks of sleepers are root's. */
	if (record->type->sleepers)
		return 0;
	return pfl_rights_drop(record->ctx, record->sys, opts->command != NULL);
}

int pfl_session_open(struct pfl_ctx *ctx, const struct pfl_sys *sys,
		     const struct pfl_type_spec *type, const struct pfl_record_opts *opts,
		     struct pfl_record **out)
{
	struct pfl_record *record;
	int err = check_opts(ctx, opts);

	if (err)
		return err;
	record = calloc(1, sizeof(*record));
	if (!record)
		return -ENOMEM;
	record->ctx = ctx;
	record->sys = sys;
	record->type = type;
	record->opts = *opts;
	record->command_status = -1;
	record->target.cgroup = -1;
	libperf_init(mute_libperf);
	pfl_rights_read(&record->rights, sys);
	pfl_host_read(&record->host, sys);
	pfl_kernel_text_read(&record->kernel, sys);
	err = open_all(record, opts);
	if (err) {
		pfl_record_free(record);
		return err;
	}
	*out = record;
	return 0;
}

void pfl_record_free(struct pfl_record *record)
{
	if (!record)
		return;
	if (record->first)
		pfl_priority_restore(record->sys);
	pfl_command_free(&record->command);
	pfl_rings_free(&record->rings);
	pfl_counters_free(&record->counters);
	if (record->target.sys)
		pfl_target_free(&record->target);
	pfl_synth_free(&record->synth);
	pfl_markers_free(&record->markers);
	pfl_fold_free(record->fold);
	pfl_writer_free(record->writer);
	pfl_captures_free(record->captures);
	pfl_strbuf_free(&record->backlog);
	pfl_table_free(&record->tally.events);
	pfl_table_free(&record->mapping);
	free(record->polled);
	free(record);
}

static int put_by(struct pfl_record *record, const struct iovec *parts, int nparts)
{
	for (int i = 0; i < nparts; i++)
		pfl_strbuf_add(&record->backlog, parts[i].iov_base, parts[i].iov_len);
	return record->backlog.error;
}

static int deliver_backlog(struct pfl_record *record)
{
	struct iovec part = { record->backlog.text, record->backlog.len };
	int err = part.iov_len ? pfl_fold_push(record->fold, &part, 1) : 0;

	pfl_strbuf_free(&record->backlog);
	return err;
}

static int deliver(void *data, const struct iovec *parts, int nparts)
{
	struct pfl_record *record = data;
	int err;

	if (record->aside)
		return put_by(record, parts, nparts);
	err = deliver_backlog(record);
	if (err)
		return err;
	return record->fold ? pfl_fold_push(record->fold, parts, nparts) :
			      pfl_writer_push(record->writer, parts, nparts);
}

int pfl_session_push(void *data, const struct iovec *parts, int nparts)
{
	struct pfl_record *record = data;

	if (!record->sink_err)
		record->sink_err = pfl_mapped_pass(record->captures, parts, nparts, deliver, record);
	return record->sink_err;
}

/* Out of a ring. Where none of the records tells of a mapping, there is none to look for. */
static int push_drained(void *data, const struct iovec *parts, int nparts)
{
	struct pfl_record *record = data;

	if (record->tally.mapped != record->mapped) {
		record->mapped = record->tally.mapped;
		return pfl_session_push(record, parts, nparts);
	}
	if (!record->sink_err)
		record->sink_err = deliver(record, parts, nparts);
	return record->sink_err;
}

/* Where samples bring dumps, the fold must know before the first record of the pass comes. */
static int look_ahead(struct pfl_record *record)
{
	pfl_rings_begin(&record->rings);
	if (!record->fold || record->counters.call_graph == PFL_CALL_GRAPH_FP)
		return 0;
	/* what was put by has still to come */
	if (!record->aside && !record->backlog.len)
		pfl_table_free(&record->mapping);
	return pfl_rings_look(&record->rings, &record->mapping);
}

int pfl_session_empty(void *data)
{
	struct pfl_record *record = data;
	/* Where our own switches are left out, those who come to the CPU then would be, too. */
	pid_t self = record->type->switches ? PFL_RING_NOBODY : getpid();
	uint64_t bad = record->tally.bad;
	int err = look_ahead(record), drained;

	drained = pfl_rings_drain(&record->rings, self, push_drained, record, &record->tally);
	err = err ? err : drained;

	if (record->tally.bad != bad && !bad)
		pfl_log(record->ctx, PFL_WARNING, "the kernel's ring held a record of a size that "
			"cannot be: what stood behind it there is lost, and in no count");
	return err;
}

int pfl_session_drain(void *data)
{
	struct pfl_record *record = data;
	int err = deliver_backlog(record);

	if (!err)
		err = pfl_session_empty(record);
	/* A pass that brings nothing says that what the one before brought is all there is. */
	if (!err && (record->waiting || record->tally.bytes != record->rounds_at)) {
		record->waiting = record->tally.bytes != record->rounds_at;
		record->rounds_at = record->tally.bytes;
		err = record->fold ? pfl_fold_round(record->fold) : 0;
		if (!err && record->writer)
			err = pfl_writer_round(record->writer);
		record->sink_err = err;
	}
	return err;
}

int pfl_session_drain_between(void *data)
{
	struct pfl_record *record = data;
	uint64_t now = record->sys->now();
	int err;

	if (now - record->drained < record->drain_took)
		return 0;
	err = pfl_session_drain(record);
	record->drained = record->sys->now();
	record->drain_took = record->drained - now;
	return err;
}
