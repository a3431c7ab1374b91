/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "messages.h"
#include "result.h"
#include "status.h"
#include "terminal.h"

void tool_result_init(struct tool_result *result)
{
	*result = (struct tool_result){ .output.fd = -1, .json.fd = -1 };
}

int tool_result_choose(struct tool_result *result, const struct tool_result_args *args,
		       const char *const *names, const char *usual)
{
	if (tool_output_choose(&result->output, &args->output, names, usual))
		return -1;
	if (!args->summary)
		return 0;
	result->has_json = true;
	tool_output_name(&result->json, args->summary);
	if (strcmp(result->json.path, result->output.path) == 0)
		return tool_usage_error("--summary and -o both go to %s", result->output.path);
	return 0;
}

int tool_result_open(struct tool_result *result)
{
	int err = tool_output_open(&result->output);
	struct stat st;

	if (!err && result->has_json)
		err = tool_output_open(&result->json);
	/* One file may have two names: x.svg and ./x.svg. */
	if (!err && result->has_json && fstat(result->json.fd, &st) == 0 &&
	    tool_output_is(&result->output, &st))
		err = tool_output_refuse(&result->json, "--summary and -o both go there");
	return err;
}

int tool_result_draw(struct tool_result *result, struct pfl_ctx *ctx,
		     const struct pfl_graph *graphs, unsigned int count,
		     const struct tool_format_opts *opts)
{
	struct tool_format_opts fitting = *opts;
	struct tool_output *output = &result->output;
	char *bytes;
	size_t len;
	int err;

	if (isatty(output->fd)) {
		fitting.text.width = tool_terminal_width(output->fd);
		fitting.text.color = tool_terminal_colors(output->fd);
		fitting.text.ascii = !tool_terminal_has_utf8();
	}
	err = tool_format_render(ctx, output->format, graphs, count, &fitting, &bytes, &len);
	tool_status_erase();
	if (err) {
		tool_error("cannot draw %s: %s", output->path, strerror(-err));
		return err;
	}
	err = tool_output_put(output, bytes, len);
	free(bytes);
	return err;
}

void tool_result_drop(struct tool_result *result)
{
	tool_output_drop(&result->output);
	tool_output_drop(&result->json);
}
