/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DWARF numbers: "DWARF for the Arm 64-bit Architecture". perf's are the same:
 * enum perf_event_arm_regs of the kernel's arch/arm64/include/uapi/asm/perf_regs.h.
 */
#include <elf.h>

#include "unwind/arch/arch.h"
#include "unwind/memory.h"

enum { X19 = 19, FP = 29, LR = 30, SP = 31, PC = 32 };

static const uint8_t perf[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
	25, 26, 27, 28, FP, LR, SP, PC,
};

/*
 * At SP, a handler finds struct rt_sigframe: struct siginfo (128 bytes), and
 * struct ucontext, whose uc_mcontext begins after 176: the fault's address,
 * x0 to x30, SP and PC. Source: the kernel's arch/arm64/kernel/signal.c and
 * include/uapi/asm/{sigcontext,ucontext}.h.
 */
#define SIGNAL_REGS (128 + 176 + 8)

/*
 * The kernel also left a frame record, to which the frame pointer leads, with the
 * interrupted x29 and x30 in it: where they are the same twice, it is no accident.
 */
static bool leave_signal(const struct pfl_regs *regs, struct pfl_memory *memory,
			 struct pfl_regs *interrupted)
{
	uint64_t at = regs->value[SP] + SIGNAL_REGS, fp, lr, value;

	if (!pfl_regs_has(regs, FP) || !pfl_memory_read(memory, regs->value[FP], &fp) ||
	    !pfl_memory_read(memory, regs->value[FP] + 8, &lr))
		return false;
	interrupted->known = 0;
	for (unsigned int reg = 0; reg <= PC; reg++, at += 8) {
		if (!pfl_memory_read(memory, at, &value))
			return false;
		pfl_regs_set(interrupted, reg, value);
	}
	return interrupted->value[FP] == fp && interrupted->value[LR] == lr;
}

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
	.leave_signal = leave_signal,
};
