/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "unwind/cfi.h"
#include "unwind/encoding.h"

/* Compilers nest one or two deep. */
#define MAX_REMEMBERED 8

/* DWARF for the Arm 64-bit Architecture, later than elfutils' <dwarf.h>. */
#define CFA_AARCH64_NEGATE_RA_STATE_WITH_PC 0x2c

struct run {
	const struct pfl_cfi_program *program;
	struct pfl_builder *builder;
	struct pfl_bytes code;
	struct pfl_cfi_state *state;
	uint64_t at;		/* offset in the file that ->state holds from */
	unsigned int nremembered;
	struct pfl_cfi_state remembered[MAX_REMEMBERED];
};

/* Only what is set is copied: most registers of most functions never are. */
static void copy_state(struct pfl_cfi_state *to, const struct pfl_cfi_state *from)
{
	to->cfa_how = from->cfa_how;
	to->cfa_reg = from->cfa_reg;
	to->cfa_value = from->cfa_value;
	to->set = from->set;
	for (uint64_t set = from->set; set; set &= set - 1) {
		unsigned int reg = __builtin_ctzll(set);

		to->saves[reg] = from->saves[reg];
	}
}

/* The state stays as it is up to @to. */
static int advance_to(struct run *run, uint64_t to)
{
	const struct pfl_cfi_program *program = run->program;
	int err = 0;

	if (to < run->at)
		return -EILSEQ;
	if (to > program->end)
		to = program->end;
	if (to > run->at && !program->initial)
		err = pfl_builder_row(run->builder, run->at, to, run->state, program->cie->ra,
				      program->cie->signal);
	run->at = to;
	return err;
}

static int advance_by(struct run *run, uint64_t delta)
{
	uint64_t to;

	if (__builtin_mul_overflow(delta, run->program->cie->code_align, &delta) ||
	    __builtin_add_overflow(run->at, delta, &to))
		to = run->program->end;
	return advance_to(run, to);
}

static int set_loc(struct run *run)
{
	const struct pfl_cfi_program *program = run->program;
	uint64_t where = program->section_vaddr + (run->code.at - program->section);
	uint64_t to = pfl_dwarf_pointer(&run->code, program->cie->encoding);

	if ((program->cie->encoding & 0x70) == DW_EH_PE_pcrel)
		to += where;
	return advance_to(run, to - program->start_vaddr + program->start);
}

/* A rule for @reg; of registers that are not followed (vectors, flags) none is kept. */
static int set_save(struct run *run, uint64_t reg, enum pfl_save_how how, uint8_t base,
		    int64_t value)
{
	if (reg >= run->builder->rules->arch->nregs)
		return 0;
	if (value != (int32_t)value)
		return -EILSEQ;
	run->state->set |= 1ULL << reg;
	run->state->saves[reg] = (struct pfl_save){ .reg = reg, .how = how, .base = base,
						    .value = value };
	return 0;
}

/* The same, with an offset that is counted in the CIE's units. */
static int set_offset(struct run *run, uint64_t reg, enum pfl_save_how how, int64_t units)
{
	int64_t value;

	if (__builtin_mul_overflow(units, run->program->cie->data_align, &value))
		return -EILSEQ;
	return set_save(run, reg, how, 0, value);
}

static int set_cfa(struct run *run, uint64_t reg, int64_t offset)
{
	if (reg >= run->builder->rules->arch->nregs || offset != (int32_t)offset)
		return -EILSEQ;
	run->state->cfa_how = PFL_CFA_REGISTER;
	run->state->cfa_reg = reg;
	run->state->cfa_value = offset;
	return 0;
}

static int set_cfa_units(struct run *run, uint64_t reg, int64_t units)
{
	int64_t offset;

	if (__builtin_mul_overflow(units, run->program->cie->data_align, &offset))
		return -EILSEQ;
	return set_cfa(run, reg, offset);
}

static int restore(struct run *run, uint64_t reg)
{
	const struct pfl_cfi_state *initial = &run->program->cie->state;

	if (reg >= run->builder->rules->arch->nregs)
		return 0;
	run->state->saves[reg] = initial->saves[reg];
	run->state->set &= ~(1ULL << reg);
	run->state->set |= initial->set & 1ULL << reg;
	return 0;
}

/* Whether @code is "register + offset" and then nothing but @then (0: nothing). */
static bool is_register_plus(struct pfl_bytes code, uint8_t then, uint8_t *reg, int32_t *offset)
{
	uint8_t op = pfl_dwarf_u8(&code);
	int64_t value = pfl_dwarf_sleb(&code);

	if (op < DW_OP_breg0 || op > DW_OP_breg31 || value != (int32_t)value)
		return false;
	if (then && pfl_dwarf_u8(&code) != then)
		return false;
	*reg = op - DW_OP_breg0;
	*offset = value;
	return !code.bad && !pfl_bytes_left(&code);
}

static struct pfl_bytes take_expression(struct run *run)
{
	uint64_t size = pfl_dwarf_uleb(&run->code);
	const void *at = pfl_bytes_take(&run->code, size);

	return pfl_bytes(at ? at : "", at ? size : 0, false);
}

static int set_cfa_expression(struct run *run)
{
	struct pfl_bytes code = take_expression(run);
	struct pfl_cfi_state *state = run->state;

	if (run->code.bad)
		return -EILSEQ;
	state->cfa_reg = 0;
	if (is_register_plus(code, 0, &state->cfa_reg, &state->cfa_value))
		state->cfa_how = PFL_CFA_REGISTER;
	else if (is_register_plus(code, DW_OP_deref, &state->cfa_reg, &state->cfa_value))
		state->cfa_how = PFL_CFA_DEREF;
	else
		state->cfa_how = PFL_CFA_EXPRESSION;
	if (state->cfa_how != PFL_CFA_EXPRESSION)
		return state->cfa_reg < run->builder->rules->arch->nregs ? 0 : -EILSEQ;
	return pfl_builder_expression(run->builder, code.at, pfl_bytes_left(&code),
				      &state->cfa_value);
}

static int set_expression(struct run *run, enum pfl_save_how how)
{
	uint64_t reg = pfl_dwarf_uleb(&run->code);
	struct pfl_bytes code = take_expression(run);
	int32_t value;
	uint8_t base;
	int err;

	if (run->code.bad)
		return -EILSEQ;
	if (reg >= run->builder->rules->arch->nregs)
		return 0;
	if (how == PFL_SAVE_AT_EXPRESSION && is_register_plus(code, 0, &base, &value) &&
	    base < run->builder->rules->arch->nregs)
		return set_save(run, reg, PFL_SAVE_AT_REGISTER, base, value);
	err = pfl_builder_expression(run->builder, code.at, pfl_bytes_left(&code), &value);
	return err ? err : set_save(run, reg, how, 0, value);
}

static int remember(struct run *run)
{
	if (run->nremembered == MAX_REMEMBERED)
		return -EILSEQ;
	copy_state(&run->remembered[run->nremembered++], run->state);
	return 0;
}

static int recall(struct run *run)
{
	if (!run->nremembered)
		return -EILSEQ;
	copy_state(run->state, &run->remembered[--run->nremembered]);
	return 0;
}

static int moved_to(struct run *run)
{
	uint64_t reg = pfl_dwarf_uleb(&run->code);
	uint64_t to = pfl_dwarf_uleb(&run->code);

	/* A register that is kept in one that we do not follow is lost to us. */
	if (to >= run->builder->rules->arch->nregs)
		return set_save(run, reg, PFL_SAVE_UNDEFINED, 0, 0);
	return set_save(run, reg, PFL_SAVE_IS_REGISTER, to, 0);
}

/* The instructions that say where a register is. */
static int run_save(struct run *run, uint8_t op)
{
	struct pfl_bytes *code = &run->code;
	uint64_t reg;

	switch (op) {
	case DW_CFA_expression:
		return set_expression(run, PFL_SAVE_AT_EXPRESSION);
	case DW_CFA_val_expression:
		return set_expression(run, PFL_SAVE_IS_EXPRESSION);
	case DW_CFA_register:
		return moved_to(run);
	}
	reg = pfl_dwarf_uleb(code);
	switch (op) {
	case DW_CFA_offset_extended:
		return set_offset(run, reg, PFL_SAVE_AT_CFA, pfl_dwarf_uleb(code));
	case DW_CFA_offset_extended_sf:
		return set_offset(run, reg, PFL_SAVE_AT_CFA, pfl_dwarf_sleb(code));
	case DW_CFA_GNU_negative_offset_extended:
		return set_offset(run, reg, PFL_SAVE_AT_CFA, -pfl_dwarf_uleb(code));
	case DW_CFA_val_offset:
		return set_offset(run, reg, PFL_SAVE_IS_CFA, pfl_dwarf_uleb(code));
	case DW_CFA_val_offset_sf:
		return set_offset(run, reg, PFL_SAVE_IS_CFA, pfl_dwarf_sleb(code));
	case DW_CFA_restore_extended:
		return restore(run, reg);
	case DW_CFA_undefined:
		return set_save(run, reg, PFL_SAVE_UNDEFINED, 0, 0);
	case DW_CFA_same_value:
		return set_save(run, reg, PFL_SAVE_SAME, 0, 0);
	default:
		return -EILSEQ;
	}
}

/* Those that advance, and those that say where the CFA is. */
static int run_extended(struct run *run, uint8_t op)
{
	struct pfl_bytes *code = &run->code;
	const struct pfl_cfi_state *state = run->state;
	uint64_t reg;

	switch (op) {
	case DW_CFA_nop:
	/* Return addresses are stripped of their signature, whether they have one or not. */
	case DW_CFA_AARCH64_negate_ra_state:
	case CFA_AARCH64_NEGATE_RA_STATE_WITH_PC:
		return 0;
	case DW_CFA_GNU_args_size:
		pfl_dwarf_uleb(code);
		return 0;
	case DW_CFA_advance_loc1:
		return advance_by(run, pfl_dwarf_u8(code));
	case DW_CFA_advance_loc2:
		return advance_by(run, pfl_dwarf_u16(code));
	case DW_CFA_advance_loc4:
		return advance_by(run, pfl_bytes_u32(code));
	case DW_CFA_MIPS_advance_loc8:
		return advance_by(run, pfl_bytes_u64(code));
	case DW_CFA_set_loc:
		return set_loc(run);
	case DW_CFA_remember_state:
		return remember(run);
	case DW_CFA_restore_state:
		return recall(run);
	case DW_CFA_def_cfa:
		reg = pfl_dwarf_uleb(code);
		return set_cfa(run, reg, pfl_dwarf_uleb(code));
	case DW_CFA_def_cfa_sf:
		reg = pfl_dwarf_uleb(code);
		return set_cfa_units(run, reg, pfl_dwarf_sleb(code));
	case DW_CFA_def_cfa_expression:
		return set_cfa_expression(run);
	}
	if (op != DW_CFA_def_cfa_register && op != DW_CFA_def_cfa_offset &&
	    op != DW_CFA_def_cfa_offset_sf)
		return run_save(run, op);
	if (state->cfa_how != PFL_CFA_REGISTER)
		return -EILSEQ;
	if (op == DW_CFA_def_cfa_register)
		return set_cfa(run, pfl_dwarf_uleb(code), state->cfa_value);
	if (op == DW_CFA_def_cfa_offset)
		return set_cfa(run, state->cfa_reg, pfl_dwarf_uleb(code));
	return set_cfa_units(run, state->cfa_reg, pfl_dwarf_sleb(code));
}

static int run_one(struct run *run)
{
	uint8_t op = pfl_dwarf_u8(&run->code);
	uint8_t operand = op & 0x3f;

	switch (op & 0xc0) {
	case DW_CFA_advance_loc:
		return advance_by(run, operand);
	case DW_CFA_offset:
		return set_offset(run, operand, PFL_SAVE_AT_CFA, pfl_dwarf_uleb(&run->code));
	case DW_CFA_restore:
		return restore(run, operand);
	default:
		return run_extended(run, op);
	}
}

int pfl_cfi_run(const struct pfl_cfi_program *program, struct pfl_cfi_state *state)
{
	struct run run;
	int err = 0;

	run.program = program;
	run.builder = program->builder;
	run.code = program->code;
	run.state = state;
	run.at = program->start;
	run.nremembered = 0;
	while (!err && pfl_bytes_left(&run.code) && run.at < program->end) {
		if (!*program->budget)
			return -E2BIG;
		--*program->budget;
		err = run_one(&run);
		if (run.code.bad)
			err = -EILSEQ;
	}
	return err ? err : advance_to(&run, program->end);
}
