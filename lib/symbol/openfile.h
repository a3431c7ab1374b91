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
#include <sys/types.h>

/* Which symbolic links of a path are followed. */
enum pfl_links {
	PFL_LINKS_NONE,
	PFL_LINKS_BEFORE,	/* all but one that is its last part */
	PFL_LINKS_ALL,
};

/* A file descriptor or -errno. */
int pfl_open_regular(const char *path, enum pfl_links links);

/*
 * The same, by the absolute @path as process @pid sees it, links included: none
 * of them leads out of its root directory.
 */
int pfl_open_in_process(int32_t pid, const char *path, enum pfl_links links);

/* What a process is to itself and to others. */
struct pfl_identity {
	int32_t pid;	/* as it knows itself */
	uid_t uid;
};

/* Reads that of process @pid. 0; -ENOENT: there is no such process any more. */
int pfl_identity_read(int32_t pid, struct pfl_identity *process);

/* Gives back @fd, or -errno in its place, if the file belongs to @uid or root; else closes it: -EPERM. */
int pfl_open_owned(int fd, uid_t uid);

/*
 * Whether only root and we can change what the absolute @path leads to, be it
 * there or not: no part of it is a link, or lies where another user may put or
 * rename it. For libraries that open files on their own, by whatever name they
 * have found.
 */
bool pfl_path_is_private(const char *path);

#endif
