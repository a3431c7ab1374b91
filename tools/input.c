/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "input.h"
#include "messages.h"

#define MAGIC_LEN 8

/* How a recording begins, in either byte order; and one of version 1, to be refused as such. */
static const char magics[][MAGIC_LEN + 1] = { "PERFILE2", "2ELIFREP", "PERFFILE", "ELIFFREP" };

static const char *default_path(void)
{
	struct stat st;

	if (fstat(STDIN_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode)))
		return "-";
	return "perf.data";
}

static bool may_be_magic(const char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(magics) / sizeof(*magics); i++)
		if (memcmp(bytes, magics[i], len) == 0)
			return true;
	return false;
}

/* Copies up to MAGIC_LEN bytes that wait in the pipe @fd, and leaves them there. */
static ssize_t peek_pipe(int fd, char *bytes)
{
	ssize_t len;
	int copy[2];

	if (pipe2(copy, O_CLOEXEC))
		return -1;
	len = tee(fd, copy[1], MAGIC_LEN, 0);
	if (len > 0)
		len = read(copy[0], bytes, len);
	close(copy[0]);
	close(copy[1]);
	return len;
}

/* Whether nobody will write to the pipe @fd any more. */
static bool is_at_end(int fd)
{
	struct pollfd poll_fd = { .fd = fd };

	return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & POLLHUP);
}

/*
 * A writer may hand over less than a magic at once. tee(2) does not wait for
 * more than there is, so that we do, a little at a time.
 */
static bool pipe_has_magic(int fd)
{
	const struct timespec a_little = { .tv_nsec = 5000000 };
	char bytes[MAGIC_LEN];
	ssize_t len;
	bool ended;

	do {
		ended = is_at_end(fd);
		len = peek_pipe(fd, bytes);
		if (len <= 0 || !may_be_magic(bytes, len))
			return false;
		if (len == MAGIC_LEN)
			return true;
		nanosleep(&a_little, NULL);
	} while (!ended);
	return false;
}

static bool has_magic(int fd)
{
	char bytes[MAGIC_LEN];
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode))
		return pipe_has_magic(fd);
	return pread(fd, bytes, MAGIC_LEN, lseek(fd, 0, SEEK_CUR)) == MAGIC_LEN &&
	       may_be_magic(bytes, MAGIC_LEN);
}

/* A pipe cannot be opened a second time, as who reads by name would: it becomes standard input. */
static int move_to_stdin(struct tool_input *input)
{
	if (dup2(input->fd, STDIN_FILENO) < 0)
		return -1;
	close(input->fd);
	input->fd = STDIN_FILENO;
	input->path = "-";
	return 0;
}

static int open_path(struct tool_input *input)
{
	struct stat st;

	if (strcmp(input->path, "-") == 0) {
		input->fd = STDIN_FILENO;
		return 0;
	}
	input->fd = open(input->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (input->fd < 0 || fstat(input->fd, &st))
		return -1;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	return S_ISREG(st.st_mode) ? 0 : move_to_stdin(input);
}

int tool_input_open(struct tool_input *input, const char *path)
{
	*input = (struct tool_input){ .path = path ? path : default_path(), .fd = -1 };
	if (open_path(input)) {
		int err = errno;

		tool_error("cannot read %s: %s%s", input->path, strerror(err),
			   path ? "" : "; name an input, or pipe one in");
		return -err;
	}
	input->is_recording = has_magic(input->fd);
	return 0;
}

void tool_input_close(struct tool_input *input)
{
	if (input->fd > STDIN_FILENO)
		close(input->fd);
	input->fd = -1;
}
