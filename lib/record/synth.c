/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "record/procmaps.h"
#include "record/synth.h"

#define FLUSH_AT (64u << 10)
#define ALIGN8(n) (((n) + 7) & ~(size_t)7)

/* What sample_id_all puts behind every record, for our sample_type. */
struct trailer {
	uint32_t pid, tid;
	uint64_t time;
	uint32_t cpu, reserved;
	uint64_t id;
};

struct comm_record {
	struct perf_event_header header;
	uint32_t pid, tid;
};

struct fork_record {
	struct perf_event_header header;
	uint32_t pid, ppid;
	uint32_t tid, ptid;
	uint64_t time;
};

struct mmap_record {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t start, len, offset;
};

struct mmap2_record {
	struct mmap_record mmap;
	uint32_t major, minor;
	uint64_t inode, inode_generation;
	uint32_t prot, flags;
};

void pfl_synth_init(struct pfl_synth *synth, struct pfl_ctx *ctx, const struct pfl_sys *sys,
		    uint64_t id, pfl_ring_sink *sink, void *data)
{
	*synth = (struct pfl_synth){
		.ctx = ctx,
		.sys = sys,
		.id = id,
		.sink = sink,
		.data = data,
	};
}

void pfl_synth_free(struct pfl_synth *synth)
{
	pfl_strbuf_free(&synth->records);
	*synth = (struct pfl_synth){ 0 };
}

int pfl_synth_flush(struct pfl_synth *synth)
{
	struct iovec part = { synth->records.text, synth->records.len };

	if (synth->records.error)
		return synth->records.error;
	if (part.iov_len && !synth->err)
		synth->err = synth->sink(synth->data, &part, 1);
	pfl_strbuf_cut(&synth->records, 0);
	return synth->err;
}

/* A record: @size bytes of @record, then @text where it has one, then the trailer. */
static int add_record(struct pfl_synth *synth, struct perf_event_header *record, size_t size,
		      const char *text, uint32_t pid, uint32_t tid)
{
	struct trailer trailer = { .pid = pid, .tid = tid, .cpu = UINT32_MAX, .id = synth->id };
	size_t len = text ? strlen(text) : 0, room = text ? ALIGN8(size + len + 1) - size : 0;
	static const char zeroes[8];

	if (size + room + sizeof(trailer) > UINT16_MAX)
		return 0;
	record->size = size + room + sizeof(trailer);
	pfl_strbuf_add(&synth->records, (char *)record, size);
	if (text) {
		pfl_strbuf_add(&synth->records, text, len);
		pfl_strbuf_add(&synth->records, zeroes, room - len);
	}
	pfl_strbuf_add(&synth->records, (char *)&trailer, sizeof(trailer));
	return synth->records.len < FLUSH_AT ? synth->records.error : pfl_synth_flush(synth);
}

static int add_comm(struct pfl_synth *synth, int32_t pid, int32_t tid, const char *name)
{
	struct comm_record record = {
		.header.type = PERF_RECORD_COMM,
		.pid = pid,
		.tid = tid,
	};

	return add_record(synth, &record.header, sizeof(record), name, pid, tid);
}

/* FORK_EXEC, as perf has it: this is how things stand, so nothing comes from the parent. */
static int add_fork(struct pfl_synth *synth, int32_t pid, int32_t ppid, int32_t tid, int32_t ptid)
{
	struct fork_record record = {
		.header.type = PERF_RECORD_FORK,
		.header.misc = PERF_RECORD_MISC_FORK_EXEC,
		.pid = pid,
		.ppid = ppid,
		.tid = tid,
		.ptid = ptid,
	};

	return add_record(synth, &record.header, sizeof(record), NULL, pid, tid);
}

static int add_mapping(struct pfl_synth *synth, int32_t pid, const struct pfl_procmap *map)
{
	struct mmap2_record record = {
		.mmap.header.type = PERF_RECORD_MMAP2,
		.mmap.header.misc = PERF_RECORD_MISC_USER,
		.mmap.pid = pid,
		.mmap.tid = pid,
		.mmap.start = map->start,
		.mmap.len = map->end - map->start,
		.mmap.offset = map->offset,
		.major = map->major,
		.minor = map->minor,
		.inode = map->inode,
		.prot = map->prot,
		.flags = map->shared ? MAP_SHARED : MAP_PRIVATE,
	};

	if (!(map->prot & PROT_EXEC))
		record.mmap.header.misc |= PERF_RECORD_MISC_MMAP_DATA;
	return add_record(synth, &record.mmap.header, sizeof(record),
			  *map->path ? map->path : "//anon", pid, pid);
}

/* A file of /proc/PID; *text is emptied first. */
static int read_task_file(struct pfl_synth *synth, int32_t pid, int32_t tid, const char *what,
			  size_t max, struct pfl_strbuf *text)
{
	struct pfl_strbuf path = { 0 };
	int err;

	pfl_strbuf_cut(text, 0);
	if (tid)
		pfl_strbuf_addf(&path, "/proc/%d/task/%d/%s", pid, tid, what);
	else
		pfl_strbuf_addf(&path, "/proc/%d/%s", pid, what);
	err = path.error;
	if (!err)
		err = pfl_sys_read_file(synth->sys, AT_FDCWD, path.text, max, text);
	pfl_strbuf_free(&path);
	return err;
}

/*
 * Code; data of files where a dumped stack will be walked by it; everything where
 * data itself is what it is about.
 */
static bool is_told(const struct pfl_synth *synth, const struct pfl_procmap *map)
{
	if (map->prot & PROT_EXEC || synth->all_mappings)
		return true;
	return synth->data_too && map->prot & PROT_READ && *map->path == '/';
}

/* What cannot be read is not told of; that one may not is counted. */
static int unreadable(struct pfl_synth *synth, int error)
{
	synth->hidden += error == EACCES || error == EPERM;
	return 0;
}

/* Tells of the lines that end in @text; what is left is the beginning of the next. */
static int add_lines(struct pfl_synth *synth, int32_t pid, struct pfl_strbuf *text)
{
	char *line = text->text, *end;
	struct pfl_procmap map;
	int err = 0;

	for (; !err && (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (pfl_procmap_parse(line, &map) && is_told(synth, &map))
			err = add_mapping(synth, pid, &map);
	}
	text->len -= line - text->text;
	memmove(text->text, line, text->len + 1);
	return err;
}

/* As it is read: a process may have mapped so much that this is hundreds of megabytes. */
static int read_maps(struct pfl_synth *synth, int32_t pid, int fd, struct pfl_strbuf *text)
{
	char buf[16384];
	ssize_t got = 1;
	int err = 0;

	pfl_strbuf_cut(text, 0);
	while (!err && got) {
		got = synth->sys->read(fd, buf, sizeof(buf));
		if (got < 0 && errno != EINTR)
			return unreadable(synth, errno);
		if (got <= 0)
			continue;
		pfl_strbuf_add(text, buf, got);
		err = text->error ? text->error : add_lines(synth, pid, text);
	}
	return err;
}

static int add_maps(struct pfl_synth *synth, int32_t pid, struct pfl_strbuf *text)
{
	char path[32];
	int fd, err;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	fd = synth->sys->openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return unreadable(synth, errno);
	err = read_maps(synth, pid, fd, text);
	synth->sys->close(fd);
	return err;
}

/* The parent, for which the text of /proc/PID/stat is "PID (COMM) STATE PPID …". */
static int32_t parent_of(struct pfl_synth *synth, int32_t pid, struct pfl_strbuf *text)
{
	const char *at;

	if (read_task_file(synth, pid, 0, "stat", 4096, text) || !text->len)
		return 0;
	at = strrchr(text->text, ')');
	return at && strlen(at) > 4 ? strtol(at + 4, NULL, 10) : 0;
}

static int add_task(struct pfl_synth *synth, int32_t pid, int32_t ppid, int32_t tid,
		    struct pfl_strbuf *text)
{
	int err = read_task_file(synth, pid, tid, "comm", 64, text);

	if (err || !text->len)
		return err == -ENOMEM ? err : 0;
	/* A name may hold line ends; the last one is the file's own. */
	if (text->text[text->len - 1] == '\n')
		pfl_strbuf_cut(text, text->len - 1);
	err = tid == pid ? add_fork(synth, pid, ppid, tid, ppid) : add_fork(synth, pid, pid, tid, pid);
	return err ? err : add_comm(synth, pid, tid, text->text);
}

int pfl_synth_process(struct pfl_synth *synth, int32_t pid)
{
	struct pfl_strbuf text = { 0 };
	unsigned int count;
	int32_t *tids, ppid;
	int err;

	pfl_strbuf_addf(&text, "/proc/%d/task", pid);
	err = text.error ? text.error :
		pfl_sys_list_numbers(synth->sys, text.text, &tids, &count);
	if (err) {
		pfl_strbuf_free(&text);
		return err == -ENOMEM ? err : 0;
	}
	ppid = parent_of(synth, pid, &text);
	for (unsigned int i = 0; i < count && !err; i++)
		err = add_task(synth, pid, ppid, tids[i], &text);
	free(tids);
	if (!err)
		err = add_maps(synth, pid, &text);
	if (!err)
		err = text.error;
	pfl_strbuf_free(&text);
	return err;
}

int pfl_synth_all(struct pfl_synth *synth)
{
	unsigned int count;
	int32_t *pids;
	int err = pfl_sys_list_numbers(synth->sys, "/proc", &pids, &count);

	if (err)
		return pfl_fail(synth->ctx, err, "/proc: %s", strerror(-err));
	for (unsigned int i = 0; i < count && !err; i++) {
		err = pfl_synth_process(synth, pids[i]);
		if (!err && synth->between)
			err = synth->between(synth->data);
	}
	free(pids);
	return err;
}

struct process {
	int32_t pid, parent;
	bool ours;
};

static int compare_processes(const void *a, const void *b)
{
	const struct process *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* Children of ours are ours; false where there are no more. */
static bool adopt_children(struct process *list, unsigned int count)
{
	bool more = false;

	for (unsigned int i = 0; i < count; i++) {
		const struct process parent = { .pid = list[i].parent };
		const struct process *found = bsearch(&parent, list, count, sizeof(*list),
						      compare_processes);

		if (!list[i].ours && found && found->ours)
			more = list[i].ours = true;
	}
	return more;
}

static bool is_one_of(const int32_t *pids, unsigned int npids, int32_t pid)
{
	for (unsigned int i = 0; i < npids; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

/* All processes, in the order of their ids; those of @pids are ours. */
static int list_processes(struct pfl_synth *synth, const int32_t *pids, unsigned int npids,
			  struct process **out, unsigned int *count)
{
	struct pfl_strbuf text = { 0 };
	int32_t *numbers;
	int err = pfl_sys_list_numbers(synth->sys, "/proc", &numbers, count);

	if (err)
		return err;
	*out = calloc(*count + 1, sizeof(**out));
	for (unsigned int i = 0; *out && i < *count; i++)
		(*out)[i] = (struct process){
			.pid = numbers[i],
			.parent = parent_of(synth, numbers[i], &text),
			.ours = is_one_of(pids, npids, numbers[i]),
		};
	pfl_strbuf_free(&text);
	free(numbers);
	return *out ? 0 : -ENOMEM;
}

int pfl_synth_descendants(struct pfl_synth *synth, const int32_t *pids, unsigned int npids)
{
	struct process *list;
	unsigned int count;
	int err = list_processes(synth, pids, npids, &list, &count);

	if (err)
		return err == -ENOMEM ? err : 0;
	while (adopt_children(list, count))
		;
	for (unsigned int i = 0; i < count && !err; i++)
		if (list[i].ours && !is_one_of(pids, npids, list[i].pid))
			err = pfl_synth_process(synth, list[i].pid);
	free(list);
	return err;
}

static int add_kernel_map(struct pfl_synth *synth, const char *name, uint64_t start, uint64_t len,
			  uint64_t offset)
{
	struct mmap_record record = {
		.header.type = PERF_RECORD_MMAP,
		.header.misc = PERF_RECORD_MISC_KERNEL,
		.pid = -1,
		.start = start,
		.len = len,
		.offset = offset,
	};

	return add_record(synth, &record.header, sizeof(record), name, -1, 0);
}

/* A line of /proc/modules: "NAME SIZE REFS USERS STATE ADDRESS …". */
static int add_module(struct pfl_synth *synth, const char *line)
{
	unsigned long long size, start;
	char name[80], record[96];

	if (sscanf(line, "%79s %llu %*s %*s %*s %llx", name, &size, &start) != 3 || !start)
		return 0;
	snprintf(record, sizeof(record), "[%s]", name);
	return add_kernel_map(synth, record, start, size, 0);
}

static int add_modules(struct pfl_synth *synth)
{
	struct pfl_strbuf text = { 0 };
	char *line, *save = NULL;
	int err;

	/* A kernel without modules has no such file. */
	if (pfl_sys_read_file(synth->sys, AT_FDCWD, "/proc/modules", 4u << 20, &text) || !text.len) {
		pfl_strbuf_free(&text);
		return 0;
	}
	err = 0;
	for (line = strtok_r(text.text, "\n", &save); line && !err;
	     line = strtok_r(NULL, "\n", &save))
		err = add_module(synth, line);
	pfl_strbuf_free(&text);
	return err;
}

int pfl_synth_kernel(struct pfl_synth *synth, const struct pfl_kernel_text *text)
{
	int err;

	if (!text->start)
		return 0;
	err = add_kernel_map(synth, text->name, text->start, text->size, text->start);
	return err ? err : add_modules(synth);
}
