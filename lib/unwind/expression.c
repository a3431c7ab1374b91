/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unwind/encoding.h"
#include "unwind/expression.h"
#include "unwind/memory.h"

/* The longest known (a signal frame's, a PLT's) take three places. */
#define MAX_DEPTH 32

struct machine {
	const unsigned char *start;
	struct pfl_bytes code;
	const struct pfl_regs *regs;
	struct pfl_memory *memory;
	uint64_t stack[MAX_DEPTH];
	unsigned int depth;
	bool bad;
};

static void push(struct machine *machine, uint64_t value)
{
	if (machine->depth == MAX_DEPTH)
		machine->bad = true;
	else
		machine->stack[machine->depth++] = value;
}

static uint64_t pop(struct machine *machine)
{
	if (machine->depth)
		return machine->stack[--machine->depth];
	machine->bad = true;
	return 0;
}

/* Number @below under the top of the stack. */
static uint64_t peek(struct machine *machine, unsigned int below)
{
	if (below < machine->depth)
		return machine->stack[machine->depth - 1 - below];
	machine->bad = true;
	return 0;
}

static void push_register(struct machine *machine, uint64_t reg, int64_t offset)
{
	if (reg < PFL_REGS_MAX && pfl_regs_has(machine->regs, reg))
		push(machine, machine->regs->value[reg] + offset);
	else
		machine->bad = true;
}

/* @size bytes at the address on the stack; what is read around them must be there, too. */
static void deref(struct machine *machine, unsigned int size)
{
	uint64_t word = 0;

	if (!size || size > 8 || !pfl_memory_read(machine->memory, pop(machine), &word))
		machine->bad = true;
	else
		push(machine, size == 8 ? word : word & ((1ULL << 8 * size) - 1));
}

static void jump(struct machine *machine, bool taken)
{
	int16_t by = pfl_dwarf_u16(&machine->code);

	if (!taken)
		return;
	if (by < machine->start - machine->code.at || by > machine->code.end - machine->code.at)
		machine->bad = true;
	else
		machine->code.at += by;
}

static bool push_constant(struct machine *machine, uint8_t op)
{
	struct pfl_bytes *code = &machine->code;

	switch (op) {
	case DW_OP_const1u:
		push(machine, pfl_dwarf_u8(code));
		return true;
	case DW_OP_const1s:
		push(machine, (int8_t)pfl_dwarf_u8(code));
		return true;
	case DW_OP_const2u:
		push(machine, pfl_dwarf_u16(code));
		return true;
	case DW_OP_const2s:
		push(machine, (int16_t)pfl_dwarf_u16(code));
		return true;
	case DW_OP_const4u:
		push(machine, pfl_bytes_u32(code));
		return true;
	case DW_OP_const4s:
		push(machine, (int32_t)pfl_bytes_u32(code));
		return true;
	case DW_OP_const8u:
	case DW_OP_const8s:
		push(machine, pfl_bytes_u64(code));
		return true;
	case DW_OP_constu:
		push(machine, pfl_dwarf_uleb(code));
		return true;
	case DW_OP_consts:
		push(machine, pfl_dwarf_sleb(code));
		return true;
	default:
		return false;
	}
}

static void swap_or_rotate(struct machine *machine, unsigned int count)
{
	uint64_t *top, first;

	if (machine->depth < count) {
		machine->bad = true;
		return;
	}
	top = &machine->stack[machine->depth - 1];
	first = *top;
	for (unsigned int i = 1; i < count; i++, top--)
		*top = top[-1];
	*top = first;
}

static bool move(struct machine *machine, uint8_t op)
{
	switch (op) {
	case DW_OP_dup:
		push(machine, peek(machine, 0));
		return true;
	case DW_OP_drop:
		pop(machine);
		return true;
	case DW_OP_over:
		push(machine, peek(machine, 1));
		return true;
	case DW_OP_pick:
		push(machine, peek(machine, pfl_dwarf_u8(&machine->code)));
		return true;
	case DW_OP_swap:
		swap_or_rotate(machine, 2);
		return true;
	case DW_OP_rot:
		swap_or_rotate(machine, 3);
		return true;
	default:
		return false;
	}
}

/* Operations on the one value on top. */
static bool change(struct machine *machine, uint8_t op)
{
	switch (op) {
	case DW_OP_deref:
		deref(machine, 8);
		return true;
	case DW_OP_deref_size:
		deref(machine, pfl_dwarf_u8(&machine->code));
		return true;
	case DW_OP_plus_uconst:
		push(machine, pop(machine) + pfl_dwarf_uleb(&machine->code));
		return true;
	case DW_OP_neg:
		push(machine, -pop(machine));
		return true;
	case DW_OP_not:
		push(machine, ~pop(machine));
		return true;
	case DW_OP_abs: {
		int64_t value = pop(machine);

		push(machine, value < 0 ? -(uint64_t)value : (uint64_t)value);
		return true;
	}
	default:
		return false;
	}
}

/* Operations on two; @b was on top. Comparisons are signed. */
static bool combine(uint8_t op, uint64_t a, uint64_t b, uint64_t *result)
{
	int64_t sa = a, sb = b;

	switch (op) {
	case DW_OP_and: *result = a & b; return true;
	case DW_OP_or: *result = a | b; return true;
	case DW_OP_xor: *result = a ^ b; return true;
	case DW_OP_plus: *result = a + b; return true;
	case DW_OP_minus: *result = a - b; return true;
	case DW_OP_mul: *result = a * b; return true;
	case DW_OP_shl: *result = b < 64 ? a << b : 0; return true;
	case DW_OP_shr: *result = b < 64 ? a >> b : 0; return true;
	case DW_OP_shra:
		b = b < 64 ? b : 63;
		*result = sa < 0 ? ~(~a >> b) : a >> b;
		return true;
	case DW_OP_eq: *result = a == b; return true;
	case DW_OP_ne: *result = a != b; return true;
	case DW_OP_lt: *result = sa < sb; return true;
	case DW_OP_le: *result = sa <= sb; return true;
	case DW_OP_gt: *result = sa > sb; return true;
	case DW_OP_ge: *result = sa >= sb; return true;
	case DW_OP_div:
		if (!sb || (sa == INT64_MIN && sb == -1))
			return false;
		*result = sa / sb;
		return true;
	case DW_OP_mod:
		if (!b)
			return false;
		*result = a % b;
		return true;
	default:
		return false;
	}
}

static void run_rest(struct machine *machine, uint8_t op)
{
	uint64_t a, b, result;

	switch (op) {
	case DW_OP_nop:
		return;
	case DW_OP_bregx:
		a = pfl_dwarf_uleb(&machine->code);
		push_register(machine, a, pfl_dwarf_sleb(&machine->code));
		return;
	case DW_OP_skip:
		jump(machine, true);
		return;
	case DW_OP_bra:
		jump(machine, pop(machine) != 0);
		return;
	}
	b = pop(machine);
	a = pop(machine);
	if (combine(op, a, b, &result))
		push(machine, result);
	else
		machine->bad = true;
}

static void run_one(struct machine *machine)
{
	uint8_t op = pfl_dwarf_u8(&machine->code);

	if (op >= DW_OP_lit0 && op <= DW_OP_lit31)
		push(machine, op - DW_OP_lit0);
	else if (op >= DW_OP_breg0 && op <= DW_OP_breg31)
		push_register(machine, op - DW_OP_breg0, pfl_dwarf_sleb(&machine->code));
	else if (!push_constant(machine, op) && !move(machine, op) && !change(machine, op))
		run_rest(machine, op);
}

bool pfl_expression_run(const unsigned char *code, size_t size, const struct pfl_regs *regs,
			struct pfl_memory *memory, const uint64_t *cfa, unsigned int *steps,
			uint64_t *result)
{
	struct machine machine;

	machine.start = code;
	machine.code = pfl_bytes(code, size, false);
	machine.regs = regs;
	machine.memory = memory;
	machine.depth = 0;
	machine.bad = false;
	if (cfa)
		push(&machine, *cfa);
	while (pfl_bytes_left(&machine.code) && !machine.bad) {
		if (!*steps)
			return false;
		--*steps;
		run_one(&machine);
		machine.bad |= machine.code.bad;
	}
	*result = pop(&machine);
	return !machine.bad;
}
