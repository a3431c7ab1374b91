/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/stat.h>
#include <unistd.h>

#include "input.h"
#include "messages.h"

static const char *default_path(void)
{
	struct stat st;

	if (fstat(STDIN_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode)))
		return "-";
	return "perf.data";
}

int tool_input_open(struct pfl_ctx *ctx, const char *path, struct pfl_input **out)
{
	int err = pfl_input_open(ctx, path ? path : default_path(), out);

	if (err && !path)
		tool_error("name an input, or pipe one in");
	return err;
}
