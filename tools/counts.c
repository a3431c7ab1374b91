/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdbool.h>

#include <perflame/profile.h>

#include "counts.h"
#include "coverage.h"
#include "json.h"
#include "messages.h"

/* Percent: now and then the kernel leaves out one of thousands. */
#define WORTH_EXPLAINING 1

static uint64_t missing_of(const struct pfl_event_count *event)
{
	return event->count > event->samples ? event->count - event->samples : 0;
}

/* Of what is missing, what nothing accounts for: where it is not known, all may have been lost. */
static uint64_t silent_of(const struct pfl_event_count *event)
{
	uint64_t missing = missing_of(event);

	return missing > event->lost ? missing - event->lost : 0;
}

/* Whether so much is missing without a word that it wants to be explained. */
static bool is_silent(const struct pfl_event_count *event)
{
	return tool_percent(silent_of(event), event->count) >= WORTH_EXPLAINING;
}

static void say_missing(const struct pfl_event_count *event)
{
	double percent = tool_percent(event->samples, event->count);
	char all[96];

	pfl_format_value(all, sizeof(all), event->count, event->event, 0);
	tool_message_plain("%.1f %% recorded of %s%s", percent, all,
			   silent_of(event) ? "" : ": the others were lost");
}

static void say_silent(const struct pfl_event_count *counts, unsigned int count)
{
	char all[96], text[PFL_EVENT_COUNTS * (sizeof(all) + 32)];
	size_t len = 0;

	for (unsigned int i = 0; i < count; i++) {
		if (!is_silent(&counts[i]))
			continue;
		len += snprintf(text + len, sizeof(text) - len, "%s%.1f %% %sof %s", len ? ", " : "",
				tool_percent(counts[i].samples, counts[i].count),
				len ? "" : "recorded ",
				pfl_format_value(all, sizeof(all), counts[i].count, counts[i].event, 0));
	}
	if (len)
		tool_message(PFL_WARNING, "%s, and no word of the others: virtual machines leave out what "
			     "happens on CPUs that were idle. What begins or ends with them is missing, "
			     "but for what other records tell; with all CPUs kept busy, more is there",
			     text);
}

static void say_complete(const struct pfl_event_count *counts, unsigned int count)
{
	char all[96], text[PFL_EVENT_COUNTS * sizeof(all)];
	size_t len = 0;

	for (unsigned int i = 0; i < count; i++) {
		if (!counts[i].count || missing_of(&counts[i]))
			continue;
		len += snprintf(text + len, sizeof(text) - len, "%s%s", len ? ", " : "",
				pfl_format_value(all, sizeof(all), counts[i].count, counts[i].event, 0));
	}
	if (len)
		tool_message_plain("100 %% recorded: %s", text);
}

void tool_counts_say(const struct pfl_event_count *counts, unsigned int count)
{
	say_complete(counts, count);
	for (unsigned int i = 0; i < count; i++)
		if (missing_of(&counts[i]) && !is_silent(&counts[i]))
			say_missing(&counts[i]);
	say_silent(counts, count);
}

static void put_event(const struct pfl_event_count *event, FILE *out)
{
	fputs("\t\t\t{ ", out);
	tool_json_text(out, "event", event->event);
	fprintf(out, ", \"count\": %" PRIu64 ", \"samples\": %" PRIu64 ", \"lost\": ", event->count,
		event->samples);
	if (event->lost == PFL_LOST_UNKNOWN)
		fputs("null", out);
	else
		fprintf(out, "%" PRIu64, event->lost);
	fputs(", \"percent\": ", out);
	if (event->count)
		fprintf(out, "%.1f }", tool_percent(event->samples, event->count));
	else
		fputs("null }", out);
}

void tool_counts_put(const struct pfl_event_count *counts, unsigned int count, FILE *out)
{
	fputs("\t\t\"counts\": [", out);
	for (unsigned int i = 0; i < count; i++) {
		fputs(i ? ",\n" : "\n", out);
		put_event(&counts[i], out);
	}
	fputs(count ? "\n\t\t],\n" : "],\n", out);
}
