/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "symbol/openfile.h"

/* Opens for reading what @place, of O_PATH, stands for, and closes @place. */
static int reopen_regular(int place)
{
	char path[32];
	struct stat st;
	int fd;

	if (fstat(place, &st))
		fd = -errno;
	else if (S_ISDIR(st.st_mode))
		fd = -EISDIR;
	else if (!S_ISREG(st.st_mode))
		fd = -ENOEXEC;
	else {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", place);
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (fd < 0)
			fd = -errno;
	}
	close(place);
	return fd;
}

static int open_without_links(const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };

	return syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

int pfl_open_regular(const char *path, enum pfl_links links)
{
	int place = links == PFL_LINKS_NONE ? open_without_links(path) :
		    open(path, O_PATH | O_CLOEXEC | (links == PFL_LINKS_ALL ? 0 : O_NOFOLLOW));

	return place < 0 ? -errno : reopen_regular(place);
}

int pfl_open_in_process(int32_t pid, const char *path, enum pfl_links links)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC | (links == PFL_LINKS_ALL ? 0 : O_NOFOLLOW),
		.resolve = RESOLVE_IN_ROOT |
			   (links == PFL_LINKS_NONE ? RESOLVE_NO_SYMLINKS : RESOLVE_NO_MAGICLINKS),
	};
	int root, place;
	char name[32];

	snprintf(name, sizeof(name), "/proc/%d/root", pid);
	root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	place = syscall(SYS_openat2, root, path, &how, sizeof(how));
	if (place < 0)
		place = -errno;
	close(root);
	return place < 0 ? place : reopen_regular(place);
}

int pfl_identity_read(int32_t pid, struct pfl_identity *process)
{
	char path[32], *line = NULL, *last;
	size_t size = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = fopen(path, "re");
	if (!status)
		return -ENOENT;
	*process = (struct pfl_identity){ .pid = pid, .uid = -1 };
	while (getline(&line, &size, status) > 0) {
		sscanf(line, "Uid: %*u %u", &process->uid);
		/* From the outermost PID namespace to its own. */
		if (!strncmp(line, "NSpid:", 6) && (last = strrchr(line, '\t')))
			process->pid = atoi(last + 1);
	}
	free(line);
	fclose(status);
	return process->uid == (uid_t)-1 ? -ENOENT : 0;
}

int pfl_open_owned(int fd, uid_t uid)
{
	struct stat st;

	if (fd < 0)
		return fd;
	if (!fstat(fd, &st) && (st.st_uid == uid || !st.st_uid))
		return fd;
	close(fd);
	return -EPERM;
}

enum holder {
	OTHERS,		/* another user can change or replace it */
	SHARED,		/* a sticky directory: others may add to it, but not touch what is ours */
	OURS,
	MISSING,
};

static enum holder who_holds(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? MISSING : OTHERS;
	if (st.st_uid && st.st_uid != geteuid())
		return OTHERS;
	if (S_ISREG(st.st_mode) || (S_ISDIR(st.st_mode) && !(st.st_mode & 022)))
		return OURS;
	return S_ISDIR(st.st_mode) && st.st_mode & S_ISVTX ? SHARED : OTHERS;
}

bool pfl_path_is_private(const char *path)
{
	enum holder above = who_holds("/"), holder = above;
	char part[PATH_MAX];
	size_t len = 0;

	if (path[0] != '/' || strlen(path) >= sizeof(part))
		return false;
	while (holder != OTHERS && path[len]) {
		len += strspn(path + len, "/");
		len += strcspn(path + len, "/");
		snprintf(part, sizeof(part), "%.*s", (int)len, path);
		holder = who_holds(part);
		if (holder == MISSING)
			return above == OURS;
		above = holder;
	}
	return holder != OTHERS;
}
