/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DWARF numbers: System V ABI, AMD64 supplement, "DWARF Register Number
 * Mapping". perf's: enum perf_event_x86_regs of <asm/perf_regs.h>.
 */
#include <elf.h>

#include "unwind/arch/arch.h"

enum { RAX, RDX, RCX, RBX, RSI, RDI, RBP, RSP, R8, R9, R10, R11, R12, R13, R14, R15, RIP };

static const uint8_t perf[] = {
	RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, RIP,
	PFL_REG_NONE,	/* flags */
	PFL_REG_NONE, PFL_REG_NONE, PFL_REG_NONE, PFL_REG_NONE, PFL_REG_NONE, PFL_REG_NONE,
	R8, R9, R10, R11, R12, R13, R14, R15,
};

const struct pfl_arch pfl_arch_x86_64 = {
	.name = "x86_64",
	.elf_machine = EM_X86_64,
	.nregs = RIP + 1,
	.pc = RIP,
	.sp = RSP,
	.fp = RBP,
	.link = RIP,
	.preserved = 1 << RBX | 1 << RBP | 1 << R12 | 1 << R13 | 1 << R14 | 1 << R15,
	.pc_mask = UINT64_MAX,
	.perf = perf,
	.nperf = sizeof(perf),
};
