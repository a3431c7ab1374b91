/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "messages.h"
#include "result.h"
#include "status.h"
#include "terminal.h"

void pfl_result_init(struct pfl_result *result)
{
	*result = (struct pfl_result){ .output.fd = -1, .json.fd = -1 };
}

int pfl_result_choose(struct pfl_result *result, const struct pfl_result_args *args,
		      const char *const *names, const char *usual)
{
	if (pfl_output_choose(&result->output, &args->output, names, usual))
		return -1;
	if (!args->summary)
		return 0;
	result->has_json = true;
	pfl_output_name(&result->json, args->summary);
	if (strcmp(result->json.path, result->output.path) == 0)
		return pfl_usage_error("--summary and -o both go to %s", result->output.path);
	return 0;
}

int pfl_result_open(struct pfl_result *result)
{
	int err = pfl_output_open(&result->output);

	if (!err && result->has_json)
		err = pfl_output_open(&result->json);
	return err;
}

int pfl_result_draw(struct pfl_result *result, struct pfl_ctx *ctx,
		    const struct pfl_profile *profile, unsigned int value,
		    const struct pfl_format_opts *opts)
{
	struct pfl_format_opts fitting = *opts;
	struct pfl_output *output = &result->output;
	char *bytes;
	size_t len;
	int err;

	if (isatty(output->fd)) {
		fitting.text.width = pfl_terminal_width(output->fd);
		fitting.text.color = pfl_terminal_colors(output->fd);
	}
	err = pfl_format_render(ctx, output->format, profile, value, &fitting, &bytes, &len);
	pfl_status_erase();
	if (err) {
		pfl_error("cannot draw %s: %s", output->path, strerror(-err));
		return err;
	}
	err = pfl_output_put(output, bytes, len);
	free(bytes);
	return err;
}

void pfl_result_drop(struct pfl_result *result)
{
	pfl_output_drop(&result->output);
	pfl_output_drop(&result->json);
}
