/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The status line that a recorder keeps while it records, where standard error
 * is a terminal; nothing at all where it is not.
 */
#ifndef TOOLS_STATUS_H
#define TOOLS_STATUS_H

#include <perflame/record.h>

/* From now on there is a line, where standard error is a terminal that can renew it. */
void tool_status_begin(void);

/* For pfl_record_run(); @data points to the duration in nanoseconds (uint64_t), 0: no end. */
void tool_status_tick(void *data, const struct pfl_record_stats *stats);

/* Replaces the line by @text ("naming …"). */
void tool_status_say(const char *text);

/* Takes the line away, if there is one: before anything else is written. */
void tool_status_erase(void);

#endif
