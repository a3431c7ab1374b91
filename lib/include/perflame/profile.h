/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A profile: weighted stacks, merged by name into one tree.
 *
 * It is what folding ends with and what every format and renderer starts from.
 * Node 0 is the root ("all"); a parent's number is always smaller than its
 * children's. Under one parent there is one node for each name. Each node holds
 * what was charged to the stack that ends there ("self"); after
 * pfl_profile_finish() it also holds the total of its subtree, and siblings
 * stand in the byte order of their names, so that two runs over the same input
 * come out the same.
 */
#ifndef PERFLAME_PROFILE_H
#define PERFLAME_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include <perflame/context.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pfl_profile;

#define PFL_VALUES 2		/* the values that a stack carries, at most */
#define PFL_NODE_NONE UINT32_MAX

/* What a frame is; it decides the colour and the suffix of --annotate. */
enum pfl_frame_kind {
	PFL_FRAME_USER,		/* machine code of a program or a library */
	PFL_FRAME_KERNEL,	/* the kernel and its modules */
	PFL_FRAME_INLINED,	/* a function inlined into the next frame out */
	PFL_FRAME_JIT,		/* code made at run time, named by its runtime */
	PFL_FRAME_TASK,		/* not code: the process or thread a stack starts from */
	PFL_FRAME_MARK,		/* not code: "[unknown]", "-", "--", "[irq]" … */
};

/* One value that each stack carries. */
struct pfl_value {
	const char *name;	/* as --value takes it: "count", "period", "time", "bytes" */
	const char *unit;	/* "samples", "ns", "cycles", "bytes" …: see pfl_format_value() */
	uint64_t folded_div;	/* folded output is rounded to this many units: 1000 for ns as µs */
};

/*
 * What the numbers of a profile mean. The strings are copied by
 * pfl_profile_new(). Those of our own types: <perflame/type.h>.
 */
struct pfl_profile_info {
	const char *type;	/* "oncpu", or NULL where the input does not say */
	const char *title;	/* "On-CPU time" */
	const char *palette;	/* name of the type's palette */
	unsigned int nvalues;	/* 1 or 2 */
	struct pfl_value values[PFL_VALUES];
	unsigned int main_value; /* the value that is drawn and folded unless told otherwise */
	/*
	 * 1: values[0] is "before" and values[1] "after" of the same unit,
	 * as in a folded file with two columns.
	 */
	unsigned int differential;
	/* The values are multiples of 10^-decimals of their unit (folded input with fractions). */
	unsigned int decimals;
};

struct pfl_frame {
	const char *name;	/* valid UTF-8, no control characters, no ';' */
	const char *dso;	/* the file the code came from, or NULL */
	enum pfl_frame_kind kind;
};

/*
 * A node of the tree. self and total are in the units of pfl_profile_info, and
 * saturate at UINT64_MAX. first and next are PFL_NODE_NONE at the end.
 */
struct pfl_node {
	uint32_t parent;	/* the root's is PFL_NODE_NONE */
	uint32_t frame;		/* for pfl_profile_frame_at() */
	uint32_t first;		/* the first child */
	uint32_t next;		/* the next sibling */
	uint64_t self[PFL_VALUES];
	uint64_t total[PFL_VALUES];
};

/*
 * Makes an empty profile. 0, -EINVAL where @info makes no sense, or -ENOMEM.
 */
int pfl_profile_new(struct pfl_ctx *ctx, const struct pfl_profile_info *info,
		    struct pfl_profile **out);

/* Frees @profile and all that was borrowed from it. NULL is fine. */
void pfl_profile_free(struct pfl_profile *profile);

/*
 * The number of the frame of this name, DSO (may be NULL) and kind. The first
 * @len bytes of @name are cleaned and copied: control characters and invalid
 * UTF-8 become U+FFFD, ';' becomes ':', an empty name "[unknown]". PFL_NODE_NONE: out of memory.
 */
uint32_t pfl_profile_frame(struct pfl_profile *profile, const char *name, size_t len,
			   const char *dso, enum pfl_frame_kind kind);

/*
 * The child of node @parent whose frame is, or is named like, @frame; made
 * where there is none yet. A child that several frames of one name share shows
 * the first of them. PFL_NODE_NONE: out of memory.
 */
uint32_t pfl_profile_child(struct pfl_profile *profile, uint32_t parent, uint32_t frame);

/* Adds @values (PFL_VALUES of them) to what @node itself was charged with. */
void pfl_profile_charge(struct pfl_profile *profile, uint32_t node, const uint64_t *values);

/*
 * Sums the totals and orders the siblings. Once, after the last charge; what
 * reads a profile expects it to be finished. 0 or -ENOMEM.
 */
int pfl_profile_finish(struct pfl_profile *profile);

/* A profile and what is to be shown of it, where several stand beside each other. */
struct pfl_graph {
	const char *name;	/* told apart by: "off.data" */
	const struct pfl_profile *profile;
	unsigned int value;	/* which of the profile's values */
};

/* Which values are compared, and how. */
struct pfl_diff {
	unsigned int before_value;	/* of the profile before */
	unsigned int after_value;	/* of the profile after */
	/*
	 * Scale "before" to the total of "after": what is compared then is shares,
	 * whatever time or load each was recorded for.
	 */
	int normalize;
};

/*
 * The difference of two finished profiles: a new, finished, differential one of
 * all their stacks, where values[0] is "before" and values[1] "after". Stacks are
 * the same when the names of their frames are. Both sides must be of one unit;
 * one without a unit (folded stacks of no known type) is taken for the other's.
 * @before and @after may be one profile with two values.
 * 0, -EINVAL (no such value, or units that differ), or -ENOMEM.
 */
int pfl_profile_diff(struct pfl_ctx *ctx, const struct pfl_profile *before,
		     const struct pfl_profile *after, const struct pfl_diff *diff,
		     struct pfl_profile **out);

/* Another shape for a profile; zeroes leave it as it is. Names are those of frames, in full. */
struct pfl_reshape {
	/* A stack starts from the innermost of these frames, if it has one. */
	const char *const *bases;
	unsigned int nbases;
	/* A stack ends at the outermost of these frames: what that called is charged to it. */
	const char *const *skip_after;
	unsigned int nskip_after;
	int reverse;		/* from the innermost frame to the outermost: who called it */
	uint64_t total;		/* what all is a part of, in units of folded stacks, if it is more */
	double factor;		/* values are multiplied by it, the total too */
};

/*
 * A new, finished profile of the stacks of @profile in another shape.
 * 0 or -ENOMEM.
 */
int pfl_profile_reshape(struct pfl_ctx *ctx, const struct pfl_profile *profile,
			const struct pfl_reshape *shape, struct pfl_profile **out);

/* What the numbers mean; valid as long as @profile. */
const struct pfl_profile_info *pfl_profile_info(const struct pfl_profile *profile);

/* How many nodes there are, the root included. */
uint32_t pfl_profile_size(const struct pfl_profile *profile);

/* Node @node, which must be below pfl_profile_size(); valid until the next child is made. */
const struct pfl_node *pfl_profile_node(const struct pfl_profile *profile, uint32_t node);

/* The frame of number @frame; valid as long as @profile. */
const struct pfl_frame *pfl_profile_frame_at(const struct pfl_profile *profile, uint32_t frame);

/* How many frames (names, DSOs and kinds apart) there are. */
uint32_t pfl_profile_frames(const struct pfl_profile *profile);

/*
 * Writes @value, of @unit and with @decimals as in pfl_profile_info, as people
 * read it ("1,234 samples", "1.5 s", "12.0 KiB") to @buf; at most @size bytes
 * with the final NUL. Returns @buf.
 */
char *pfl_format_value(char *buf, size_t size, uint64_t value, const char *unit,
		       unsigned int decimals);

#ifdef __cplusplus
}
#endif

#endif
