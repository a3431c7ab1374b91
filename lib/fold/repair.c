/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fold/repair.h"
#include "fold/shorten.h"
#include "perfdata/format.h"
#include "perfdata/marker.h"
#include "util/bytes.h"

struct pfl_repairs {
	uint64_t chain[PFL_REPAIR_WORDS_MAX];	/* the last one */
};

void pfl_repairs_free(struct pfl_repairs *repairs)
{
	free(repairs);
}

static void count(struct pfl_fold_stats *stats, const struct pfl_walk *walk)
{
	stats->unwound++;
	if (walk->end == PFL_WALK_EXHAUSTED || walk->end == PFL_WALK_DEEP)
		stats->truncated++;
	else if (walk->end != PFL_WALK_ROOT)
		stats->broken++;
	if (walk->end == PFL_WALK_EXHAUSTED && walk->needed > stats->stack_needed)
		stats->stack_needed = walk->needed;
}

static uint16_t mode_of(const struct pfl_sample *sample)
{
	return sample->misc & PERF_RECORD_MISC_CPUMODE_MASK;
}

/* The chain but for its user part. */
static size_t copy_others(const struct pfl_sample *sample, uint64_t *to)
{
	bool user = mode_of(sample) == PERF_RECORD_MISC_USER;	/* where no marker says it */
	size_t n = 0;

	for (uint64_t i = 0; i < sample->nchain; i++) {
		uint64_t word = pfl_load64(sample->chain + 8 * i);

		if (word >= PFL_CONTEXT_MAX)
			user = word == (uint64_t)PERF_CONTEXT_USER ||
			       word == PFL_CONTEXT_USER_DEFERRED;
		if (!user)
			to[n++] = word;
	}
	return n;
}

/* Where the CPU stood in the kernel, of a sample without a chain. */
static size_t place_in_kernel(const struct pfl_sample *sample, uint64_t *to)
{
	if (mode_of(sample) != PERF_RECORD_MISC_KERNEL)
		return 0;
	to[0] = (uint64_t)PERF_CONTEXT_KERNEL;
	to[1] = sample->ip;
	return 2;
}

size_t pfl_repair_chain(const struct pfl_sample *sample, const struct pfl_walk *walk, void *to)
{
	uint64_t *chain = to;
	size_t n = sample->nchain ? copy_others(sample, chain) : place_in_kernel(sample, chain);

	chain[n++] = (uint64_t)PERF_CONTEXT_USER;
	memcpy(&chain[n], walk->pcs, walk->count * sizeof(*chain));
	return n + walk->count;
}

/* How the walk ended is the sample's business from now on, and ours. */
static void take_end(struct pfl_fold *fold, struct pfl_sample *sample, const struct pfl_walk *walk)
{
	count(&fold->stats, walk);
	sample->cut = walk->end == PFL_WALK_EXHAUSTED || walk->end == PFL_WALK_DEEP ||
		      (walk->end != PFL_WALK_ROOT && pfl_marker_event(sample->event));
	sample->rooted = walk->end == PFL_WALK_ROOT;
}

/* What shorten.h has left of it. */
static struct pfl_walk end_of(const unsigned char *words)
{
	return (struct pfl_walk){ .end = pfl_load64(words), .needed = pfl_load64(words + 8) };
}

bool pfl_repaired_before(struct pfl_fold *fold, const struct pfl_event *event,
			 const struct perf_event_header *record)
{
	const unsigned char *words = fold->mapping ? pfl_shortened_end(event, record) : NULL;
	struct pfl_walk walk;

	if (!words)
		return false;
	walk = end_of(words);
	count(&fold->stats, &walk);
	return true;
}

int pfl_repair(struct pfl_fold *fold, const struct pfl_task *task, struct pfl_sample *sample)
{
	struct pfl_walk walk;
	uint64_t *chain;
	int err;

	if (sample->walked) {
		/* nobody else may say so */
		if (!fold->mapping)
			return 0;
		walk = end_of(sample->walked);
		take_end(fold, sample, &walk);
		return 0;
	}
	if (!fold->repairs)
		fold->repairs = malloc(sizeof(*fold->repairs));
	if (!fold->repairs)
		return -ENOMEM;
	err = pfl_unwind_sample(fold, task, sample, &walk);
	if (err || !walk.count)
		return err;
	chain = fold->repairs->chain;
	sample->nchain = pfl_repair_chain(sample, &walk, chain);
	sample->chain = (const unsigned char *)chain;
	take_end(fold, sample, &walk);
	return 0;
}
