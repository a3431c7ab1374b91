/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DWARF numbers: "DWARF for the Arm 64-bit Architecture". perf's are the same:
 * enum perf_event_arm_regs of the kernel's arch/arm64/include/uapi/asm/perf_regs.h.
 */
#include <elf.h>

#include "unwind/arch/arch.h"

enum { X19 = 19, FP = 29, LR = 30, SP = 31, PC = 32 };

static const uint8_t perf[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
	25, 26, 27, 28, FP, LR, SP, PC,
};

const struct pfl_arch pfl_arch_aarch64 = {
	.name = "aarch64",
	.elf_machine = EM_AARCH64,
	.nregs = PC + 1,
	.pc = PC,
	.sp = SP,
	.fp = FP,
	.link = LR,
	.pair_is_record = true,
	.preserved = (1ULL << LR) - (1ULL << X19),
	/*
	 * Pointer authentication signs in the bits above the address. How many
	 * there are a recording does not say: 48 are what a program gets that
	 * does not ask for more.
	 */
	.pc_mask = (1ULL << 48) - 1,
	.perf = perf,
	.nperf = sizeof(perf),
};
