/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "messages.h"
#include "output.h"

#define OPEN_FLAGS (O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY)

/*
 * The descriptor that @path is another name of ("-", /dev/stdout, what the
 * shell makes of ">(…)"), or -1. These paths are links into /proc: opening
 * them by name would have to follow one.
 */
static int descriptor_of(const char *path)
{
	static const char *const places[] = { "/dev/fd/", "/proc/self/fd/" };
	size_t i;

	if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	if (strcmp(path, "/dev/stderr") == 0)
		return STDERR_FILENO;
	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		size_t len = strlen(places[i]);
		const char *number = path + len;

		if (strncmp(path, places[i], len) == 0 && strlen(number) < 6 && *number &&
		    strspn(number, "0123456789") == strlen(number))
			return atoi(number);
	}
	return -1;
}

/* A pipe or a device: a name without a meaning for what goes there. */
static bool is_special(const struct tool_output *output)
{
	struct stat st;

	return output->inherited >= 0 ||
	       (lstat(output->path, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)));
}

/* ".data, .folded, .html …" */
static const char *list_endings(char *buf, size_t size, const char *const *names)
{
	size_t len = 0;

	for (*buf = 0; *names && len < size; names++)
		len += snprintf(buf + len, size - len, "%s%s", len ? ", " : "",
				tool_format_find(*names)->ending);
	return buf;
}

static bool is_listed(const char *const *names, const char *name)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names;
}

static int choose_by_ending(struct tool_output *output, const char *format,
			    const char *const *names)
{
	const struct tool_format *ending = tool_format_of_path(output->path);
	char list[128];

	if (ending && format && strcmp(ending->name, format) != 0)
		return tool_usage_error("the ending of %s and --format %s contradict each other",
					output->path, format);
	if (!ending && !format)
		return tool_usage_error("what to write to %s? No ending says it (%s), nor --format",
					output->path, list_endings(list, sizeof(list), names));
	output->format = ending ? ending : tool_format_find(format);
	if (!is_listed(names, output->format->name))
		return tool_usage_error("%s: only a recorder writes %s; this tool writes %s",
					output->path, output->format->ending,
					list_endings(list, sizeof(list), names));
	return 0;
}

static bool is_full(int err)
{
	return err == -ENOSPC || err == -EDQUOT || err == -EFBIG;
}

bool tool_output_is_lost(int err)
{
	return is_full(err) || err == -ENOENT || err == -EEXIST || err == -EIO;
}

bool tool_output_is(const struct tool_output *output, const struct stat *st)
{
	struct stat own;

	return output->fd >= 0 && output->is_ours && fstat(output->fd, &own) == 0 &&
	       own.st_dev == st->st_dev && own.st_ino == st->st_ino;
}

void tool_output_name(struct tool_output *output, const char *path)
{
	*output = (struct tool_output){ .path = path, .fd = -1 };
	output->inherited = descriptor_of(path);
	if (output->inherited == STDOUT_FILENO)
		output->path = "standard output";
}

int tool_output_choose(struct tool_output *output, const struct tool_output_args *args,
		       const char *const *names, const char *usual)
{
	tool_output_name(output, args->path ? args->path : "-");
	if (!is_special(output) || tool_format_of_path(output->path)) {
		if (choose_by_ending(output, args->format, names))
			return -1;
	} else if (args->format) {
		output->format = tool_format_find(args->format);
	} else {
		output->format = tool_format_find(!args->path && isatty(STDOUT_FILENO) ?
						 "txt" : usual);
	}
	if (output->format->is_binary && isatty(output->inherited))
		return tool_usage_error("%s is not for a terminal: name a file, x%s",
					output->format->write ? output->format->name :
								"a recording",
					output->format->ending);
	return 0;
}

static int fail(const struct tool_output *output, int err)
{
	tool_error("cannot write %s: %s%s", output->path, strerror(-err),
		   is_full(err) ? "; free some space or write elsewhere" : "");
	return err;
}

int tool_output_refuse(const struct tool_output *output, const char *why)
{
	tool_error("will not write %s: %s; remove it or choose another name", output->path, why);
	return -EPERM;
}

/* What was there before us may have been put there for us. */
static int check_existing(const struct tool_output *output, const struct stat *st)
{
	if (S_ISCHR(st->st_mode))
		return 0;
	if (!S_ISREG(st->st_mode) && !S_ISFIFO(st->st_mode))
		return tool_output_refuse(output, "it is not a file");
	if (st->st_uid != geteuid())
		return tool_output_refuse(output, "it belongs to another user");
	if (st->st_nlink != 1)
		return tool_output_refuse(output, "it has another name (a hard link)");
	return 0;
}

static int open_new(struct tool_output *output)
{
	output->fd = open(output->path, OPEN_FLAGS | O_CREAT | O_EXCL, 0600);
	if (output->fd < 0)
		return fail(output, -errno);
	output->is_new = true;
	output->is_ours = true;
	return 0;
}

static int open_existing(struct tool_output *output)
{
	struct stat st;
	int err;

	if (fstat(output->fd, &st))
		return fail(output, -errno);
	err = check_existing(output, &st);
	if (err)
		return err;
	output->is_ours = S_ISREG(st.st_mode);
	output->old_size = st.st_size;
	return 0;
}

/* A recording does not overwrite the one before it. */
static int move_away(struct tool_output *output)
{
	close(output->fd);
	output->fd = -1;
	if (asprintf(&output->backup, "%s.old", output->path) < 0) {
		output->backup = NULL;
		return fail(output, -ENOMEM);
	}
	if (rename(output->path, output->backup)) {
		int err = fail(output, -errno);

		free(output->backup);
		output->backup = NULL;
		return err;
	}
	return open_new(output);
}

static int open_path(struct tool_output *output)
{
	int err;

	output->fd = open(output->path, OPEN_FLAGS);
	if (output->fd < 0 && errno == ENOENT)
		return open_new(output);
	if (output->fd < 0 && errno == ELOOP)
		return tool_output_refuse(output, "it is a symbolic link");
	if (output->fd < 0)
		return fail(output, -errno);
	err = open_existing(output);
	if (!err && output->is_ours && output->format && !output->format->write)
		err = move_away(output);
	return err;
}

static int open_descriptor(struct tool_output *output)
{
	int mode = fcntl(output->inherited, F_GETFL);

	if (mode >= 0 && (mode & O_ACCMODE) == O_RDONLY) {
		errno = EBADF;
		mode = -1;
	}
	if (mode >= 0)
		output->fd = fcntl(output->inherited, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return output->fd >= 0 ? 0 : fail(output, -errno);
}

int tool_output_open(struct tool_output *output)
{
	int err = output->inherited >= 0 ? open_descriptor(output) : open_path(output);

	if (err)
		tool_output_drop(output);
	return err;
}

/* An older file stays until there is room for what replaces it. */
static int make_room(const struct tool_output *output, size_t len)
{
	int err;

	if (!output->is_ours || len == 0)
		return 0;
	err = posix_fallocate(output->fd, 0, len);
	if (err == EOPNOTSUPP || err == EINVAL)	/* then the write will tell */
		return 0;
	return -err;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= n;
	}
	return 0;
}

/* Delayed errors of a network file system come with close(2). */
static int close_fd(struct tool_output *output)
{
	int fd = output->fd;

	output->fd = -1;
	return close(fd) ? -errno : 0;
}

/* What is there now is to stay. */
static void keep(struct tool_output *output)
{
	output->is_new = false;
	free(output->backup);
	output->backup = NULL;
}

/* Somebody removed the file, or the directory it was in. */
static bool is_gone(const struct tool_output *output)
{
	struct stat st;

	return output->is_ours && fstat(output->fd, &st) == 0 && !st.st_nlink;
}

/* … and where there is still a place for it, there it goes. */
static int open_again(struct tool_output *output)
{
	close_fd(output);
	output->is_new = false;
	output->fd = open(output->path, OPEN_FLAGS | O_CREAT | O_EXCL, 0600);
	output->is_new = output->fd >= 0;
	return output->fd >= 0 ? 0 : -errno;
}

static int put(struct tool_output *output, const char *bytes, size_t len)
{
	int err = is_gone(output) ? open_again(output) : 0;

	if (!err)
		err = make_room(output, len);
	if (!err)
		err = write_all(output->fd, bytes, len);
	if (!err && output->is_ours && ftruncate(output->fd, len))
		err = -errno;
	return err ? err : close_fd(output);
}

int tool_output_put(struct tool_output *output, const char *bytes, size_t len)
{
	int err = put(output, bytes, len);

	if (!err) {
		output->bytes = len;
		keep(output);
	} else if (err != -EPIPE) {
		fail(output, err);
	}
	return err;
}

int tool_output_close(struct tool_output *output)
{
	bool gone = is_gone(output);
	struct stat st;
	int err;

	if (output->is_ours && fstat(output->fd, &st) == 0)
		output->bytes = st.st_size;
	keep(output);
	err = close_fd(output);
	if (!err && gone) {
		tool_error("%s was removed while it was being written, and what was recorded with it",
			   output->path);
		return -ENOENT;
	}
	return err ? fail(output, err) : 0;
}

void tool_output_drop(struct tool_output *output)
{
	if (output->fd >= 0) {
		if (output->is_ours && !output->is_new && ftruncate(output->fd, output->old_size))
			tool_error("cannot restore %s: %s", output->path, strerror(errno));
		close_fd(output);
	}
	if (output->is_new && unlink(output->path))
		tool_error("cannot remove %s: %s", output->path, strerror(errno));
	if (output->backup && rename(output->backup, output->path))
		tool_error("cannot rename %s back: %s", output->backup, strerror(errno));
	keep(output);
}
