/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file or pipe to read from the front, the beginning of which may be looked at
 * first to see what it is.
 */
#ifndef PFL_UTIL_INPUT_H
#define PFL_UTIL_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <perflame/input.h>

#include "util/context.h"

#define PFL_INPUT_HEAD 16

struct pfl_input {
	int fd;
	bool ours;		/* to close */
	bool seekable;
	uint64_t size;		/* of a seekable one */
	char *name;		/* for messages */
	unsigned char head[PFL_INPUT_HEAD];	/* read ahead … */
	size_t nhead, taken;			/* … and how much of it was taken since */
};

/* The first bytes, up to PFL_INPUT_HEAD of them, without taking them: how many there are, or -errno. */
ssize_t pfl_input_peek(struct pfl_input *input);

/* Up to @len bytes; 0 at the end, or -errno. */
ssize_t pfl_input_read(struct pfl_input *input, void *to, size_t len);

/* Goes to @offset of a seekable input. 0 or -errno. */
int pfl_input_seek(struct pfl_input *input, uint64_t offset);

/*
 * Reads [@offset, @offset + @size) of a seekable input to newly allocated memory,
 * without moving. 0; -ENODATA where the file ends before; -EFBIG, -ENOMEM or what pread(2) said.
 */
int pfl_input_section(struct pfl_input *input, uint64_t offset, uint64_t size, void **out);

#endif
