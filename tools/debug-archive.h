/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where Debian and Ubuntu keep packages of debug symbols: in an archive apart.
 */
#ifndef TOOLS_DEBUG_ARCHIVE_H
#define TOOLS_DEBUG_ARCHIVE_H

/* Says, where apt does not know that archive yet, the line that tells it. */
void tool_debug_archive_say(void);

#endif
