/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages, from inside the library. Text from outside (paths, names, command
 * lines) may be formatted with %s: control characters are escaped here, once.
 */
#ifndef PFL_UTIL_CONTEXT_H
#define PFL_UTIL_CONTEXT_H

#include <perflame/context.h>

__attribute__((format(printf, 3, 4)))
void pfl_log(struct pfl_ctx *ctx, enum pfl_level level, const char *format, ...);

#define pfl_warn(ctx, ...) pfl_log(ctx, PFL_WARNING, __VA_ARGS__)
#define pfl_note(ctx, ...) pfl_log(ctx, PFL_NOTE, __VA_ARGS__)
#define pfl_debug(ctx, ...) pfl_log(ctx, PFL_DEBUG, __VA_ARGS__)

/* Logs why a call fails and gives back @err, so that "return pfl_fail(ctx, -EINVAL, …);" works. */
#define pfl_fail(ctx, err, ...) (pfl_log(ctx, PFL_ERROR, __VA_ARGS__), (err))

#endif
