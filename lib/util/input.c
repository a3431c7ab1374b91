/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/input.h"

/* No section that is read whole (attrs, ids, features) comes near this. */
#define SECTION_MAX (256u << 20)

int pfl_input_from_fd(int fd, const char *name, struct pfl_input **out)
{
	struct pfl_input *input;
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	input = calloc(1, sizeof(*input));
	if (!input)
		return -ENOMEM;
	input->fd = fd;
	input->seekable = S_ISREG(st.st_mode);
	input->size = input->seekable ? st.st_size : 0;
	input->name = strdup(name);
	if (!input->name) {
		free(input);
		return -ENOMEM;
	}
	*out = input;
	return 0;
}

int pfl_input_open(struct pfl_ctx *ctx, const char *path, struct pfl_input **out)
{
	bool standard = !strcmp(path, "-");
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int err = fd < 0 ? -errno :
		  pfl_input_from_fd(fd, standard ? "standard input" : path, out);

	if (!err) {
		(*out)->ours = !standard;
		return 0;
	}
	if (fd >= 0 && !standard)
		close(fd);
	if (err == -EISDIR)
		return pfl_fail(ctx, err, "%s is a directory: of perf record --kcore, give %s/data; "
				"what --threads writes cannot be read, record without it", path, path);
	return pfl_fail(ctx, err, "cannot read %s: %s", standard ? "standard input" : path,
			strerror(-err));
}

void pfl_input_close(struct pfl_input *input)
{
	if (!input)
		return;
	if (input->ours)
		close(input->fd);
	free(input->name);
	free(input);
}

static ssize_t read_some(struct pfl_input *input, void *to, size_t len)
{
	ssize_t got;

	do
		got = read(input->fd, to, len);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

ssize_t pfl_input_peek(struct pfl_input *input)
{
	while (input->nhead < sizeof(input->head)) {
		ssize_t got = read_some(input, input->head + input->nhead,
					sizeof(input->head) - input->nhead);

		if (got < 0)
			return got;
		if (!got)
			break;
		input->nhead += got;
	}
	return input->nhead;
}

int pfl_input_is_recording(struct pfl_input *input)
{
	static const char *const magics[] = { "PERFILE2", "2ELIFREP", "PERFFILE", "ELIFFREP" };
	ssize_t have = pfl_input_peek(input);

	if (have < 0)
		return have;
	for (unsigned int i = 0; i < sizeof(magics) / sizeof(*magics); i++)
		if (have >= 8 && !memcmp(input->head, magics[i], 8))
			return 1;
	return 0;
}

ssize_t pfl_input_read(struct pfl_input *input, void *to, size_t len)
{
	size_t left = input->nhead - input->taken;

	if (!left)
		return read_some(input, to, len);
	if (len > left)
		len = left;
	memcpy(to, input->head + input->taken, len);
	input->taken += len;
	return len;
}

int pfl_input_seek(struct pfl_input *input, uint64_t offset)
{
	if (offset > INT64_MAX)
		return -EFBIG;
	if (lseek(input->fd, offset, SEEK_SET) < 0)
		return -errno;
	input->taken = input->nhead;
	return 0;
}

static int read_at(struct pfl_input *input, uint64_t offset, char *to, size_t size)
{
	while (size) {
		ssize_t got = pread(input->fd, to, size, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			return -ENODATA;
		to += got;
		offset += got;
		size -= got;
	}
	return 0;
}

int pfl_input_section(struct pfl_input *input, uint64_t offset, uint64_t size, void **out)
{
	void *bytes;
	int err;

	if (size > SECTION_MAX || offset > INT64_MAX)
		return -EFBIG;
	if (offset > input->size || size > input->size - offset)
		return -ENODATA;
	bytes = malloc(size + 1);
	if (!bytes)
		return -ENOMEM;
	err = read_at(input, offset, bytes, size);
	if (err)
		free(bytes);
	else
		*out = bytes;
	return err;
}
