/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packages of debug symbols: Debian names them after the package whose symbols they
 * hold. libc's and the kernel's are in the main archive, all others', as with Ubuntu,
 * in one apart.
 */
#ifndef TOOLS_DEBUG_ARCHIVE_H
#define TOOLS_DEBUG_ARCHIVE_H

#include <stdbool.h>

/* Zeroed to begin with. */
struct tool_debug_packages {
	char files[3072];	/* "/usr/bin/dash (39 % of the samples), …" */
	char names[1024];	/* " dash-dbgsym …", each once */
	bool apart;		/* one of them is in the archive apart */
};

/* The file @path, in which @percent of the samples have frames without a name, is of @package. */
void tool_debug_packages_add(struct tool_debug_packages *packages, const char *path, double percent,
			     const char *package);

/* Says in one line, if there are any, what has no symbols, and the commands that bring them. */
void tool_debug_packages_say(const struct tool_debug_packages *packages);

#endif
