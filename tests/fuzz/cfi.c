/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of .eh_frame and .debug_frame, and a walk from every row of the
 * rules that come of them, over a stack that leads anywhere.
 *
 * The first byte says which section and which machine it is.
 */
#include <string.h>

#include "fuzz.h"
#include "unwind/cfi.h"
#include "unwind/walk.h"

#define TEXT 0x1000
#define TEXT_SIZE 0x100000
#define SECTION 0x8000
#define STACK 0x7000

static uint64_t stack[64], pcs[32], again[32];

static bool locate(void *data, uint64_t address, struct pfl_place *place)
{
	*place = (struct pfl_place){ .rules = data, .offset = address };
	return address < TEXT + TEXT_SIZE;
}

/* What is kept of a walk gives the same as the walk. */
static void recall_from(struct pfl_unwinder *unwinder, const struct pfl_walk_from *from,
			const struct pfl_walk *walk)
{
	for (unsigned int i = 0; i < 3; i++) {
		struct pfl_walk recalled = { .pcs = again, .room = walk->room };

		pfl_unwinder_recall(unwinder, from, 1, stack, sizeof(stack) / sizeof(*stack),
				    &recalled);
		must(recalled.count == walk->count && recalled.end == walk->end);
		must(recalled.needed == walk->needed && recalled.record == walk->record);
		must(!memcmp(again, pcs, walk->count * sizeof(*pcs)));
	}
}

static void walk_from(struct pfl_unwinder *unwinder, struct pfl_rules *rules, uint64_t offset)
{
	struct pfl_walk_from from = { .arch = rules->arch, .stack = stack, .locate = locate,
				      .stack_size = sizeof(stack), .data = rules };
	struct pfl_walk walk = { .pcs = pcs, .room = sizeof(pcs) / sizeof(*pcs) };

	for (unsigned int reg = 0; reg < rules->arch->nregs; reg++)
		pfl_regs_set(&from.regs, reg, STACK + 8 * reg);
	pfl_regs_set(&from.regs, rules->arch->sp, STACK);
	pfl_regs_set(&from.regs, rules->arch->pc, offset);
	pfl_unwinder_walk(unwinder, &from, &walk);
	must(walk.count >= 1 && walk.count <= walk.room);
	pfl_unwinder_join(unwinder, &from, stack, sizeof(stack) / sizeof(*stack), &walk);
	must(walk.count >= 1 && walk.count <= walk.room);
	recall_from(unwinder, &from, &walk);
}

static void walk_all(struct pfl_rules *rules)
{
	struct pfl_unwinder *unwinder;
	uint32_t step = rules->count / 64 + 1;

	must(!pfl_unwinder_new(&unwinder));
	must(rules->count && !rules->rule_of[rules->count - 1]);
	for (uint32_t row = 1; row < rules->count; row++)
		must(rules->starts[row - 1] < rules->starts[row]);
	for (uint32_t row = 0; row < rules->count; row += step)
		walk_from(unwinder, rules, rules->base + rules->starts[row]);
	pfl_unwinder_free(unwinder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pfl_cfi_segment text = { .vaddr = TEXT, .offset = TEXT,
						     .size = TEXT_SIZE };
	struct pfl_cfi_section section = { .bytes = data + 1, .size = size - 1,
					   .vaddr = SECTION };
	struct pfl_cfi_file file = { .segments = &text, .nsegments = 1, .sections = &section,
				     .nsections = 1 };
	struct pfl_rules *rules;

	if (!size)
		return 0;
	file.arch = data[0] & 1 ? &pfl_arch_aarch64 : &pfl_arch_x86_64;
	section.eh = data[0] & 2;
	section.until_zero = data[0] & 4;
	for (size_t i = 0; i < sizeof(stack) / sizeof(*stack); i++)
		stack[i] = i % 2 ? TEXT + 16 * i : STACK + 8 * i;
	if (pfl_cfi_decode(&file, &rules))
		return 0;
	walk_all(rules);
	pfl_rules_free(rules);
	return 0;
}
