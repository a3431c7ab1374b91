/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "terminal.h"

enum { WIDTH_DEFAULT = 80, WIDTH_MIN = 20, WIDTH_MAX = 1000 };

static bool is_width(long width)
{
	return width >= WIDTH_MIN && width <= WIDTH_MAX;
}

unsigned int tool_terminal_width(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	if (columns && is_width(strtol(columns, NULL, 10)))
		return strtol(columns, NULL, 10);
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && is_width(size.ws_col))
		return size.ws_col;
	return WIDTH_DEFAULT;
}

bool tool_terminal_moves(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

bool tool_terminal_colors(int fd)
{
	const char *no_color = getenv("NO_COLOR");

	return tool_terminal_moves(fd) && !(no_color && *no_color);
}

/* As locale(7) chooses, without loading the locale: a static program cannot, on a strange box. */
bool tool_terminal_has_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *locale = getenv(names[i]);

		if (locale && *locale)
			return strcasestr(locale, "utf-8") || strcasestr(locale, "utf8");
	}
	return false;
}
