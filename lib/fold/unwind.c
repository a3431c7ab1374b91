/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "fold/ahead.h"
#include "fold/dsorules.h"
#include "fold/unwind.h"
#include "perfdata/format.h"
#include "util/bytes.h"

struct pfl_unwinding {
	struct pfl_dsorules *rules;
	const struct pfl_arch *arch;	/* NULL: not one that we unwind */
	struct pfl_unwinder *unwinder;	/* of the fold's own thread … */
	uint64_t pcs[PFL_UNWIND_FRAMES_MAX];	/* … and what it found last */
};

void pfl_unwinding_free(struct pfl_unwinding *unwinding)
{
	if (!unwinding)
		return;
	pfl_unwinder_free(unwinding->unwinder);
	pfl_dsorules_free(unwinding->rules);
	free(unwinding);
}

/* A recording that does not say where it was made was most likely made here. */
static const struct pfl_arch *arch_of(const struct pfl_symbols_origin *origin)
{
	struct utsname here;

	if (origin->arch)
		return pfl_arch_of_name(origin->arch);
	return uname(&here) ? NULL : pfl_arch_of_name(here.machine);
}

static struct pfl_unwinding *new_unwinding(const struct pfl_fold *fold)
{
	struct pfl_unwinding *unwinding = calloc(1, sizeof(*unwinding));

	if (!unwinding || pfl_unwinder_new(&unwinding->unwinder) ||
	    pfl_dsorules_new(&fold->origin, &unwinding->rules)) {
		pfl_unwinding_free(unwinding);
		return NULL;
	}
	pfl_dsorules_aside(unwinding->rules, fold->aside, fold->aside_data);
	unwinding->arch = arch_of(&fold->origin);
	if (!unwinding->arch)
		pfl_warn(fold->ctx, "recorded on %s, whose stacks cannot be unwound: user stacks are as the kernel walked them",
			 fold->origin.arch ? fold->origin.arch : "an unknown machine");
	return unwinding;
}

struct pfl_unwinding *pfl_unwinding_of(struct pfl_fold *fold)
{
	if (!fold->unwinding)
		fold->unwinding = new_unwinding(fold);
	return fold->unwinding;
}

int pfl_unwinding_note(struct pfl_unwinding *unwinding, const struct pfl_machine *machine)
{
	return pfl_dsorules_note(unwinding->rules, machine);
}

void pfl_unwinding_tell(const struct pfl_unwinding *unwinding, struct pfl_ctx *ctx)
{
	if (unwinding)
		pfl_dsorules_tell(unwinding->rules, ctx);
}

/* What a walk needs to find its way. */
struct way {
	struct pfl_dsorules *rules;
	const struct pfl_maps *maps;
	int err;
};

static bool locate(void *data, uint64_t address, struct pfl_place *place)
{
	struct way *way = data;
	const struct pfl_map *map = pfl_maps_find(way->maps, address);

	if (!map || way->err)
		return false;
	way->err = pfl_dsorules_get(way->rules, map->dso, &place->rules);
	place->offset = address - map->start + map->offset;
	return !way->err;
}

/* What the kernel found of the user part along frame pointers: *@count words. */
static const unsigned char *user_part(const struct pfl_sample *sample, size_t *count)
{
	uint64_t first = 0, end;

	while (first < sample->nchain &&
	       pfl_load64(sample->chain + 8 * first) != (uint64_t)PERF_CONTEXT_USER)
		first++;
	end = ++first;
	while (end < sample->nchain && pfl_load64(sample->chain + 8 * end) < PFL_CONTEXT_MAX)
		end++;
	*count = first < sample->nchain ? end - first : 0;
	return *count ? sample->chain + 8 * first : NULL;
}

/* False: nothing that could be walked. */
static bool begin(const struct pfl_unwinding *unwinding, const struct pfl_sample *sample,
		  struct pfl_walk_from *from)
{
	from->arch = unwinding->arch;
	from->stack = sample->user_stack;
	from->stack_size = sample->user_stack_size;
	return from->arch && sample->user_stack && sample->user_regs &&
	       sample->user_abi == PERF_SAMPLE_REGS_ABI_64 &&
	       pfl_regs_load(from->arch, sample->event->attr.sample_regs_user, sample->user_regs,
			     &from->regs);
}

int pfl_unwinding_walk(const struct pfl_unwinding *unwinding, struct pfl_unwinder *unwinder,
		       const struct pfl_maps *maps, const struct pfl_sample *sample,
		       struct pfl_walk *walk)
{
	struct way way = { .rules = unwinding->rules, .maps = maps };
	struct pfl_walk_from from = { .locate = locate, .data = &way };
	const unsigned char *chain;
	size_t count;

	*walk = (struct pfl_walk){ .pcs = walk->pcs, .room = PFL_UNWIND_FRAMES_MAX };
	if (!begin(unwinding, sample, &from))
		return 0;
	chain = user_part(sample, &count);
	pfl_unwinder_recall(unwinder, &from, maps->version, chain, count, walk);
	return way.err;
}

bool pfl_unwinding_known(struct pfl_unwinding *unwinding, const struct pfl_maps *maps,
			 const struct pfl_sample *sample, struct pfl_walk *walk)
{
	struct pfl_walk_from from = { 0 };
	const unsigned char *chain;
	size_t count;

	*walk = (struct pfl_walk){ .pcs = unwinding->pcs, .room = PFL_UNWIND_FRAMES_MAX };
	if (!begin(unwinding, sample, &from))
		return false;
	chain = user_part(sample, &count);
	return pfl_unwinder_known(unwinding->unwinder, &from, maps->version, chain, count, walk);
}

int pfl_unwind_sample(struct pfl_fold *fold, const struct pfl_task *task,
		      const struct pfl_sample *sample, struct pfl_walk *walk)
{
	struct pfl_unwinding *unwinding = pfl_unwinding_of(fold);

	if (fold->ahead && pfl_ahead_has(fold->ahead))
		return pfl_ahead_walk(fold->ahead, walk);
	*walk = (struct pfl_walk){ 0 };
	if (!unwinding || pfl_unwinding_note(unwinding, &fold->machine))
		return -ENOMEM;
	if (!task->process)
		return 0;
	walk->pcs = unwinding->pcs;
	return pfl_unwinding_walk(unwinding, unwinding->unwinder, task->process->maps, sample, walk);
}
