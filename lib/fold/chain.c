/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the callchain that the kernel recorded to a stack. A chain is words,
 * the innermost frame first; markers among them tell whether the addresses that
 * follow are the kernel's or the program's.
 *
 * The first address of the user part is where the CPU stood; those behind it are
 * return addresses, and stand for the call before them. In the kernel's part an
 * interrupt's exact address may stand anywhere and nothing tells it from a
 * return address: there all are taken as they are, as perf does.
 *
 * Where the sample holds registers and a dump of the user stack, the user part is
 * first made of those (repair.c).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fold/state.h"
#include "fold/repair.h"
#include "perfdata/format.h"
#include "types/interrupt.h"
#include "util/bytes.h"

/* One for each word, and a mark. */
#define FRAMES_MAX (PFL_REPAIR_WORDS_MAX + 1)

/*
 * Most samples repeat a chain that was just seen. The memo keeps chains whole,
 * so that a repeated one costs a comparison instead of a look-up for each frame.
 * It forgets everything when its words are full.
 */
#define MEMO_SLOTS (1u << 14)
#define MEMO_WORDS (1u << 18)	/* 2 MiB: what is repeated is recent */

struct memo_slot {
	uint64_t user, kernel;	/* versions of the mappings that the addresses belong to */
	uint32_t root;
	uint32_t nchain;	/* 0: free */
	bool cut;
	uint32_t words;		/* where the chain stands */
	uint32_t stack;
};

struct pfl_memo {
	struct memo_slot slots[MEMO_SLOTS];
	uint32_t used;
	uint64_t words[MEMO_WORDS];
};

int pfl_chain_init(struct pfl_fold *fold)
{
	fold->frames = malloc(FRAMES_MAX * sizeof(*fold->frames));
	fold->memo = malloc(sizeof(*fold->memo));
	if (!fold->frames || !fold->memo)
		return -ENOMEM;
	memset(fold->memo->slots, 0, sizeof(fold->memo->slots));
	fold->memo->used = 0;
	return 0;
}

void pfl_chain_free(struct pfl_fold *fold)
{
	free(fold->frames);
	free(fold->memo);
}

static uint32_t name_of_root(struct pfl_fold *fold, const struct pfl_task *task,
			     enum pfl_root root)
{
	const char *comm = pfl_strings_get(&fold->machine.names, task->comm);
	char name[64];	/* TASK_COMM_LEN is 16, but a recording may say more */
	int len;

	if (root == PFL_ROOT_COMM)
		return task->comm;
	if (root == PFL_ROOT_PID)
		len = snprintf(name, sizeof(name), "%.32s-%d", comm, task->pid);
	else
		len = snprintf(name, sizeof(name), "%.32s-%d/%d", comm, task->pid, task->tid);
	return pfl_strings_add(&fold->machine.names, name, len);
}

/* Where threads are to be told apart, each has a root of its own, until there are names. */
static uint32_t root_name(struct pfl_fold *fold, const struct pfl_task *task)
{
	uint32_t shown = name_of_root(fold, task, fold->opts.root);
	uint32_t own, *slot;

	if (!fold->opts.keep_tasks || shown == PFL_NONE)
		return shown;
	own = name_of_root(fold, task, PFL_ROOT_TID);
	slot = own == PFL_NONE ? NULL : pfl_table_put(&fold->shown, own);
	if (!slot)
		return PFL_NONE;
	*slot = shown;
	return own;
}

/* The node that the task's stacks start from; made once for each name a task has. */
static int find_root(struct pfl_fold *fold, struct pfl_task *task)
{
	uint32_t name;

	if (task->root != PFL_NONE || fold->opts.root == PFL_ROOT_NONE)
		return 0;
	name = root_name(fold, task);
	if (name > PFL_STACK_NUMBER)
		return -ENOMEM;
	task->root = pfl_stacks_child(&fold->stacks, PFL_NONE, PFL_STACK_TASK | name);
	return task->root == PFL_NONE ? -ENOMEM : 0;
}

uint32_t pfl_chain_root(struct pfl_fold *fold, struct pfl_task *task)
{
	return find_root(fold, task) ? PFL_NONE : task->root;
}

/* A walk along a chain: what the addresses at hand are. */
struct walk {
	struct pfl_fold *fold;
	const struct pfl_task *task;
	uint32_t nframes;
	bool kernel;
	bool caller;
	bool skip;	/* a guest's or a hypervisor's, which we have no mappings of */
};

static int add_frame(struct walk *walk, uint64_t address)
{
	struct pfl_fold *fold = walk->fold;
	uint32_t code;

	if (walk->skip || (walk->kernel ? fold->opts.user_only : fold->opts.kernel_only))
		return 0;
	code = pfl_machine_code(&fold->machine, walk->task, address, walk->kernel, walk->caller);
	if (code == PFL_NONE)
		return -ENOMEM;
	fold->frames[walk->nframes++] = code;
	walk->caller = !walk->kernel;
	return 0;
}

/* What is not code, in the user part. */
static int add_mark(struct walk *walk, const char *mark)
{
	uint32_t name = pfl_strings_add(&walk->fold->machine.names, mark, strlen(mark));

	if (name > PFL_STACK_NUMBER)
		return -ENOMEM;
	if (!walk->fold->opts.kernel_only)
		walk->fold->frames[walk->nframes++] = PFL_STACK_MARK | name;
	return 0;
}

static int switch_context(struct walk *walk, uint64_t marker)
{
	walk->kernel = marker == (uint64_t)PERF_CONTEXT_KERNEL;
	walk->skip = !walk->kernel && marker != (uint64_t)PERF_CONTEXT_USER;
	walk->caller = false;
	/* The kernel put off walking the user part, and this version does not join it: show that. */
	if (marker == PFL_CONTEXT_USER_DEFERRED)
		return add_mark(walk, "[deferred]");
	return 0;
}

static int walk_chain(struct walk *walk, const struct pfl_sample *sample)
{
	int err = 0;

	for (uint64_t i = 0; i < sample->nchain && !err; i++) {
		uint64_t word = pfl_load64(sample->chain + i * 8);

		err = word >= PFL_CONTEXT_MAX ? switch_context(walk, word) : add_frame(walk, word);
	}
	return err;
}

uint32_t pfl_chain_mark(struct pfl_fold *fold, uint32_t node, const char *mark)
{
	uint32_t name = pfl_strings_add(&fold->machine.names, mark, strlen(mark));

	if (name > PFL_STACK_NUMBER)
		return PFL_NONE;
	return pfl_stacks_child(&fold->stacks, node, PFL_STACK_MARK | name);
}

/* Without a root, a stack of nothing at all would have no node to be charged. */
static uint32_t no_frames(struct pfl_fold *fold)
{
	return pfl_chain_mark(fold, PFL_NONE, "[no frames]");
}

/* A stack that was cut says so on the side of its root. */
static int walk_all(struct walk *walk, const struct pfl_sample *sample)
{
	int err = sample->nchain ? walk_chain(walk, sample) : add_frame(walk, sample->ip);
	uint32_t last = walk->nframes ? walk->fold->frames[walk->nframes - 1] : PFL_STACK_MARK;

	/* whoever made the recording may have put a marker where an address belongs */
	if (!err && sample->rooted && last < PFL_STACK_TASK)
		walk->fold->machine.code[last].root = true;
	return !err && sample->cut ? add_mark(walk, "[truncated]") : err;
}

static uint32_t walk_stack(struct pfl_fold *fold, struct pfl_task *task,
			   const struct pfl_sample *sample)
{
	struct walk walk = { .fold = fold, .task = task, .kernel = pfl_sample_in_kernel(sample) };

	if (walk_all(&walk, sample))
		return PFL_NONE;
	if (!walk.nframes && task->root == PFL_NONE)
		return no_frames(fold);
	return pfl_stacks_path(&fold->stacks, task->root, fold->frames, walk.nframes);
}

/* The same chain of another address space, or begun in another mode, is another stack. */
static struct memo_slot key_of(const struct pfl_fold *fold, const struct pfl_task *task,
			       const struct pfl_sample *sample)
{
	return (struct memo_slot){
		.user = task->process ? task->process->maps->version : 0,
		.kernel = fold->machine.kernel->version << 1 | pfl_sample_in_kernel(sample),
		.root = task->root,
		.nchain = sample->nchain,
		.cut = sample->cut,
	};
}

static bool is_memo_of(const struct pfl_memo *memo, const struct memo_slot *slot,
		       const struct memo_slot *key, const struct pfl_sample *sample)
{
	return slot->nchain == key->nchain && slot->user == key->user && slot->cut == key->cut &&
	       slot->kernel == key->kernel && slot->root == key->root &&
	       !memcmp(&memo->words[slot->words], sample->chain, sample->nchain * 8);
}

static void remember(struct pfl_memo *memo, struct memo_slot *slot, const struct memo_slot *key,
		     const struct pfl_sample *sample, uint32_t stack)
{
	if (MEMO_WORDS - memo->used < sample->nchain) {
		memset(memo->slots, 0, sizeof(memo->slots));
		memo->used = 0;
	}
	*slot = *key;
	slot->stack = stack;
	slot->words = memo->used;
	memcpy(&memo->words[memo->used], sample->chain, sample->nchain * 8);
	memo->used += sample->nchain;
}

static uint32_t stack_of_chain(struct pfl_fold *fold, struct pfl_task *task,
			       const struct pfl_sample *sample)
{
	struct memo_slot key, *slot;
	uint64_t hash;
	uint32_t stack;

	if (!sample->nchain)
		return walk_stack(fold, task, sample);
	key = key_of(fold, task, sample);
	hash = pfl_hash_bytes(sample->chain, sample->nchain * 8) ^ key.user << 32 ^ key.root;
	slot = &fold->memo->slots[pfl_mix64(hash) % MEMO_SLOTS];
	if (is_memo_of(fold->memo, slot, &key, sample))
		return slot->stack;
	stack = walk_stack(fold, task, sample);
	if (stack != PFL_NONE)
		remember(fold->memo, slot, &key, sample, stack);
	return stack;
}

uint32_t pfl_chain_stack(struct pfl_fold *fold, struct pfl_task *task,
			 const struct pfl_sample *sample)
{
	struct pfl_sample whole;

	if (find_root(fold, task))
		return PFL_NONE;
	if (!pfl_sample_walkable(sample) || fold->opts.kernel_only)
		return stack_of_chain(fold, task, sample);
	whole = *sample;
	if (pfl_repair(fold, task, &whole))
		return PFL_NONE;
	return stack_of_chain(fold, task, &whole);
}

uint32_t pfl_chain_interrupt(struct pfl_fold *fold, const struct pfl_sample *sample)
{
	struct walk walk = { .fold = fold, .kernel = true };
	struct pfl_sample kernel = *sample;
	uint32_t root = pfl_chain_mark(fold, PFL_NONE, PFL_INTERRUPT);

	for (kernel.nchain = 0; kernel.nchain < sample->nchain; kernel.nchain++)
		if (pfl_load64(sample->chain + 8 * kernel.nchain) == (uint64_t)PERF_CONTEXT_USER)
			break;
	if (root == PFL_NONE || walk_chain(&walk, &kernel))
		return PFL_NONE;
	return pfl_stacks_path(&fold->stacks, root, fold->frames, walk.nframes);
}
