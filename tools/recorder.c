/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <perflame/record.h>
#include <perflame/type.h>

#include "argument.h"
#include "messages.h"
#include "recorder.h"
#include "result.h"
#include "stacks.h"
#include "status.h"
#include "summary.h"
#include "tool.h"
#include "types.h"

/* With a command, as env(1) and timeout(1) have it. */
#define EXIT_OURSELVES 125
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127

struct target_args {
	struct tool_id_list pids;
	struct tool_id_list tids;
	const char *cgroup;
	const char *cpus;
	int all_cpus;
};

struct record_args {
	uint64_t duration_ns;
	unsigned int freq;
	struct tool_call_graph call_graph;
	unsigned int mmap_pages;
};

/* One run of a recorder. */
struct run {
	const struct tool_recorder *recorder;
	struct tool_general_args general;
	struct target_args target;
	struct record_args how;
	struct pfl_type_opts of_type;
	struct tool_stack_args stacks;
	struct tool_result_args write;
	char **words;		/* the command line as it was given */
	char **command;		/* NULL: none */

	struct pfl_ctx *ctx;
	struct tool_result result;
	struct pfl_record *record;
	struct pfl_profile *profile;
	unsigned int value;
	struct pfl_record_stats stats;
	struct pfl_fold_stats fold_stats;
};

static const struct tool_option target_options[] = {
	{ .letter = 'p', .name = "pid", .arg = "PID[,PID...]", .set = tool_set_ids,
	  .offset = offsetof(struct target_args, pids),
	  .help = "these processes, all their threads, and what they fork" },
	{ .letter = 't', .name = "tid", .arg = "TID[,TID...]", .set = tool_set_ids,
	  .offset = offsetof(struct target_args, tids),
	  .help = "these threads" },
	{ .letter = 'G', .name = "cgroup", .arg = "PATH", .set = tool_set_name,
	  .offset = offsetof(struct target_args, cgroup),
	  .help = "this cgroup" },
	{ .letter = 'C', .name = "cpu", .arg = "LIST", .set = tool_set_cpus,
	  .offset = offsetof(struct target_args, cpus),
	  .help = "these CPUs only: 0-3,7" },
	{ .letter = 'a', .name = "all-cpus", .set = tool_set_flag,
	  .offset = offsetof(struct target_args, all_cpus),
	  .help = "the whole box (the default without another target)" },
	{ .name = NULL }
};

/* The first one is for those that sample. */
static const struct tool_option record_options[] = {
	{ .letter = 'F', .name = "freq", .arg = "HZ", .set = tool_set_number,
	  .min = 1, .max = 1000000, .offset = offsetof(struct record_args, freq),
	  .help = "samples per second and CPU (default 99)" },
	{ .letter = 'd', .name = "duration", .arg = "TIME", .set = tool_set_duration,
	  .offset = offsetof(struct record_args, duration_ns),
	  .help = "stop after TIME: 10, 10s, 500ms, 2m; without it on Ctrl-C, SIGTERM, or when "
		  "the command ends" },
	{ .name = "call-graph", .arg = "auto|fp|dwarf[,BYTES]", .set = tool_set_call_graph,
	  .offset = offsetof(struct record_args, call_graph),
	  .help = "how user stacks are walked: along frame pointers (fp), by CFI from BYTES of "
		  "stack (dwarf; 16384), or by both (auto, the default)" },
	{ .letter = 'm', .name = "mmap-pages", .arg = "N", .set = tool_set_pages,
	  .offset = offsetof(struct record_args, mmap_pages),
	  .help = "size of each CPU's ring: pages, a power of two, or 4M" },
	{ .name = NULL }
};

static const struct tool_option write_options[] = {
	{ .letter = 'o', .name = "output", .arg = "FILE", .set = tool_set_name,
	  .offset = offsetof(struct tool_result_args, output.path),
	  .help = "its ending picks the format: .data (perf.data), .folded, .html, .svg, .txt, "
		  ".pb.gz (pprof), .speedscope.json, .nested.json (Grafana); - is standard output" },
	{ .name = "format", .set = tool_set_word, .choices = tool_format_names,
	  .offset = offsetof(struct tool_result_args, output.format),
	  .help = "where no ending says it (default: txt on a terminal, otherwise folded)" },
	{ .name = "summary", .arg = "FILE", .set = tool_set_name,
	  .offset = offsetof(struct tool_result_args, summary),
	  .help = "a summary of the run as JSON, for scripts" },
	{ .name = NULL }
};

/* Of perf record; where a recorder has the option itself, that is it. */
static const struct tool_habit habits[] = {
	{ 'g', "", "stacks are always recorded; --call-graph chooses how they are walked" },
	{ 'F', "freq", "each time is recorded, and there is no rate to choose" },
	{ 'c', "count", "it is perf record's; -F of perf-oncpu and perf-wall sets the rate" },
	{ 'e', "event", "what is recorded is the tool's own; of other events, perf-flame draws what "
			"perf record -g -e EVENT has recorded" },
	{ 'U', "all-user", "--user" },
	{ 'K', "all-kernel", "--kernel" },
	{ 0, NULL, NULL }
};

static volatile sig_atomic_t stop;

/*
 * The first Ctrl-C ends the recording, the second one the program. Of what processes send only
 * the first one counts: timeout(1) sends each signal twice, to its child and to all of its
 * group, and others ask once more while they wait.
 */
static void on_signal(int number, siginfo_t *info, void *context)
{
	bool typed = info->si_code > 0;	/* the terminal's: the kernel has sent it */

	(void)context;
	if (stop == number && typed) {
		signal(number, SIG_DFL);
		raise(number);
	}
	stop = number;
}

/* poll(2) must come back: no SA_RESTART. Whom nohup(1) started does not end with the terminal. */
static void catch_signals(void)
{
	const struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	struct sigaction old;
	sigset_t ours;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
	/* Whoever started us may have kept them from himself; and his children from being waited for. */
	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGHUP);
	sigprocmask(SIG_UNBLOCK, &ours, NULL);
	signal(SIGCHLD, SIG_DFL);
}

static int check_targets(const struct run *run)
{
	const struct target_args *target = &run->target;
	int kinds = !!target->pids.count + !!target->tids.count + !!target->cgroup;

	if (kinds + target->all_cpus > 1)
		return tool_usage_error("more than one target: choose one of -p, -t, -G and -a");
	if (kinds && run->command)
		return tool_usage_error("both a target and the command %s: choose one; "
				       "-d TIME limits the time", run->command[0]);
	return 0;
}

/* Who wakes whom takes more events, and is another type. */
static const char *type_of(const struct run *run)
{
	return run->of_type.wakers ? "offwake" : run->recorder->type;
}

/* Everything that can be wrong before anything is done. */
static int check_usage(struct run *run)
{
	const char *type = type_of(run);
	struct pfl_fold_opts fold;

	if (check_targets(run) || tool_types_check(&run->of_type) || tool_stacks_to_fold(&run->stacks, &fold) ||
	    tool_stacks_value(&run->stacks, pfl_type_find(type), &run->value))
		return EXIT_USAGE;
	if (tool_result_choose(&run->result, &run->write, tool_format_names, "folded"))
		return EXIT_USAGE;
	tool_options_warn_idle(&type, 1, run->result.output.format->name);
	return 0;
}

static bool writes_recording(const struct run *run)
{
	return !run->result.output.format->write;
}

static struct pfl_record_opts record_opts(const struct run *run)
{
	return (struct pfl_record_opts){
		.type = type_of(run),
		.pids = run->target.pids.ids,
		.npids = run->target.pids.count,
		.tids = run->target.tids.ids,
		.ntids = run->target.tids.count,
		.cgroup = run->target.cgroup,
		.cpus = run->target.cpus,
		.all_cpus = run->target.all_cpus,
		.command = run->command,
		.freq = run->how.freq,
		.call_graph = run->how.call_graph.how,
		.dump_bytes = run->how.call_graph.dump_bytes,
		.mmap_pages = run->how.mmap_pages,
		.user_only = run->stacks.user_only,
		.kernel_only = run->stacks.kernel_only,
		.duration_ns = run->how.duration_ns,
		.of_type = run->of_type,
	};
}

/* What a command that cannot be started makes us exit with, as shells do. */
static int start_status(const struct run *run, int err)
{
	if (run->command && err == -ENOENT)
		return EXIT_NOT_FOUND;
	if (run->command && err == -ENOEXEC)
		return EXIT_NOT_EXECUTABLE;
	return err ? EXIT_FAILED : 0;
}

static int open_record(struct run *run)
{
	const struct pfl_record_opts opts = record_opts(run);
	int status = start_status(run, pfl_record_open(run->ctx, &opts, &run->record));

	if (status == EXIT_NOT_FOUND)
		tool_message(PFL_NOTE, "what is no option is taken for a command to record; a process is "
			     "-p PID, a time -d 10, a file to write -o on.svg");
	return status;
}

static int connect_output(struct run *run)
{
	struct pfl_fold_opts fold = { .type = type_of(run), .of_type = run->of_type };

	if (writes_recording(run))
		return pfl_record_to_file(run->record, run->result.output.fd, run->words);
	fold.keep_tasks = run->result.output.format->tells_tasks;
	tool_stacks_to_fold(&run->stacks, &fold);
	return pfl_record_to_profile(run->record, &fold);
}

/* Whatever ends the recording early, what was recorded until then goes on its way. */
static int record(struct run *run)
{
	int err, end;

	if (!run->general.quiet)
		tool_status_begin();
	err = pfl_record_run(run->record, &stop, tool_status_tick, &run->how.duration_ns);
	tool_status_say("finishing");
	end = pfl_record_finish(run->record);
	pfl_record_get_stats(run->record, &run->stats);
	return err ? err : end;
}

/* No room for the file, or no place: what was recorded is not lost for that. */
static void show_instead(struct run *run, const struct pfl_graph *graph,
			 const struct tool_format_opts *opts)
{
	char *text;
	size_t len;

	if (tool_format_render(run->ctx, tool_format_find("txt"), graph, 1, opts, &text, &len))
		return;
	tool_error("so that it is not lost, what was recorded follows as text:");
	fwrite(text, 1, len, stderr);
	free(text);
}

static int finish_profile(struct run *run)
{
	const struct tool_format_opts opts = { .annotate = run->stacks.annotate };
	struct pfl_graph graph = { .value = run->value };
	int err = pfl_record_profile(run->record, &run->profile, &run->fold_stats);
	int put;

	if (!run->profile)
		return err;
	graph.profile = run->profile;
	graph.name = pfl_profile_info(run->profile)->title;
	put = tool_result_draw(&run->result, run->ctx, &graph, 1, &opts);
	if (tool_output_is_lost(put))
		show_instead(run, &graph, &opts);
	return err ? err : put;
}

static int summarize(struct run *run, bool complete)
{
	const struct tool_summary summary = {
		.tool = run->recorder->tool,
		.record = &run->stats,
		.fold = run->profile ? &run->fold_stats : NULL,
		.profile = run->profile,
		.value = run->value,
		.output = &run->result.output,
		.samples = run->recorder->samples,
		.complete = complete,
	};

	tool_status_erase();
	tool_summary_say(&summary);
	return run->result.has_json ? tool_summary_put(&summary, 1, &run->result.json) : 0;
}

static int record_and_write(struct run *run)
{
	int err = connect_output(run), end;

	if (err)
		return EXIT_FAILED;
	err = record(run);
	if (start_status(run, err) > EXIT_FAILED)
		return start_status(run, err);
	end = writes_recording(run) ? tool_output_close(&run->result.output) : finish_profile(run);
	if (err == -ENOMEM || end == -ENOMEM)
		tool_error("out of memory");
	err = err ? err : end;
	end = summarize(run, !err);
	return err || end ? EXIT_FAILED : 0;
}

static int run_all(struct run *run)
{
	int status = check_usage(run);

	if (status)
		return status;
	catch_signals();
	if (tool_result_open(&run->result))
		return EXIT_FAILED;
	status = open_record(run);
	return status ? status : record_and_write(run);
}

/* With a command its own status counts, unless we failed. */
static int exit_status(const struct run *run, int status)
{
	int wait_status;

	if (!run->command || status > EXIT_FAILED)
		return status;
	if (status)
		return EXIT_OURSELVES;
	wait_status = pfl_record_command_status(run->record);
	if (wait_status < 0)	/* it runs on */
		return EXIT_OURSELVES;
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

static void clean_up(struct run *run)
{
	tool_status_erase();
	tool_result_drop(&run->result);
	pfl_profile_free(run->profile);
	pfl_record_free(run->record);
	pfl_ctx_free(run->ctx);
	free(run->target.pids.ids);
	free(run->target.tids.ids);
	free(run->words);
}

static char **copy_words(char **argv)
{
	size_t count = 0;
	char **copy;

	while (argv[count])
		count++;
	copy = calloc(count + 1, sizeof(*copy));
	return copy ? memcpy(copy, argv, count * sizeof(*copy)) : NULL;
}

int tool_recorder_main(const struct tool_recorder *recorder, char **argv)
{
	struct run run = {
		.recorder = recorder,
		.words = copy_words(argv),
	};
	const struct tool_option_group groups[] = {
		{ pfl_type_find(recorder->type)->title, recorder->own, &run.of_type },
		{ "Targets", target_options, &run.target },
		{ "Recording", record_options + !recorder->samples, &run.how },
		{ "Stacks", tool_stack_options, &run.stacks },
		{ "Output", write_options, &run.write },
		{ "General", tool_general_options, &run.general },
		{ NULL, NULL, NULL }
	};
	const struct tool_options options = {
		.usage = recorder->usage,
		.groups = recorder->own ? groups : groups + 1,
		.habits = habits,
		.takes_command = true,
	};
	int status;

	tool_result_init(&run.result);
	if (tool_start(recorder->tool, &options, &run.general, argv, &run.ctx, &status) == 0) {
		run.command = argv[0] ? argv : NULL;
		status = exit_status(&run, run_all(&run));
	}
	clean_up(&run);
	return status;
}
