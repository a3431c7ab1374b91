/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>
#include <string.h>

#include "unwind/arch/arch.h"
#include "util/bytes.h"

static const struct pfl_arch *const arches[] = { &pfl_arch_x86_64, &pfl_arch_aarch64 };

const struct pfl_arch *pfl_arch_of_elf(uint16_t machine)
{
	for (size_t i = 0; i < sizeof(arches) / sizeof(*arches); i++)
		if (arches[i]->elf_machine == machine)
			return arches[i];
	return NULL;
}

const struct pfl_arch *pfl_arch_of_name(const char *name)
{
	for (size_t i = 0; i < sizeof(arches) / sizeof(*arches); i++)
		if (!strcmp(arches[i]->name, name))
			return arches[i];
	return NULL;
}

bool pfl_regs_load(const struct pfl_arch *arch, uint64_t mask, const void *words,
		   struct pfl_regs *regs)
{
	const char *word = words;

	regs->known = 0;
	for (mask &= (1ULL << arch->nperf) - 1; mask; mask &= mask - 1, word += 8) {
		unsigned int reg = arch->perf[__builtin_ctzll(mask)];

		if (reg != PFL_REG_NONE)
			pfl_regs_set(regs, reg, pfl_load64(word));
	}
	return pfl_regs_has(regs, arch->pc) && pfl_regs_has(regs, arch->sp);
}

const struct pfl_arch *pfl_arch_native(void)
{
#if defined(__x86_64__)
	return &pfl_arch_x86_64;
#elif defined(__aarch64__)
	return &pfl_arch_aarch64;
#else
	return NULL;
#endif
}

uint64_t pfl_arch_perf_mask(const struct pfl_arch *arch)
{
	uint64_t mask = 0;

	for (unsigned int bit = 0; bit < arch->nperf; bit++)
		if (arch->perf[bit] != PFL_REG_NONE)
			mask |= 1ULL << bit;
	return mask;
}
