/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "argument.h"
#include "messages.h"
#include "tool.h"

const struct pfl_option pfl_general_options[] = {
	{ .letter = 'q', .name = "quiet", .set = pfl_set_flag,
	  .offset = offsetof(struct pfl_general_args, quiet),
	  .help = "say nothing but errors" },
	{ .letter = 'v', .name = "verbose", .set = pfl_set_flag,
	  .offset = offsetof(struct pfl_general_args, verbose),
	  .help = "say more: what was tried, and what has no names" },
	{ .letter = 'h', .name = "help", .set = pfl_set_flag,
	  .offset = offsetof(struct pfl_general_args, help),
	  .help = "this text" },
	{ .name = "version", .set = pfl_set_flag,
	  .offset = offsetof(struct pfl_general_args, version),
	  .help = "the version" },
	{ .name = NULL }
};

/*
 * A standard descriptor that the caller closed would be given to the next file
 * that is opened, and messages written into it. It is taken by one on which
 * reading or writing fails as it would on a closed one.
 */
static void fill_standard_fds(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

static int flush_stdout(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	if (errno != EPIPE)
		pfl_error("cannot write standard output: %s", strerror(errno));
	return PFL_EXIT_FAILED;
}

static enum pfl_level level_of(const struct pfl_general_args *general)
{
	if (general->quiet)
		return PFL_ERROR;
	return general->verbose ? PFL_DEBUG : PFL_NOTE;
}

int pfl_tool_start(const char *tool, const struct pfl_options *options,
		   const struct pfl_general_args *general, char **argv, struct pfl_ctx **ctx,
		   int *status)
{
	fill_standard_fds();
	pfl_messages_init(tool, PFL_NOTE);
	*status = PFL_EXIT_USAGE;
	if (pfl_options_parse(options, argv) < 0)
		return -1;
	pfl_messages_init(tool, level_of(general));
	if (general->help)
		pfl_options_help(options, stdout);
	else if (general->version)
		printf("%s %s\n", tool, pfl_version());
	if (general->help || general->version) {
		*status = flush_stdout();
		return -1;
	}
	*status = PFL_EXIT_FAILED;
	if (pfl_ctx_new(ctx)) {
		pfl_error("out of memory");
		return -1;
	}
	pfl_ctx_set_log(*ctx, level_of(general), pfl_messages_log, NULL);
	return 0;
}
