/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fold/ahead.h"
#include "fold/record.h"
#include "fold/repair.h"
#include "fold/rewrite.h"
#include "fold/shorten.h"
#include "fold/state.h"
#include "fold/unwind.h"
#include "machine/dsos.h"
#include "perfdata/features.h"
#include "perfdata/format.h"
#include "perfdata/marker.h"
#include "profile/profile.h"
#include "symbol/captures.h"
#include "util/bytes.h"
#include "util/text.h"

static int copy_list(const int32_t **list, unsigned int count)
{
	int32_t *copy = calloc(count + 1, sizeof(*copy));

	if (!copy) {
		*list = NULL;
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < count; i++)
		copy[i] = (*list)[i];
	*list = copy;
	return 0;
}

static int copy_origin(struct pfl_symbols_origin *origin)
{
	return pfl_text_own(&origin->hostname) | pfl_text_own(&origin->osrelease) |
	       pfl_text_own(&origin->arch);
}

static void free_origin(struct pfl_symbols_origin *origin)
{
	free((char *)origin->hostname);
	free((char *)origin->osrelease);
	free((char *)origin->arch);
}

/* Every field is copied even when one fails, so that all of them can be freed. */
static int copy_opts(struct pfl_fold *fold)
{
	struct pfl_fold_opts *opts = &fold->opts;

	return pfl_text_own(&opts->event) | pfl_text_own(&opts->type) | pfl_text_own(&opts->cpus) |
	       pfl_text_own(&opts->of_type.states) |
	       copy_list(&opts->pids, opts->npids) | copy_list(&opts->tids, opts->ntids) |
	       copy_origin(&fold->origin) ? -ENOMEM : 0;
}

static int check_opts(struct pfl_fold *fold)
{
	struct pfl_fold_opts *opts = &fold->opts;

	if (opts->type && !pfl_type_named(opts->type))
		return pfl_fail(fold->ctx, -EINVAL, "there is no profile type called '%s'",
				opts->type);
	if (!opts->cpus)
		return 0;
	fold->cpus = *opts->cpus ? perf_cpu_map__new(opts->cpus) : NULL;
	if (!fold->cpus)
		return pfl_fail(fold->ctx, -EINVAL,
				"'%s' is no list of CPUs; write it like 0-3,7", opts->cpus);
	return 0;
}

static bool listed(const int32_t *list, unsigned int count, int32_t id)
{
	for (unsigned int i = 0; i < count; i++)
		if (list[i] == id)
			return true;
	return false;
}

static bool task_is_wanted(void *data, int32_t pid, int32_t tid)
{
	const struct pfl_fold *fold = data;

	return listed(fold->opts.pids, fold->opts.npids, pid) ||
	       listed(fold->opts.tids, fold->opts.ntids, tid);
}

static void choose(struct pfl_fold *fold, struct pfl_machine *machine)
{
	machine->wants = task_is_wanted;
	machine->wants_data = fold;
	for (uint32_t i = 0; i < machine->ntasks; i++)
		machine->tasks[i].wanted = task_is_wanted(fold, machine->tasks[i].pid,
							  machine->tasks[i].tid);
}

void pfl_fold_choose(struct pfl_fold *fold)
{
	if (!fold->opts.npids && !fold->opts.ntids)
		return;
	choose(fold, &fold->machine);
	if (fold->ahead)
		choose(fold, pfl_ahead_scout(fold->ahead));
}

static int emit(void *data, const struct pfl_order_entry *entry);

/* Told at the start, where it can still be mended; without it there are the names of this machine. */
static int use_debuginfod(struct pfl_fold *fold)
{
	int err = pfl_symbols_use_debuginfod(fold->symbols);

	fold->fetches = !err;
	return err == -ENOENT ? 0 : err;
}

int pfl_fold_new(struct pfl_ctx *ctx, const struct pfl_fold_opts *opts,
		 const struct pfl_symbols_origin *origin, struct pfl_fold **out)
{
	struct pfl_fold *fold = calloc(1, sizeof(*fold));
	int err;

	if (!fold)
		return -ENOMEM;
	fold->ctx = ctx;
	fold->opts = *opts;
	/* Waiting for a lock of a program has no kernel half. */
	fold->opts.of_type.kernel_locks |= opts->kernel_only;
	/* Stacks of threads have nothing that could be told apart; those without a root, nowhere. */
	fold->opts.keep_tasks &= opts->root == PFL_ROOT_COMM || opts->root == PFL_ROOT_PID;
	fold->origin = *origin;
	pfl_order_init(&fold->order, &fold->chunks, emit, fold);
	err = copy_opts(fold);
	if (!err)
		err = check_opts(fold);
	if (!err)
		err = pfl_machine_init(&fold->machine, ctx);
	if (!err)
		err = pfl_symbols_new(ctx, origin, opts->demangle, &fold->symbols);
	if (!err && opts->debuginfod)
		err = use_debuginfod(fold);
	if (!err)
		err = pfl_chain_init(fold);
	if (!err && !origin->live)
		err = pfl_ahead_new(fold, &fold->ahead);
	if (err) {
		pfl_fold_free(fold);
		return err;
	}
	pfl_fold_choose(fold);
	*out = fold;
	return 0;
}

void pfl_fold_free(struct pfl_fold *fold)
{
	if (!fold)
		return;
	pfl_order_free(&fold->order);
	pfl_ahead_free(fold->ahead);
	pfl_feed_free(&fold->feed);
	pfl_chunks_free(&fold->chunks);
	pfl_account_free(fold);
	pfl_chain_free(fold);
	pfl_rewriting_free(fold->rewriting);
	pfl_repairs_free(fold->repairs);
	pfl_unwinding_free(fold->unwinding);
	pfl_stacks_free(&fold->stacks);
	pfl_table_free(&fold->shown);
	pfl_table_free(&fold->waiting);
	pfl_symbols_free(fold->symbols);
	pfl_machine_free(&fold->machine);
	pfl_events_free(&fold->events);
	perf_cpu_map__put(fold->cpus);
	free((char *)fold->opts.event);
	free((char *)fold->opts.type);
	free((char *)fold->opts.cpus);
	free((char *)fold->opts.of_type.states);
	free(fold->roles);
	free((int32_t *)fold->opts.pids);
	free((int32_t *)fold->opts.tids);
	free_origin(&fold->origin);
	free(fold);
}

int pfl_fold_event(struct pfl_fold *fold, const struct perf_event_attr *attr,
		   const uint64_t *ids, unsigned int nids, const char *name)
{
	int err = pfl_fold_settle(fold);

	if (!err)
		err = pfl_events_add(&fold->events, attr, ids, nids, name);
	if (err == -EINVAL)
		return pfl_fail(fold->ctx, err,
				"event '%s' does not carry its id where the events before it do: their records cannot be told apart",
				name ? name : "?");
	return err;
}

int pfl_fold_tracing(struct pfl_fold *fold, const void *bytes, size_t size)
{
	struct pfl_features features = { .events = &fold->events };
	int err = pfl_fold_settle(fold);

	if (!err)
		err = pfl_features_tracing_data(&features, bytes, size);
	return err == -ENOMEM ? err : 0;
}

int pfl_fold_to_records(struct pfl_fold *fold, pfl_fold_sink *sink, void *data)
{
	return pfl_rewriting_new(sink, data, &fold->rewriting);
}

void pfl_fold_written_attr(struct perf_event_attr *attr)
{
	if (pfl_rewrites(attr))
		pfl_rewrite_attr(attr);
}

bool pfl_fold_wants(const struct pfl_fold *fold, const struct pfl_task *task, uint32_t cpu)
{
	if (!task->wanted || (fold->self && task->pid == fold->self))
		return false;
	return !fold->cpus || perf_cpu_map__has(fold->cpus, (struct perf_cpu){ cpu });
}

void pfl_fold_count(struct pfl_fold *fold, const struct pfl_sample *sample)
{
	struct pfl_fold_stats *stats = &fold->stats;

	stats->folded++;
	if (!stats->first_ns || sample->time < stats->first_ns)
		stats->first_ns = sample->time;
	if (sample->time > stats->last_ns)
		stats->last_ns = sample->time;
}

static void expect_kernel(struct pfl_fold *fold)
{
	if (fold->kernel_expected || fold->opts.user_only)
		return;
	fold->kernel_expected = true;
	pfl_symbols_expect_kernel(fold->symbols, &fold->machine.dsos[PFL_DSO_NUMBER_KERNEL]);
}

uint32_t pfl_fold_stack(struct pfl_fold *fold, struct pfl_task *task,
			const struct pfl_sample *sample)
{
	fold->stats.no_stack += !sample->nchain && !sample->user_stack;
	fold->stats.no_task += !task->named;
	if (pfl_sample_in_kernel(sample))
		expect_kernel(fold);
	return pfl_chain_stack(fold, task, sample);
}

uint32_t pfl_fold_interrupt(struct pfl_fold *fold, const struct pfl_sample *sample)
{
	expect_kernel(fold);
	return pfl_chain_interrupt(fold, sample);
}

static int charge(struct pfl_fold *fold, struct pfl_task *task, const struct pfl_sample *sample)
{
	uint64_t values[PFL_VALUES] = { 0 };
	uint32_t stack = pfl_fold_stack(fold, task, sample);

	if (stack == PFL_NONE)
		return -ENOMEM;
	fold->type->weigh(sample, values);
	pfl_stacks_charge(&fold->stacks, stack, values);
	pfl_fold_count(fold, sample);
	return 0;
}

static int weigh_sample(struct pfl_fold *fold, const struct pfl_sample *sample)
{
	struct pfl_task *task = pfl_machine_task(&fold->machine, sample->pid, sample->tid);

	if (!task)
		return -ENOMEM;
	if (!pfl_fold_wants(fold, task, sample->cpu)) {
		fold->stats.filtered++;
		return 0;
	}
	return charge(fold, task, sample);
}

/* A word of the recorder's own; the accountant may have a use for it, too. */
static int handle_marker(struct pfl_fold *fold, const struct pfl_event *event,
			 const struct perf_event_header *record)
{
	struct pfl_sample sample;
	int role, err;

	if (pfl_sample_parse(event, record, &sample)) {
		fold->stats.bad_records++;
		return 0;
	}
	err = pfl_fold_marker(fold, &sample);
	if (!err)
		err = pfl_select(fold);
	role = err ? -1 : fold->roles[event->number];
	if (role < 0 || !fold->type->accountant)
		return err;
	return pfl_account_marker(fold, &sample, role);
}

static int handle_sample(struct pfl_fold *fold, const struct perf_event_header *record)
{
	const struct pfl_event *event = pfl_events_of(&fold->events, record);
	struct pfl_sample sample;
	int role;

	if (event && pfl_marker_event(event))
		return handle_marker(fold, event, record);
	fold->stats.samples++;
	pfl_counted_sample(fold, event);
	if (pfl_select(fold))
		return -ENOMEM;
	role = event ? fold->roles[event->number] : 0;
	if (role < 0) {
		fold->stats.other_event++;
		return 0;
	}
	if (!event || pfl_sample_parse(event, record, &sample)) {
		fold->stats.bad_samples++;
		return 0;
	}
	return fold->type->accountant ? pfl_account_sample(fold, &sample, role) :
					weigh_sample(fold, &sample);
}

/* LOST: id, then how many. LOST_SAMPLES: how many. */
static void count_lost(struct pfl_fold *fold, const struct perf_event_header *record)
{
	struct pfl_bytes bytes = pfl_bytes(record + 1, record->size - sizeof(*record), false);
	uint64_t lost;

	if (record->type == PERF_RECORD_LOST)
		pfl_bytes_u64(&bytes);
	lost = pfl_bytes_u64(&bytes);
	if (bytes.bad)
		fold->stats.bad_records++;
	else
		fold->stats.lost = pfl_add_saturated(fold->stats.lost, lost);
}

int pfl_fold_apply(const struct pfl_fold *fold, struct pfl_machine *machine,
		   const struct perf_event_header *record)
{
	const struct pfl_event *event = pfl_events_of(&fold->events, record);

	machine->build_ids = fold->events.build_ids;
	return pfl_machine_apply(machine, record, pfl_event_trailer_size(event));
}

static int apply(struct pfl_fold *fold, const struct perf_event_header *record)
{
	fold->machine.keep_memory = fold->type && fold->type->memory;
	return pfl_fold_apply(fold, &fold->machine, record);
}

/* On its way to be a record again. */
static int rewrite(struct pfl_fold *fold, const struct perf_event_header *record)
{
	int err;

	switch (record->type) {
	case PERF_RECORD_SAMPLE:
		return pfl_rewrite_sample(fold, record);
	case PERF_RECORD_SWITCH:
	case PERF_RECORD_SWITCH_CPU_WIDE:
		return pfl_rewrite_pass(fold, record);	/* most of all, and no mapping */
	default:
		err = apply(fold, record);
		return err ? err : pfl_rewrite_pass(fold, record);
	}
}

int pfl_fold_handle(struct pfl_fold *fold, const struct perf_event_header *record, uint64_t time)
{
	int err;

	if (time > fold->newest)
		fold->newest = time;
	switch (record->type) {
	case PERF_RECORD_SAMPLE:
		return handle_sample(fold, record);
	case PERF_RECORD_LOST:
	case PERF_RECORD_LOST_SAMPLES:
		count_lost(fold, record);
		return pfl_account_record(fold, record);
	case PERF_RECORD_SWITCH:
	case PERF_RECORD_SWITCH_CPU_WIDE:
		err = pfl_select(fold);
		return err ? err : pfl_account_record(fold, record);
	case PERF_RECORD_THROTTLE:
		fold->stats.throttled++;
		return 0;
	case PERF_RECORD_READ:
		pfl_counted_read(fold, record);
		return 0;
	default:
		/* The type decides which mappings are kept. */
		err = fold->events.count ? pfl_select(fold) : 0;
		if (!err)
			err = apply(fold, record);
		return err ? err : pfl_account_record(fold, record);
	}
}

bool pfl_fold_takes(const struct pfl_fold *fold, const struct perf_event_header *record,
		    struct pfl_sample *sample)
{
	const struct pfl_event *event = pfl_events_of(&fold->events, record);

	return event && !pfl_marker_event(event) && fold->roles[event->number] >= 0 &&
	       !pfl_sample_parse(event, record, sample);
}

/* Without dumped stacks there is nothing to do ahead. */
static void begin(struct pfl_fold *fold)
{
	static const uint64_t dump = PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;

	fold->begun = true;
	for (unsigned int i = 0; i < fold->events.count && !fold->opts.kernel_only; i++)
		if ((fold->events.list[i]->attr.sample_type & dump) == dump)
			return;
	pfl_ahead_free(fold->ahead);
	fold->ahead = NULL;
}

/* The next record in time order. */
static int emit(void *data, const struct pfl_order_entry *entry)
{
	struct pfl_fold *fold = data;

	pfl_shorten_done(fold, entry->record);
	if (fold->rewriting)
		return rewrite(fold, entry->record);
	if (!fold->begun)
		begin(fold);
	if (fold->ahead)
		return pfl_ahead_add(fold->ahead, entry);
	return pfl_fold_handle(fold, entry->record, entry->time);
}

int pfl_fold_record(struct pfl_fold *fold, const struct perf_event_header *record,
		    struct pfl_chunk *chunk)
{
	const struct pfl_event *event = pfl_events_of(&fold->events, record);

	fold->stats.records++;
	if (record->type > PFL_RECORD_KERNEL_MAX) {
		fold->stats.unknown_records++;
		return 0;
	}
	return pfl_order_add(&fold->order, event ? pfl_event_time(event, record) : 0, record, chunk);
}

void pfl_fold_count_bad(struct pfl_fold *fold, const struct perf_event_header *record)
{
	fold->stats.records++;
	if (record->type == PERF_RECORD_SAMPLE) {
		fold->stats.samples++;
		fold->stats.bad_samples++;
	} else {
		fold->stats.bad_records++;
	}
}

static void find_captured(void *data, struct pfl_dso *dso)
{
	if (dso->kind == PFL_DSO_FILE)
		dso->file = pfl_captures_file(data, dso) + 1;
}

void pfl_fold_set_captures(struct pfl_fold *fold, struct pfl_captures *captures)
{
	fold->machine.made = find_captured;
	fold->machine.made_data = captures;
}

void pfl_fold_set_live(struct pfl_fold *fold, const struct pfl_table *mapping,
		       pfl_fold_aside *aside, void *data)
{
	fold->mapping = mapping;
	fold->aside = aside;
	fold->aside_data = data;
}

int pfl_fold_round(struct pfl_fold *fold)
{
	int err = pfl_order_round(&fold->order);

	return err || !fold->rewriting ? err : pfl_rewrite_flush(fold);
}

struct pfl_chunks *pfl_fold_chunks(struct pfl_fold *fold)
{
	return &fold->chunks;
}

struct pfl_events *pfl_fold_events(struct pfl_fold *fold)
{
	return &fold->events;
}

int pfl_fold_settle(struct pfl_fold *fold)
{
	return fold->ahead ? pfl_ahead_flush(fold->ahead) : 0;
}

int pfl_fold_build_id(struct pfl_fold *fold, const char *path, const struct pfl_build_id *id)
{
	int err = pfl_fold_settle(fold);

	if (!err && fold->ahead)
		err = pfl_machine_tell_build_id(pfl_ahead_scout(fold->ahead), path, id);
	if (!err)
		err = pfl_machine_tell_build_id(&fold->machine, path, id);

	/* perf lists the files that samples hit */
	if (!err && pfl_dso_is_kernel(path))
		expect_kernel(fold);
	return err;
}

int pfl_fold_set_origin(struct pfl_fold *fold, const struct pfl_symbols_origin *origin)
{
	int err = pfl_fold_settle(fold);

	if (err)
		return err;
	free_origin(&fold->origin);
	fold->origin = *origin;
	return copy_origin(&fold->origin) | pfl_symbols_set_origin(fold->symbols, origin) ?
	       -ENOMEM : 0;
}

/* What the parts have counted by themselves. */
static void settle_stats(struct pfl_fold *fold)
{
	pfl_unwinding_tell(fold->unwinding, fold->ctx);
	fold->stats.unordered = fold->order.late;
	fold->stats.bad_records += fold->machine.bad;
	fold->stats.maps_left_out = fold->machine.maps_left_out;
}

int pfl_fold_end(struct pfl_fold *fold, struct pfl_fold_stats *stats)
{
	int err = pfl_order_end(&fold->order);

	if (!err)
		err = pfl_rewrite_flush(fold);
	settle_stats(fold);
	*stats = fold->stats;
	return err;
}

int pfl_fold_finish(struct pfl_fold *fold, struct pfl_profile **out, struct pfl_fold_stats *stats)
{
	int err = pfl_order_end(&fold->order);

	if (!err)
		err = pfl_fold_settle(fold);
	if (err)
		return err;
	settle_stats(fold);
	pfl_counted_list(fold);
	err = pfl_select(fold);
	if (!err)
		err = pfl_select_explain(fold);
	if (!err)
		err = pfl_account_end(fold);
	/* A box on which nothing ran is an answer; a recording without samples is a mistake. */
	if (!err && !fold->stats.folded && !fold->stats.waits && !fold->stats.left_out &&
	    !fold->stats.preempted && !fold->origin.live)
		err = -ENODATA;
	if (!err)
		err = pfl_naming(fold, out);
	if (stats)
		*stats = fold->stats;
	return err;
}
