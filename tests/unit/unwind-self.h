/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of the unwinder share: a snapshot of the thread that takes it,
 * as a sample would have it, and the code that is mapped in this process.
 */
#ifndef UNWIND_SELF_H
#define UNWIND_SELF_H

#include <execinfo.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "unwind/walk.h"

#define FRAMES 2048
#define STACK_MAX (512u << 10)

/*
 * Functions that are really called, and whose frames are as their names say.
 * Clang takes that for whole files only.
 */
#ifdef __clang__
#define CHOOSES_FRAMES 0
#define WITHOUT_FP \
	__attribute__((noinline, disable_tail_calls, no_sanitize("address", "undefined")))
#define WITH_FP WITHOUT_FP
#else
#define CHOOSES_FRAMES 1
#define PLAIN noinline, noclone, no_sanitize("address", "undefined")
#define WITHOUT_FP \
	__attribute__((PLAIN, optimize("omit-frame-pointer", "no-optimize-sibling-calls")))
#define WITH_FP \
	__attribute__((PLAIN, optimize("no-omit-frame-pointer", "no-optimize-sibling-calls")))
#endif

struct snapshot {
	struct pfl_walk_from from;
	ucontext_t context;
	unsigned char stack[STACK_MAX];
	void *truth[FRAMES];	/* what libgcc makes of it; [0] is in take_snapshot() */
	int ntruth;
	uint64_t chain[FRAMES];	/* what following frame pointers makes of it */
	size_t nchain;
};

struct code_map {
	uint64_t start, end, offset;
	struct pfl_rules *rules;
};

static struct code_map code_maps[64];
static unsigned int ncode_maps;

static bool locate(void *data, uint64_t address, struct pfl_place *place)
{
	(void)data;
	for (unsigned int i = 0; i < ncode_maps; i++) {
		const struct code_map *map = &code_maps[i];

		if (address < map->start || address >= map->end)
			continue;
		place->rules = map->rules;
		place->offset = address - map->start + map->offset;
		return true;
	}
	return false;
}

static void read_map_rules(struct code_map *map, const char *path)
{
	int fd;

	if (!strcmp(path, "[vdso]"))
		pfl_rules_read_image((const char *)map->start, map->end - map->start, &map->rules);
	fd = *path == '/' ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	pfl_rules_read(fd, -1, &map->rules);
	close(fd);
}

__attribute__((unused)) static int read_code_maps(void **state)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[5000], path[4096], exec;

	(void)state;
	if (!maps)
		return -1;
	while (ncode_maps < 64 && fgets(line, sizeof(line), maps)) {
		struct code_map *map = &code_maps[ncode_maps];

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*2c%c%*c %" SCNx64 " %*s %*s %4095[^\n]",
			   &map->start, &map->end, &exec, &map->offset, path) != 5 || exec != 'x')
			continue;
		read_map_rules(map, path);
		ncode_maps++;
	}
	fclose(maps);
	return 0;
}

__attribute__((unused)) static int free_code_maps(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < ncode_maps; i++)
		pfl_rules_free(code_maps[i].rules);
	return 0;
}

/* The end of the mapping that @address lies in. */
__attribute__((noinline)) static uint64_t mapping_end(uint64_t address)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	uint64_t start, end, found = 0;
	char line[5000];

	while (maps && !found && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) == 2 && address >= start &&
		    address < end)
			found = end;
	if (maps)
		fclose(maps);
	return found;
}

static void load_registers(const ucontext_t *context, struct pfl_walk_from *from)
{
	struct pfl_regs *regs = &from->regs;

	regs->known = 0;
#if defined(__x86_64__)
	static const int greg[] = {
		REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
		REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP,
	};

	from->arch = &pfl_arch_x86_64;
	for (int i = 0; i < 17; i++)
		pfl_regs_set(regs, i, context->uc_mcontext.gregs[greg[i]]);
#elif defined(__aarch64__)
	from->arch = &pfl_arch_aarch64;
	for (int i = 0; i < 31; i++)
		pfl_regs_set(regs, i, context->uc_mcontext.regs[i]);
	pfl_regs_set(regs, 31, context->uc_mcontext.sp);
	pfl_regs_set(regs, 32, context->uc_mcontext.pc);
#endif
}

/* As the kernel follows frame pointers: as far as they lead to memory of the stack. */
static void follow_frame_pointers(struct snapshot *shot)
{
	const struct pfl_walk_from *from = &shot->from;
	uint64_t base = from->regs.value[from->arch->sp], at = from->regs.value[from->arch->fp];
	uint64_t record[2];

	shot->chain[0] = from->regs.value[from->arch->pc];
	shot->nchain = 1;
	while (shot->nchain < 127 && at >= base && at - base <= from->stack_size - sizeof(record)) {
		memcpy(record, shot->stack + (at - base), sizeof(record));
		shot->chain[shot->nchain++] = record[1];
		at = record[0];
	}
}

/* What lies on the stack before the function that returns to @caller is left out. */
static void take_truth(struct snapshot *shot, void *caller)
{
	int extra = 0;

	shot->ntruth = backtrace(shot->truth, FRAMES);
	while (extra < shot->ntruth - 1 && shot->truth[extra + 1] != caller)
		extra++;
	shot->ntruth -= extra;
	memmove(shot->truth, shot->truth + extra, shot->ntruth * sizeof(*shot->truth));
}

/* The whole stack above is copied, or as much of it as fits. */
__attribute__((noinline, no_sanitize("address", "undefined")))
static void take_stack(struct snapshot *shot)
{
	uint64_t sp, end;

	load_registers(&shot->context, &shot->from);
	sp = shot->from.regs.value[shot->from.arch->sp];
	end = mapping_end(sp);
	shot->from.stack_size = end - sp < STACK_MAX ? end - sp : STACK_MAX;
	for (size_t i = 0; i < shot->from.stack_size; i += 8)
		*(volatile uint64_t *)(shot->stack + i) = *(volatile uint64_t *)(sp + i);
	shot->from.stack = shot->stack;
	shot->from.locate = locate;
	follow_frame_pointers(shot);
}

WITHOUT_FP static void take_snapshot(struct snapshot *shot)
{
	getcontext(&shot->context);
	take_truth(shot, __builtin_return_address(0));
	take_stack(shot);
}

#endif
