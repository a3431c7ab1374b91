/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's text about a tracepoint (events/SYSTEM/NAME/format in tracefs), which a recording
 * brings along. libtraceevent reads it, and trusts the kernel: what others may have written has
 * to be looked over first.
 */
#ifndef PFL_PERFDATA_FORMAT_TEXT_H
#define PFL_PERFDATA_FORMAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether the @size bytes at @text are built as the kernel builds them: printable, a line for each
 * field (print_event_fields() in kernel/trace/trace_events.c), and behind them what each bracket
 * and string that begins also ends, none too deep in others.
 */
bool pfl_format_text_ok(const char *text, size_t size);

#endif
