/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages: everything that is said to the user, on standard error, a line
 * each: "perf-oncpu: warning: …".
 */
#ifndef TOOLS_MESSAGES_H
#define TOOLS_MESSAGES_H

#include <stdbool.h>

#include <perflame/context.h>

#define EXIT_FAILED 1
#define EXIT_USAGE 2

/* Who speaks, and how urgent it must be to be said. Before the first message. */
void tool_messages_init(const char *tool, enum pfl_level level);

/* Whether what is as urgent as this is said at all. */
bool tool_says(enum pfl_level level);

/* For pfl_ctx_set_log(). */
void tool_messages_log(void *data, enum pfl_level level, const char *text);

/* Says one line; control characters that came from outside are shown as '?'. */
__attribute__((format(printf, 2, 3)))
void tool_message(enum pfl_level level, const char *format, ...);

/* A line of the closing summary: a note without the word. */
__attribute__((format(printf, 1, 2)))
void tool_message_plain(const char *format, ...);

#define tool_error(...) tool_message(PFL_ERROR, __VA_ARGS__)

/* Says that the usage was wrong, and where the right one stands. Gives back -1. */
__attribute__((format(printf, 1, 2)))
int tool_usage_error(const char *format, ...);

#endif
