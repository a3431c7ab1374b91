/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output: where it goes, in which format, and how nothing is lost on the way.
 *
 * An output is opened before anything is recorded or read, so that one which
 * cannot be written is told first. That is also the last moment at which it can
 * be opened: a recorder gives up the rights of root over other people's
 * directories once its events are open, and could rename nothing there.
 *
 * A graph is made in memory and takes its file's place only when there is room
 * for all of it: until then an older file is as it was, and a new one goes away
 * again. A recording cannot be made again, and must be readable if its recorder
 * is killed: it is written in place from its first byte, and the file that
 * stood there becomes FILE.old, as perf does it.
 *
 * Files are made 0600. Nothing is written through a link, nor to a file or a
 * FIFO that belongs to somebody else: in /tmp they could have put it there.
 */
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "format.h"

/* What the options say. */
struct tool_output_args {
	const char *path;	/* NULL: standard output */
	const char *format;	/* NULL: the ending's, or the usual one */
};

struct tool_output {
	const char *path;	/* for messages */
	const struct tool_format *format;
	int inherited;		/* the descriptor that path is another name of, or -1 */
	int fd;			/* -1: not open */
	uint64_t bytes;		/* written, once it is closed */
	bool is_ours;		/* a regular file, opened by its name: all of it is this output */
	bool is_new;
	off_t old_size;
	char *backup;		/* what stood at path has this name now */
};

/* An output of which only its name matters: no format is chosen. */
void tool_output_name(struct tool_output *output, const char *path);

/*
 * Chooses the format: the ending's, --format's, or for what has no ending the
 * text graph on a terminal and @usual elsewhere. @names: the formats that this
 * tool writes. 0, or -1: wrong usage, and told.
 */
int tool_output_choose(struct tool_output *output, const struct tool_output_args *args,
		       const char *const *names, const char *usual);

/* Opens what tool_output_choose() chose. 0, or -errno, and told. */
int tool_output_open(struct tool_output *output);

/*
 * Writes all of @bytes as the whole output and closes it. 0, or -errno, and
 * told (-EPIPE is not: whoever read has seen enough).
 */
int tool_output_put(struct tool_output *output, const char *bytes, size_t len);

/* Whether an error says that there is no room for the output, or no place any more. */
bool tool_output_is_lost(int err);

/* Whether it is open, and writes to the file that @st tells of. */
bool tool_output_is(const struct tool_output *output, const struct stat *st);

/* Tells why it is not written: -EPERM. */
int tool_output_refuse(const struct tool_output *output, const char *why);

/* Closes what was written in place through ->fd. 0, or -errno, and told. */
int tool_output_close(struct tool_output *output);

/*
 * Leaves everything as it was before tool_output_open(). What is closed stays;
 * so that this can end every way through a program.
 */
void tool_output_drop(struct tool_output *output);

#endif
