/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the unwinder must know of a machine: how its registers are numbered by
 * DWARF and by perf, and which of them survive a call.
 */
#ifndef PFL_UNWIND_ARCH_H
#define PFL_UNWIND_ARCH_H

#include <stdbool.h>
#include <stdint.h>

/* Registers that are followed: the general ones, by DWARF number, and the PC. */
#define PFL_REGS_MAX 33

struct pfl_regs {
	uint64_t value[PFL_REGS_MAX];
	uint64_t known;		/* a bit for each */
};

struct pfl_memory;

struct pfl_arch {
	const char *name;	/* as uname -m has it */
	uint16_t elf_machine;
	uint8_t nregs;
	uint8_t pc, sp, fp;	/* DWARF numbers */
	uint8_t link;		/* what a call puts the return address in; ->pc: the stack */
	/*
	 * Whether a frame pointer and a return address saved side by side are a
	 * frame record, because the calling convention has no other use for the
	 * frame pointer. Where it is free for any use, only a CFA that is
	 * computed from it shows that it points to a record.
	 */
	bool pair_is_record;
	uint64_t preserved;	/* registers that a function must give back: a bit for each */
	uint64_t pc_mask;	/* bits of a code address; those above hold a signature */
	const uint8_t *perf;	/* DWARF number of each bit of sample_regs_user */
	uint8_t nperf;
	/*
	 * Where the kernel's return from a signal handler has no CFI: the
	 * interrupted registers, if what @regs' SP points to can only be a
	 * signal frame. NULL: it has CFI.
	 */
	bool (*leave_signal)(const struct pfl_regs *regs, struct pfl_memory *memory,
			     struct pfl_regs *interrupted);
};

#define PFL_REG_NONE 0xff

extern const struct pfl_arch pfl_arch_x86_64, pfl_arch_aarch64;

/* By e_machine; NULL: not supported. */
const struct pfl_arch *pfl_arch_of_elf(uint16_t machine);

/* By name, as a recording has it; NULL: not supported. */
const struct pfl_arch *pfl_arch_of_name(const char *name);

/* Of the machine that this runs on; NULL: not supported. */
const struct pfl_arch *pfl_arch_native(void);

/*
 * The registers of a sample: @words holds one for each bit of @mask, at any
 * alignment. False where PC or SP are not among them, so that there is nothing
 * to begin with.
 */
bool pfl_regs_load(const struct pfl_arch *arch, uint64_t mask, const void *words,
		   struct pfl_regs *regs);

/* The bits of sample_regs_user that ask for every register that is followed. */
uint64_t pfl_arch_perf_mask(const struct pfl_arch *arch);

static inline bool pfl_regs_has(const struct pfl_regs *regs, unsigned int reg)
{
	return regs->known >> reg & 1;
}

static inline void pfl_regs_set(struct pfl_regs *regs, unsigned int reg, uint64_t value)
{
	regs->value[reg] = value;
	regs->known |= 1ULL << reg;
}

#endif
