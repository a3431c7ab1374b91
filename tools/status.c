/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include <perflame/profile.h>

#include "status.h"
#include "terminal.h"

static bool wanted;
static bool shown;

static void show(const char *line)
{
	/* The last column stays free: some terminals would wrap. */
	fprintf(stderr, "\r%.*s\033[K", (int)tool_terminal_width(STDERR_FILENO) - 1, line);
	fflush(stderr);
	shown = true;
}

void tool_status_begin(void)
{
	wanted = tool_terminal_moves(STDERR_FILENO);
}

void tool_status_say(const char *text)
{
	if (wanted)
		show(text);
}

void tool_status_erase(void)
{
	if (!shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	shown = false;
}

/* Whole seconds: the line must not jitter. */
static void format_elapsed(char *buf, size_t size, uint64_t ns, uint64_t duration_ns)
{
	unsigned long long s = ns / 1000000000, end = (duration_ns + 999999999) / 1000000000;

	if (duration_ns)
		snprintf(buf, size, "%llu of %llu s", s, end);
	else
		snprintf(buf, size, "%llu s, Ctrl-C ends it", s);
}

void tool_status_tick(void *data, const struct pfl_record_stats *stats)
{
	char elapsed[64], samples[48], lost[48], bytes[48], line[320];
	double percent;

	if (!wanted)
		return;
	percent = stats->elapsed_ns ? 100.0 * stats->cpu_ns / stats->elapsed_ns : 0;
	format_elapsed(elapsed, sizeof(elapsed), stats->elapsed_ns, *(const uint64_t *)data);
	snprintf(line, sizeof(line), "recording %s: %s, %s, %s, itself %.1f %% of a CPU", elapsed,
		 pfl_format_value(samples, sizeof(samples), stats->samples, "samples", 0),
		 pfl_format_value(lost, sizeof(lost), stats->lost, "lost", 0),
		 pfl_format_value(bytes, sizeof(bytes), stats->bytes, "bytes", 0), percent);
	show(line);
}
