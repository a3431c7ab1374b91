/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much of the stacks is there: whether they reach where their thread began,
 * whether their frames have names, and which binaries are to blame where not.
 */
#ifndef PFL_FOLD_COVERAGE_H
#define PFL_FOLD_COVERAGE_H

#include "fold/state.h"

/* What is known of a piece of code. */
#define PFL_CODE_UNNAMED 1
#define PFL_CODE_ROOT 2		/* nobody called it, whatever seems to stand outside of it */
#define PFL_CODE_ROOT_LAST 4	/* nobody called it, if nothing stands outside of it */

/* What a DSO costs, in samples; see struct pfl_fold_gap. */
struct pfl_cost {
	uint64_t samples, unnamed, broken;
	uint32_t code;		/* a piece of it */
};

/* PFL_CODE_ROOT or PFL_CODE_ROOT_LAST, if a thread or the kernel starts in @name; or 0. */
uint8_t pfl_coverage_root(const char *name, bool kernel);

/*
 * Counts into fold->stats, from @known (PFL_CODE_ … of each piece of code): all
 * that is said of frames, stacks and whole stacks. @worst: the DSOs that cost
 * most, the worst first. 0 or -ENOMEM.
 */
int pfl_coverage_count(struct pfl_fold *fold, const uint8_t *known,
		       struct pfl_cost worst[PFL_FOLD_GAPS]);

#endif
