/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <perflame/fold.h>
#include <perflame/folded.h>
#include <perflame/render.h>
#include <perflame/type.h>

#include "argument.h"
#include "input.h"
#include "messages.h"
#include "reader.h"
#include "result.h"
#include "stacks.h"
#include "summary.h"
#include "tool.h"

struct input_args {
	const char *path;
	const char *type;
	const char *event;
	struct tool_id_list pids;
	struct tool_id_list tids;
	const char *cpus;
};

/* One run of a reader. */
struct run {
	const struct tool_reader *reader;
	struct tool_general_args general;
	struct input_args in;
	struct tool_stack_args stacks;
	struct tool_result_args write;

	struct pfl_ctx *ctx;
	struct pfl_input *input;
	bool is_recording;
	struct tool_result result;
	struct pfl_profile *profile;
	unsigned int value;
	struct pfl_fold_stats fold_stats;
	struct pfl_folded_read folded;
};

static const struct tool_option input_options[] = {
	{ .letter = 'i', .name = "input", .arg = "FILE", .set = tool_set_name,
	  .offset = offsetof(struct input_args, path),
	  .help = "what to read; - is standard input (default: that, if it is a pipe or a file, "
		  "otherwise perf.data)" },
	{ .name = "type", .arg = "NAME", .set = tool_set_name,
	  .offset = offsetof(struct input_args, type),
	  .help = "the profile type, where the input does not say it or holds several" },
	{ .name = "event", .arg = "NAME", .set = tool_set_name,
	  .offset = offsetof(struct input_args, event),
	  .help = "the raw samples of this event, whatever type they would make" },
	{ .letter = 'p', .name = "pid", .arg = "PID[,PID...]", .set = tool_set_ids,
	  .offset = offsetof(struct input_args, pids),
	  .help = "only samples of these processes" },
	{ .letter = 't', .name = "tid", .arg = "TID[,TID...]", .set = tool_set_ids,
	  .offset = offsetof(struct input_args, tids),
	  .help = "only samples of these threads" },
	{ .letter = 'C', .name = "cpu", .arg = "LIST", .set = tool_set_cpus,
	  .offset = offsetof(struct input_args, cpus),
	  .help = "only samples taken on these CPUs: 0-3,7" },
	{ .name = NULL }
};

static const struct tool_option write_options[] = {
	{ .letter = 'o', .name = "output", .arg = "FILE", .set = tool_set_name,
	  .offset = offsetof(struct tool_result_args, output.path),
	  .help = "its ending picks the format: .folded, .svg, .txt; - is standard output" },
	{ .name = "format", .set = tool_set_word, .choices = tool_format_names_read,
	  .offset = offsetof(struct tool_result_args, output.format),
	  .help = "where no ending says it" },
	{ .name = "summary", .arg = "FILE", .set = tool_set_name,
	  .offset = offsetof(struct tool_result_args, summary),
	  .help = "a summary of the run as JSON, for scripts" },
	{ .name = NULL }
};

static const char *type_name(unsigned int n)
{
	const struct pfl_profile_info *info = pfl_type_at(n);

	return info ? info->type : NULL;
}

/* Names that only the library knows are checked here; it lists them by number. */
static int check_name(const char *option, const char *name,
		      const char *(*name_at)(unsigned int n))
{
	const char *known;
	char list[256] = "";
	size_t len = 0;
	unsigned int i;

	if (!name)
		return 0;
	for (i = 0; (known = name_at(i)); i++) {
		if (strcmp(known, name) == 0)
			return 0;
		if (len < sizeof(list))
			len += snprintf(list + len, sizeof(list) - len, "%s%s", i ? ", " : "",
					known);
	}
	return tool_usage_error("--%s: \"%s\" must be one of: %s", option, name, list);
}

/* The input may be named by -i or as the one operand. */
static int take_operand(struct run *run, char **operands)
{
	if (!operands[0])
		return 0;
	if (operands[1])
		return tool_usage_error("more than one input: %s and %s", operands[0], operands[1]);
	if (run->in.path)
		return tool_usage_error("more than one input: %s and %s", run->in.path,
					operands[0]);
	if (!*operands[0])
		return tool_usage_error("the input's name is empty");
	run->in.path = operands[0];
	return 0;
}

static int fold_opts(const struct run *run, struct pfl_fold_opts *fold)
{
	*fold = (struct pfl_fold_opts){
		.event = run->in.event,
		.type = run->in.type,
		.pids = run->in.pids.ids,
		.npids = run->in.pids.count,
		.tids = run->in.tids.ids,
		.ntids = run->in.tids.count,
		.cpus = run->in.cpus,
	};
	return tool_stacks_to_fold(&run->stacks, fold);
}

/* Everything that can be wrong before anything is done. */
static int check_usage(struct run *run, char **operands)
{
	struct pfl_fold_opts fold;

	if (take_operand(run, operands) || check_name("type", run->in.type, type_name) ||
	    check_name("colors", run->reader->format_opts->svg.palette, pfl_palette_name) ||
	    fold_opts(run, &fold) ||
	    tool_result_choose(&run->result, &run->write, tool_format_names_read,
			       run->reader->format))
		return EXIT_USAGE;
	return 0;
}

/* Folded stacks are folded: what chooses or names samples comes too late for them. */
static int check_folded_usage(const struct run *run)
{
	const struct { const char *option; bool given; } late[] = {
		{ "event", run->in.event }, { "pid", run->in.pids.count },
		{ "tid", run->in.tids.count }, { "cpu", run->in.cpus },
		{ "root", run->stacks.root }, { "demangle", run->stacks.demangle },
		{ "inline", run->stacks.inlines }, { "no-inline", run->stacks.no_inlines },
		{ "srcline", run->stacks.srcline }, { "user", run->stacks.user_only }, { "kernel", run->stacks.kernel_only },
	};
	size_t i;

	for (i = 0; i < sizeof(late) / sizeof(*late); i++)
		if (late[i].given)
			return tool_usage_error("--%s needs a recording, and %s is folded",
					       late[i].option, run->in.path ? run->in.path :
					       "standard input");
	return 0;
}

static int read_recording(struct run *run)
{
	struct pfl_fold_opts fold;

	fold_opts(run, &fold);
	return pfl_fold_read(run->ctx, run->input, &fold, &run->profile, &run->fold_stats);
}

static int read_folded(struct run *run)
{
	int err;

	run->folded.type = run->in.type;
	err = pfl_folded_read(run->ctx, run->input, &run->folded, &run->profile);
	return !err && run->folded.bad ? -EILSEQ : err;
}

static int summarize(struct run *run, bool complete)
{
	const struct tool_summary summary = {
		.tool = run->reader->tool,
		.fold = run->is_recording ? &run->fold_stats : NULL,
		.folded = run->is_recording ? NULL : &run->folded,
		.profile = run->profile,
		.value = run->value,
		.output = &run->result.output,
		.complete = complete,
	};

	tool_summary_say(&summary);
	return run->result.has_json ? tool_summary_put(&summary, &run->result.json) : 0;
}

static int read_and_write(struct run *run)
{
	int err, end;

	run->is_recording = !run->reader->takes_folded || pfl_input_is_recording(run->input) == 1;
	if (!run->is_recording && check_folded_usage(run))
		return EXIT_USAGE;
	err = run->is_recording ? read_recording(run) : read_folded(run);
	if (!run->profile)
		return EXIT_FAILED;
	if (tool_stacks_value(&run->stacks, pfl_profile_info(run->profile), &run->value))
		return EXIT_USAGE;
	run->reader->format_opts->annotate = run->stacks.annotate;
	end = tool_result_draw(&run->result, run->ctx, run->profile, run->value,
			       run->reader->format_opts);
	err = err ? err : end;
	end = summarize(run, !err);
	return err || end ? EXIT_FAILED : 0;
}

static int run_all(struct run *run, char **operands)
{
	int status = check_usage(run, operands);

	if (status)
		return status;
	if (tool_input_open(run->ctx, run->in.path, &run->input) || tool_result_open(&run->result))
		return EXIT_FAILED;
	return read_and_write(run);
}

static void clean_up(struct run *run)
{
	tool_result_drop(&run->result);
	pfl_input_close(run->input);
	pfl_profile_free(run->profile);
	pfl_ctx_free(run->ctx);
	free(run->in.pids.ids);
	free(run->in.tids.ids);
}

int tool_reader_main(const struct tool_reader *reader, char **argv)
{
	struct run run = {
		.reader = reader,
	};
	const struct tool_option_group general = { "General", tool_general_options, &run.general };
	const struct tool_option_group groups[] = {
		{ "Input", input_options, &run.in },
		{ "Stacks", tool_stack_options, &run.stacks },
		{ "Output", write_options, &run.write },
		reader->drawing.title ? reader->drawing : general,
		reader->drawing.title ? general : (struct tool_option_group){ .title = NULL },
		{ .title = NULL }
	};
	const struct tool_options options = { .usage = reader->usage, .groups = groups };
	int status;

	tool_result_init(&run.result);
	if (tool_start(reader->tool, &options, &run.general, argv, &run.ctx, &status) == 0)
		status = run_all(&run, argv);
	clean_up(&run);
	return status;
}
