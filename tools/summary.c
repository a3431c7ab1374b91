/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "counts.h"
#include "coverage.h"
#include "json.h"
#include "messages.h"
#include "summary.h"

struct count {
	const char *key;
	size_t offset;
};

#define COUNT(structure, member) { #member, offsetof(struct structure, member) }

static const struct count record_counts[] = {
	COUNT(pfl_record_stats, elapsed_ns), COUNT(pfl_record_stats, samples),
	COUNT(pfl_record_stats, lost), COUNT(pfl_record_stats, bytes),
	COUNT(pfl_record_stats, cpu_ns), COUNT(pfl_record_stats, throttled),
	COUNT(pfl_record_stats, unwound), COUNT(pfl_record_stats, truncated),
	COUNT(pfl_record_stats, broken), COUNT(pfl_record_stats, stack_needed), { NULL, 0 }
};

static const struct count fold_counts[] = {
	COUNT(pfl_fold_stats, records), COUNT(pfl_fold_stats, samples),
	COUNT(pfl_fold_stats, folded), COUNT(pfl_fold_stats, filtered),
	COUNT(pfl_fold_stats, other_event), COUNT(pfl_fold_stats, bad_samples),
	COUNT(pfl_fold_stats, no_stack), COUNT(pfl_fold_stats, empty_half),
	COUNT(pfl_fold_stats, no_task), COUNT(pfl_fold_stats, lost),
	COUNT(pfl_fold_stats, throttled), COUNT(pfl_fold_stats, unordered),
	COUNT(pfl_fold_stats, unknown_records), COUNT(pfl_fold_stats, bad_records),
	COUNT(pfl_fold_stats, maps_left_out),
	COUNT(pfl_fold_stats, stacks), COUNT(pfl_fold_stats, whole),
	COUNT(pfl_fold_stats, frames), COUNT(pfl_fold_stats, unnamed),
	COUNT(pfl_fold_stats, unmapped), COUNT(pfl_fold_stats, unwound),
	COUNT(pfl_fold_stats, truncated), COUNT(pfl_fold_stats, broken),
	COUNT(pfl_fold_stats, stack_needed), COUNT(pfl_fold_stats, truncated_at),
	COUNT(pfl_fold_stats, waits), COUNT(pfl_fold_stats, open_at_start),
	COUNT(pfl_fold_stats, open_at_end), COUNT(pfl_fold_stats, preempted),
	COUNT(pfl_fold_stats, left_out),
	COUNT(pfl_fold_stats, began_before), COUNT(pfl_fold_stats, asleep),
	COUNT(pfl_fold_stats, unmatched), COUNT(pfl_fold_stats, unreliable),
	COUNT(pfl_fold_stats, unreliable_ns), COUNT(pfl_fold_stats, negative),
	COUNT(pfl_fold_stats, no_locks), COUNT(pfl_fold_stats, no_locks_ns),
	COUNT(pfl_fold_stats, on_ns), COUNT(pfl_fold_stats, on_samples),
	COUNT(pfl_fold_stats, first_ns), COUNT(pfl_fold_stats, last_ns), { NULL, 0 }
};

static const struct count folded_counts[] = {
	COUNT(pfl_folded_read, lines), COUNT(pfl_folded_read, bad), { NULL, 0 }
};

/* "1,234 waits", "1 wait"; no unit: the number alone. */
struct counted {
	char text[64];
};

static struct counted count_of(uint64_t number, const char *unit)
{
	struct counted counted = { .text = "" };

	pfl_format_value(counted.text, sizeof(counted.text), number, unit, 0);
	return counted;
}

static void say_recorded(const struct pfl_record_stats *stats)
{
	tool_message_plain("%s of %s%s in %s on %s", count_of(stats->samples, "samples").text,
			   stats->event, stats->kinds > 1 ? " and what goes with it" : "",
			   count_of(stats->elapsed_ns, "ns").text,
			   count_of(stats->ncpus, "CPUs").text);
}

/* What would lose less, in words that can be pasted. */
static void remedy_of_loss(const struct tool_summary *summary, char *buf, size_t size)
{
	const struct pfl_record_stats *record = summary->record;
	uint64_t larger = record ? record->ring_bytes * 4 >> 10 : 0;
	uint64_t dumped = summary->fold ? summary->fold->unwound : record->unwound;
	const char *rate = summary->samples ? ", a lower rate (-F)" : "";
	char ring[32] = "-m";

	if (larger)
		snprintf(ring, sizeof(ring), "-m %" PRIu64 "%s", larger < 1024 ? larger : larger >> 10,
			 larger < 1024 ? "K" : "M");
	snprintf(buf, size, "%sa larger ring (%s)%s%s loses fewer", record ? "" : "when recording, ",
		 ring, rate, dumped ? ", --call-graph fp" : "");
}

static void say_lost(const struct tool_summary *summary)
{
	uint64_t lost = summary->record ? summary->record->lost :
			summary->fold ? summary->fold->lost : 0;
	uint64_t seen = summary->record ? summary->record->samples :
			summary->fold ? summary->fold->samples : 0;
	char remedy[128];

	if (!lost)
		return;
	remedy_of_loss(summary, remedy, sizeof(remedy));
	tool_message(PFL_WARNING, "%s lost, %.1f %% of all: %s", count_of(lost, "events").text,
		     100.0 * lost / ((double)lost + seen), remedy);
	if (summary->record && summary->record->not_first)
		tool_message(PFL_NOTE, "the recorder waited for a CPU as others do: as root, or with "
			     "CAP_SYS_NICE, it goes before them, and loses fewer");
}

/* Of a live run both know, and say the same. */
static void say_counts(const struct tool_summary *summary)
{
	if (summary->record)
		tool_counts_say(summary->record->counts, summary->record->ncounts);
	else if (summary->fold)
		tool_counts_say(summary->fold->counts, summary->fold->ncounts);
}

#define ODD(member, level, unit, text) { offsetof(struct pfl_fold_stats, member), level, unit, text }

/* What is not as it should be, and what it means; each is said with its number. */
static const struct {
	size_t offset;
	enum pfl_level level;
	const char *unit, *text;
} odd[] = {
	ODD(bad_samples, PFL_WARNING, "samples", "left out: damaged"),
	ODD(bad_records, PFL_WARNING, "records", "left out: damaged; names or mappings may be missing"),
	ODD(maps_left_out, PFL_WARNING, "mappings",
	    "would have taken too much memory: their processes were left with none, and code in those has no name"),
	ODD(unordered, PFL_WARNING, "records",
	    "came later than what happened after them: names and mappings near them may be off"),
	ODD(throttled, PFL_WARNING, "times",
	    "the kernel paused sampling: a lower rate (-F), or as root: sysctl kernel.perf_cpu_time_max_percent=0"),
	ODD(unknown_records, PFL_NOTE, "records", "passed over: of kinds newer than this version"),
	ODD(no_task, PFL_NOTE, "samples", "of threads whose name was not recorded, shown as :TID"),
	ODD(empty_half, PFL_NOTE, "stacks",
	    "without a frame, shown as a thread's name alone: none was recorded, or none of the half asked for"),
	ODD(asleep, PFL_NOTE, "threads",
	    "slept when recording began, and are left out: where they sleep, --sleepers or a target (-p) shows"),
	ODD(began_before, PFL_NOTE, "waits",
	    "left out that had begun before the recording: nobody knows where"),
	ODD(left_out, PFL_NOTE, "waits", "left out, as --state, --min or --max asked for"),
	ODD(unmatched, PFL_NOTE, "events", "left out: their other half was not seen"),
	ODD(negative, PFL_WARNING, "waits", "left out that ended before they began: time went backwards"),
};

/* Only who waits is woken. */
static void say_preempted(const struct tool_summary *summary)
{
	const char *type = summary->profile ? pfl_profile_info(summary->profile)->type : NULL;

	if (!summary->fold->preempted || !type || strcmp(type, "offcpu"))
		return;
	tool_message(PFL_NOTE, "%s left out, when a thread had to give its CPU to another: "
		     "--preempted brings them",
		     count_of(summary->fold->preempted, "preemptions").text);
}

/* Waits that were charged, and those in which something may have been missed. */
static void say_waits(const struct tool_summary *summary)
{
	const struct pfl_fold_stats *stats = summary->fold;
	char since[96] = "", until[96] = "", remedy[128];

	if (stats->open_at_start)
		snprintf(since, sizeof(since), ", %s of them since before it began",
			 count_of(stats->open_at_start, "").text);
	if (stats->open_at_end)
		snprintf(until, sizeof(until), ", %s not over when it ended",
			 count_of(stats->open_at_end, "").text);
	if (stats->waits)
		tool_message_plain("%s recorded%s%s", count_of(stats->waits, "waits").text, since, until);
	if (stats->no_locks)
		tool_message(PFL_NOTE, "%s for conditions, semaphores and joins, %s, left out: --waits "
			     "brings them", count_of(stats->no_locks, "waits").text,
			     count_of(stats->no_locks_ns, "ns").text);
	if (stats->on_samples)
		tool_message_plain("%s on a CPU: what it was made of is told by %s, one for each %s",
				   count_of(stats->on_ns, "ns").text,
				   count_of(stats->on_samples, "samples").text,
				   count_of(stats->on_ns / stats->on_samples, "ns").text);
	if (stats->unreliable) {
		remedy_of_loss(summary, remedy, sizeof(remedy));
		tool_message(PFL_WARNING, "%s, %s, left out: records were lost in them, so that nobody "
			     "knows whether they were one; %s",
			     count_of(stats->unreliable, stats->on_samples ?
				      "waits and stays on a CPU" : "waits").text,
			     count_of(stats->unreliable_ns, "ns").text, remedy);
	}
}

/* Our own recorders ask for them always. */
static void say_stackless(const struct tool_summary *summary)
{
	const struct pfl_fold_stats *stats = summary->fold;
	bool none = !summary->record && stats->no_stack == stats->folded;

	if (stats->no_stack)
		tool_message(PFL_NOTE, "%s without a call chain: one frame each%s",
			     count_of(stats->no_stack, "samples").text,
			     none ? "; perf record -g brings them" : "");
}

static void say_odd(const struct pfl_fold_stats *stats)
{
	uint64_t number;

	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		memcpy(&number, (const char *)stats + odd[i].offset, sizeof(number));
		if (number)
			tool_message(odd[i].level, "%s %s", count_of(number, odd[i].unit).text, odd[i].text);
	}
}

/* The kernel dumps multiples of eight bytes, and less than 64 KiB. */
#define DUMP_MAX 65528

/*
 * The size that the largest of them asked for holds the next frame, and often no more:
 * the power of two above it spares a third and fourth try.
 */
static uint64_t dump_size(uint64_t needed)
{
	uint64_t size = 4096;

	while (size < needed)
		size *= 2;
	return size < DUMP_MAX ? size : DUMP_MAX;
}

struct unwound {
	uint64_t all, truncated, stack_needed;
	const char *shown;	/* where a truncated one says it of itself */
};

static void say_unwound(const struct unwound *stacks)
{
	if (stacks->truncated)
		tool_message(PFL_WARNING, "%s of %s are cut off%s: --call-graph dwarf,%" PRIu64
			     " takes more of each",
			     count_of(stacks->truncated, "").text, count_of(stacks->all, "stacks").text,
			     stacks->shown, dump_size(stacks->stack_needed));
}

static void say_whole(const struct tool_summary *summary)
{
	const struct pfl_record_stats *record = summary->record;
	const struct pfl_fold_stats *fold = summary->fold;

	if (fold)
		say_unwound(&(struct unwound){ fold->unwound, fold->truncated,
					       fold->stack_needed, ", shown as [truncated]" });
	else if (record)
		say_unwound(&(struct unwound){ record->unwound, record->truncated,
					       record->stack_needed, "" });
}

static void say_written(const struct tool_output *output)
{
	tool_message_plain("wrote %s, %s", output->path, count_of(output->bytes, "bytes").text);
}

/* An empty graph, and where the time is instead. */
static void say_empty(const struct tool_summary *summary)
{
	const struct pfl_profile_info *info = pfl_profile_info(summary->profile);
	const struct pfl_node *root = pfl_profile_node(summary->profile, 0);
	uint64_t unasked = summary->fold->left_out + summary->fold->no_locks;

	for (unsigned int i = 0; i < info->nvalues; i++)
		if (root->total[i])
			return;
	if (summary->record && summary->samples)
		tool_message(PFL_WARNING, "nothing was sampled: what was recorded was not on a CPU, or "
			     "not for long enough; perf-offcpu shows what it waits for");
	else if (unasked)
		tool_message(PFL_WARNING, "nothing to show: %s in what was recorded, none of them asked for",
			     count_of(unasked, "waits").text);
	else
		tool_message(PFL_WARNING, "nothing to show: there were no %s in what was recorded",
			     info->values[0].unit);
}

void tool_summary_say(const struct tool_summary *summary)
{
	if (summary->record)
		say_recorded(summary->record);
	if (summary->fold && summary->profile)
		say_empty(summary);
	say_lost(summary);
	say_counts(summary);
	if (summary->fold) {
		say_waits(summary);
		say_preempted(summary);
		say_stackless(summary);
		say_odd(summary->fold);
	}
	say_whole(summary);
	if (summary->fold)
		tool_coverage_say(summary->fold);
	if (summary->record && summary->output->is_ours && summary->output->bytes)
		say_written(summary->output);
}

static void put_counts(FILE *out, const struct count *counts, const void *base)
{
	for (; counts->key; counts++) {
		uint64_t number;

		memcpy(&number, (const char *)base + counts->offset, sizeof(number));
		fprintf(out, "\t\t\"%s\": %" PRIu64 "%s\n", counts->key, number,
			counts[1].key ? "," : "");
	}
	fputs("\t}", out);
}

static void put_record(FILE *out, const struct pfl_record_stats *stats)
{
	fputs(",\n\t\"record\": {\n\t\t", out);
	tool_json_text(out, "event", stats->event);
	fprintf(out, ",\n\t\t\"cpus\": %u,\n\t\t\"events\": %u,\n", stats->ncpus, stats->nevents);
	fprintf(out, "\t\t\"not_first\": %s,\n", stats->not_first ? "true" : "false");
	tool_counts_put(stats->counts, stats->ncounts, out);
	put_counts(out, record_counts, stats);
}

static void put_profile(FILE *out, const struct pfl_profile *profile, unsigned int value)
{
	const struct pfl_profile_info *info = pfl_profile_info(profile);

	fputs(",\n\t\"profile\": {\n\t\t", out);
	tool_json_text(out, "type", info->type);
	fputs(",\n\t\t", out);
	tool_json_text(out, "value", info->values[value].name);
	fputs(",\n\t\t", out);
	tool_json_text(out, "unit", info->values[value].unit);
	fprintf(out, ",\n\t\t\"total\": %" PRIu64 ",\n\t\t\"decimals\": %u\n\t}",
		pfl_profile_node(profile, 0)->total[value], info->decimals);
}

static void put_output(FILE *out, const struct tool_output *output)
{
	fputs(",\n\t\"output\": {\n\t\t", out);
	tool_json_text(out, "path", output->inherited == 1 ? "-" : output->path);
	fputs(",\n\t\t", out);
	tool_json_text(out, "format", output->format->name);
	fprintf(out, ",\n\t\t\"bytes\": %" PRIu64 "\n\t}", output->bytes);
}

static void put_input(FILE *out, const struct tool_summary *summary)
{
	if (summary->fold) {
		fputs(",\n\t\"fold\": {\n", out);
		tool_counts_put(summary->fold->counts, summary->fold->ncounts, out);
		put_counts(out, fold_counts, summary->fold);
		tool_coverage_put(summary->fold, out);
	}
	if (summary->folded) {
		fputs(",\n\t\"folded\": {\n", out);
		put_counts(out, folded_counts, summary->folded);
	}
	if (summary->profile)
		put_profile(out, summary->profile, summary->value);
}

static void put_inputs(FILE *out, const struct tool_summary *summaries, unsigned int count)
{
	unsigned int i;

	fputs(",\n\t\"inputs\": [", out);
	for (i = 0; i < count; i++) {
		fputs(i ? ", {\n\t" : "{\n\t", out);
		tool_json_text(out, "name", summaries[i].input);
		put_input(out, &summaries[i]);
		fputs("\n\t}", out);
	}
	fputs("]", out);
}

static void put_json(FILE *out, const struct tool_summary *summaries, unsigned int count)
{
	fputs("{\n\t", out);
	tool_json_text(out, "tool", summaries->tool);
	fputs(",\n\t", out);
	tool_json_text(out, "version", pfl_version());
	fprintf(out, ",\n\t\"complete\": %s", summaries->complete ? "true" : "false");
	if (summaries->record)
		put_record(out, summaries->record);
	if (count == 1)
		put_input(out, summaries);
	else
		put_inputs(out, summaries, count);
	put_output(out, summaries->output);
	fputs("\n}\n", out);
}

int tool_summary_put(const struct tool_summary *summaries, unsigned int count,
		     struct tool_output *json)
{
	char *bytes = NULL;
	size_t len;
	FILE *out = open_memstream(&bytes, &len);
	int err;

	if (!out)
		return -errno;
	put_json(out, summaries, count);
	err = fclose(out) ? -ENOMEM : tool_output_put(json, bytes, len);
	free(bytes);
	return err;
}
