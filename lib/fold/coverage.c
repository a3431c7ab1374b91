/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One pass along the tree of stacks, from the roots to the leaves, decides for
 * each node what can be said of all stacks that go through it:
 *
 * - The outermost frame tells whether a stack is whole. A chain that went astray
 *   often has addresses of nothing at its end: they are passed over. Where the
 *   first frame in a binary is none that a thread starts with, the callers of
 *   that binary's frame are what is missing, and it is the one that broke the
 *   stack. A function that only ever begins a thread is believed wherever it
 *   stands: what is outside of it was never a caller.
 * - Each DSO with a nameless frame counts a sample once, however many such
 *   frames of it the stack has: the nameless DSOs of a node are its parent's and
 *   maybe one more, a list that children share.
 *
 * values[0] of every type counts samples.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fold/coverage.h"
#include "types/interrupt.h"

/* Of a node: the DSO that broke its stacks, or one of these. */
#define START PFL_NONE		/* no frame yet */
#define LOST (PFL_NONE - 1)	/* only frames that are in no DSO */
#define WHOLE (PFL_NONE - 2)
#define CUT (PFL_NONE - 3)	/* not whole, and no DSO is to blame */
#define MARKED (PFL_NONE - 4)	/* marks, and no frame yet */
#define IS_DSO(state) ((state) < MARKED)
#define HAS_FRAME(state) ((state) != START && (state) != MARKED)

struct cell {
	uint32_t dso;
	uint32_t next;		/* PFL_NONE: the last one */
};

struct counting {
	struct pfl_fold *fold;
	const uint8_t *known;
	uint64_t *through;	/* by node: samples of all stacks through it */
	uint32_t *state;	/* by node */
	uint32_t *nameless;	/* by node: the first of its cells */
	struct cell *cells;
	uint32_t ncells, room;
	struct pfl_cost *costs;	/* by owner */
	uint32_t anonymous;	/* the owner of all memory without a file */
	uint32_t interrupt;	/* the mark that stands for whatever was interrupted */
};

static bool begins(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

static bool begins_with_one(const char *name, const char *const *prefixes)
{
	for (; *prefixes; prefixes++)
		if (begins(name, *prefixes))
			return true;
	return false;
}

/*
 * Of the kernel: how it is entered, by a system call, an exception or an
 * interrupt; where its threads, and each CPU's idle task, begin.
 */
static const char *const kernel_entries[] = {
	"entry_", "asm_", "ret_from_fork", "secondary_startup", "common_startup_64",
	"start_secondary", "start_kernel", "rest_init", "x86_64_start_", "el0",
	"__secondary_switched", "secondary_start_kernel", "__primary_switched",
	"xen_asm_", NULL
};

/* glibc, musl and Go; the last two names are not theirs alone. */
static const char *const thread_entries[] = {
	"__libc_start_", "libc_start_main_stage2", "clone3", "__clone3", "runtime.goexit",
	"runtime.mstart", "runtime.rt0_go", NULL
};

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(name, *names))
			return true;
	return false;
}

uint8_t pfl_coverage_root(const char *name, bool kernel)
{
	static const char *const first[] = { "_start", "_start_c", "_dl_start", NULL };
	static const char *const last[] = { "start_thread", "clone", "__clone", NULL };

	if (kernel)
		return begins_with_one(name, kernel_entries) ? PFL_CODE_ROOT_LAST : 0;
	if (is_one_of(name, first) || begins_with_one(name, thread_entries))
		return PFL_CODE_ROOT;
	return is_one_of(name, last) ? PFL_CODE_ROOT_LAST : 0;
}

static int init(struct counting *counting)
{
	const struct pfl_fold *fold = counting->fold;
	size_t count = (size_t)fold->stacks.count + 1;

	counting->interrupt = PFL_STACK_MARK |
			      pfl_strings_add(&counting->fold->machine.names, PFL_INTERRUPT,
					      strlen(PFL_INTERRUPT));
	counting->through = calloc(count, sizeof(*counting->through));
	counting->state = malloc(count * sizeof(*counting->state));
	counting->nameless = malloc(count * sizeof(*counting->nameless));
	counting->costs = calloc(fold->machine.ndsos, sizeof(*counting->costs));
	counting->room = 1024;
	counting->cells = calloc(counting->room, sizeof(*counting->cells));
	return counting->through && counting->state && counting->nameless && counting->costs &&
	       counting->cells ? 0 : -ENOMEM;
}

static void clean_up(struct counting *counting)
{
	free(counting->through);
	free(counting->state);
	free(counting->nameless);
	free(counting->cells);
	free(counting->costs);
}

/* Each process has memory without a file of its own; what all of it costs is one number. */
static uint32_t owner_of(struct counting *counting, uint32_t dso)
{
	if (counting->fold->machine.dsos[dso].kind != PFL_DSO_ANON)
		return dso;
	if (!counting->anonymous)
		counting->anonymous = dso;
	return counting->anonymous;
}

static bool is_kernel(const struct pfl_fold *fold, uint32_t dso)
{
	return fold->machine.dsos[dso].kind == PFL_DSO_KERNEL ||
	       fold->machine.dsos[dso].kind == PFL_DSO_MODULE;
}

/* What @state becomes by a frame of code further inwards. */
static uint32_t step(const struct counting *counting, uint32_t state, uint32_t code)
{
	const struct pfl_fold *fold = counting->fold;
	uint32_t dso = fold->machine.code[code].dso;
	uint8_t known = counting->known[code];

	if (state == START || (state == LOST && !is_kernel(fold, dso))) {
		if (dso == PFL_DSO_NUMBER_UNKNOWN)
			return LOST;
		if (known & (PFL_CODE_ROOT | PFL_CODE_ROOT_LAST))
			return WHOLE;
		/* without names nothing tells where the kernel is entered */
		return is_kernel(fold, dso) && known & PFL_CODE_UNNAMED ? CUT : dso;
	}
	if (state == LOST || state == MARKED)
		return CUT;
	return IS_DSO(state) && !is_kernel(fold, dso) && known & PFL_CODE_ROOT ? WHOLE : state;
}

static bool has_cell(const struct counting *counting, uint32_t list, uint32_t dso)
{
	while (list != PFL_NONE && counting->cells[list].dso != dso)
		list = counting->cells[list].next;
	return list != PFL_NONE;
}

/* Puts @dso in front of *@list, of node @i. */
static int add_nameless(struct counting *counting, uint32_t i, uint32_t *list, uint32_t dso)
{
	struct cell *cells = counting->cells;

	if (counting->ncells == counting->room) {
		cells = realloc(cells, 2 * (size_t)counting->room * sizeof(*cells));
		if (!cells)
			return -ENOMEM;
		counting->cells = cells;
		counting->room *= 2;
	}
	cells[counting->ncells] = (struct cell){ .dso = dso, .next = *list };
	*list = counting->ncells++;
	counting->costs[dso].unnamed += counting->through[i];
	counting->costs[dso].samples += counting->through[i];
	return 0;
}

static void count_frame(struct counting *counting, uint32_t i, uint32_t code)
{
	struct pfl_fold_stats *stats = &counting->fold->stats;

	stats->frames += counting->through[i];
	if (counting->known[code] & PFL_CODE_UNNAMED)
		stats->unnamed += counting->through[i];
	if (counting->fold->machine.code[code].dso == PFL_DSO_NUMBER_UNKNOWN)
		stats->unmapped += counting->through[i];
}

static int visit(struct counting *counting, uint32_t i)
{
	const struct pfl_stack_node *node = &counting->fold->stacks.nodes[i];
	bool first = node->parent == PFL_NONE;
	uint32_t state = first ? START : counting->state[node->parent];
	uint32_t list = first ? PFL_NONE : counting->nameless[node->parent];
	int err = 0;

	if (node->frame < PFL_STACK_TASK) {
		uint32_t dso = counting->fold->machine.code[node->frame].dso;
		uint32_t owner = owner_of(counting, dso);

		state = step(counting, state, node->frame);
		count_frame(counting, i, node->frame);
		if (counting->through[i])
			counting->costs[owner].code = node->frame;
		if (counting->known[node->frame] & PFL_CODE_UNNAMED &&
		    dso != PFL_DSO_NUMBER_UNKNOWN && !has_cell(counting, list, owner))
			err = add_nameless(counting, i, &list, owner);
	} else if (node->frame >= PFL_STACK_MARK && node->frame != counting->interrupt &&
		   (state == START || state == LOST)) {
		state = state == LOST ? CUT : MARKED;
	}
	counting->state[i] = state;
	counting->nameless[i] = list;
	return err;
}

/* The stacks that end in node @i. */
static void count_stacks(struct counting *counting, uint32_t i)
{
	const struct pfl_stack_node *node = &counting->fold->stacks.nodes[i];
	struct pfl_fold_stats *stats = &counting->fold->stats;
	uint64_t count = node->values[0];
	struct pfl_cost *cost;
	uint32_t dso;

	if (HAS_FRAME(counting->state[i]))
		stats->stacks += count;
	else if (node->parent == PFL_NONE &&
		 (counting->fold->opts.user_only || counting->fold->opts.kernel_only))
		stats->empty_half += count;
	if (counting->state[i] == WHOLE)
		stats->whole += count;
	if (!count || !IS_DSO(counting->state[i]))
		return;
	dso = owner_of(counting, counting->state[i]);
	cost = &counting->costs[dso];
	cost->broken += count;
	if (!has_cell(counting, counting->nameless[i], dso))
		cost->samples += count;
}

static void find_worst(const struct counting *counting, struct pfl_cost *worst)
{
	memset(worst, 0, PFL_FOLD_GAPS * sizeof(*worst));
	for (uint32_t dso = 0; dso < counting->fold->machine.ndsos; dso++) {
		int at = PFL_FOLD_GAPS;

		while (at && counting->costs[dso].samples > worst[at - 1].samples)
			at--;
		if (at == PFL_FOLD_GAPS)
			continue;
		memmove(&worst[at + 1], &worst[at], (PFL_FOLD_GAPS - 1 - at) * sizeof(*worst));
		worst[at] = counting->costs[dso];
	}
}

static int count(struct counting *counting)
{
	const struct pfl_stacks *stacks = &counting->fold->stacks;
	int err = 0;

	for (uint32_t i = stacks->count; i-- > 0;) {
		counting->through[i] += stacks->nodes[i].values[0];
		if (stacks->nodes[i].parent != PFL_NONE)
			counting->through[stacks->nodes[i].parent] += counting->through[i];
	}
	for (uint32_t i = 0; i < stacks->count && !err; i++) {
		err = visit(counting, i);
		count_stacks(counting, i);
	}
	return err;
}

int pfl_coverage_count(struct pfl_fold *fold, const uint8_t *known,
		       struct pfl_cost worst[PFL_FOLD_GAPS])
{
	struct counting counting = { .fold = fold, .known = known };
	int err = init(&counting);

	if (!err)
		err = count(&counting);
	if (!err)
		find_worst(&counting, worst);
	clean_up(&counting);
	return err;
}
