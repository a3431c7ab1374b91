/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <perflame/render.h>
#include <perflame/type.h>

#include "argument.h"
#include "messages.h"
#include "reader.h"
#include "result.h"
#include "source.h"
#include "summary.h"
#include "tool.h"
#include "types.h"

/* One run of a reader. */
struct run {
	const struct tool_reader *reader;
	struct tool_general_args general;
	struct tool_source_args in;
	struct tool_stack_args stacks;
	struct tool_result_args write;

	struct pfl_ctx *ctx;
	struct tool_source *sources;
	unsigned int nsources;
	struct tool_result result;
	struct pfl_profile *difference;
	struct pfl_profile **shaped;	/* as many as there are sources, at most */
	unsigned int nshaped;
	char *compared;			/* the names of the two */
};

static const struct tool_option write_options[] = {
	{ .letter = 'o', .name = "output", .arg = "FILE", .set = tool_set_name,
	  .offset = offsetof(struct tool_result_args, output.path),
	  .help = "its ending picks the format: .folded, .html, .svg, .txt, .pb.gz (pprof), "
		  ".speedscope.json, .nested.json (Grafana); - is standard output" },
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

/* The inputs: -i names one, and each operand. */
static int take_inputs(struct run *run, char **operands)
{
	unsigned int count = 0;

	while (operands[count])
		count++;
	run->sources = calloc(count + 1, sizeof(*run->sources));
	run->shaped = calloc(count + 1, sizeof(struct pfl_profile *));
	if (!run->sources || !run->shaped) {
		tool_error("out of memory");
		return -1;
	}
	if (run->in.path || !count)
		run->sources[run->nsources++].path = run->in.path;
	for (; *operands; operands++) {
		if (!**operands)
			return tool_usage_error("the input's name is empty");
		run->sources[run->nsources++].path = *operands;
	}
	return 0;
}

static bool is_stdin(const struct tool_source *source)
{
	return source->path && strcmp(source->path, "-") == 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* The last part of the path, or all of it where two inputs have that in common. */
static void name_inputs(struct run *run)
{
	for (unsigned int i = 0; i < run->nsources; i++) {
		struct tool_source *source = &run->sources[i];

		source->name = source->path ? base_name(source->path) : "perf.data";
		if (is_stdin(source))
			source->name = "standard input";
		for (unsigned int k = 0; k < run->nsources; k++)
			if (k != i && source->path && run->sources[k].path &&
			    strcmp(source->name, base_name(run->sources[k].path)) == 0)
				source->name = source->path;
	}
}

static bool has_diff(const struct run *run)
{
	return run->reader->diff && run->reader->diff->diff;
}

/* What may be done with so many inputs. */
static int check_inputs(const struct run *run)
{
	const struct tool_source *sources = run->sources;
	unsigned int count = run->nsources;
	unsigned int from_stdin = 0;

	for (unsigned int i = 0; i < count; i++)
		from_stdin += is_stdin(&sources[i]);
	if (from_stdin > 1)
		return tool_usage_error("standard input is one input, and can be read only once");
	if (has_diff(run) && count != 2)
		return tool_usage_error("--diff compares two inputs, the one before and the one "
					"after; here %s %u", count == 1 ? "is" : "are", count);
	if (has_diff(run) && run->in.in_order)
		return tool_usage_error("--diff and --flamechart: a flame chart is not merged, and "
					"has nothing to be compared with");
	if (!run->reader->diff && count > 1)
		return tool_usage_error("more than one input: %s and %s", sources[0].path,
					sources[1].path);
	return 0;
}

static int check_format(const struct run *run)
{
	const struct tool_format *format = run->result.output.format;
	char list[128];

	if (run->nsources == 1 || has_diff(run) || format->holds_many)
		return 0;
	return tool_usage_error("%s holds one input, and here are %u: draw one by one, compare two "
				"with --diff%s%s", format->name, run->nsources,
				*tool_format_list_many(list, sizeof(list)) ?
				", or write a format that holds several: " : "", list);
}

static bool has_shape(const struct tool_shape_args *args)
{
	return args->bases.count || args->skip_after.count || args->reshape.reverse ||
	       args->reshape.total || args->reshape.factor > 0;
}

/* Differences and stacks of another shape are of all tasks. */
static bool tells_tasks(const struct run *run)
{
	return run->result.output.format->tells_tasks && !has_diff(run) &&
	       !(run->reader->shape && has_shape(run->reader->shape));
}

/* Everything that can be wrong before anything is done. */
static int check_usage(struct run *run, char **operands)
{
	if (run->reader->shape)
		run->in.in_order = run->reader->shape->flamechart;
	if (take_inputs(run, operands) || check_inputs(run) ||
	    check_name("type", run->in.type, type_name) ||
	    check_name("colors", run->reader->format_opts->svg.palette, pfl_palette_name) ||
	    tool_source_check(&run->in, &run->stacks) ||
	    tool_result_choose(&run->result, &run->write, tool_format_names_read,
			       run->reader->format) ||
	    check_format(run))
		return EXIT_USAGE;
	name_inputs(run);
	run->in.keep_tasks = tells_tasks(run);
	return 0;
}

static bool is_input(const struct tool_source *source, const struct tool_output *output)
{
	const char *path = source->path ? source->path : "perf.data";	/* or standard input */
	struct stat st;

	if ((!source->path || is_stdin(source)) && fstat(STDIN_FILENO, &st) == 0 &&
	    tool_output_is(output, &st))
		return true;
	return !is_stdin(source) && stat(path, &st) == 0 && tool_output_is(output, &st);
}

/* What is read is not written over: a graph, or a summary, is no substitute for it. */
static int check_overwritten(const struct run *run)
{
	static const char why[] = "it is an input, too";

	for (unsigned int i = 0; i < run->nsources; i++) {
		if (is_input(&run->sources[i], &run->result.output))
			return tool_output_refuse(&run->result.output, why);
		if (is_input(&run->sources[i], &run->result.json))
			return tool_output_refuse(&run->result.json, why);
	}
	return 0;
}

static int open_all(struct run *run)
{
	for (unsigned int i = 0; i < run->nsources; i++)
		if (tool_source_open(&run->sources[i], run->ctx))
			return -1;
	return tool_result_open(&run->result) || check_overwritten(run) ? -1 : 0;
}

/* What can be read is read, whatever became of the input before it. */
static int read_all(struct run *run)
{
	int status = 0;

	for (unsigned int i = 0; i < run->nsources; i++) {
		int own = tool_source_read(&run->sources[i], run->ctx, &run->in, &run->stacks);

		if (own == EXIT_USAGE)
			return own;
		status = own ? own : status;
	}
	return status;
}

static bool is_differential(const struct pfl_graph *graph)
{
	return pfl_profile_info(graph->profile)->differential;
}

/* Compares the two inputs, or the two columns of the one, which then is @graph. */
static int compare(struct run *run, struct pfl_graph *graph)
{
	const struct tool_source *before = &run->sources[0];
	const struct tool_source *after = &run->sources[run->nsources - 1];
	const struct pfl_diff diff = {
		.before_value = before == after ? 0 : before->value,
		.after_value = before == after ? 1 : after->value,
		.normalize = run->reader->diff->normalize,
	};

	if (pfl_profile_diff(run->ctx, before->profile, after->profile, &diff, &run->difference)) {
		tool_error("%s and %s cannot be compared", before->name, after->name);
		return EXIT_FAILED;
	}
	graph->profile = run->difference;
	graph->value = 1;
	if (before == after)
		return 0;
	if (asprintf(&run->compared, "before: %s, after: %s", before->name, after->name) < 0) {
		run->compared = NULL;
		return EXIT_FAILED;
	}
	graph->name = run->compared;
	if (!run->reader->format_opts->svg.subtitle)
		run->reader->format_opts->svg.subtitle = run->compared;
	return 0;
}

/* What is said about a difference, where there is one. */
static int check_no_difference(const struct run *run)
{
	const struct pfl_diff_opts *shown = &run->reader->format_opts->diff;
	const struct { const char *option; bool given; } options[] = {
		{ "normalize", run->reader->diff->normalize }, { "diff-by", shown->by_total },
		{ "threshold", shown->threshold > 0 }, { "negate", shown->negate },
	};
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (options[i].given)
			return tool_usage_error("--%s is about a difference: --diff BEFORE AFTER "
						"makes one", options[i].option);
	return 0;
}

static int check_not_differential(const struct pfl_graph *graphs, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (is_differential(&graphs[i]))
			return tool_usage_error("%s has two columns, which are a difference "
						"already: draw it without --diff", graphs[i].name);
	return 0;
}

/* Compares what is to be compared: *@count graphs become one. */
static int make_difference(struct run *run, struct pfl_graph *graphs, unsigned int *count)
{
	const struct tool_diff_args *args = run->reader->diff;

	if (!args)
		return 0;
	if (args->diff) {
		if (check_not_differential(graphs, *count))
			return EXIT_USAGE;
		*count = 1;
		return compare(run, &graphs[0]);
	}
	if (*count > 1 || !is_differential(&graphs[0]))
		return check_no_difference(run) ? EXIT_USAGE : 0;
	return args->normalize ? compare(run, &graphs[0]) : 0;
}

/* Gives each graph the shape that was asked for. */
static int shape_all(struct run *run, struct pfl_graph *graphs, unsigned int count)
{
	const struct tool_shape_args *args = run->reader->shape;
	struct pfl_reshape shape;

	if (!args || !has_shape(args))
		return 0;
	shape = args->reshape;
	shape.bases = args->bases.names;
	shape.nbases = args->bases.count;
	shape.skip_after = args->skip_after.names;
	shape.nskip_after = args->skip_after.count;
	for (unsigned int i = 0; i < count; i++) {
		struct pfl_profile *shaped;

		if (pfl_profile_reshape(run->ctx, graphs[i].profile, &shape, &shaped)) {
			tool_error("out of memory");
			return EXIT_FAILED;
		}
		run->shaped[run->nshaped++] = shaped;
		graphs[i].profile = shaped;
	}
	return 0;
}

static int summarize(struct run *run, bool complete)
{
	struct tool_summary *summaries = calloc(run->nsources, sizeof(*summaries));
	int err;

	if (!summaries)
		return -ENOMEM;
	for (unsigned int i = 0; i < run->nsources; i++) {
		const struct tool_source *source = &run->sources[i];

		summaries[i] = (struct tool_summary){
			.tool = run->reader->tool,
			.input = source->name,
			.fold = source->kind == TOOL_SOURCE_RECORDING ? &source->fold_stats : NULL,
			.folded = source->kind == TOOL_SOURCE_RECORDING ? NULL : &source->folded,
			.profile = source->profile,
			.value = source->value,
			.output = &run->result.output,
			.complete = complete,
		};
		if (run->nsources > 1 && summaries[i].fold)
			tool_message_plain("%s:", source->name);
		tool_summary_say(&summaries[i]);
	}
	err = run->result.has_json ? tool_summary_put(summaries, run->nsources, &run->result.json) :
				     0;
	free(summaries);
	return err;
}

/* The profiles that there are. */
static unsigned int collect(const struct run *run, struct pfl_graph *graphs)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < run->nsources; i++)
		if (run->sources[i].profile)
			graphs[count++] = (struct pfl_graph){
				.name = run->sources[i].name,
				.profile = run->sources[i].profile,
				.value = run->sources[i].value,
			};
	return count;
}

/* Options that changed nothing: what the inputs are is known only now. */
static void warn_idle(const struct run *run)
{
	const char *format = run->result.output.format->name, *type;
	const char **types = calloc(run->nsources + 1, sizeof(*types));
	unsigned int count = 0;

	for (unsigned int i = 0; types && i < run->nsources; i++) {
		type = run->sources[i].profile ? pfl_profile_info(run->sources[i].profile)->type : NULL;
		if (type)
			types[count++] = type;
	}
	if (types)
		tool_options_warn_idle(types, count, format);
	free(types);
}

static int draw(struct run *run, struct pfl_graph *graphs, bool all_read)
{
	unsigned int count = collect(run, graphs);
	int status, end;

	if (!count || (has_diff(run) && count < 2))
		return EXIT_FAILED;
	status = make_difference(run, graphs, &count);
	if (!status)
		status = shape_all(run, graphs, count);
	if (status)
		return status;
	warn_idle(run);
	run->reader->format_opts->annotate = run->stacks.annotate;
	status = tool_result_draw(&run->result, run->ctx, graphs, count,
				  run->reader->format_opts);
	if (!all_read && run->general.quiet)
		tool_error("not all of what was given could be read, and the result is of the rest; without -q it is told what");
	end = summarize(run, all_read && !status);
	return !all_read || status || end ? EXIT_FAILED : 0;
}

static int read_and_draw(struct run *run)
{
	struct pfl_graph *graphs;
	int status = read_all(run);

	if (status == EXIT_USAGE)
		return status;
	graphs = calloc(run->nsources, sizeof(*graphs));
	if (!graphs) {
		tool_error("out of memory");
		return EXIT_FAILED;
	}
	status = draw(run, graphs, !status);
	free(graphs);
	return status;
}

static int run_all(struct run *run, char **operands)
{
	int status = check_usage(run, operands);

	if (!status && open_all(run))
		status = EXIT_FAILED;
	return status ? status : read_and_draw(run);
}

static void clean_up(struct run *run)
{
	tool_result_drop(&run->result);
	for (unsigned int i = 0; i < run->nsources; i++)
		tool_source_drop(&run->sources[i]);
	free(run->sources);
	for (unsigned int i = 0; i < run->nshaped; i++)
		pfl_profile_free(run->shaped[i]);
	free(run->shaped);
	pfl_profile_free(run->difference);
	free(run->compared);
	pfl_ctx_free(run->ctx);
	free(run->in.pids.ids);
	free(run->in.tids.ids);
}

#define GROUPS_MAX 16

int tool_reader_main(const struct tool_reader *reader, char **argv)
{
	struct run run = {
		.reader = reader,
	};
	const struct tool_option_group common[] = {
		{ "Input", tool_source_options, &run.in },
		{ "Off-CPU time", tool_offcpu_options + 1, &run.in.of_type },
		{ "Page faults", tool_faults_options, &run.in.of_type },
		{ "Waits for locks", tool_locks_options + 1, &run.in.of_type },
		{ "Stacks", tool_stack_options, &run.stacks },
		{ "Output", write_options, &run.write },
	};
	struct tool_option_group groups[GROUPS_MAX] = { { .title = NULL } };
	const struct tool_options options = { .usage = reader->usage, .groups = groups };
	unsigned int count = sizeof(common) / sizeof(*common);
	int status;

	memcpy(groups, common, sizeof(common));
	for (const struct tool_option_group *own = reader->own; own && own->title; own++)
		groups[count++] = *own;
	groups[count] = (struct tool_option_group){ "General", tool_general_options, &run.general };
	tool_result_init(&run.result);
	if (tool_start(reader->tool, &options, &run.general, argv, &run.ctx, &status) == 0)
		status = run_all(&run, argv);
	clean_up(&run);
	return status;
}
