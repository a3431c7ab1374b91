/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "messages.h"
#include "status.h"

static const char *tool_name = "perflame";
static enum pfl_level loudest = PFL_NOTE;

static const char *const level_names[] = {
	[PFL_ERROR] = "error: ",
	[PFL_WARNING] = "warning: ",
	[PFL_NOTE] = "note: ",
	[PFL_DEBUG] = "debug: ",
};

void tool_messages_init(const char *tool, enum pfl_level level)
{
	tool_name = tool;
	loudest = level;
}

bool tool_says(enum pfl_level level)
{
	return level <= loudest;
}

static void say(enum pfl_level level, const char *word, const char *text)
{
	if (!tool_says(level))
		return;
	tool_status_erase();
	fprintf(stderr, "%s: %s%s\n", tool_name, word, text);
}

__attribute__((format(printf, 3, 0)))
static void say_args(enum pfl_level level, const char *word, const char *format, va_list args)
{
	char text[4096 + 256];	/* a path and what is said of it */

	vsnprintf(text, sizeof(text), format, args);
	pfl_text_defuse(text);
	say(level, word, text);
}

void tool_messages_log(void *data, enum pfl_level level, const char *text)
{
	(void)data;
	say(level, level_names[level], text);
}

void tool_message(enum pfl_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_args(level, level_names[level], format, args);
	va_end(args);
}

void tool_message_plain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_args(PFL_NOTE, "", format, args);
	va_end(args);
}

int tool_usage_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_args(PFL_ERROR, level_names[PFL_ERROR], format, args);
	va_end(args);
	fprintf(stderr, "Try '%s --help'.\n", tool_name);
	return -1;
}
