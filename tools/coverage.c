/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "coverage.h"
#include "debug-archive.h"
#include "json.h"
#include "messages.h"

/* Below this many percent of the samples nobody would go and look. */
#define WORTH_SAYING 1

double tool_percent(uint64_t part, uint64_t all)
{
	double percent = all ? 100.0 * part / all : 0;

	return part < all && percent > 99.9 ? 99.9 : percent;
}

/* Where most samples came without a call chain there is nothing to break. */
static bool has_stacks(const struct pfl_fold_stats *stats)
{
	return stats->no_stack <= stats->empty_half || stats->no_stack < stats->stacks / 2;
}

/* Files of which one and the same is to be said: "/usr/bin/dash (39 % of the samples), …". */
struct files {
	char text[3072];
};

/* What is said once of several files. */
struct gathered {
	struct files nameless, no_pointers, no_unwind_data;
	struct tool_debug_packages packages;	/* of those that are nameless */
};

static void add_file(struct files *files, const char *name, double percent)
{
	size_t len = strlen(files->text);

	snprintf(files->text + len, sizeof(files->text) - len, "%s%s (%.0f %%%s)", len ? ", " : "",
		 name, percent, len ? "" : " of the samples");
}

static void find_nameless_file(const struct pfl_fold_gap *gap, double percent, struct gathered *gathered)
{
	char package[128];

	if (!pfl_fold_gap_package(gap, package, sizeof(package))) {
		add_file(&gathered->nameless, gap->path, percent);
		tool_debug_packages_add(&gathered->packages, package);
	} else if (gap->build_id[0]) {
		tool_message(PFL_NOTE, "%s has no symbols%s (%.0f %% of the samples): the debug file of "
			     "build-id %s has them, as /usr/lib/debug/.build-id/%.2s/%s.debug, or, with "
			     "--debuginfod, from a server", gap->path, gap->is_here ? "" : " here",
			     percent, gap->build_id, gap->build_id, gap->build_id + 2);
	} else {
		tool_message(PFL_NOTE, "%s has no symbols%s (%.0f %% of the samples): one that is not "
			     "stripped has them", gap->path, gap->is_here ? "" : " here", percent);
	}
}

static void find_nameless(const struct pfl_fold_stats *stats, const struct pfl_fold_gap *gap,
			  struct gathered *gathered)
{
	double percent = tool_percent(gap->unnamed, stats->stacks);

	if (percent < WORTH_SAYING)
		return;
	if (gap->kind == PFL_GAP_FILE)
		find_nameless_file(gap, percent, gathered);
	if (gap->kind == PFL_GAP_MEMORY)
		tool_message(PFL_NOTE, "code made at run time has no names (%.0f %% of the samples): the "
			     "runtime must write a perf map (node --perf-basic-prof, python3 -X perf, "
			     "java -XX:+DumpPerfMapAtExit)", percent);
	/* of the kernel the warning has been given when its symbols were looked for */
}

static void find_broken(const struct pfl_fold_stats *stats, const struct pfl_fold_gap *gap,
			struct gathered *gathered)
{
	double percent = tool_percent(gap->broken, stats->stacks);
	const char *name = gap->kind == PFL_GAP_MEMORY ? "code made at run time" : gap->path;

	if (percent < WORTH_SAYING || !has_stacks(stats))
		return;
	if (gap->kind == PFL_GAP_KERNEL)
		tool_message(PFL_NOTE, "%s: stacks break off in it (%.0f %% of the samples): the kernel "
			     "walked no further", name, percent);
	else
		add_file(stats->unwound ? &gathered->no_unwind_data : &gathered->no_pointers, name, percent);
}

static void say_gathered(const struct gathered *gathered)
{
	char commands[sizeof(gathered->packages.names) + 512];

	if (*gathered->no_pointers.text)
		tool_message(PFL_NOTE, "stacks break off in %s, for want of frame pointers: record with "
			     "--call-graph dwarf", gathered->no_pointers.text);
	if (*gathered->no_unwind_data.text)
		tool_message(PFL_NOTE, "stacks break off in %s, for want of unwind data: debug files may "
			     "have it, -fasynchronous-unwind-tables makes it", gathered->no_unwind_data.text);
	if (!*gathered->nameless.text)
		return;
	tool_debug_packages_install(&gathered->packages, commands, sizeof(commands));
	tool_message(PFL_NOTE, "no symbols in %s; this brings them: %s", gathered->nameless.text, commands);
}

void tool_coverage_say(const struct pfl_fold_stats *stats)
{
	struct gathered gathered = { 0 };

	/* whose package a file is takes a look at all packages */
	if (!stats->stacks || !tool_says(PFL_NOTE))
		return;
	if (has_stacks(stats))
		tool_message_plain("%.1f %% of the stacks reach their thread's root, %.1f %% of the "
				   "frames have a name", tool_percent(stats->whole, stats->stacks),
				   tool_percent(stats->frames - stats->unnamed, stats->frames));
	for (unsigned int i = 0; i < stats->ngaps; i++) {
		find_nameless(stats, &stats->gaps[i], &gathered);
		find_broken(stats, &stats->gaps[i], &gathered);
	}
	say_gathered(&gathered);
}

static void put_gap(const struct pfl_fold_gap *gap, FILE *out)
{
	char package[128];
	bool known = !pfl_fold_gap_package(gap, package, sizeof(package));

	fputs("\t\t\t{ ", out);
	tool_json_text(out, "path", gap->path);
	fputs(", ", out);
	tool_json_text(out, "build_id", gap->build_id[0] ? gap->build_id : NULL);
	fputs(", ", out);
	tool_json_text(out, "package", known ? package : NULL);
	fprintf(out, ", \"samples\": %" PRIu64 ", \"unnamed\": %" PRIu64 ", \"broken\": %" PRIu64 " }",
		gap->samples, gap->unnamed, gap->broken);
}

void tool_coverage_put(const struct pfl_fold_stats *stats, FILE *out)
{
	fprintf(out, ",\n\t\"coverage\": {\n\t\t\"whole_percent\": %.1f,\n\t\t\"named_percent\": %.1f,\n"
		"\t\t\"binaries\": [", tool_percent(stats->whole, stats->stacks),
		tool_percent(stats->frames - stats->unnamed, stats->frames));
	for (unsigned int i = 0; i < stats->ngaps; i++) {
		fputs(i ? ",\n" : "\n", out);
		put_gap(&stats->gaps[i], out);
	}
	fputs(stats->ngaps ? "\n\t\t]\n\t}" : "]\n\t}", out);
}
