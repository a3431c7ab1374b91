/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Profiles for other programs, and theirs.
 */
#ifndef PERFLAME_EXCHANGE_H
#define PERFLAME_EXCHANGE_H

#include <stdint.h>
#include <stdio.h>

#include <perflame/input.h>
#include <perflame/profile.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * pprof: a protocol buffer, packed with gzip, as "go tool pprof" and many services
 * read and write it. Source of the format: proto/profile.proto of github.com/google/pprof.
 */
struct pfl_pprof_read {
	const char *type;	/* profile type its numbers belong to, or NULL: what the file says */
	const char *value;	/* which of its values, or NULL: the file's own, else the last */
	uint64_t samples;	/* out: samples that were read */
	uint64_t bad;		/* out: samples that made no sense, left out */
};

/* 1 where the input begins as pprof does, 0 where not, or -errno. Takes nothing from it. */
int pfl_pprof_is(struct pfl_input *input);

/*
 * Reads @input to its end into a new, finished profile: the value that was asked
 * for and, where there are more, the first of the others. A function that was inlined
 * is a frame of its own. What perflame wrote keeps its type, and a difference is one again.
 * 0; -EILSEQ for what is no pprof or damaged; -EFBIG; -ENODATA where no sample was
 * valid; -EINVAL for an unknown type; -ENOMEM; or what read(2) said.
 */
int pfl_pprof_read(struct pfl_ctx *ctx, struct pfl_input *input, struct pfl_pprof_read *read,
		   struct pfl_profile **out);

/*
 * Writes all values of the finished @profile to @out; @value is the one that is
 * shown first. Fractions are rounded, once. 0, -EINVAL, -ENOMEM, or -errno of what the
 * stream said.
 */
int pfl_pprof_write(const struct pfl_profile *profile, unsigned int value, FILE *out);

/*
 * Writes @count graphs as one file for speedscope, a profile for each, and two for a
 * difference. Source of the format: speedscope.app/file-format-schema.json.
 * 0, -EINVAL, -ENOMEM, or -errno of what the stream said.
 */
int pfl_speedscope_write(const struct pfl_graph *graphs, unsigned int count, const char *title,
			 FILE *out);

/*
 * Writes @value of the finished @profile, or both sides of a difference, as the
 * nested set that Grafana's flame graph panel takes: a data frame of one row a node,
 * depth first. 0, -EINVAL, -ENOMEM, or -errno of what the stream said.
 */
int pfl_nested_write(const struct pfl_profile *profile, unsigned int value, FILE *out);

#ifdef __cplusplus
}
#endif

#endif
