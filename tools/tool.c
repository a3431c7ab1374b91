/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "argument.h"
#include "messages.h"
#include "tool.h"

const struct tool_option tool_general_options[] = {
	{ .letter = 'q', .name = "quiet", .set = tool_set_flag,
	  .offset = offsetof(struct tool_general_args, quiet),
	  .help = "say nothing but errors" },
	{ .letter = 'v', .name = "verbose", .set = tool_set_flag,
	  .offset = offsetof(struct tool_general_args, verbose),
	  .help = "say more: what was tried, and what has no names" },
	{ .letter = 'h', .name = "help", .set = tool_set_flag,
	  .offset = offsetof(struct tool_general_args, help),
	  .help = "this text" },
	{ .name = "version", .set = tool_set_flag,
	  .offset = offsetof(struct tool_general_args, version),
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

static void on_file_too_large(int number)
{
	(void)number;
}

/*
 * A file that reaches the limit on sizes (ulimit -f) is an error of the write,
 * as a full disk is, not the end of the program. It is a handler, since a signal
 * that is ignored would be so in the command, too.
 */
static void survive_size_limit(void)
{
	const struct sigaction action = {
		.sa_handler = on_file_too_large,
		.sa_flags = SA_RESTART,
	};

	sigaction(SIGXFSZ, &action, NULL);
}

static int flush_stdout(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	if (errno != EPIPE)
		tool_error("cannot write standard output: %s", strerror(errno));
	return EXIT_FAILED;
}

static enum pfl_level level_of(const struct tool_general_args *general)
{
	if (general->quiet)
		return PFL_ERROR;
	return general->verbose ? PFL_DEBUG : PFL_NOTE;
}

int tool_start(const char *tool, const struct tool_options *options,
	       const struct tool_general_args *general, char **argv, struct pfl_ctx **ctx,
	       int *status)
{
	fill_standard_fds();
	survive_size_limit();
	tool_messages_init(tool, PFL_NOTE);
	*status = EXIT_USAGE;
	if (tool_options_parse(options, argv) < 0)
		return -1;
	tool_messages_init(tool, level_of(general));
	if (general->help)
		tool_options_help(options, stdout);
	else if (general->version)
		printf("%s %s\n", tool, pfl_version());
	if (general->help || general->version) {
		*status = flush_stdout();
		return -1;
	}
	*status = EXIT_FAILED;
	if (pfl_ctx_new(ctx)) {
		tool_error("out of memory");
		return -1;
	}
	pfl_ctx_set_log(*ctx, level_of(general), tool_messages_log, NULL);
	return 0;
}
