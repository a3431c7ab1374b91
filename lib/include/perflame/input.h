/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is read: a file, or a pipe, which can be looked into without losing what
 * stands in it.
 */
#ifndef PERFLAME_INPUT_H
#define PERFLAME_INPUT_H

#include <perflame/context.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pfl_input;

/*
 * Opens @path; "-" is standard input. 0; -EISDIR, -ENOMEM, or what open(2) said:
 * logged, with the name.
 */
int pfl_input_open(struct pfl_ctx *ctx, const char *path, struct pfl_input **out);

/*
 * Reads from @fd, which stays the caller's; @name (copied) is for messages.
 * 0, -ENOMEM, or what fstat(2) said.
 */
int pfl_input_from_fd(int fd, const char *name, struct pfl_input **out);

/* NULL is fine. */
void pfl_input_close(struct pfl_input *input);

/*
 * 1 where the input begins as a recording of perf does (of either byte order, of
 * any version), 0 where not, or -errno. Waits until as much has come as tells.
 */
int pfl_input_is_recording(struct pfl_input *input);

#ifdef __cplusplus
}
#endif

#endif
