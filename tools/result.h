/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a tool leaves behind: the output, and the JSON summary beside it.
 */
#ifndef TOOLS_RESULT_H
#define TOOLS_RESULT_H

#include "output.h"

struct pfl_result_args {
	struct pfl_output_args output;
	const char *summary;	/* NULL: none */
};

struct pfl_result {
	struct pfl_output output;
	struct pfl_output json;
	bool has_json;
};

/* Nothing is open yet: what pfl_result_drop() may be given. */
void pfl_result_init(struct pfl_result *result);

/* As pfl_output_choose(). 0, or -1: wrong usage, and told. */
int pfl_result_choose(struct pfl_result *result, const struct pfl_result_args *args,
		      const char *const *names, const char *usual);

/* Opens both. 0, or -errno, and told. */
int pfl_result_open(struct pfl_result *result);

/* Writes @profile as the output, as wide as the terminal if it goes to one. 0, or -errno, and told. */
int pfl_result_draw(struct pfl_result *result, struct pfl_ctx *ctx,
		    const struct pfl_profile *profile, unsigned int value,
		    const struct pfl_format_opts *opts);

/* Takes away what was opened and not completed. */
void pfl_result_drop(struct pfl_result *result);

#endif
