/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing perf.data.
 *
 * What goes to a pipe is the format's stream: each attr and feature is a record
 * of its own, in front of the data. A file starts as the same stream, which
 * every reader of the last years takes from a file as well, so that a recorder
 * killed at any moment leaves a recording with all it needs, tracepoint formats
 * included, and nothing has to be rewritten while recording. Completing it
 * appends the attr table and the feature table and then turns the stream into
 * a standard file by one write of its header over the first 104 bytes. Where
 * the disk is full and that does not fit, it stays the stream it was. From byte
 * 104 on it still is one, so that a file that was cut off loses no more than
 * what was cut (perfdata/header.c).
 */
#ifndef PFL_PERFDATA_WRITER_H
#define PFL_PERFDATA_WRITER_H

#include <linux/perf_event.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "util/build-id.h"
#include "util/context.h"

struct pfl_writer;

/* The calls it makes, so that tests can fill the disk. As the system calls. */
struct pfl_file_ops {
	ssize_t (*writev)(int fd, const struct iovec *parts, int nparts);
	ssize_t (*pwrite)(int fd, const void *buf, size_t len, off_t at);
	int (*ftruncate)(int fd, off_t size);
	off_t (*lseek)(int fd, off_t at, int whence);
	int (*poll)(struct pollfd *fds, nfds_t count, int timeout_ms);
};

struct pfl_writer_event {
	const struct perf_event_attr *attr;
	const uint64_t *ids;	/* that its records carry: at least one */
	unsigned int nids;
	const char *name;
};

/* What the file tells of the recording beside its events; NULL or 0 leaves a feature out. */
struct pfl_writer_info {
	const char *hostname;
	const char *osrelease;
	const char *version;	/* of the recorder */
	const char *arch;
	const char *cpudesc;
	unsigned int cpus_present;
	unsigned int cpus_online;
	uint64_t clock_resolution;	/* ns, of the events' clock */
	char *const *argv;
	const void *tracing;	/* TRACING_DATA, see record/tracing.h */
	size_t tracing_size;
};

/*
 * Starts a recording on @fd, which stays the caller's. All is copied that is
 * still needed after the call, but @ops. 0, -ENOMEM, or why writing failed.
 */
int pfl_writer_new(struct pfl_ctx *ctx, const struct pfl_file_ops *ops, int fd,
		   const struct pfl_writer_event *events, unsigned int nevents,
		   const struct pfl_writer_info *info, struct pfl_writer **out);

/* Without pfl_writer_finish() before, what was written remains a stream that can be read. */
void pfl_writer_free(struct pfl_writer *writer);

/*
 * Appends records: the @nparts pieces are whole ones, one behind the other. 0 or
 * -errno; a file then ends with the last record that fitted, nothing more is
 * taken, and pfl_writer_finish() still completes it.
 */
int pfl_writer_push(struct pfl_writer *writer, const struct iovec *parts, int nparts);

/* Ends a pass over all rings. As pfl_writer_push(). */
int pfl_writer_round(struct pfl_writer *writer);

/* Notes the build-id of a file (or of "[kernel.kallsyms]", @kernel) that was mapped. 0 or -ENOMEM. */
int pfl_writer_build_id(struct pfl_writer *writer, bool kernel, int32_t pid, const char *path,
			const struct pfl_build_id *id);

/*
 * Completes the recording, whose samples lie between @first and @last.
 * 0, or -errno of the first write that failed, now or before.
 */
int pfl_writer_finish(struct pfl_writer *writer, uint64_t first, uint64_t last);

#endif
