/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules against libdw's, which decodes CFI anew for each address it is asked
 * for, in the binaries of this machine; and against CFI that was damaged.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>

#include "unwind/cfi.h"
#include "unwind/rules.h"

/* Addresses compared in one binary. */
#define ADDRESSES 20000

struct oracle {
	Dwarf_CFI *cfi;
	const struct pfl_rules *rules;
	const char *path;
	uint64_t vaddr, offset;		/* at hand */
	uint64_t compared, with_rule;
};

__attribute__((noreturn, format(printf, 2, 3)))
static void differ(const struct oracle *oracle, const char *format, ...)
{
	char what[200];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	fail_msg("%s: at %#llx: %s", oracle->path, (unsigned long long)oracle->vaddr, what);
	abort();
}

/* The expression that libdw took apart must be the one that we keep. */
static void check_expression(const struct oracle *oracle, int32_t value, const Dwarf_Op *ops,
			     size_t count)
{
	size_t size;
	const unsigned char *code = pfl_rules_expression(oracle->rules, value, &size);

	if (count && ops[0].atom == DW_OP_call_frame_cfa) {
		ops++;
		count--;
	}
	if (!count)
		differ(oracle, "libdw has no expression here");
	for (size_t i = 0; i < count; i++)
		if (ops[i].offset >= size || code[ops[i].offset] != ops[i].atom)
			differ(oracle, "expression differs at step %zu", i);
}

/* @op is "register + offset"; tells which. */
static bool is_register(const Dwarf_Op *op, uint64_t *reg, int64_t *offset)
{
	if (op->atom == DW_OP_bregx) {
		*reg = op->number;
		*offset = op->number2;
		return true;
	}
	*reg = op->atom - DW_OP_breg0;
	*offset = op->number;
	return op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31;
}

static void check_cfa(const struct oracle *oracle, const struct pfl_rule *rule,
		      const Dwarf_Op *ops, size_t count)
{
	bool simple = count == 1 || (count == 2 && ops[1].atom == DW_OP_deref);
	enum pfl_cfa_how how;
	int64_t offset;
	uint64_t reg;

	if (count && simple && is_register(&ops[0], &reg, &offset)) {
		how = count == 1 ? PFL_CFA_REGISTER : PFL_CFA_DEREF;
		if (rule->cfa_how != how || rule->cfa_reg != reg || rule->cfa_value != offset)
			differ(oracle, "CFA is %d r%d%+d, libdw has %d r%d%+d", rule->cfa_how,
			       rule->cfa_reg, rule->cfa_value, how, (int)reg, (int)offset);
		return;
	}
	if (rule->cfa_how != PFL_CFA_EXPRESSION)
		differ(oracle, "CFA is no expression, but libdw has %zu steps", count);
	check_expression(oracle, rule->cfa_value, ops, count);
}

static enum pfl_save_how how_of(const struct oracle *oracle, const struct pfl_save *save, int reg)
{
	const struct pfl_arch *arch = oracle->rules->arch;

	if (save)
		return save->how;
	if (reg == arch->sp)
		return PFL_SAVE_IS_CFA;
	return arch->preserved >> reg & 1 || reg == arch->link ? PFL_SAVE_SAME :
								 PFL_SAVE_UNDEFINED;
}

static void check_saved(const struct oracle *oracle, const struct pfl_save *save, int reg,
			const Dwarf_Op *ops, size_t count, enum pfl_save_how how)
{
	int64_t offset = 0;
	uint64_t base;

	if (count == 1 && is_register(&ops[0], &base, &offset))
		goto by_register;
	if (count == 2 && ops[0].atom == DW_OP_call_frame_cfa &&
	    is_register(&ops[1], &base, &offset))
		goto by_register;
	if (ops[0].atom == DW_OP_regx ||
	    (ops[0].atom >= DW_OP_reg0 && ops[0].atom <= DW_OP_reg31)) {
		base = ops[0].atom - (uint64_t)DW_OP_reg0;
		if (ops[0].atom == DW_OP_regx)
			base = ops[0].number;
		if (how != PFL_SAVE_IS_REGISTER || save->base != base)
			differ(oracle, "r%d is not in r%d", reg, (int)base);
		return;
	}
	if (how == PFL_SAVE_AT_CFA || how == PFL_SAVE_IS_CFA) {
		size_t used = how == PFL_SAVE_IS_CFA && count > 1 ? count - 1 : count;

		if (ops[0].atom != DW_OP_call_frame_cfa || used > 2 ||
		    (used == 2 && ops[1].atom != DW_OP_plus_uconst))
			differ(oracle, "r%d: libdw has another form of %zu steps", reg, count);
		offset = used == 2 ? (int64_t)ops[1].number : 0;
		if (offset != (save ? save->value : 0))
			differ(oracle, "r%d: CFA%+d, libdw has CFA%+d", reg,
			       save ? save->value : 0, (int)offset);
		return;
	}
	if (how != PFL_SAVE_AT_EXPRESSION && how != PFL_SAVE_IS_EXPRESSION)
		differ(oracle, "r%d: %d, but libdw has %zu steps from %#x", reg, how, count,
		       ops[0].atom);
	check_expression(oracle, save->value, ops, count);
	return;
by_register:
	if (how != PFL_SAVE_AT_REGISTER || save->base != base || save->value != offset)
		differ(oracle, "r%d is not at r%d%+d", reg, (int)base, (int)offset);
}

static void check_register(const struct oracle *oracle, const struct pfl_rule *rule, int reg,
			   Dwarf_Frame *frame)
{
	const struct pfl_save *save = pfl_rule_save(rule, reg);
	enum pfl_save_how how = how_of(oracle, save, reg);
	Dwarf_Op memory[3], *ops;
	size_t count;

	assert_int_equal(dwarf_frame_register(frame, reg, memory, &ops, &count), 0);
	if (count) {
		check_saved(oracle, save, reg, ops, count, how);
		return;
	}
	/* Which registers calls preserve libdw has wrong: it knows RBX by RAX's number. */
	if (!save)
		return;
	if (how != (ops ? PFL_SAVE_UNDEFINED : PFL_SAVE_SAME))
		differ(oracle, "r%d: %d, but libdw has it %s", reg, how,
		       ops ? "undefined" : "unchanged");
}

static void check_address(struct oracle *oracle)
{
	const struct pfl_arch *arch = oracle->rules->arch;
	const struct pfl_rule *rule = pfl_rules_find(oracle->rules, oracle->offset);
	Dwarf_Frame *frame;
	Dwarf_Op *ops;
	size_t count;
	bool signal;
	int ra;

	oracle->compared++;
	if (dwarf_cfi_addrframe(oracle->cfi, oracle->vaddr, &frame)) {
		if (rule)
			differ(oracle, "a rule, but libdw has none: %s", dwarf_errmsg(-1));
		return;
	}
	if (!rule)
		differ(oracle, "no rule, but libdw has one");
	oracle->with_rule++;
	ra = dwarf_frame_info(frame, NULL, NULL, &signal);
	assert_int_equal(rule->ra, ra);
	assert_int_equal(!!(rule->flags & PFL_RULE_SIGNAL), signal);
	assert_int_equal(dwarf_frame_cfa(frame, &ops, &count), 0);
	check_cfa(oracle, rule, ops, count);
	for (int reg = 0; reg < arch->nregs; reg++)
		if (reg != arch->pc || reg == ra)
			check_register(oracle, rule, reg, frame);
	free(frame);
}

static void check_segment(struct oracle *oracle, const GElf_Phdr *phdr)
{
	uint64_t step = phdr->p_filesz / ADDRESSES | 1;

	for (uint64_t at = 0; at < phdr->p_filesz; at += step) {
		oracle->vaddr = phdr->p_vaddr + at;
		oracle->offset = phdr->p_offset + at;
		check_address(oracle);
	}
}

static void check_elf(struct oracle *oracle, Elf *elf)
{
	GElf_Phdr phdr;

	assert_non_null(oracle->cfi);
	for (int i = 0; gelf_getphdr(elf, i, &phdr); i++)
		if (phdr.p_type == PT_LOAD && phdr.p_flags & PF_X)
			check_segment(oracle, &phdr);
	assert_true(oracle->compared > 0);
	assert_true(oracle->with_rule > 0);
}

static struct pfl_rules *read_rules(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct pfl_rules *rules;

	assert_true(fd >= 0);
	assert_int_equal(pfl_rules_read(fd, -1, &rules), 0);
	close(fd);
	return rules;
}

/* False: it is not on this machine. */
static bool check_file(const char *path)
{
	struct oracle oracle = { .path = path };
	struct pfl_rules *rules;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf;

	if (fd < 0)
		return false;
	oracle.rules = rules = read_rules(path);
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	oracle.cfi = dwarf_getcfi_elf(elf);
	check_elf(&oracle, elf);
	dwarf_cfi_end(oracle.cfi);
	elf_end(elf);
	close(fd);
	pfl_rules_free(rules);
	return true;
}

static void same_as_libdw(void **state)
{
	static const char *const paths[] = {
		"/proc/self/exe",
		"/lib/x86_64-linux-gnu/libc.so.6", "/lib/aarch64-linux-gnu/libc.so.6",
		"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1",
		"/usr/lib64/libc.so.6",
		"/lib/x86_64-linux-gnu/libstdc++.so.6", "/usr/lib64/libstdc++.so.6",
		"/lib/x86_64-linux-gnu/libcrypto.so.3", "/usr/lib64/libcrypto.so.3",
		"/usr/bin/python3", "/usr/bin/perf", "/usr/bin/bash",
		"/usr/lib/postgresql/15/bin/postgres", "/usr/lib/chromium/chromium",
		"/usr/aarch64-linux-gnu/lib/libc.so.6",
	};
	unsigned int checked = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		checked += check_file(paths[i]);
	assert_true(checked >= 2);
}

static void the_vdso(void **state)
{
	const char *image = (const char *)getauxval(AT_SYSINFO_EHDR);
	struct oracle oracle = { .path = "vdso" };
	struct pfl_rules *rules;
	size_t size = 0;
	Elf *elf;

	(void)state;
	if (!image)
		skip();
	elf_version(EV_CURRENT);
	elf = elf_memory((char *)image, 8192);
	for (GElf_Phdr phdr, *p = &phdr; !size && gelf_getphdr(elf, 0, p);)
		size = phdr.p_offset + phdr.p_filesz;
	assert_int_equal(pfl_rules_read_image(image, size, &rules), 0);
	oracle.rules = rules;
	oracle.cfi = dwarf_getcfi_elf(elf);
	check_elf(&oracle, elf);
	dwarf_cfi_end(oracle.cfi);
	elf_end(elf);
	pfl_rules_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_libdw),
		cmocka_unit_test(the_vdso),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
