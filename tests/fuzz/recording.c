/* SPDX-License-Identifier: GPL-2.0-or-later */
/* perf.data, as a file, or through a pipe where its head says that it is one's. */
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include <perflame/fold.h>

#include "fuzz.h"

/* A pipe holds so much without being read meanwhile. */
#define PIPE_ROOM 65536

static int pipe_of(const uint8_t *data, size_t size)
{
	int ends[2];

	must(!pipe2(ends, O_CLOEXEC));
	if (size > PIPE_ROOM)
		size = PIPE_ROOM;
	must(write(ends[1], data, size) == (ssize_t)size);
	close(ends[1]);
	return ends[0];
}

/* libtraceevent loses a token where a format breaks off within it. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:tep_parse_event\n";
}

static void check(int err, struct pfl_profile *profile, const struct pfl_fold_stats *stats)
{
	must(!err || err < 0);
	if (!profile)
		return;
	must(stats->samples == stats->folded + stats->filtered + stats->other_event +
				       stats->bad_samples);
	must(stats->unnamed <= stats->frames && stats->unmapped <= stats->unnamed);
	must(stats->truncated + stats->broken <= stats->unwound);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pfl_fold_opts opts = { .root = PFL_ROOT_TID,
						   .inlines = PFL_INLINES_ON, .srcline = 1 };
	bool piped = size >= 16 && (data[8] == 16 || data[15] == 16);
	int fd = piped && size ? pipe_of(data, size) : file_of(data, size);
	struct pfl_fold_stats stats = { 0 };
	struct pfl_profile *profile = NULL;
	struct pfl_input *input;
	int err;

	must(!pfl_input_from_fd(fd, "input", &input));
	box_enter();
	err = pfl_fold_read(checked_context(), input, &opts, &profile, &stats);
	box_leave();
	check(err, profile, &stats);
	pfl_profile_free(profile);
	pfl_input_close(input);
	if (piped)
		close(fd);
	return 0;
}
