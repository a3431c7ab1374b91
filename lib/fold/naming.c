/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The end of the way: stacks of numbers become a profile of names. Each piece of
 * code is looked up once, however many stacks it is in.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fold/state.h"
#include "util/strbuf.h"

struct naming {
	struct pfl_fold *fold;
	struct pfl_symbols *symbols;
	struct pfl_profile *profile;
	uint32_t *frame_of;	/* code number to frame of the profile */
	uint32_t *node_of;	/* stack node to node of the profile */
	bool *unnamed;		/* by code number */
	struct pfl_strbuf text;
};

/* Without a symbol the DSO stands for the code: "[libc.so.6]"; one in brackets stays as it is. */
static uint32_t unnamed_frame(struct naming *naming, const struct pfl_dso *dso)
{
	enum pfl_frame_kind kind = PFL_FRAME_USER;

	if (dso->kind == PFL_DSO_UNKNOWN)
		kind = PFL_FRAME_MARK;
	else if (dso->kind == PFL_DSO_KERNEL || dso->kind == PFL_DSO_MODULE)
		kind = PFL_FRAME_KERNEL;
	pfl_strbuf_cut(&naming->text, 0);
	pfl_strbuf_addf(&naming->text, *dso->name == '[' ? "%s" : "[%s]", dso->name);
	if (naming->text.error)
		return PFL_NODE_NONE;
	return pfl_profile_frame(naming->profile, naming->text.text, naming->text.len, dso->path,
				 kind);
}

static uint32_t name_code(struct naming *naming, uint32_t number)
{
	const struct pfl_machine *machine = &naming->fold->machine;
	const struct pfl_code *code = &machine->code[number];
	const struct pfl_dso *dso = &machine->dsos[code->dso];
	struct pfl_symbol symbol;
	int err = -ENOENT;

	if (dso->kind != PFL_DSO_UNKNOWN)
		err = pfl_symbols_find(naming->symbols, dso, code->offset, code->caller, &symbol);
	if (!err)
		return pfl_profile_frame(naming->profile, symbol.name, strlen(symbol.name),
					 dso->path, symbol.kind);
	naming->unnamed[number] = true;
	return err == -ENOENT ? unnamed_frame(naming, dso) : PFL_NODE_NONE;
}

/* FlameGraph's way: a space would end the stack for whoever splits the line at it. */
static uint32_t name_task(struct naming *naming, uint32_t number)
{
	const char *name = pfl_strings_get(&naming->fold->machine.names, number);

	pfl_strbuf_cut(&naming->text, 0);
	for (; *name; name++)
		pfl_strbuf_addc(&naming->text, *name == ' ' ? '_' : *name);
	if (naming->text.error)
		return PFL_NODE_NONE;
	return pfl_profile_frame(naming->profile, naming->text.len ? naming->text.text : "",
				 naming->text.len, NULL, PFL_FRAME_TASK);
}

static uint32_t name_frame(struct naming *naming, uint32_t frame)
{
	const char *name;

	if (frame < PFL_STACK_TASK) {
		if (naming->frame_of[frame] == PFL_NODE_NONE)
			naming->frame_of[frame] = name_code(naming, frame);
		return naming->frame_of[frame];
	}
	if (frame < PFL_STACK_MARK)
		return name_task(naming, frame & PFL_STACK_NUMBER);
	name = pfl_strings_get(&naming->fold->machine.names, frame & PFL_STACK_NUMBER);
	return pfl_profile_frame(naming->profile, name, strlen(name), NULL, PFL_FRAME_MARK);
}

/* A parent's number is smaller than its children's, so one pass builds the tree. */
static int name_stacks(struct naming *naming)
{
	const struct pfl_stacks *stacks = &naming->fold->stacks;

	for (uint32_t i = 0; i < stacks->count; i++) {
		const struct pfl_stack_node *node = &stacks->nodes[i];
		uint32_t parent = node->parent == PFL_NONE ? 0 : naming->node_of[node->parent];
		uint32_t frame = name_frame(naming, node->frame);

		if (frame == PFL_NODE_NONE)
			return -ENOMEM;
		naming->node_of[i] = pfl_profile_child(naming->profile, parent, frame);
		if (naming->node_of[i] == PFL_NODE_NONE)
			return -ENOMEM;
		pfl_profile_charge(naming->profile, naming->node_of[i], node->values);
	}
	return 0;
}

/* How many samples' frames are how well known; values[0] of every type counts samples. */
static int count_frames(struct naming *naming)
{
	const struct pfl_stacks *stacks = &naming->fold->stacks;
	const struct pfl_machine *machine = &naming->fold->machine;
	struct pfl_fold_stats *stats = &naming->fold->stats;
	uint64_t *through = calloc(stacks->count + 1, sizeof(*through));

	if (!through)
		return -ENOMEM;
	for (uint32_t i = stacks->count; i-- > 0;) {
		const struct pfl_stack_node *node = &stacks->nodes[i];

		through[i] += node->values[0];
		if (node->parent != PFL_NONE)
			through[node->parent] += through[i];
		else if (node->frame >= PFL_STACK_TASK)
			stats->empty_half += node->values[0];
		if (node->frame >= PFL_STACK_TASK)
			continue;
		stats->frames += through[i];
		if (naming->unnamed[node->frame])
			stats->unnamed += through[i];
		if (machine->code[node->frame].dso == PFL_DSO_NUMBER_UNKNOWN)
			stats->unmapped += through[i];
	}
	free(through);
	return 0;
}

static int make_profile(struct naming *naming)
{
	struct pfl_fold *fold = naming->fold;
	struct pfl_profile_info info = fold->type->info;

	if (fold->type->describe)
		fold->type->describe(fold->selected, &info);
	return pfl_profile_new(fold->ctx, &info, &naming->profile);
}

static int name_all(struct naming *naming)
{
	struct pfl_fold *fold = naming->fold;
	uint32_t ncode = fold->machine.ncode;
	int err;

	naming->frame_of = malloc((ncode + 1) * sizeof(*naming->frame_of));
	naming->node_of = malloc((fold->stacks.count + 1) * sizeof(*naming->node_of));
	naming->unnamed = calloc(ncode + 1, sizeof(*naming->unnamed));
	if (!naming->frame_of || !naming->node_of || !naming->unnamed)
		return -ENOMEM;
	memset(naming->frame_of, 0xff, ncode * sizeof(*naming->frame_of));
	err = pfl_symbols_new(fold->ctx, &fold->origin, fold->opts.demangle, &naming->symbols);
	if (!err)
		err = make_profile(naming);
	if (!err)
		err = name_stacks(naming);
	if (!err)
		err = count_frames(naming);
	return err ? err : pfl_profile_finish(naming->profile);
}

int pfl_naming(struct pfl_fold *fold, struct pfl_profile **out)
{
	struct naming naming = { .fold = fold };
	int err = name_all(&naming);

	if (!err)
		*out = naming.profile;
	else
		pfl_profile_free(naming.profile);
	pfl_symbols_free(naming.symbols);
	pfl_strbuf_free(&naming.text);
	free(naming.frame_of);
	free(naming.node_of);
	free(naming.unnamed);
	return err;
}
