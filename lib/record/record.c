/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "record/counts.h"
#include "record/session.h"
#include "record/sleepers.h"
#include "symbol/buildid.h"

#define TICK_NS 250000000ULL

int pfl_record_open(struct pfl_ctx *ctx, const struct pfl_record_opts *opts,
		    struct pfl_record **out)
{
	const struct pfl_type_spec *type = opts->type ? pfl_type_spec_find(opts->type) : NULL;

	if (!type)
		return pfl_fail(ctx, -EINVAL, "there is no recorder for profile type '%s'",
				opts->type ? opts->type : "");
	return pfl_session_open(ctx, &pfl_sys_linux, type, opts, out);
}

/* Only where whole CPUs stand in for tasks does reading have to choose. */
static struct pfl_fold_opts fold_opts(const struct pfl_record *record,
				      const struct pfl_fold_opts *opts)
{
	struct pfl_fold_opts copy = *opts;

	if (record->target.widened) {
		copy.pids = record->target.pids;
		copy.npids = record->target.npids;
		copy.tids = record->target.tids;
		copy.ntids = record->target.ntids;
	}
	if (record->target.chosen_cpus)
		copy.cpus = record->target.chosen_cpus;
	return copy;
}

static int make_fold(struct pfl_record *record, const struct pfl_fold_opts *opts)
{
	const struct pfl_symbols_origin origin = {
		.live = true,
		.hostname = record->host.uts.nodename,
		.osrelease = record->host.uts.release,
		.arch = record->host.uts.machine,
	};
	struct pfl_strbuf tracing = { 0 };
	int err = pfl_fold_new(record->ctx, opts, &origin, &record->fold);

	if (!err)
		pfl_fold_set_captures(record->fold, record->captures);
	if (!err)
		pfl_fold_set_live(record->fold, &record->mapping, pfl_session_aside, record);

	for (unsigned int i = 0; i < record->counters.count && !err; i++) {
		const struct pfl_counter *counter = &record->counters.list[i];

		err = pfl_fold_event(record->fold, pfl_counter_attr(counter), counter->ids,
				     counter->nids, counter->name);
	}
	if (!err && record->type->marked)
		err = pfl_fold_event(record->fold, &record->markers.attr, &record->markers.id, 1,
				     record->markers.name);
	if (!err && record->counters.tracing.count)
		err = pfl_tracing_data(&record->counters.tracing, &tracing);
	if (!err && tracing.len)
		err = pfl_fold_tracing(record->fold, tracing.text, tracing.len);
	pfl_strbuf_free(&tracing);
	return err;
}

int pfl_record_to_profile(struct pfl_record *record, const struct pfl_fold_opts *opts)
{
	const struct pfl_fold_opts copy = fold_opts(record, opts);
	int err = pfl_captures_new(true, &record->captures);

	if (!err)
		err = make_fold(record, &copy);
	return err ? err : pfl_fold_open(record->fold);
}

/* The events in the order of a reader's interest: what tells of mappings comes last. */
static unsigned int list_events(const struct pfl_record *record, struct pfl_writer_event *events,
				struct perf_event_attr *attrs)
{
	const struct pfl_counters *counters = &record->counters;
	unsigned int count = counters->count;

	for (unsigned int i = 0; i < counters->count; i++) {
		const struct pfl_counter *counter = &counters->list[(i + 1) % counters->count];

		attrs[i] = *pfl_counter_attr(counter);
		pfl_fold_written_attr(&attrs[i]);
		events[i] = (struct pfl_writer_event){
			.attr = &attrs[i],
			.ids = counter->ids,
			.nids = counter->nids,
			.name = counter->name,
		};
	}
	if (record->type->marked) {
		attrs[count] = record->markers.attr;
		pfl_fold_written_attr(&attrs[count]);
		events[count] = (struct pfl_writer_event){
			.attr = &attrs[count],
			.ids = &record->markers.id,
			.nids = 1,
			.name = record->markers.name,
		};
		count++;
	}
	return count;
}

static int write_records(void *data, const struct iovec *parts, int nparts)
{
	return pfl_writer_push(data, parts, nparts);
}

/* Dumps that come beside frame pointers become whole chains before they are written. */
static int repair_chains(struct pfl_record *record)
{
	static const struct pfl_fold_opts all;
	int err;

	if (!pfl_session_repairs(record))
		return 0;
	err = make_fold(record, &all);
	return err ? err : pfl_fold_to_records(record->fold, write_records, record->writer);
}

int pfl_record_to_file(struct pfl_record *record, int fd, char *const *argv)
{
	struct pfl_writer_event events[PFL_COUNTERS_MAX + 1];
	struct perf_event_attr attrs[PFL_COUNTERS_MAX + 1];
	struct pfl_writer_info info = { .argv = argv };
	struct pfl_strbuf tracing = { 0 };
	unsigned int nevents = list_events(record, events, attrs);
	int err = pfl_captures_new(pfl_session_repairs(record), &record->captures);

	pfl_host_info(&record->host, &info);
	if (!err && record->counters.tracing.count) {
		err = pfl_tracing_data(&record->counters.tracing, &tracing);
		info.tracing = tracing.text;
		info.tracing_size = tracing.len;
	}
	if (!err)
		err = pfl_writer_new(record->ctx, &record->sys->file, fd, events, nevents, &info,
				     &record->writer);
	pfl_strbuf_free(&tracing);
	return err ? err : repair_chains(record);
}

static int tell_of_targets(struct pfl_record *record)
{
	const struct pfl_target *target = &record->target;
	struct pfl_synth *synth = &record->synth;
	int err = 0;

	for (unsigned int i = 0; i < target->npids + target->ntids && !err; i++)
		err = pfl_synth_process(synth, i < target->npids ? target->pids[i] :
					pfl_target_process(target, i - target->npids));
	if (!err && target->npids)
		err = pfl_synth_descendants(synth, target->pids, target->npids);
	return err;
}

/* What was there before: all of it, or what is recorded. */
static int tell_what_is(struct pfl_record *record)
{
	const struct pfl_target *target = &record->target;
	struct pfl_synth *synth = &record->synth;
	int err = pfl_synth_kernel(synth, &record->kernel);

	/* Where we name the frames ourselves, that tells of it. */
	if (!err && record->writer && !record->kernel.start && !record->counters.user_only &&
	    !record->opts.user_only)
		pfl_rights_warn_kptr(record->ctx, &record->rights);
	if (target->scope == PFL_SCOPE_CPUS && !target->widened)
		pfl_rights_warn_namespace(record->ctx, record->sys);
	if (!err && target->scope != PFL_SCOPE_TASKS)
		err = pfl_synth_all(synth);
	else if (!record->counters.command)
		err = err ? err : tell_of_targets(record);
	if (!err && synth->hidden && !record->sys->capable(CAP_SYS_PTRACE))
		pfl_rights_warn_hidden(record->ctx, synth->hidden);
	return err ? err : pfl_synth_flush(synth);
}

/* With all of the box, every daemon that has nothing to do would be among them. */
static bool counts_only(const struct pfl_record *record)
{
	return record->target.scope == PFL_SCOPE_CPUS && !record->target.widened &&
	       !record->opts.of_type.sleepers;
}

static int find_sleepers(struct pfl_record *record, struct pfl_sleepers *sleepers)
{
	const struct pfl_target *target = &record->target;
	int err = 0;

	if (target->scope == PFL_SCOPE_CGROUP)
		return pfl_sleepers_cgroup(sleepers, target->cgroup);
	if (target->scope == PFL_SCOPE_CPUS && !target->widened)
		return pfl_sleepers_all(sleepers);
	for (unsigned int i = 0; i < target->npids && !err; i++)
		err = pfl_sleepers_process(sleepers, target->pids[i]);
	for (unsigned int i = 0; i < target->ntids && !err; i++)
		err = pfl_sleepers_thread(sleepers, pfl_target_process(target, i), target->tids[i]);
	return err;
}

/* A command that has not been exec'ed yet waits for us. */
static bool has_sleepers(const struct pfl_record *record)
{
	const struct pfl_target *target = &record->target;

	return record->type->sleepers &&
	       (!record->command.pid || (target->scope == PFL_SCOPE_CPUS && !target->widened));
}

/*
 * Recording begins: it is said when, then the events start, and then comes whoever
 * sleeps: what happens to one meanwhile is recorded already.
 */
static int begin(struct pfl_record *record, struct pfl_sleepers *sleepers)
{
	int err = 0;

	record->start = record->sys->now();
	if (record->type->marked)
		err = pfl_markers_start(&record->markers, record->start, &record->target);
	if (err == -E2BIG)
		return pfl_fail(record->ctx, err, "%u tasks are more than a recording can tell of: record "
				"the whole box (-a), or fewer", record->target.npids + record->target.ntids);
	if (!err)
		pfl_counters_enable(&record->counters, false);
	if (err || !has_sleepers(record))
		return err;
	err = find_sleepers(record, sleepers);
	if (!err && sleepers->count_only)
		record->asleep = sleepers->found;
	else if (!err)
		pfl_sleepers_explain(sleepers);
	return err;
}

/* What takes a while of its own comes before the kernel begins to fill the rings. */
static int prepare(struct pfl_record *record, struct pfl_sleepers *sleepers)
{
	int err;

	if (!has_sleepers(record))
		return 0;
	err = pfl_sleepers_init(sleepers, record->ctx, record->sys, &record->markers,
				counts_only(record));
	sleepers->between = pfl_session_drain_between;
	sleepers->data = record;
	return err;
}

/*
 * First the mappings, then what is there, then the samples: what is mapped
 * meanwhile is told twice, and nothing is missed.
 */
static int start(struct pfl_record *record)
{
	const struct pfl_counters *counters = &record->counters;
	struct pfl_sleepers sleepers = { 0 };
	int err = prepare(record, &sleepers);

	if (err)
		goto out;
	pfl_synth_init(&record->synth, record->ctx, record->sys, counters->list[0].ids[0],
		       pfl_session_push, record);
	record->synth.data_too = record->counters.call_graph == PFL_CALL_GRAPH_DWARF ||
				 record->type->data_mappings;
	record->synth.all_mappings = record->type->data_mappings;
	/* A child may come out of a ring before its parent is told of: nothing goes on yet. */
	record->synth.between = pfl_session_empty;
	record->running = true;
	pfl_counters_enable(counters, true);
	err = tell_what_is(record);
	if (!err)
		err = begin(record, &sleepers);
	if (!err && record->type->sleepers)
		err = pfl_rights_drop(record->ctx, record->sys, record->command.pid != 0);
	if (!err && record->command.pid)
		err = pfl_command_release(&record->command);
out:
	pfl_sleepers_free(&sleepers);
	return err;
}

/* Sleeps until there is enough in a ring, something ends, or it is time to look. */
static int wait_for_more(struct pfl_record *record, uint64_t until)
{
	struct pollfd *fds = record->polled;
	unsigned int count = record->rings.count;
	uint64_t now = record->sys->now();
	int timeout = until > now ? (until - now + 999999) / 1000000 : 0;

	pfl_rings_watch(&record->rings, fds);
	fds[count] = (struct pollfd){ .fd = record->command.pid ? record->command.pidfd : -1,
				      .events = POLLIN };
	if (record->sys->poll(fds, count + 1, timeout) < 0)
		return errno == EINTR ? 0 :
			pfl_fail(record->ctx, -errno, "poll: %s", strerror(errno));
	if (fds[count].revents)
		record->ended = true;
	/* The tasks of a command end with it, or outlive it. */
	if (!pfl_rings_alive(&record->rings, fds) && !record->command.pid) {
		record->ended = true;
		pfl_note(record->ctx, record->target.scope == PFL_SCOPE_TASKS ?
			 "what was recorded has ended" : "every CPU that was recorded went offline");
	}
	return 0;
}

/* Ends that nothing wakes us for, and CPUs that go. */
static void look_for_end(struct pfl_record *record)
{
	bool hidden = record->target.widened || (record->target.scope == PFL_SCOPE_TASKS &&
						 pfl_counters_of_everybody(&record->counters));

	/* Whole CPUs do not end with the tasks. */
	if (hidden && !record->command.pid && pfl_target_gone(&record->target)) {
		record->ended = true;
		pfl_note(record->ctx, "what was recorded has ended");
	}
	pfl_target_watch_cpus(&record->target);
	if (record->target.scope == PFL_SCOPE_CGROUP && pfl_target_cgroup_gone(&record->target)) {
		record->ended = true;
		pfl_note(record->ctx, "the cgroup was removed");
	}
}

static int loop(struct pfl_record *record, const volatile sig_atomic_t *stop,
		void (*tick)(void *data, const struct pfl_record_stats *stats), void *data)
{
	uint64_t end = record->opts.duration_ns ? record->start + record->opts.duration_ns : UINT64_MAX;
	uint64_t next = record->start + TICK_NS, now;
	struct pfl_record_stats stats;
	int err = 0;

	while (!err && !record->ended && !*stop && (now = record->sys->now()) < end) {
		if (now >= next) {
			next = now + TICK_NS;
			look_for_end(record);
			pfl_record_get_stats(record, &stats);
			if (tick)
				tick(data, &stats);
		}
		err = wait_for_more(record, next < end ? next : end);
		if (!err)
			err = pfl_session_drain(record);
	}
	return err;
}

int pfl_record_run(struct pfl_record *record, const volatile sig_atomic_t *stop,
		   void (*tick)(void *data, const struct pfl_record_stats *stats), void *data)
{
	int err = start(record);

	return err ? err : loop(record, stop, tick, data);
}

/* By path: those that look for them there find no other place where short ones are. */
static int add_build_ids(struct pfl_record *record)
{
	struct pfl_build_id id;
	const char *path;
	int err = 0, told = 0;

	if (!pfl_build_id_kernel(&id))
		err = pfl_writer_build_id(record->writer, true, -1, "[kernel.kallsyms]", &id);
	for (uint32_t i = 0; !err && told != -ENOENT; i++) {
		told = pfl_captures_build_id(record->captures, i, &path, &id);
		if (!told)
			err = pfl_writer_build_id(record->writer, false, -1, path, &id);
	}
	return err;
}

static int complete_file(struct pfl_record *record)
{
	int err = record->fold ? pfl_fold_end(record->fold, &record->unwound) : 0, end;

	end = add_build_ids(record);
	err = err ? err : end;
	end = pfl_writer_finish(record->writer, record->tally.first, record->tally.last);
	return err ? err : end;
}

int pfl_record_finish(struct pfl_record *record)
{
	int err = 0, end = 0;

	if (record->running) {
		pfl_counters_disable(&record->counters);
		record->end = record->sys->now();
		err = pfl_session_drain(record);
		if (!err)
			err = pfl_counts_tell(record);
		if (!err && record->type->marked)
			err = pfl_markers_end(&record->markers, record->end, record->asleep);
	}
	if (record->first)
		pfl_priority_restore(record->sys);
	record->first = false;
	if (record->writer)
		end = complete_file(record);
	pfl_command_end(&record->command);
	if (record->command.sys)
		record->command_status = record->command.status;
	record->running = false;
	return err ? err : end;
}

int pfl_record_profile(struct pfl_record *record, struct pfl_profile **out,
		       struct pfl_fold_stats *stats)
{
	return record->fold && !record->writer ? pfl_fold_finish(record->fold, out, stats) : -EINVAL;
}

void pfl_record_get_stats(const struct pfl_record *record, struct pfl_record_stats *stats)
{
	const struct pfl_ring_tally *tally = &record->tally;
	uint64_t until = record->end ? record->end : record->sys->now();
	struct timespec cpu = { 0 };

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	*stats = (struct pfl_record_stats){
		.elapsed_ns = record->start && until > record->start ? until - record->start : 0,
		.samples = tally->samples,
		.lost = record->lost > tally->lost ? record->lost : tally->lost,
		.bytes = tally->bytes,
		.cpu_ns = cpu.tv_sec * 1000000000ULL + cpu.tv_nsec,
		.throttled = tally->throttled,
		.unwound = record->unwound.unwound,
		.truncated = record->unwound.truncated,
		.broken = record->unwound.broken,
		.stack_needed = record->unwound.stack_needed,
		.not_first = record->not_first,
		.ncpus = record->rings.live,
		.nevents = pfl_counters_nfds(&record->counters),
		.ring_bytes = record->rings.live ? record->rings.list[0].size : 0,
		.event = record->counters.list[1].name,
		.kinds = record->counters.count - 1,
	};
	pfl_counts_list(record, stats);
}

int pfl_record_command_status(const struct pfl_record *record)
{
	return record->command_status;
}
