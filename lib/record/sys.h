/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one seam between recording and the system. Tests put their own functions
 * in place of single calls to play an older kernel, missing rights, a full disk
 * or a thread that vanishes. Calls return what the system call returns: -1 and errno.
 */
#ifndef PFL_RECORD_SYS_H
#define PFL_RECORD_SYS_H

#include <linux/perf_event.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/capability.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "perfdata/writer.h"
#include "util/strbuf.h"

struct pfl_sys {
	int (*perf_event_open)(struct perf_event_attr *attr, pid_t pid, int cpu, int group,
			       unsigned long flags);
	void *(*mmap)(size_t len, int prot, int fd);
	int (*munmap)(void *addr, size_t len);
	int (*ioctl)(int fd, unsigned long request, unsigned long arg);
	int (*openat)(int dir, const char *path, int flags);
	ssize_t (*read)(int fd, void *buf, size_t len);
	int (*close)(int fd);
	int (*poll)(struct pollfd *fds, nfds_t count, int timeout_ms);
	int (*getrlimit)(int resource, struct rlimit *limit);
	int (*setrlimit)(int resource, const struct rlimit *limit);
	pid_t (*fork)(void);
	int (*pidfd_open)(pid_t pid);
	bool (*capable)(int cap);	/* in the effective set */
	int (*set_caps)(cap_t caps);	/* of this thread, as the next three */
	int (*getscheduler)(void);
	int (*setscheduler)(int policy, int priority);
	int (*getnice)(void);
	int (*tracefs)(void);		/* a detached mount of tracefs */
	uint64_t (*now)(void);		/* CLOCK_MONOTONIC, ns */
	/* What process @pid has at @at: as many of @len bytes as are mapped there. */
	ssize_t (*read_memory)(pid_t pid, uint64_t at, void *buf, size_t len);
	struct pfl_file_ops file;	/* what writing the recording takes */
};

extern const struct pfl_sys pfl_sys_linux;

/*
 * Appends what @path below @dir (AT_FDCWD where it is absolute) holds to @text,
 * at most @max bytes. 0 or -errno.
 */
int pfl_sys_read_file(const struct pfl_sys *sys, int dir, const char *path, size_t max,
		      struct pfl_strbuf *text);

/* The number that @path starts with, or @otherwise. */
long pfl_sys_read_number(const struct pfl_sys *sys, const char *path, long otherwise);

/* The names in directory @path that are numbers above 0, ascending: *out is the caller's. */
int pfl_sys_list_numbers(const struct pfl_sys *sys, const char *path, int32_t **out,
			 unsigned int *count);

#endif
