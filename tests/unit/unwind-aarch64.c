/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * aarch64, on whatever machine this runs: .eh_frame as the GNU assembler wrote
 * it, and stacks put together by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "unwind/cfi.h"
#include "unwind/walk.h"

/*
 * Of these functions, from 0x1000 on:
 *
 *	leaf:	add w0, w0, 1; sub sp, sp, 16; add sp, sp, 16; ret
 *	framed:	stp x29, x30, [sp, -48]!; mov x29, sp; str x19, [sp, 16]; bl leaf;
 *		ldr x19, [sp, 16]; ldp x29, x30, [sp], 48; ret
 *	sealed:	paciasp; stp x29, x30, [sp, -32]!; mov x29, sp; sub sp, sp, x0; bl framed;
 *		mov sp, x29; ldp x29, x30, [sp], 32; autiasp; ret
 *	start:	bl sealed; brk 0
 */
#define LEAF 0x1000
#define FRAMED 0x1010
#define SEALED 0x102c
#define START 0x1050
#define TEXT_END 0x1058
#define EH_FRAME 0x1088

static const unsigned char eh_frame[] = {
	0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x7a, 0x52, 0x00,
	0x04, 0x78, 0x1e, 0x01, 0x1b, 0x0c, 0x1f, 0x00, 0x14, 0x00, 0x00, 0x00,
	0x18, 0x00, 0x00, 0x00, 0x5c, 0xff, 0xff, 0xff, 0x10, 0x00, 0x00, 0x00,
	0x00, 0x42, 0x0e, 0x10, 0x41, 0x0e, 0x00, 0x00, 0x20, 0x00, 0x00, 0x00,
	0x30, 0x00, 0x00, 0x00, 0x54, 0xff, 0xff, 0xff, 0x1c, 0x00, 0x00, 0x00,
	0x00, 0x41, 0x0e, 0x30, 0x9d, 0x06, 0x9e, 0x05, 0x42, 0x93, 0x04, 0x43,
	0xde, 0xdd, 0xd3, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x24, 0x00, 0x00, 0x00,
	0x54, 0x00, 0x00, 0x00, 0x4c, 0xff, 0xff, 0xff, 0x24, 0x00, 0x00, 0x00,
	0x00, 0x41, 0x2d, 0x41, 0x0e, 0x20, 0x9d, 0x04, 0x9e, 0x03, 0x41, 0x0d,
	0x1d, 0x43, 0x0d, 0x1f, 0x41, 0xde, 0xdd, 0x0e, 0x00, 0x41, 0x2d, 0x00,
	0x10, 0x00, 0x00, 0x00, 0x7c, 0x00, 0x00, 0x00, 0x48, 0xff, 0xff, 0xff,
	0x08, 0x00, 0x00, 0x00, 0x00, 0x07, 0x1e, 0x00,
};

/* Where the code is mapped, and where a signal handler returns to: code without CFI. */
#define BIAS 0x5500000000ULL
#define TRAMPOLINE 0x7700000000ULL
static uint64_t trampoline_start = TRAMPOLINE - 4;

/* What pointer authentication puts above an address. */
#define SEAL (0xdeadULL << 48)

enum { X19 = 19, FP = 29, LR = 30, SP = 31, PC = 32 };

static struct pfl_rules *rules;
static struct pfl_unwinder *unwinder;
static uint64_t stack[512], pcs[32];
#define BASE 0x7ff0000000ULL

static bool locate(void *data, uint64_t address, struct pfl_place *place)
{
	(void)data;
	*place = (struct pfl_place){ .rules = rules, .offset = address - BIAS };
	if (address >= BIAS + LEAF && address < BIAS + TEXT_END)
		return true;
	place->rules = NULL;
	return address >= trampoline_start && address < TRAMPOLINE + 8;
}

struct state {
	struct pfl_walk_from from;
	struct pfl_walk walk;
};

static uint64_t *word(uint64_t address)
{
	assert_true(address >= BASE && address - BASE < sizeof(stack) - 8);
	return &stack[(address - BASE) / 8];
}

/* start() called sealed(), with @room bytes below its record; that framed(); and that leaf(). */
static void build(struct state *state, uint64_t room)
{
	uint64_t sealed = BASE + 1024 - 32, framed = sealed - room - 48;

	memset(stack, 0xa5, sizeof(stack));
	*state = (struct state){
		.from = { .arch = &pfl_arch_aarch64, .locate = locate },
		.walk = { .pcs = pcs, .room = 32 },
	};
	*word(sealed) = 0;
	*word(sealed + 8) = SEAL | (BIAS + START + 4);
	*word(framed) = sealed;
	*word(framed + 8) = BIAS + SEALED + 0x14;
	*word(framed + 16) = 1919;
	pfl_regs_set(&state->from.regs, SP, framed);
	pfl_regs_set(&state->from.regs, FP, framed);
	pfl_regs_set(&state->from.regs, LR, BIAS + FRAMED + 0x10);
}

static void walk(struct state *state, uint64_t sp, uint64_t pc)
{
	pfl_regs_set(&state->from.regs, SP, sp);
	pfl_regs_set(&state->from.regs, PC, pc);
	state->from.stack = word(sp);
	state->from.stack_size = sizeof(stack) - (sp - BASE);
	pfl_unwinder_walk(unwinder, &state->from, &state->walk);
}

static void check_callers(const struct pfl_walk *walk, uint32_t from)
{
	static const uint64_t callers[] = { FRAMED + 0x10, SEALED + 0x14, START + 4 };

	assert_int_equal(walk->end, PFL_WALK_ROOT);
	assert_int_equal(walk->by_record, 0);
	assert_int_equal(walk->count, from + 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(walk->pcs[from + i], BIAS + callers[i]);
}

/* At each instruction of a leaf, which keeps its return address in x30 all the time. */
static void a_leaf(void **data)
{
	struct state state;

	(void)data;
	for (uint64_t at = LEAF; at < LEAF + 16; at += 4) {
		build(&state, 64);
		walk(&state, state.from.regs.value[SP] - (at == LEAF + 8 ? 16 : 0), BIAS + at);
		assert_int_equal(pcs[0], BIAS + at);
		check_callers(&state.walk, 1);
	}
}

/* Return addresses are signed while they are in x30, too. */
static void a_sealed_link_register(void **data)
{
	struct state state;

	(void)data;
	build(&state, 0);
	pfl_regs_set(&state.from.regs, LR, SEAL | (BIAS + FRAMED + 0x10));
	walk(&state, state.from.regs.value[SP], SEAL | (BIAS + LEAF));
	assert_int_equal(pcs[0], BIAS + LEAF);
	check_callers(&state.walk, 1);
}

/* Only the innermost function may have its return address in x30. */
static void no_return_through_x30_twice(void **data)
{
	struct state state;

	(void)data;
	build(&state, 0);
	pfl_regs_set(&state.from.regs, LR, BIAS + LEAF + 8);
	walk(&state, state.from.regs.value[SP], BIAS + LEAF);
	assert_int_equal(state.walk.count, 2);
	assert_int_equal(state.walk.end, PFL_WALK_BROKEN);
	/* Nor is x30, once it was read back from the stack, a way out of the caller. */
	build(&state, 0);
	*word(state.from.regs.value[SP] + 8) = BIAS + LEAF + 12;
	walk(&state, state.from.regs.value[SP], BIAS + FRAMED + 0x10);
	assert_int_equal(state.walk.count, 2);
	assert_int_equal(state.walk.end, PFL_WALK_BROKEN);
}

/* A handler that was called while leaf() ran; the kernel's return code has no CFI. */
static void a_signal(void **data)
{
	uint64_t frame = BASE, record = BASE + 592, regs = frame + 312, sp;
	struct state state;

	(void)data;
	build(&state, 32);
	sp = state.from.regs.value[SP];
	for (int i = 0; i < 31; i++)
		*word(regs + 8 * i) = pfl_regs_has(&state.from.regs, i) ?
				      state.from.regs.value[i] : 7;
	*word(regs + 8 * SP) = sp;
	*word(regs + 8 * PC) = BIAS + LEAF;
	*word(record) = state.from.regs.value[FP];
	*word(record + 8) = state.from.regs.value[LR];
	assert_true(record + 16 <= sp);
	pfl_regs_set(&state.from.regs, FP, record);
	pfl_regs_set(&state.from.regs, LR, TRAMPOLINE);
	walk(&state, frame, BIAS + LEAF + 12);
	assert_int_equal(pcs[1], TRAMPOLINE);
	assert_int_equal(pcs[2], BIAS + LEAF);
	check_callers(&state.walk, 3);
	/* Nothing may be mapped before it. */
	trampoline_start = TRAMPOLINE;
	walk(&state, frame, BIAS + LEAF + 12);
	check_callers(&state.walk, 3);
	trampoline_start = TRAMPOLINE - 4;
	/* What only looks like one is none. */
	*word(record + 8) += 4;
	walk(&state, frame, BIAS + LEAF + 12);
	assert_int_not_equal(state.walk.end, PFL_WALK_ROOT);
}

/* With little stack, the chain takes over at framed(): x29 and x30 side by side are a record. */
static void joining(void **data)
{
	const uint64_t chain[] = { BIAS + LEAF, SEAL | (BIAS + SEALED + 0x14), BIAS + START + 4 };
	struct state state;

	(void)data;
	build(&state, 64);
	walk(&state, state.from.regs.value[SP], BIAS + LEAF);
	state.from.stack_size = 8;
	pfl_unwinder_walk(unwinder, &state.from, &state.walk);
	assert_int_equal(state.walk.count, 2);
	assert_int_equal(state.walk.end, PFL_WALK_EXHAUSTED);
	assert_int_equal(state.walk.needed, 16);
	pfl_unwinder_join(unwinder, &state.from, chain, 3, &state.walk);
	assert_int_equal(state.walk.joined, 2);
	check_callers(&state.walk, 1);
}

static void registers_of_a_sample(void **data)
{
	uint64_t words[33];
	struct pfl_regs regs;

	(void)data;
	for (int i = 0; i < 33; i++)
		words[i] = 100 + i;
	assert_true(pfl_regs_load(&pfl_arch_aarch64, (1ULL << 33) - 1, words, &regs));
	for (int i = 0; i < 33; i++)
		assert_int_equal(regs.value[i], 100 + i);
	assert_false(pfl_regs_load(&pfl_arch_aarch64, (1ULL << 32) - 1, words, &regs));
	/* perf on x86-64: ax bx cx dx si di bp sp ip, r8 to r15 from bit 16 on */
	assert_true(pfl_regs_load(&pfl_arch_x86_64, 0xff0fff, words, &regs));
	assert_int_equal(regs.value[16], 108);
	assert_int_equal(regs.value[7], 107);
	assert_int_equal(regs.value[6], 106);
	assert_int_equal(regs.value[3], 101);
	assert_int_equal(regs.value[8], 112);
	assert_int_equal(regs.value[15], 119);
	assert_int_equal(regs.known, 0x1ffff);
	/* ip and sp only, at an odd address */
	assert_true(pfl_regs_load(&pfl_arch_x86_64, 0x180, memmove((char *)words + 1, words, 16),
				  &regs));
	assert_int_equal(regs.value[7], 100);
	assert_int_equal(regs.value[16], 101);
	assert_false(pfl_regs_load(&pfl_arch_x86_64, 0xff, words, &regs));
}

static int set_up(void **data)
{
	static const struct pfl_cfi_segment text = { 0, 0, TEXT_END };
	static const struct pfl_cfi_section section = {
		.bytes = eh_frame, .size = sizeof(eh_frame), .vaddr = EH_FRAME, .eh = true,
	};
	const struct pfl_cfi_file file = {
		.arch = &pfl_arch_aarch64, .segments = &text, .nsegments = 1,
		.sections = &section, .nsections = 1,
	};

	(void)data;
	return pfl_cfi_decode(&file, &rules) || pfl_unwinder_new(&unwinder);
}

static int tear_down(void **data)
{
	(void)data;
	pfl_rules_free(rules);
	pfl_unwinder_free(unwinder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_leaf),
		cmocka_unit_test(a_sealed_link_register),
		cmocka_unit_test(no_return_through_x30_twice),
		cmocka_unit_test(a_signal),
		cmocka_unit_test(joining),
		cmocka_unit_test(registers_of_a_sample),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
