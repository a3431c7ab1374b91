/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The end of the way: stacks of numbers become a profile of names. Each piece of
 * code is looked up once, however many stacks it is in.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fold/coverage.h"
#include "fold/fetch.h"
#include "fold/state.h"
#include "profile/profile.h"
#include "symbol/buildid.h"
#include "symbol/dsofile.h"
#include "util/strbuf.h"

struct naming {
	struct pfl_fold *fold;
	struct pfl_profile *profile;
	uint32_t *frames_of;	/* code number to its frames in list[]: their number, the outermost first */
	uint32_t *list;
	uint32_t used, room;
	uint32_t *node_of;	/* stack node to node of the profile */
	uint8_t *known;		/* by code number: PFL_CODE_ … */
	uint32_t *task_of;	/* by stack node: the name of its thread; NULL: none is kept apart */
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

/* The file by its last part: a graph has no room for build directories. */
static uint32_t frame_with_line(struct naming *naming, const struct pfl_symbol *symbol,
				const struct pfl_dso *dso)
{
	const char *file = strrchr(symbol->file, '/');

	pfl_strbuf_cut(&naming->text, 0);
	pfl_strbuf_addf(&naming->text, "%s (%s:%u)", symbol->name, file ? file + 1 : symbol->file,
			symbol->line);
	if (naming->text.error)
		return PFL_NODE_NONE;
	return pfl_profile_frame(naming->profile, naming->text.text, naming->text.len, dso->path,
				 symbol->kind);
}

static uint32_t named_frame(struct naming *naming, const struct pfl_symbol *symbol,
			    const struct pfl_dso *dso, bool with_line)
{
	if (with_line && symbol->file && symbol->line)
		return frame_with_line(naming, symbol, dso);
	return pfl_profile_frame(naming->profile, symbol->name, strlen(symbol->name), dso->path,
				 symbol->kind);
}

static int add_frame(struct naming *naming, uint32_t frame)
{
	if (frame == PFL_NODE_NONE)
		return -ENOMEM;
	naming->list[naming->used++] = frame;
	return 0;
}

/* Room for the frames of one more piece of code, and their number. */
static int make_room(struct naming *naming)
{
	uint32_t room = naming->room ? naming->room * 2 : 4096;
	uint32_t *list;

	if (naming->used + PFL_SYMBOL_FRAMES + 1 <= naming->room)
		return 0;
	list = realloc(naming->list, room * sizeof(*list));
	if (!list)
		return -ENOMEM;
	naming->list = list;
	naming->room = room;
	return 0;
}

/* What the code's outermost function is, of @count. */
static uint8_t what_is_known(struct naming *naming, uint32_t number,
			     const struct pfl_symbol *symbols, int count)
{
	const struct pfl_code *code = &naming->fold->machine.code[number];
	const struct pfl_dso *dso = &naming->fold->machine.dsos[code->dso];
	uint8_t known = code->root ? PFL_CODE_ROOT_LAST : 0;

	if (count > 0)
		return known | pfl_coverage_root(symbols[count - 1].name,
						 symbols[count - 1].kind == PFL_FRAME_KERNEL);
	if (dso->kind != PFL_DSO_UNKNOWN &&
	    pfl_symbols_start_here(naming->fold->symbols, dso, code->offset, code->caller))
		known |= PFL_CODE_ROOT;
	return known | PFL_CODE_UNNAMED;
}

/* The frames of one piece of code: the function, and what was inlined there. */
static int name_code(struct naming *naming, uint32_t number)
{
	const struct pfl_machine *machine = &naming->fold->machine;
	const struct pfl_code *code = &machine->code[number];
	const struct pfl_dso *dso = &machine->dsos[code->dso];
	struct pfl_symbol symbols[PFL_SYMBOL_FRAMES];
	int count = -ENOENT, err = make_room(naming);

	if (err)
		return err;
	naming->frames_of[number] = naming->used++;
	if (dso->kind != PFL_DSO_UNKNOWN)
		count = pfl_symbols_frames(naming->fold->symbols, dso, code->offset, code->caller, symbols);
	for (int i = count; i-- > 0 && !err;)
		err = add_frame(naming, named_frame(naming, &symbols[i], dso,
						    !i && !code->caller));
	if (count == -ENOENT)
		err = add_frame(naming, unnamed_frame(naming, dso));
	else if (count < 0)
		err = count;
	naming->known[number] = what_is_known(naming, number, symbols, count);
	naming->list[naming->frames_of[number]] = naming->used - naming->frames_of[number] - 1;
	return err;
}

/* FlameGraph's way: a space would end the stack for whoever splits the line at it. */
static const char *task_text(struct naming *naming, uint32_t number)
{
	const char *name = pfl_strings_get(&naming->fold->machine.names, number);

	pfl_strbuf_cut(&naming->text, 0);
	for (; *name; name++)
		pfl_strbuf_addc(&naming->text, *name == ' ' ? '_' : *name);
	if (naming->text.error)
		return NULL;
	return naming->text.len ? naming->text.text : "";
}

static uint32_t name_task(struct naming *naming, uint32_t number)
{
	uint32_t shown = pfl_table_get(&naming->fold->shown, number);
	const char *text = task_text(naming, shown == PFL_NONE ? number : shown);

	if (!text)
		return PFL_NODE_NONE;
	return pfl_profile_frame(naming->profile, text, naming->text.len, NULL, PFL_FRAME_TASK);
}

static uint32_t name_mark(struct naming *naming, uint32_t number)
{
	const char *name = pfl_strings_get(&naming->fold->machine.names, number);

	return pfl_profile_frame(naming->profile, name, strlen(name), NULL, PFL_FRAME_MARK);
}

/* The node of @code below @parent: its innermost function's. */
static uint32_t node_of_code(struct naming *naming, uint32_t parent, uint32_t code)
{
	const uint32_t *frames;

	if (naming->frames_of[code] == PFL_NODE_NONE && name_code(naming, code))
		return PFL_NODE_NONE;
	frames = &naming->list[naming->frames_of[code]];
	for (uint32_t i = 1; i <= *frames && parent != PFL_NODE_NONE; i++)
		parent = pfl_profile_child(naming->profile, parent, frames[i]);
	return parent;
}

static uint32_t node_of_frame(struct naming *naming, uint32_t parent, uint32_t frame)
{
	uint32_t named;

	if (frame < PFL_STACK_TASK)
		return node_of_code(naming, parent, frame);
	named = frame < PFL_STACK_MARK ? name_task(naming, frame & PFL_STACK_NUMBER) :
					 name_mark(naming, frame & PFL_STACK_NUMBER);
	return named == PFL_NODE_NONE ? named : pfl_profile_child(naming->profile, parent, named);
}

/* Of @node, where it is code. */
static const struct pfl_frame *function_of(struct pfl_books *books, uint32_t node)
{
	struct naming *naming = books->naming;
	uint32_t code = books->stacks->nodes[node].frame;

	if (code >= PFL_STACK_TASK ||
	    (naming->frames_of[code] == PFL_NODE_NONE && name_code(naming, code)))
		return NULL;
	/* the outermost: what was inlined into it comes after it */
	return pfl_profile_frame_at(naming->profile, naming->list[naming->frames_of[code] + 1]);
}

static const char *callee_of(struct pfl_books *books, uint32_t node)
{
	struct naming *naming = books->naming;
	const struct pfl_machine *machine = &naming->fold->machine;
	uint32_t number = books->stacks->nodes[node].frame;
	const struct pfl_code *code = number < PFL_STACK_TASK ? &machine->code[number] : NULL;
	struct pfl_symbol symbol;

	if (!code || !code->caller ||
	    pfl_symbols_callee(naming->fold->symbols, &machine->dsos[code->dso], code->offset, &symbol))
		return NULL;
	return symbol.name;
}

static const char *variable(struct pfl_books *books, uint64_t address, uint64_t *offset)
{
	struct pfl_fold *fold = books->fold;

	return pfl_symbols_variable(fold->symbols, &fold->machine.dsos[PFL_DSO_NUMBER_KERNEL], address,
				    offset);
}

static bool in_lock_code(struct pfl_books *books, uint32_t node)
{
	struct naming *naming = books->naming;
	const struct pfl_machine *machine = &naming->fold->machine;
	const struct pfl_code *code = &machine->code[books->stacks->nodes[node].frame];

	return pfl_symbols_in_lock_code(naming->fold->symbols, &machine->dsos[code->dso],
					code->offset);
}

/* What was charged to it is left out: the node stays, worth nothing. */
static int name_note(struct pfl_fold *fold, struct pfl_stack_node *node)
{
	struct pfl_fold_stats *stats = &fold->stats;
	const char *text = fold->type->accountant->note(&fold->books, node->frame & PFL_STACK_NUMBER);
	uint32_t name = pfl_strings_add(&fold->machine.names, text ? text : "", text ? strlen(text) : 0);

	if (name > PFL_STACK_NUMBER)
		return -ENOMEM;
	node->frame = PFL_STACK_MARK | name;
	if (text)
		return 0;
	stats->waits -= node->values[0];
	stats->no_locks += node->values[0];
	stats->no_locks_ns = pfl_add_saturated(stats->no_locks_ns, node->values[1]);
	memset(node->values, 0, sizeof(node->values));
	return 0;
}

/* Notes become marks. */
static int name_notes(struct pfl_fold *fold)
{
	int err = 0;

	for (uint32_t i = 0; i < fold->stacks.count && !err; i++) {
		struct pfl_stack_node *node = &fold->stacks.nodes[i];

		if (node->frame >= PFL_STACK_NOTE && node->frame < PFL_STACK_MARK)
			err = name_note(fold, node);
	}
	return err;
}

/* What the accountant has to say now that it can ask for names. */
static int ask_accountant(struct naming *naming)
{
	struct pfl_fold *fold = naming->fold;
	const struct pfl_accountant *accountant = fold->type->accountant;
	int err = 0;

	fold->books.naming = naming;
	fold->books.function = function_of;
	fold->books.callee = callee_of;
	fold->books.variable = variable;
	fold->books.in_lock_code = in_lock_code;
	if (accountant->named)
		err = accountant->named(&fold->books);
	return !err && accountant->note ? name_notes(fold) : err;
}

static bool has_value(const struct pfl_stack_node *node)
{
	for (int value = 0; value < PFL_VALUES; value++)
		if (node->values[value])
			return true;
	return false;
}

/* Whether anything was charged to a node or to what it called: only that needs a name. */
static bool *find_charged(const struct pfl_stacks *stacks)
{
	bool *charged = calloc(stacks->count + 1, sizeof(*charged));

	for (uint32_t i = stacks->count; charged && i-- > 0;) {
		const struct pfl_stack_node *node = &stacks->nodes[i];

		charged[i] |= has_value(node);
		if (charged[i] && node->parent != PFL_NONE)
			charged[node->parent] = true;
	}
	return charged;
}

/* What stack @i was charged is its thread's. */
static int share(struct naming *naming, uint32_t i)
{
	const struct pfl_stack_node *node = &naming->fold->stacks.nodes[i];
	uint32_t task = node->parent == PFL_NONE ? node->frame : naming->task_of[node->parent];
	const char *text;

	naming->task_of[i] = task;
	if (task < PFL_STACK_TASK || task >= PFL_STACK_NOTE || !has_value(node))
		return 0;
	text = task_text(naming, task & PFL_STACK_NUMBER);
	return text ? pfl_profile_share(naming->profile, naming->node_of[i], text,
					naming->text.len, node->values) : -ENOMEM;
}

/* A parent's number is smaller than its children's, so one pass builds the tree. */
static int name_stacks(struct naming *naming)
{
	const struct pfl_stacks *stacks = &naming->fold->stacks;
	bool *charged = find_charged(stacks);
	int err = charged ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < stacks->count && !err; i++) {
		const struct pfl_stack_node *node = &stacks->nodes[i];
		uint32_t parent = node->parent == PFL_NONE ? 0 : naming->node_of[node->parent];

		if (!charged[i])
			continue;
		naming->node_of[i] = node_of_frame(naming, parent, node->frame);
		if (naming->node_of[i] == PFL_NODE_NONE)
			err = -ENOMEM;
		else
			pfl_profile_charge(naming->profile, naming->node_of[i], node->values);
		if (!err && naming->task_of)
			err = share(naming, i);
	}
	free(charged);
	return err;
}

static enum pfl_gap_kind gap_kind(const struct pfl_dso *dso)
{
	switch (dso->kind) {
	case PFL_DSO_KERNEL:
	case PFL_DSO_MODULE:
	case PFL_DSO_VDSO:
		return PFL_GAP_KERNEL;
	case PFL_DSO_ANON:
		return PFL_GAP_MEMORY;
	default:
		return PFL_GAP_FILE;
	}
}

static void add_gap(struct naming *naming, const struct pfl_cost *cost)
{
	struct pfl_fold_stats *stats = &naming->fold->stats;
	const struct pfl_machine *machine = &naming->fold->machine;
	const struct pfl_dso *dso = &machine->dsos[machine->code[cost->code].dso];
	uint32_t frame = naming->list[naming->frames_of[cost->code] + 1];
	struct pfl_fold_gap *gap = &stats->gaps[stats->ngaps++];
	struct pfl_build_id id = dso->build_id;

	*gap = (struct pfl_fold_gap){
		.path = pfl_profile_frame_at(naming->profile, frame)->dso,
		.kind = gap_kind(dso),
		.samples = cost->samples, .unnamed = cost->unnamed, .broken = cost->broken,
	};
	if (dso->kind == PFL_DSO_FILE)
		gap->is_here = pfl_dsofile_is_here(dso, pfl_nearness_of(&naming->fold->origin),
						   &id);
	pfl_build_id_format(&id, gap->build_id);
}

static int count_coverage(struct naming *naming)
{
	struct pfl_cost worst[PFL_FOLD_GAPS];
	int err = pfl_coverage_count(naming->fold, naming->known, worst);

	for (unsigned int i = 0; i < PFL_FOLD_GAPS && !err && worst[i].samples; i++)
		add_gap(naming, &worst[i]);
	return err;
}

static int make_profile(struct naming *naming)
{
	struct pfl_fold *fold = naming->fold;
	struct pfl_profile_info info = fold->type->info;

	if (fold->type->describe)
		fold->type->describe(fold->selected, &info);
	return pfl_profile_new(fold->ctx, &info, &naming->profile);
}

/* Stacks that were dumped in place of frame pointers are costly: whoever pays for that wants all. */
static bool wants_inlines(const struct pfl_fold *fold)
{
	if (fold->opts.inlines == PFL_INLINES_AUTO)
		return fold->stats.unwound && fold->selected->attr.exclude_callchain_user;
	return fold->opts.inlines == PFL_INLINES_ON;
}

/* All that will be asked, at once and on all CPUs. */
static int load_symbols(struct pfl_fold *fold)
{
	const struct pfl_machine *machine = &fold->machine;
	const struct pfl_dso **asked = calloc(machine->ndsos, sizeof(*asked));
	size_t count = 0;
	int err = asked ? 0 : -ENOMEM;

	if (!err && fold->fetches)
		err = pfl_fetch_choose(fold);
	for (uint32_t i = 0; i < machine->ndsos && !err; i++) {
		err = pfl_symbols_note(fold->symbols, &machine->dsos[i]);
		if (machine->dsos[i].kind != PFL_DSO_UNKNOWN &&
		    (machine->code_of[i][0].used || machine->code_of[i][1].used))
			asked[count++] = &machine->dsos[i];
	}
	if (!err)
		err = pfl_symbols_load(fold->symbols, asked, count);
	free(asked);
	return err;
}

static int name_all(struct naming *naming)
{
	struct pfl_fold *fold = naming->fold;
	uint32_t ncode = fold->machine.ncode;
	int err;

	naming->frames_of = malloc((ncode + 1) * sizeof(*naming->frames_of));
	naming->node_of = malloc((fold->stacks.count + 1) * sizeof(*naming->node_of));
	naming->known = calloc(ncode + 1, sizeof(*naming->known));
	if (fold->opts.keep_tasks)
		naming->task_of = malloc((fold->stacks.count + 1) * sizeof(*naming->task_of));
	if (!naming->frames_of || !naming->node_of || !naming->known ||
	    (fold->opts.keep_tasks && !naming->task_of))
		return -ENOMEM;
	memset(naming->frames_of, 0xff, ncode * sizeof(*naming->frames_of));
	pfl_symbols_set_debug(fold->symbols, wants_inlines(fold), fold->opts.srcline);
	err = load_symbols(fold);
	if (!err)
		err = make_profile(naming);
	if (!err && fold->opened)
		err = ask_accountant(naming);
	if (!err)
		err = name_stacks(naming);
	if (!err)
		err = count_coverage(naming);
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
	pfl_symbols_free(fold->symbols);
	fold->symbols = NULL;
	pfl_strbuf_free(&naming.text);
	free(naming.frames_of);
	free(naming.list);
	free(naming.node_of);
	free(naming.known);
	free(naming.task_of);
	return err;
}
