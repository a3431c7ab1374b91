/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "symbol/buildid.h"
#include "symbol/captures.h"
#include "symbol/dsofile.h"
#include "util/array.h"
#include "util/bytes.h"
#include "util/table.h"

/* Held files; the recorder itself, and reading symbols, must not run out of descriptors. */
#define MAX_HELD 4096
#define SPARE_FILES 128

/* A file that could not be opened is tried again when it is mapped again, so often. */
#define MAX_TRIES 16

/* Processes whose parent is remembered: of the last ones, those that a table of this size keeps. */
#define PARENTS 4096
#define MAX_ANCESTORS 8

/* Files of processes that were gone before it was known whose children they were: the last ones. */
#define ORPHANS 256

struct file {
	uint32_t path;
	uint32_t maj, min;
	uint64_t ino;
	struct pfl_build_id id;
	int fd;			/* -1: not held */
	unsigned int tries;
	bool known;		/* it was opened: ->id is what it has */
	uint32_t older;		/* the one before of the same path; PFL_NONE: none */
};

struct pfl_captures {
	bool hold;
	unsigned int held;
	struct pfl_strings paths;
	struct file *files;
	uint32_t nfiles, room;
	struct pfl_table newest;	/* number of the path -> its newest file */
	struct {
		int32_t pid, parent;
	} parents[PARENTS];
	struct {
		int32_t pid;
		uint32_t file;
	} orphans[ORPHANS];
	unsigned int norphans;	/* ever */
};

/* A mapping of code, as MMAP2 tells it. */
struct mapping {
	struct pfl_dso dso;
	uint64_t start, end;
};

int pfl_captures_new(bool hold, struct pfl_captures **out)
{
	struct pfl_captures *captures = calloc(1, sizeof(*captures));

	if (!captures)
		return -ENOMEM;
	captures->hold = hold;
	*out = captures;
	return 0;
}

void pfl_captures_free(struct pfl_captures *captures)
{
	if (!captures)
		return;
	for (uint32_t i = 0; i < captures->nfiles; i++)
		if (captures->files[i].fd >= 0)
			close(captures->files[i].fd);
	free(captures->files);
	pfl_table_free(&captures->newest);
	pfl_strings_free(&captures->paths);
	free(captures);
}

static int32_t parent_of(const struct pfl_captures *captures, int32_t pid)
{
	return captures->parents[pid % PARENTS].pid == pid ?
	       captures->parents[pid % PARENTS].parent : 0;
}

/* MMAP2: pid, tid, addr, len, pgoff, maj, min, ino, ino_generation, prot, flags, the path. */
static bool parse_mmap2(struct pfl_bytes *bytes, struct mapping *map)
{
	map->dso = (struct pfl_dso){ .kind = PFL_DSO_FILE, .pid = pfl_bytes_u32(bytes) };
	pfl_bytes_u32(bytes);
	map->start = pfl_bytes_u64(bytes);
	map->end = map->start + pfl_bytes_u64(bytes);
	pfl_bytes_u64(bytes);
	map->dso.maj = pfl_bytes_u32(bytes);
	map->dso.min = pfl_bytes_u32(bytes);
	map->dso.ino = pfl_bytes_u64(bytes);
	map->dso.ino_gen = pfl_bytes_u64(bytes);
	if (!(pfl_bytes_u32(bytes) & PROT_EXEC))
		return false;
	pfl_bytes_u32(bytes);
	map->dso.path = map->dso.name = pfl_bytes_string(bytes, pfl_bytes_left(bytes));
	/* "//anon" is no file, and "[vdso]" neither */
	return map->dso.path && map->dso.pid > 0 && map->dso.path[0] == '/' &&
	       map->dso.path[1] != '/';
}

static uint32_t find(const struct pfl_captures *captures, uint32_t path, const struct pfl_dso *dso)
{
	uint32_t i = pfl_table_get(&captures->newest, path);

	for (; i != PFL_NONE; i = captures->files[i].older) {
		const struct file *file = &captures->files[i];

		if (dso->ino ? file->ino == dso->ino && file->maj == dso->maj &&
			       file->min == dso->min :
			       pfl_build_id_equal(&file->id, &dso->build_id))
			break;
	}
	return i;
}

/* The number of a new file; PFL_NONE: out of memory. */
static uint32_t add(struct pfl_captures *captures, uint32_t path, const struct pfl_dso *dso)
{
	uint32_t *newest = pfl_table_put(&captures->newest, path);
	struct file *files;

	if (!newest)
		return PFL_NONE;
	files = pfl_array_grow(captures->files, captures->nfiles, &captures->room, sizeof(*files));
	if (!files)
		return PFL_NONE;
	captures->files = files;
	files[captures->nfiles] = (struct file){
		.path = path, .maj = dso->maj, .min = dso->min, .ino = dso->ino, .fd = -1,
		.older = *newest,
	};
	*newest = captures->nfiles++;
	return *newest;
}

/* As those see it that process @pid came from. */
static int open_as_ancestors(const struct pfl_captures *captures, const struct pfl_dso *dso,
			     int32_t pid)
{
	int fd = -1;

	for (int i = 0; fd < 0 && i < MAX_ANCESTORS; i++) {
		pid = parent_of(captures, pid);
		if (pid <= 1)
			break;
		fd = pfl_dsofile_open_as(dso, pid);
	}
	return fd;
}

static bool may_hold(const struct pfl_captures *captures, int fd)
{
	struct rlimit limit;

	return captures->hold && captures->held < MAX_HELD && !getrlimit(RLIMIT_NOFILE, &limit) &&
	       (rlim_t)fd + SPARE_FILES < limit.rlim_cur;
}

static void capture(struct pfl_captures *captures, struct file *file, int fd)
{
	file->known = true;
	pfl_build_id_read(fd, &file->id);
	if (may_hold(captures, fd)) {
		file->fd = fd;
		captures->held++;
	} else {
		close(fd);
	}
}

/* By its own process, or, where that is gone already, by those that it came from. */
static void open_mapped(struct pfl_captures *captures, uint32_t number, const struct mapping *map)
{
	struct file *file = &captures->files[number];
	unsigned int orphan;
	int fd = pfl_dsofile_open_mapped(&map->dso, map->start, map->end);

	file->tries++;
	if (fd < 0)
		fd = open_as_ancestors(captures, &map->dso, map->dso.pid);
	if (fd >= 0) {
		capture(captures, file, fd);
		return;
	}
	orphan = captures->norphans++ % ORPHANS;
	captures->orphans[orphan].pid = map->dso.pid;
	captures->orphans[orphan].file = number;
}

static void open_orphan(struct pfl_captures *captures, struct file *file, int32_t pid)
{
	const struct pfl_dso dso = {
		.kind = PFL_DSO_FILE, .pid = pid, .maj = file->maj, .min = file->min,
		.ino = file->ino, .path = pfl_strings_get(&captures->paths, file->path),
	};
	int fd = open_as_ancestors(captures, &dso, pid);

	if (fd >= 0)
		capture(captures, file, fd);
}

/*
 * A process was born on its parent's CPU and may have mapped its files on another one: the
 * rings are emptied one by one, so that this may be the later news of the two.
 */
static void open_orphans(struct pfl_captures *captures, int32_t pid)
{
	for (unsigned int i = 0; i < captures->norphans && i < ORPHANS; i++) {
		struct file *file = &captures->files[captures->orphans[i].file];

		if (captures->orphans[i].pid == pid && !file->known)
			open_orphan(captures, file, pid);
	}
}

/* FORK: pid, ppid, … */
static void see_fork(struct pfl_captures *captures, struct pfl_bytes *bytes)
{
	int32_t pid = pfl_bytes_u32(bytes), parent = pfl_bytes_u32(bytes);

	if (bytes->bad || pid <= 0 || pid == parent)
		return;
	captures->parents[pid % PARENTS].pid = pid;
	captures->parents[pid % PARENTS].parent = parent;
	open_orphans(captures, pid);
}

static int see_mapping(struct pfl_captures *captures, const struct mapping *map,
		       struct pfl_build_id *id)
{
	uint32_t path = pfl_strings_add(&captures->paths, map->dso.path, strlen(map->dso.path));
	uint32_t number;

	if (path == PFL_NONE)
		return -ENOMEM;
	number = find(captures, path, &map->dso);
	if (number == PFL_NONE)
		number = add(captures, path, &map->dso);
	if (number == PFL_NONE)
		return -ENOMEM;
	if (!captures->files[number].known && captures->files[number].tries < MAX_TRIES)
		open_mapped(captures, number, map);
	*id = captures->files[number].id;
	return 0;
}

int pfl_captures_see(struct pfl_captures *captures, const struct perf_event_header *record,
		     struct pfl_build_id *id)
{
	struct pfl_bytes bytes = pfl_bytes(record + 1, record->size - sizeof(*record), false);
	struct mapping map;

	id->size = 0;
	if (record->type == PERF_RECORD_FORK)
		see_fork(captures, &bytes);
	if (record->type != PERF_RECORD_MMAP2 || record->misc & PERF_RECORD_MISC_MMAP_DATA ||
	    (record->misc & PERF_RECORD_MISC_CPUMODE_MASK) != PERF_RECORD_MISC_USER ||
	    !parse_mmap2(&bytes, &map))
		return 0;
	return see_mapping(captures, &map, id);
}

int pfl_captures_file(struct pfl_captures *captures, const struct pfl_dso *dso)
{
	uint32_t path = pfl_strings_add(&captures->paths, dso->path, strlen(dso->path));
	uint32_t number = path == PFL_NONE ? PFL_NONE : find(captures, path, dso);

	return number == PFL_NONE ? -1 : captures->files[number].fd;
}

int pfl_captures_build_id(const struct pfl_captures *captures, uint32_t n, const char **path,
			  struct pfl_build_id *id)
{
	uint32_t number;

	if (n >= captures->paths.count)
		return -ENOENT;
	number = pfl_table_get(&captures->newest, n);
	*path = pfl_strings_get(&captures->paths, n);
	if (number == PFL_NONE)
		return -ENODATA;
	*id = captures->files[number].id;
	return captures->files[number].older == PFL_NONE && id->size ? 0 : -ENODATA;
}
