/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The head of a recording: is it one, of which byte order, file or pipe, which
 * events it has, and where its records stand.
 */
#ifndef PFL_PERFDATA_HEADER_H
#define PFL_PERFDATA_HEADER_H

#include "perfdata/event.h"
#include "perfdata/features.h"
#include "util/context.h"
#include "util/input.h"

struct pfl_header {
	bool pipe;	/* attrs and features come as records; it ends with the input */
	bool swap;
	bool damaged;	/* what could be read of it was, the rest was logged */
	uint64_t data_offset;
	uint64_t data_size;	/* of a file; what the recorder did not live to tell is the rest */
};

/*
 * Reads the head of @input; a file's events and features go to @features (and
 * its ->events). The input then stands at the first record. 0; -EINVAL for what
 * is no recording, -EILSEQ for one whose events cannot be read, both logged;
 * -ENOMEM; or what read(2) said.
 */
int pfl_header_read(struct pfl_ctx *ctx, struct pfl_input *input, struct pfl_features *features,
		    struct pfl_header *header);

/*
 * Adds the event of an attr as a recording holds it: @size bytes, of which the
 * attr says itself how many are its own; @ids stand behind them. 0, -EILSEQ,
 * -EINVAL (pfl_events_add) or -ENOMEM.
 */
int pfl_header_add_attr(struct pfl_features *features, const void *attr, size_t size,
			const void *ids, size_t ids_size);

/* Logs what its -EINVAL means, and gives that back. */
int pfl_header_fail_alike(struct pfl_ctx *ctx, const struct pfl_input *input);

#endif
