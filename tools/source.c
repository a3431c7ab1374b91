/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <perflame/exchange.h>

#include "input.h"
#include "messages.h"
#include "source.h"
#include "types.h"

const struct tool_option tool_source_options[] = {
	{ .letter = 'i', .name = "input", .arg = "FILE", .set = tool_set_name,
	  .offset = offsetof(struct tool_source_args, path),
	  .help = "what to read; - is standard input (default: that, if it is a pipe or a file, "
		  "otherwise perf.data)" },
	{ .name = "type", .arg = "NAME", .set = tool_set_name,
	  .offset = offsetof(struct tool_source_args, type),
	  .help = "the profile type, where the input does not say it or holds several" },
	{ .name = "event", .arg = "NAME", .set = tool_set_name,
	  .offset = offsetof(struct tool_source_args, event),
	  .help = "the raw samples of this event, whatever type they would make" },
	{ .letter = 'p', .name = "pid", .arg = "PID[,PID...]", .set = tool_set_ids,
	  .offset = offsetof(struct tool_source_args, pids),
	  .help = "only samples of these processes" },
	{ .letter = 't', .name = "tid", .arg = "TID[,TID...]", .set = tool_set_ids,
	  .offset = offsetof(struct tool_source_args, tids),
	  .help = "only samples of these threads" },
	{ .letter = 'C', .name = "cpu", .arg = "LIST", .set = tool_set_cpus,
	  .offset = offsetof(struct tool_source_args, cpus),
	  .help = "only samples taken on these CPUs: 0-3,7" },
	{ .name = NULL }
};

static int fold_opts(const struct tool_source_args *args, const struct tool_stack_args *stacks,
		     struct pfl_fold_opts *fold)
{
	*fold = (struct pfl_fold_opts){
		.event = args->event,
		.type = args->type ? args->type : args->of_type.wakers ? "offwake" : NULL,
		.pids = args->pids.ids,
		.npids = args->pids.count,
		.tids = args->tids.ids,
		.ntids = args->tids.count,
		.cpus = args->cpus,
		.keep_tasks = args->keep_tasks,
		.of_type = args->of_type,
	};
	return tool_stacks_to_fold(stacks, fold);
}

int tool_source_check(const struct tool_source_args *args, const struct tool_stack_args *stacks)
{
	struct pfl_fold_opts fold;

	return tool_types_check(&args->of_type) || fold_opts(args, stacks, &fold) ? -1 : 0;
}

int tool_source_open(struct tool_source *source, struct pfl_ctx *ctx)
{
	return tool_input_open(ctx, source->path, &source->input);
}

static const char *const kinds[] = {
	[TOOL_SOURCE_RECORDING] = "a recording",
	[TOOL_SOURCE_FOLDED] = "folded",
	[TOOL_SOURCE_PPROF] = "pprof",
};

/* What is folded is folded: what chooses or names samples comes too late for it. */
static int check_folded(const struct tool_source *source, const struct tool_source_args *args,
			const struct tool_stack_args *stacks)
{
	const struct { const char *option; bool given; } late[] = {
		{ "event", args->event }, { "pid", args->pids.count }, { "tid", args->tids.count },
		{ "cpu", args->cpus }, { "root", stacks->root }, { "demangle", stacks->demangle },
		{ "inline", stacks->inlines }, { "no-inline", stacks->no_inlines },
		{ "srcline", stacks->srcline }, { "debuginfod", stacks->debuginfod },
		{ "user", stacks->user_only }, { "kernel", stacks->kernel_only },
		{ "major", args->of_type.major },
		{ "minor", args->of_type.minor }, { "state", args->of_type.states },
		{ "min", args->of_type.min_ns }, { "max", args->of_type.max_ns },
		{ "preempted", args->of_type.preempted }, { "runq", args->of_type.runqueue },
		{ "waits", args->of_type.waits },
		{ "blame", args->of_type.blame }, { "kernel-locks", args->of_type.kernel_locks },
		{ "user-locks", args->of_type.user_locks },
	};
	size_t i;

	for (i = 0; i < sizeof(late) / sizeof(*late); i++)
		if (late[i].given)
			return tool_usage_error("--%s needs a recording, and %s is %s",
						late[i].option, source->path ? source->path :
						"standard input", kinds[source->kind]);
	return 0;
}

static int read_folded(struct tool_source *source, struct pfl_ctx *ctx,
		       const struct tool_source_args *args)
{
	int err;

	source->folded.type = args->type;
	source->folded.in_order = args->in_order;
	err = pfl_folded_read(ctx, source->input, &source->folded, &source->profile);
	if (err == -ENODATA)
		tool_message(PFL_NOTE, "it is no recording either, which begins with PERFILE2 "
			     "(perf record or perf-oncpu -o x.data make one), and no pprof");
	return !err && source->folded.bad ? -EILSEQ : err;
}

static int read_pprof(struct tool_source *source, struct pfl_ctx *ctx,
		      const struct tool_source_args *args, const struct tool_stack_args *stacks)
{
	struct pfl_pprof_read read = { .type = args->type, .value = stacks->value };
	int err = pfl_pprof_read(ctx, source->input, &read, &source->profile);

	source->folded.lines = read.samples;
	source->folded.bad = read.bad;
	return !err && read.bad ? -EILSEQ : err;
}

static int read_recording(struct tool_source *source, struct pfl_ctx *ctx,
			  const struct tool_source_args *args,
			  const struct tool_stack_args *stacks)
{
	struct pfl_fold_opts fold;

	fold_opts(args, stacks, &fold);
	return pfl_fold_read(ctx, source->input, &fold, &source->profile, &source->fold_stats);
}

static enum tool_source_kind kind_of(struct pfl_input *input)
{
	if (pfl_input_is_recording(input) == 1)
		return TOOL_SOURCE_RECORDING;
	return pfl_pprof_is(input) == 1 ? TOOL_SOURCE_PPROF : TOOL_SOURCE_FOLDED;
}

int tool_source_read(struct tool_source *source, struct pfl_ctx *ctx,
		     const struct tool_source_args *args, const struct tool_stack_args *stacks)
{
	int err;

	source->kind = kind_of(source->input);
	if (source->kind != TOOL_SOURCE_FOLDED && args->in_order) {
		tool_usage_error("--flamechart needs folded stacks in the order of time, and %s is "
				 "%s", source->name, kinds[source->kind]);
		return EXIT_USAGE;
	}
	if (source->kind != TOOL_SOURCE_RECORDING && check_folded(source, args, stacks))
		return EXIT_USAGE;
	err = source->kind == TOOL_SOURCE_RECORDING ? read_recording(source, ctx, args, stacks) :
	      source->kind == TOOL_SOURCE_PPROF ? read_pprof(source, ctx, args, stacks) :
						  read_folded(source, ctx, args);
	if (err == -ENOMEM)
		tool_error("%s: out of memory", source->name);
	if (source->profile &&
	    tool_stacks_value(stacks, pfl_profile_info(source->profile), &source->value))
		return EXIT_USAGE;
	return err ? EXIT_FAILED : 0;
}

void tool_source_drop(struct tool_source *source)
{
	pfl_input_close(source->input);
	pfl_profile_free(source->profile);
}
