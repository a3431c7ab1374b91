/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "fold/fetch.h"
#include "symbol/debuginfod.h"
#include "util/context.h"

#define ONE_IN 100		/* samples that are worth a download */

static uint32_t dso_of(const struct pfl_fold *fold, uint32_t node)
{
	uint32_t frame = fold->stacks.nodes[node].frame;

	return frame < PFL_STACK_TASK ? fold->machine.code[frame].dso : PFL_NONE;
}

/* Whether a frame further out is in @dso too: its samples count once. */
static bool is_counted(const struct pfl_fold *fold, uint32_t node, uint32_t dso)
{
	do {
		node = fold->stacks.nodes[node].parent;
	} while (node != PFL_NONE && dso_of(fold, node) != dso);
	return node != PFL_NONE;
}

/* Of each DSO the samples that have a frame in it. A parent's number is smaller than its children's. */
static uint64_t count_samples(const struct pfl_fold *fold, uint64_t *through, uint64_t *in)
{
	uint64_t all = 0;

	for (uint32_t i = fold->stacks.count; i-- > 0;) {
		const struct pfl_stack_node *node = &fold->stacks.nodes[i];
		uint32_t dso = dso_of(fold, i);

		through[i] += node->values[0];
		all += node->values[0];
		if (node->parent != PFL_NONE)
			through[node->parent] += through[i];
		if (dso != PFL_NONE && !is_counted(fold, i, dso))
			in[dso] += through[i];
	}
	return all;
}

static int choose(struct pfl_fold *fold, uint64_t all, const uint64_t *in)
{
	unsigned int count = 0;
	int err = 0;

	for (uint32_t i = 0; i < fold->machine.ndsos && !err; i++) {
		if (fold->machine.dsos[i].kind != PFL_DSO_FILE || !in[i] || in[i] < all / ONE_IN)
			continue;
		err = pfl_symbols_fetch(fold->symbols, &fold->machine.dsos[i]);
		count++;
	}
	if (count && !err)
		pfl_note(fold->ctx, "symbols of up to %u binaries that are missing here are asked for at %s",
			 count, pfl_debuginfod_servers());
	return err;
}

int pfl_fetch_choose(struct pfl_fold *fold)
{
	uint64_t *through = calloc((size_t)fold->stacks.count + 1, sizeof(*through));
	uint64_t *in = calloc((size_t)fold->machine.ndsos + 1, sizeof(*in));
	int err = -ENOMEM;

	if (through && in)
		err = choose(fold, count_samples(fold, through, in), in);
	free(through);
	free(in);
	return err;
}
