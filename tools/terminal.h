/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_TERMINAL_H
#define TOOLS_TERMINAL_H

#include <stdbool.h>

/* Columns of the terminal @fd: $COLUMNS, what the terminal says, or 80. */
unsigned int tool_terminal_width(int fd);

/* Whether @fd is a terminal that moves its cursor (TERM is set, and not to "dumb"). */
bool tool_terminal_moves(int fd);

/* Whether @fd is a terminal that shows colours, and nobody set NO_COLOR. */
bool tool_terminal_colors(int fd);

/* Whether the locale says that characters are UTF-8. */
bool tool_terminal_has_utf8(void);

#endif
