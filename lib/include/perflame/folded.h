/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Folded stacks: a line a stack, frames from the root joined by ';', a space,
 * and one number (or two: before and after). Source of the format: FlameGraph's
 * stackcollapse programs.
 */
#ifndef PERFLAME_FOLDED_H
#define PERFLAME_FOLDED_H

#include <stdint.h>
#include <stdio.h>

#include <perflame/input.h>
#include <perflame/profile.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pfl_folded_read {
	const char *type;	/* profile type its numbers belong to, or NULL */
	int in_order;		/* lines are in the order of time: only neighbours merge */
	uint64_t lines;		/* out: lines that carried a stack */
	uint64_t bad;		/* out: lines without a number or a stack, left out */
};

/*
 * Reads folded lines from @input to its end into a new, finished profile. Comment
 * lines ('#') and empty lines are passed over. FlameGraph's suffixes (_[k],
 * _[i], _[j]) are taken off the names and become the frame's kind. Lines of one
 * column and of two in one input: a missing second number counts as 0.
 * 0; -ENODATA where no line was valid; -EINVAL for an unknown type; -ENOMEM; or what
 * read(2) said.
 */
int pfl_folded_read(struct pfl_ctx *ctx, struct pfl_input *input, struct pfl_folded_read *read,
		    struct pfl_profile **out);

struct pfl_folded_write {
	unsigned int value;	/* which of the profile's values; both where it is differential */
	int annotate;		/* add FlameGraph's suffixes */
};

/*
 * Writes the finished @profile to @out, sorted, values rounded once to
 * folded_div (a stack that rounds to 0 is left out).
 * 0; -EINVAL where it has no such value; -ENOMEM; or -errno of what the stream said.
 */
int pfl_folded_write(const struct pfl_profile *profile, const struct pfl_folded_write *opts,
		     FILE *out);

#ifdef __cplusplus
}
#endif

#endif
