/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "colormap.h"
#include "messages.h"
#include "output.h"

#define PATH "palette.map"
#define SIZE_MAX_BYTES (64u << 20)

static int fail(const char *what, int err)
{
	tool_error("cannot %s " PATH ": %s", what, strerror(-err));
	return err;
}

/* All of @file, which stays open, in *@bytes. */
static int read_all(FILE *file, char **bytes, size_t *len)
{
	size_t size = 1 << 16;
	char *bigger;

	for (*len = 0;; size *= 2) {
		if (size > SIZE_MAX_BYTES)
			return -EFBIG;
		bigger = realloc(*bytes, size);
		if (!bigger)
			return -ENOMEM;
		*bytes = bigger;
		*len += fread(*bytes + *len, 1, size - *len, file);
		if (*len < size)
			return ferror(file) ? -EIO : 0;
	}
}

int tool_colormap_load(struct pfl_ctx *ctx, struct pfl_color_map **out)
{
	struct stat st;
	FILE *file = NULL;
	char *bytes = NULL;
	size_t len = 0;
	int err = 0;

	/* A FIFO would be waited for. */
	if (stat(PATH, &st) == 0 && !S_ISREG(st.st_mode))
		return fail("read", -EINVAL);
	file = fopen(PATH, "re");
	if (!file && errno != ENOENT)
		return fail("read", -errno);
	if (file)
		err = read_all(file, &bytes, &len);
	if (!err)
		err = pfl_color_map_new(ctx, bytes ? bytes : "", len, out);
	if (file)
		fclose(file);
	free(bytes);
	return err ? fail("read", err) : 0;
}

int tool_colormap_save(const struct pfl_color_map *map)
{
	struct tool_output output;
	char *bytes = NULL;
	size_t len;
	FILE *memory = open_memstream(&bytes, &len);
	int err;

	if (!memory)
		return fail("write", -errno);
	err = pfl_color_map_write(map, memory);
	if (fclose(memory) && !err)
		err = -ENOMEM;
	if (err) {
		fail("write", err);
	} else {
		tool_output_name(&output, PATH);
		err = tool_output_open(&output);
		if (!err)
			err = tool_output_put(&output, bytes, len);
		tool_output_drop(&output);
	}
	free(bytes);
	return err;
}
