/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How to get from a function to its caller, for every address of a binary: its
 * CFI (.eh_frame, .debug_frame), decoded once and then only searched. Never
 * changed once it is read, so that any number of threads may use it.
 *
 * A large binary has a million rows but only some thousand different rules, so
 * that a row is eight bytes: from which address on, which rule.
 */
#ifndef PFL_UNWIND_RULES_H
#define PFL_UNWIND_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unwind/arch/arch.h"

/* The CFA is the value that SP had before the call. */
enum pfl_cfa_how {
	PFL_CFA_NONE,
	PFL_CFA_REGISTER,	/* cfa_reg + cfa_value */
	PFL_CFA_DEREF,		/* what stands at cfa_reg + cfa_value: realigned stacks */
	PFL_CFA_EXPRESSION,	/* PLT entries, signal frames, hand-written assembler */
};

enum pfl_save_how {
	PFL_SAVE_NONE,		/* nothing said: a preserved register still has its value */
	PFL_SAVE_UNDEFINED,
	PFL_SAVE_SAME,		/* said of a register that calls need not preserve */
	PFL_SAVE_AT_CFA,	/* saved at CFA + value */
	PFL_SAVE_IS_CFA,	/* was CFA + value */
	PFL_SAVE_AT_REGISTER,	/* saved at base + value */
	PFL_SAVE_IS_REGISTER,	/* moved to base */
	PFL_SAVE_AT_EXPRESSION,
	PFL_SAVE_IS_EXPRESSION,
};

/* Where the caller's value of a register is. */
struct pfl_save {
	uint8_t reg;
	uint8_t how;
	uint8_t base;
	uint8_t zero;
	int32_t value;		/* of an expression: its place in pfl_rules.expressions */
};

#define PFL_RULE_SIGNAL 1	/* the "caller" was interrupted, it did not call */
#define PFL_RULE_OUTERMOST 2	/* nobody called this: a thread begins here */
#define PFL_RULE_RECORD 4	/* keeps a frame record: the frame pointer's and RA side by side */

struct pfl_rule {
	uint8_t cfa_how, cfa_reg;
	uint8_t ra;		/* the register that the return address counts as */
	uint8_t signal;
	int32_t cfa_value;
	uint16_t nsaves;
	uint16_t flags;		/* follow from all else here */
	struct pfl_save saves[];
};

struct pfl_rules {
	const struct pfl_arch *arch;
	uint32_t serial;	/* no other pfl_rules ever has it */
	uint32_t count;
	uint64_t base;		/* offset in the file that starts[] count from */
	uint64_t entry;		/* offset in the file where a program begins; 0: not known */
	uint32_t *starts;	/* of the rows, ascending; the last is a gap */
	uint32_t *rule_of;	/* a row's rule, as a place in pool; 0: a gap */
	uint32_t *pool;		/* struct pfl_rule, one behind the other; 0 is not one */
	uint32_t pool_used;
	uint32_t expressions_size;
	unsigned char *expressions;	/* each its length in two bytes, and the bytes */
};

/*
 * Reads the rules of the ELF file @fd; those of @debug_fd, its separate debug
 * file, fill what is left open (-1: there is none). 0; -ENOEXEC: no ELF file
 * of a machine that we unwind; -ENODATA: it has no CFI; -ENOMEM.
 *
 * Whatever a broken file holds costs its own rules only, and bounded time and
 * memory. Files are read with pread(2) and never mapped.
 */
int pfl_rules_read(int fd, int debug_fd, struct pfl_rules **out);

/* The same for an image in memory, which is not written to. */
int pfl_rules_read_image(const char *image, size_t size, struct pfl_rules **out);

/* NULL is fine. */
void pfl_rules_free(struct pfl_rules *rules);

/* The rule at @offset in the file, or NULL. */
const struct pfl_rule *pfl_rules_find(const struct pfl_rules *rules, uint64_t offset);

/*
 * Whether @offset, which has no rule, belongs to the file's entry point, which
 * nobody calls: the dynamic linker's has no CFI.
 */
bool pfl_rules_is_entry(const struct pfl_rules *rules, uint64_t offset);

/* The rule's save of @reg, or NULL. */
const struct pfl_save *pfl_rule_save(const struct pfl_rule *rule, uint8_t reg);

/* Expression number @value of these rules: its bytes; *@size is how many. */
const unsigned char *pfl_rules_expression(const struct pfl_rules *rules, int32_t value,
					  size_t *size);

/* An approximation of the memory that @rules take, in bytes. */
size_t pfl_rules_size(const struct pfl_rules *rules);

#endif
