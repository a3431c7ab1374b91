/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules while they are made: equal ones become one, and rows are appended in
 * the order of their addresses.
 */
#ifndef PFL_UNWIND_BUILDER_H
#define PFL_UNWIND_BUILDER_H

#include <stdbool.h>

#include "unwind/rules.h"

struct pfl_builder {
	struct pfl_rules *rules;
	uint32_t room, pool_room, expressions_room;
	uint64_t covered;	/* offset in the file: rows reach as far as this */
	uint32_t *slots;	/* hash table of the rules in the pool */
	uint32_t mask, used;
	uint32_t last_expression, last_size;
};

/* What CFI says at one place. */
struct pfl_cfi_state {
	uint8_t cfa_how, cfa_reg;
	int32_t cfa_value;
	uint64_t set;		/* a bit for each register that something was said of */
	struct pfl_save saves[PFL_REGS_MAX];
};

int pfl_builder_init(struct pfl_builder *builder, const struct pfl_arch *arch, uint64_t base);

/*
 * Hands out the rules. With none, or after an error, frees them: 0, -ENODATA,
 * or @err if it is one.
 */
int pfl_builder_finish(struct pfl_builder *builder, int err, struct pfl_rules **out);

/*
 * From @start up to @end (offsets in the file), @state holds, with the return
 * address in register @ra. What lies before rows that were added before is left
 * out. 0; -ENOMEM; -E2BIG: more than any binary has.
 */
int pfl_builder_row(struct pfl_builder *builder, uint64_t start, uint64_t end,
		    const struct pfl_cfi_state *state, uint8_t ra, bool signal);

/* Keeps an expression; *value is what rules know it by. 0, -EILSEQ (too long), -ENOMEM, -E2BIG. */
int pfl_builder_expression(struct pfl_builder *builder, const void *bytes, size_t size,
			   int32_t *value);

#endif
