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

int pfl_input_open(struct pfl_ctx *ctx, const char *path, struct pfl_input *input)
{
	bool standard = !strcmp(path, "-");
	struct stat st;
	int err;

	*input = (struct pfl_input){ .fd = STDIN_FILENO, .name = standard ? "standard input" : path };
	if (!standard) {
		input->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		input->ours = true;
	}
	if (input->fd < 0 || fstat(input->fd, &st)) {
		err = -errno;
		pfl_input_close(input);
		return pfl_fail(ctx, err, "cannot open %s: %s", input->name, strerror(-err));
	}
	if (S_ISDIR(st.st_mode)) {
		pfl_input_close(input);
		return pfl_fail(ctx, -EISDIR, "%s is a directory; name a recording in it", path);
	}
	input->seekable = S_ISREG(st.st_mode);
	input->size = input->seekable ? st.st_size : 0;
	return 0;
}

void pfl_input_close(struct pfl_input *input)
{
	if (input->ours && input->fd >= 0)
		close(input->fd);
	input->fd = -1;
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
	if (offset > INT64_MAX || lseek(input->fd, offset, SEEK_SET) < 0)
		return errno ? -errno : -EINVAL;
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
