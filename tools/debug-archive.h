/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packages of debug symbols: Debian names them after the package whose symbols they
 * hold. libc's and the kernel's are in the main archive, all others', as with Ubuntu,
 * in one apart.
 */
#ifndef TOOLS_DEBUG_ARCHIVE_H
#define TOOLS_DEBUG_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed to begin with. */
struct tool_debug_packages {
	char names[1024];	/* " dash-dbgsym …", each once */
	bool apart;		/* one of them is in the archive apart */
};

/* What has the symbols of @package is wanted. */
void tool_debug_packages_add(struct tool_debug_packages *packages, const char *package);

/* The commands that install them, in a line, to @line, of @size bytes. */
void tool_debug_packages_install(const struct tool_debug_packages *packages, char *line, size_t size);

#endif
