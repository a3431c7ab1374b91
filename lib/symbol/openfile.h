/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening files whose names came from a recording. Whatever the name leads to,
 * only a regular file is ever opened: a FIFO would block, and opening a device
 * may do something (a watchdog starts to count).
 */
#ifndef PFL_SYMBOL_OPENFILE_H
#define PFL_SYMBOL_OPENFILE_H

#include <stdbool.h>
#include <stdint.h>

/* @follow: a link as the last part of @path is followed. A file descriptor or -errno. */
int pfl_open_regular(const char *path, bool follow);

/*
 * The same, by the absolute @path as process @pid sees it, links included: none
 * of them leads out of its root directory.
 */
int pfl_open_in_process(int32_t pid, const char *path, bool follow);

/*
 * Whether only root and we can change what the absolute @path leads to, be it
 * there or not: no part of it is a link, or lies where another user may put or
 * rename it. For libraries that open files on their own, by whatever name they
 * have found.
 */
bool pfl_path_is_private(const char *path);

#endif
