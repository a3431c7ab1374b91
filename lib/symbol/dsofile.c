/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "symbol/buildid.h"
#include "symbol/dsofile.h"
#include "symbol/symbol.h"
#include "symbol/openfile.h"

static const char deleted[] = " (deleted)";

static int open_in_process(const struct pfl_dso *dso, const char *path, enum pfl_nearness near)
{
	if (near != PFL_NEAR_LIVE || dso->pid <= 0)
		return -ENOENT;
	return pfl_open_in_process(dso->pid, path, PFL_LINKS_ALL);
}

static int open_path(const struct pfl_dso *dso, const char *path, enum pfl_nearness near)
{
	(void)dso;
	(void)near;
	return pfl_open_regular(path, PFL_LINKS_ALL);
}

/*
 * Where a DSO's file may be, in the order of trying. The process's own root
 * first: in a container the same path here is another file.
 */
static int (*const finders[])(const struct pfl_dso *dso, const char *path,
			      enum pfl_nearness near) = {
	open_in_process,
	open_path,
};

/* The same device and inode: 1, another inode on that device: 0, cannot be told: -1. */
static int same_inode(const struct pfl_dso *dso, int fd)
{
	struct stat st;

	if (!dso->ino || fstat(fd, &st))
		return -1;
	/* Overlay file systems and Btrfs tell another device here than in mappings. */
	if (major(st.st_dev) != dso->maj || minor(st.st_dev) != dso->min)
		return -1;
	return st.st_ino == dso->ino;
}

static int check(const struct pfl_dso *dso, int fd, enum pfl_nearness near, bool was_deleted)
{
	struct pfl_build_id id;
	int same;

	if (dso->build_id.size) {
		pfl_build_id_read(fd, &id);
		return pfl_build_id_equal(&id, &dso->build_id) ? 0 : -ESTALE;
	}
	if (near == PFL_NEAR_ELSEWHERE)
		return -EXDEV;
	same = same_inode(dso, fd);
	return same == 0 || (was_deleted && same != 1) ? -ESTALE : 0;
}

static int try_path(const struct pfl_dso *dso, const char *path, enum pfl_nearness near,
		    bool was_deleted)
{
	int err = -ENOENT, fd;

	for (size_t i = 0; i < sizeof(finders) / sizeof(*finders); i++) {
		fd = finders[i](dso, path, near);
		if (fd >= 0) {
			int wrong = check(dso, fd, near, was_deleted);

			if (!wrong)
				return fd;
			close(fd);
			fd = wrong;
		}
		/* That there is another file says more than that there is none. */
		if (err == -ENOENT || fd == -ESTALE || fd == -EXDEV)
			err = fd;
	}
	return err;
}

int pfl_dsofile_open(const struct pfl_dso *dso, enum pfl_nearness near)
{
	size_t len = strlen(dso->path), tail = sizeof(deleted) - 1;
	char path[PATH_MAX];
	int fd;

	if (dso->path[0] != '/')
		return -ENOENT;
	if (dso->file) {
		fd = fcntl(dso->file - 1, F_DUPFD_CLOEXEC, 0);
		return fd < 0 ? -errno : fd;
	}
	fd = try_path(dso, dso->path, near, false);
	if (fd != -ENOENT || len <= tail || len >= sizeof(path) ||
	    strcmp(dso->path + len - tail, deleted))
		return fd;
	snprintf(path, sizeof(path), "%.*s", (int)(len - tail), dso->path);
	return try_path(dso, path, near, true);
}

/* Whether process @pid, if it is still there, has our root directory. */
static bool shares_root(int32_t pid)
{
	struct stat own, other;
	char root[32];

	snprintf(root, sizeof(root), "/proc/%d/root/", pid);
	return pid <= 0 || stat(root, &other) || stat("/", &own) ||
	       (own.st_dev == other.st_dev && own.st_ino == other.st_ino);
}

bool pfl_dsofile_is_here(const struct pfl_dso *dso, enum pfl_nearness near,
			 struct pfl_build_id *id)
{
	int fd = pfl_dsofile_open(dso, near), ours;
	bool is_here;

	if (fd >= 0 && !id->size)
		pfl_build_id_read(fd, id);
	if (fd >= 0)
		close(fd);
	if (fd < 0 || (near == PFL_NEAR_LIVE && !shares_root(dso->pid)))
		return false;
	ours = open_path(dso, dso->path, near);
	is_here = ours >= 0 && !check(dso, ours, near, false);
	if (ours >= 0)
		close(ours);
	return is_here;
}

/* What a process has mapped, whatever has become of its name. Needs CAP_CHECKPOINT_RESTORE. */
static int open_map_file(int32_t pid, uint64_t start, uint64_t end)
{
	char path[80];

	snprintf(path, sizeof(path), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, pid, start, end);
	return pfl_open_regular(path, PFL_LINKS_ALL);
}

int pfl_dsofile_open_mapped(const struct pfl_dso *dso, uint64_t start, uint64_t end)
{
	int fd = open_map_file(dso->pid, start, end);

	/* by now another file may be mapped there */
	if (fd >= 0 && same_inode(dso, fd) != 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return pfl_dsofile_open(dso, PFL_NEAR_LIVE);
}

int pfl_dsofile_open_as(const struct pfl_dso *dso, int32_t pid)
{
	int fd = dso->ino ? pfl_open_in_process(pid, dso->path, PFL_LINKS_ALL) : -ENOENT;
	struct stat st;

	if (fd < 0 || (!fstat(fd, &st) && st.st_ino == dso->ino))
		return fd;
	close(fd);
	return -ESTALE;
}

enum pfl_nearness pfl_nearness_of(const struct pfl_symbols_origin *origin)
{
	struct utsname here;

	if (origin->live)
		return PFL_NEAR_LIVE;
	if (!origin->hostname || uname(&here) || !strcmp(origin->hostname, here.nodename))
		return PFL_NEAR_HERE;
	return PFL_NEAR_ELSEWHERE;
}
