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

/* Of a file of a package @packages says it, together with others. */
static void say_nameless_file(const struct pfl_fold_gap *gap, double percent,
			      struct tool_debug_packages *packages)
{
	char package[128];

	if (!pfl_fold_gap_package(gap, package, sizeof(package)))
		tool_debug_packages_add(packages, gap->path, percent, package);
	else if (gap->build_id[0])
		tool_message(PFL_NOTE, "%s has no symbols%s (%.0f %% of the samples): the debug file of "
			     "build-id %s has them", gap->path, gap->is_here ? "" : " here", percent,
			     gap->build_id);
	else
		tool_message(PFL_NOTE, "%s has no symbols%s (%.0f %% of the samples): one that is not "
			     "stripped has them", gap->path, gap->is_here ? "" : " here", percent);
}

static void say_nameless(const struct pfl_fold_stats *stats, const struct pfl_fold_gap *gap,
			 struct tool_debug_packages *packages)
{
	double percent = tool_percent(gap->unnamed, stats->stacks);

	if (percent < WORTH_SAYING)
		return;
	if (gap->kind == PFL_GAP_FILE)
		say_nameless_file(gap, percent, packages);
	if (gap->kind == PFL_GAP_MEMORY)
		tool_message(PFL_NOTE, "code made at run time has no names (%.0f %% of the samples): the "
			     "runtime must write a perf map (node --perf-basic-prof, python3 -X perf, "
			     "java -XX:+DumpPerfMapAtExit)", percent);
	/* of the kernel the warning has been given when its symbols were looked for */
}

static void say_broken(const struct pfl_fold_stats *stats, const struct pfl_fold_gap *gap)
{
	double percent = tool_percent(gap->broken, stats->stacks);
	const char *name = gap->kind == PFL_GAP_MEMORY ? "code made at run time" : gap->path;

	if (percent < WORTH_SAYING || !has_stacks(stats))
		return;
	if (gap->kind == PFL_GAP_KERNEL)
		tool_message(PFL_NOTE, "%s: stacks break off in it (%.0f %% of the samples): the kernel "
			     "walked no further", name, percent);
	else if (!stats->unwound)
		tool_message(PFL_NOTE, "%s: stacks break off in it (%.0f %% of the samples), as it keeps no "
			     "frame pointers: record with --call-graph dwarf", name, percent);
	else
		tool_message(PFL_NOTE, "%s: stacks break off in it (%.0f %% of the samples), for want of "
			     "unwind data%s", name, percent, gap->kind == PFL_GAP_MEMORY ? "" :
			     ": its debug file may have it, -fasynchronous-unwind-tables makes it");
}

void tool_coverage_say(const struct pfl_fold_stats *stats)
{
	struct tool_debug_packages packages = { 0 };

	/* whose package a file is takes a look at all packages */
	if (!stats->stacks || !tool_says(PFL_NOTE))
		return;
	if (has_stacks(stats))
		tool_message_plain("%.1f %% of the stacks reach their thread's root, %.1f %% of the "
				   "frames have a name", tool_percent(stats->whole, stats->stacks),
				   tool_percent(stats->frames - stats->unnamed, stats->frames));
	for (unsigned int i = 0; i < stats->ngaps; i++) {
		say_nameless(stats, &stats->gaps[i], &packages);
		say_broken(stats, &stats->gaps[i]);
	}
	tool_debug_packages_say(&packages);
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
