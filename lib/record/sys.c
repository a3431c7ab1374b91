/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "record/sys.h"

static int sys_perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group,
			       unsigned long flags)
{
	return syscall(SYS_perf_event_open, attr, pid, cpu, group, flags);
}

static void *sys_mmap(size_t len, int prot, int fd)
{
	return mmap(NULL, len, prot, MAP_SHARED, fd, 0);
}

static int sys_ioctl(int fd, unsigned long request, unsigned long arg)
{
	return ioctl(fd, request, arg);
}

static int sys_openat(int dir, const char *path, int flags)
{
	return openat(dir, path, flags);
}

static int sys_getrlimit(int resource, struct rlimit *limit)
{
	return getrlimit(resource, limit);
}

static int sys_setrlimit(int resource, const struct rlimit *limit)
{
	return setrlimit(resource, limit);
}

static int sys_pidfd_open(pid_t pid)
{
	return syscall(SYS_pidfd_open, pid, 0);
}

static bool sys_capable(int cap)
{
	cap_flag_value_t value = CAP_CLEAR;
	cap_t caps = cap_get_proc();

	if (caps)
		cap_get_flag(caps, cap, CAP_EFFECTIVE, &value);
	cap_free(caps);
	return value == CAP_SET;
}

static int sys_getscheduler(void)
{
	return sched_getscheduler(0);
}

static int sys_setscheduler(int policy, int priority)
{
	return sched_setscheduler(0, policy, &(struct sched_param){ .sched_priority = priority });
}

/* -1 is a niceness, too; of oneself it cannot fail. */
static int sys_getnice(void)
{
	return getpriority(PRIO_PROCESS, 0);
}

/*
 * A mount that hangs nowhere: the box's own mounts stay as they are, and it goes
 * away with its descriptor.
 */
static int sys_tracefs(void)
{
	int fs = fsopen("tracefs", FSOPEN_CLOEXEC), mount = -1, saved;

	if (fs < 0)
		return -1;
	if (!fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mount = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID);
	saved = errno;
	close(fs);
	errno = saved;
	return mount;
}

static uint64_t sys_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* In pieces of a page, the smallest one there is: the last ones may not be mapped. */
static ssize_t sys_read_memory(pid_t pid, uint64_t at, void *buf, size_t len)
{
	enum { PAGE = 4096, PIECES = 17 };
	struct iovec local = { buf, len }, remote[PIECES];
	int count = 0;

	while (len && count < PIECES) {
		size_t piece = PAGE - at % PAGE;

		if (piece > len)
			piece = len;
		remote[count++] = (struct iovec){ (void *)(uintptr_t)at, piece };
		at += piece;
		len -= piece;
	}
	return process_vm_readv(pid, &local, 1, remote, count, 0);
}

const struct pfl_sys pfl_sys_linux = {
	.perf_event_open = sys_perf_event_open,
	.mmap = sys_mmap,
	.munmap = munmap,
	.ioctl = sys_ioctl,
	.openat = sys_openat,
	.read = read,
	.close = close,
	.poll = poll,
	.getrlimit = sys_getrlimit,
	.setrlimit = sys_setrlimit,
	.fork = fork,
	.pidfd_open = sys_pidfd_open,
	.capable = sys_capable,
	.set_caps = cap_set_proc,
	.getscheduler = sys_getscheduler,
	.setscheduler = sys_setscheduler,
	.getnice = sys_getnice,
	.tracefs = sys_tracefs,
	.now = sys_now,
	.read_memory = sys_read_memory,
	.file = {
		.writev = writev,
		.pwrite = pwrite,
		.ftruncate = ftruncate,
		.lseek = lseek,
		.poll = poll,
	},
};

int pfl_sys_read_file(const struct pfl_sys *sys, int dir, const char *path, size_t max,
		      struct pfl_strbuf *text)
{
	int fd = sys->openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char buf[16384];
	ssize_t got;
	int err = 0;

	if (fd < 0)
		return -errno;
	while (max) {
		got = sys->read(fd, buf, max < sizeof(buf) ? max : sizeof(buf));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			err = -errno;
		if (got <= 0)
			break;
		pfl_strbuf_add(text, buf, got);
		max -= got;
	}
	sys->close(fd);
	return err ? err : text->error;
}

long pfl_sys_read_number(const struct pfl_sys *sys, const char *path, long otherwise)
{
	struct pfl_strbuf text = { 0 };
	long value = otherwise;
	char *end;

	if (!pfl_sys_read_file(sys, AT_FDCWD, path, 64, &text) && text.len) {
		value = strtol(text.text, &end, 10);
		if (end == text.text)
			value = otherwise;
	}
	pfl_strbuf_free(&text);
	return value;
}

static int compare_numbers(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

static int read_numbers(DIR *dir, int32_t **out, unsigned int *count)
{
	unsigned int room = 0;
	struct dirent *entry;
	int32_t *grown;
	long number;
	char *end;

	while ((entry = readdir(dir))) {
		number = strtol(entry->d_name, &end, 10);
		if (*end || number <= 0 || number > INT32_MAX)
			continue;
		if (*count == room) {
			room = room ? room * 2 : 64;
			grown = realloc(*out, room * sizeof(**out));
			if (!grown)
				return -ENOMEM;
			*out = grown;
		}
		(*out)[(*count)++] = number;
	}
	return 0;
}

int pfl_sys_list_numbers(const struct pfl_sys *sys, const char *path, int32_t **out,
			 unsigned int *count)
{
	int fd = sys->openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir;
	int err;

	*out = NULL;
	*count = 0;
	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		err = -errno;
		sys->close(fd);
		return err;
	}
	err = read_numbers(dir, out, count);
	closedir(dir);
	if (err) {
		free(*out);
		*out = NULL;
		*count = 0;
	} else if (*count) {
		qsort(*out, *count, sizeof(**out), compare_numbers);
	}
	return err;
}
