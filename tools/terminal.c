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
