/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CFI that is wrong: real sections with bytes changed and ends cut off, and
 * hand-made ones that try what a file might try. Rules must be sound whatever
 * the bytes are: rows ascending, each rule within its bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <gnu/libc-version.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unwind/cfi.h"
#include "unwind/walk.h"

#define TEXT 0x1000
#define TEXT_SIZE 0x1000000
#define SECTION 0x800000

static struct pfl_unwinder *unwinder;
static uint64_t stack[256], pcs[64];

static const struct pfl_rules *rules_at_hand;

static bool locate(void *data, uint64_t address, struct pfl_place *place)
{
	(void)data;
	*place = (struct pfl_place){ .rules = rules_at_hand, .offset = address };
	return true;
}

/* A walk that begins where @rule holds, with every register leading into the stack. */
static void walk_from(const struct pfl_rules *rules, uint64_t offset)
{
	struct pfl_walk_from from = { .arch = rules->arch, .stack = stack,
				      .stack_size = sizeof(stack), .locate = locate };
	struct pfl_walk walk = { .pcs = pcs, .room = 64 };

	rules_at_hand = rules;
	for (unsigned int reg = 0; reg < rules->arch->nregs; reg++)
		pfl_regs_set(&from.regs, reg, 0x7000 + 8 * reg);
	pfl_regs_set(&from.regs, rules->arch->sp, 0x7000);
	pfl_regs_set(&from.regs, rules->arch->pc, offset);
	pfl_unwinder_walk(unwinder, &from, &walk);
	assert_true(walk.count >= 1 && walk.count <= 64);
}

static void check_rule(const struct pfl_rules *rules, uint32_t place)
{
	const struct pfl_rule *rule = (const struct pfl_rule *)&rules->pool[place];
	size_t size;

	assert_true(place < rules->pool_used);
	assert_true(rule->ra < rules->arch->nregs);
	assert_true(rule->cfa_reg < rules->arch->nregs);
	assert_true(rule->nsaves <= rules->arch->nregs);
	if (rule->cfa_how == PFL_CFA_EXPRESSION)
		assert_true((uint32_t)rule->cfa_value < rules->expressions_size);
	for (unsigned int i = 0; i < rule->nsaves; i++) {
		const struct pfl_save *save = &rule->saves[i];

		assert_true(save->reg < rules->arch->nregs);
		assert_true(save->base < rules->arch->nregs);
		if (save->how != PFL_SAVE_AT_EXPRESSION && save->how != PFL_SAVE_IS_EXPRESSION)
			continue;
		assert_true((uint32_t)save->value < rules->expressions_size);
		pfl_rules_expression(rules, save->value, &size);
		assert_true(save->value + 2 + size <= rules->expressions_size);
	}
}

static void check_rules(const struct pfl_rules *rules)
{
	assert_true(rules->count > 0);
	assert_int_equal(rules->rule_of[rules->count - 1], 0);
	for (uint32_t row = 0; row < rules->count; row++) {
		if (row)
			assert_true(rules->starts[row - 1] < rules->starts[row]);
		if (rules->rule_of[row])
			check_rule(rules, rules->rule_of[row]);
		if (row % 64 == 0)
			walk_from(rules, rules->base + rules->starts[row]);
	}
}

static int decode(const void *bytes, size_t size, bool eh, const struct pfl_arch *arch,
		  struct pfl_rules **rules)
{
	const struct pfl_cfi_segment text = { .vaddr = TEXT, .offset = TEXT, .size = TEXT_SIZE };
	const struct pfl_cfi_section section = { .bytes = bytes, .size = size, .vaddr = SECTION,
						 .eh = eh };
	const struct pfl_cfi_file file = { .arch = arch, .segments = &text, .nsegments = 1,
					   .sections = &section, .nsections = 1 };

	return pfl_cfi_decode(&file, rules);
}

/* Decodes a copy that ends where its memory ends, so that ASan sees a byte too many. */
static int try(const void *bytes, size_t size, bool eh)
{
	struct pfl_rules *rules;
	void *copy = malloc(size ? size : 1);
	int err;

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	err = decode(copy, size, eh, &pfl_arch_x86_64, &rules);
	free(copy);
	if (err) {
		assert_int_equal(err, -ENODATA);
		return err;
	}
	check_rules(rules);
	pfl_rules_free(rules);
	return 0;
}

static int find_libc(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	if (!strstr(info->dlpi_name, "libc.so"))
		return 0;
	snprintf(data, 4096, "%s", info->dlpi_name);
	return 1;
}

/* The first 64 KiB of libc's .eh_frame. */
static unsigned char *read_section(size_t *size)
{
	char path[4096];
	unsigned char *bytes = NULL;
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	size_t names;
	Elf *elf;
	int fd;

	assert_int_equal(dl_iterate_phdr(find_libc, path), 1);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	assert_int_equal(elf_getshdrstrndx(elf, &names), 0);
	while (!bytes && (scn = elf_nextscn(elf, scn))) {
		assert_non_null(gelf_getshdr(scn, &shdr));
		if (strcmp(elf_strptr(elf, names, shdr.sh_name), ".eh_frame"))
			continue;
		*size = shdr.sh_size < 65536 ? shdr.sh_size : 65536;
		bytes = malloc(*size);
		assert_int_equal(pread(fd, bytes, *size, shdr.sh_offset), *size);
	}
	elf_end(elf);
	close(fd);
	return bytes;
}

/* libc's functions are found relative to the section: there is text all around it here. */
static void changed_bytes(void **state)
{
	size_t size, changed = 0, left = 0;
	unsigned char *whole = read_section(&size), *copy = malloc(size);

	(void)state;
	srandom(7);
	for (int round = 0; round < 300; round++) {
		memcpy(copy, whole, size);
		for (int i = random() % 400; i >= 0; i--, changed++)
			copy[random() % size] = random() % 3 ? random() : (random() % 2) * 0xff;
		left += !try(copy, size, round & 1);
	}
	assert_true(left > 0);
	for (int round = 0; round < 300; round++)
		try(whole, random() % size, true);
	free(copy);
	free(whole);
}

/* Sections are put together from these, little-endian. */
struct bytes {
	unsigned char at[8192];
	size_t size;
};

static void put(struct bytes *bytes, uint64_t value, size_t size)
{
	assert_true(bytes->size + size <= sizeof(bytes->at));
	memcpy(bytes->at + bytes->size, &value, size);
	bytes->size += size;
}

static void put_all(struct bytes *bytes, const char *hex)
{
	for (; *hex; hex += 2 + (hex[2] == ' '))
		put(bytes, strtoul((char[]){ hex[0], hex[1], 0 }, NULL, 16), 1);
}

/* An entry of .debug_frame: what is put between begin() and end(). */
static size_t begin(struct bytes *bytes)
{
	put(bytes, 0, 4);
	return bytes->size;
}

static void end(struct bytes *bytes, size_t start)
{
	uint32_t size = bytes->size - start;

	memcpy(bytes->at + start - 4, &size, 4);
}

/* Version 3, no augmentation, code 1, data -8, RA 16; CFA = r7 + 8, RA at CFA - 8. */
static void put_cie(struct bytes *bytes)
{
	size_t start = begin(bytes);

	put(bytes, UINT32_MAX, 4);
	put_all(bytes, "03 00 01 78 10 0c 07 08 90 01");
	end(bytes, start);
}

static void put_fde(struct bytes *bytes, uint64_t vaddr, uint64_t size, const char *hex)
{
	size_t start = begin(bytes);

	put(bytes, 0, 4);
	put(bytes, vaddr, 8);
	put(bytes, size, 8);
	put_all(bytes, hex);
	end(bytes, start);
}

static struct pfl_rules *decode_frames(const struct bytes *bytes)
{
	struct pfl_rules *rules;

	assert_int_equal(decode(bytes->at, bytes->size, false, &pfl_arch_x86_64, &rules), 0);
	check_rules(rules);
	return rules;
}

static int cfa_at(const struct pfl_rules *rules, uint64_t offset)
{
	const struct pfl_rule *rule = pfl_rules_find(rules, offset);

	return rule ? rule->cfa_value : -1;
}

/* One function inside another, at the same place, in front of all code, behind it, empty. */
static void functions_that_overlap(void **state)
{
	struct bytes bytes = { .size = 0 };
	struct pfl_rules *rules;

	(void)state;
	put_cie(&bytes);
	put_fde(&bytes, 0x4000, 0x100, "0e 20");
	put_fde(&bytes, 0x2000, 0x1000, "0e 10");
	put_fde(&bytes, 0x2800, 0x10, "0e 18");
	put_fde(&bytes, 0x2000, 0x800, "0e 28");
	put_fde(&bytes, 0, 0x1000000, "0e 30");
	put_fde(&bytes, 0x4100, 0, "0e 30");
	put_fde(&bytes, 0x4100, UINT64_MAX, "0e 38");
	put_fde(&bytes, UINT64_MAX, UINT64_MAX, "0e 30");
	rules = decode_frames(&bytes);
	assert_int_equal(cfa_at(rules, 0x1fff), -1);
	assert_int_equal(cfa_at(rules, 0x2000), 0x10);
	assert_int_equal(cfa_at(rules, 0x27ff), 0x10);
	assert_int_equal(cfa_at(rules, 0x2800), 0x18);
	assert_int_equal(cfa_at(rules, 0x2810), -1);
	assert_int_equal(cfa_at(rules, 0x3fff), -1);
	assert_int_equal(cfa_at(rules, 0x4000), 0x20);
	assert_int_equal(cfa_at(rules, 0x40ff), 0x20);
	assert_int_equal(cfa_at(rules, 0x4100), 0x38);
	assert_int_equal(cfa_at(rules, TEXT + TEXT_SIZE - 1), 0x38);
	assert_int_equal(cfa_at(rules, TEXT + TEXT_SIZE), -1);
	assert_int_equal(cfa_at(rules, 0), -1);
	assert_int_equal(cfa_at(rules, UINT64_MAX), -1);
	pfl_rules_free(rules);
}

/* What a program says up to where it cannot be followed counts. */
static void programs_that_break_off(void **state)
{
	static const char *const broken[] = {
		"41 0e 20 41 0b",		/* restore_state without remember_state */
		"41 0e 20 41 3f",		/* no such instruction */
		"41 0e 20 41 0d 80",		/* a number that does not end */
		"41 0e 20 41 0c 40 08",		/* no such register */
		"41 0e 20 41 0f 05 77",		/* an expression that is longer than the rest */
		"41 0e 20 41 10 06 ff ff ff ff 7f",
		"41 0e 20 41 0e ff ff ff ff ff ff ff ff ff 01",
		"41 0e 20 41 05 03 ff ff ff ff ff ff ff ff 7f",
		"41 0e 20 41 0f 01 30 0e 10",	/* def_cfa_offset without a register */
		"41 0e 20 41 0a 0a 0a 0a 0a 0a 0a 0a 0a 0a 0a 0a 0a",
		"41 0e 20 41 01 00 20 00 00 00 00 00 00",	/* set_loc, backwards */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		struct bytes bytes = { .size = 0 };
		struct pfl_rules *rules;

		put_cie(&bytes);
		put_fde(&bytes, 0x2000, 0x100, broken[i]);
		rules = decode_frames(&bytes);
		assert_int_equal(cfa_at(rules, 0x2000), 8);
		assert_int_equal(cfa_at(rules, 0x2001), 0x20);
		assert_int_equal(cfa_at(rules, 0x2002), -1);
		pfl_rules_free(rules);
	}
}

/* How many frames a walk has in a function that says of itself that it called itself. */
static uint32_t count_frames(const char *hex, enum pfl_walk_end end)
{
	struct bytes bytes = { .size = 0 };
	struct pfl_rules *rules;
	struct pfl_walk_from from = { .arch = &pfl_arch_x86_64, .stack = stack,
				      .stack_size = sizeof(stack), .locate = locate };
	struct pfl_walk walk = { .pcs = pcs, .room = 64 };

	put_cie(&bytes);
	put_fde(&bytes, 0x2000, 0x100, hex);
	rules = decode_frames(&bytes);
	rules_at_hand = rules;
	pfl_regs_set(&from.regs, from.arch->sp, 0x7000);
	pfl_regs_set(&from.regs, from.arch->pc, 0x2010);
	pfl_unwinder_walk(unwinder, &from, &walk);
	pfl_rules_free(rules);
	assert_int_equal(walk.end, end);
	return walk.count;
}

/* CFA = SP + 16, return address = PC: at once, after 750 steps in vain, and never. */
static void expressions_that_keep_us_busy(void **state)
{
	(void)state;
	assert_int_equal(count_frames("0f 02 77 10 16 10 02 80 00", PFL_WALK_DEEP), 64);
	assert_in_range(count_frames("0f 0d 30 23 01 12 08 96 2e 28 f7 ff 13 77 10 16 10 02 80 00",
				     PFL_WALK_BROKEN), 10, 30);
	assert_int_equal(count_frames("0f 03 2f fd ff 16 10 02 80 00", PFL_WALK_BROKEN), 1);
}

/* A function that moves SP with each byte of 12 MB of code: what is too much is left out. */
static void more_rows_than_are_kept(void **state)
{
	static const char rows[] = { 0x41, 0x0e, 0x10, 0x41, 0x0e, 0x18 };
	const size_t repeated = 6 << 20, size = repeated * sizeof(rows);
	struct bytes head = { .size = 0 };
	struct pfl_rules *rules;
	unsigned char *section;
	uint32_t length;
	size_t start;

	(void)state;
	put_cie(&head);
	start = head.size;
	put_fde(&head, 0x2000, 0xf00000, "");
	section = malloc(head.size + size);
	assert_non_null(section);
	length = head.size - start - 4 + size;
	memcpy(head.at + start, &length, 4);
	memcpy(section, head.at, head.size);
	for (size_t i = 0; i < repeated; i++)
		memcpy(section + head.size + i * sizeof(rows), rows, sizeof(rows));
	assert_int_equal(decode(section, head.size + size, false, &pfl_arch_x86_64, &rules), 0);
	free(section);
	check_rules(rules);
	assert_true(pfl_rules_size(rules) < 80u << 20);
	assert_int_equal(cfa_at(rules, 0x2000), 8);
	assert_int_equal(cfa_at(rules, 0x402001), 0x10);
	assert_int_equal(cfa_at(rules, 0x402002), 0x18);
	assert_int_equal(cfa_at(rules, 0x2000 + (10 << 20)), -1);
	pfl_rules_free(rules);
}

/* Over the end of the function, of the address space, and of 64 bits. */
static void advances_that_overflow(void **state)
{
	static const char *const far[] = {
		"0e 20 04 ff ff ff ff 0e 30", "0e 20 03 00 01 0e 30",
		"0e 20 1d ff ff ff ff ff ff ff ff 0e 30",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(far) / sizeof(*far); i++) {
		struct bytes bytes = { .size = 0 };
		struct pfl_rules *rules;

		put_cie(&bytes);
		put_fde(&bytes, 0x2000, 0x100, far[i]);
		rules = decode_frames(&bytes);
		assert_int_equal(cfa_at(rules, 0x2000), 0x20);
		assert_int_equal(cfa_at(rules, 0x20ff), 0x20);
		assert_int_equal(cfa_at(rules, 0x2100), -1);
		pfl_rules_free(rules);
	}
}

/* remember and restore, set_loc, registers moved, expressions short and long. */
static void programs_that_are_right(void **state)
{
	const struct pfl_save *save;
	const struct pfl_rule *rule;
	struct bytes bytes = { .size = 0 };
	struct pfl_rules *rules;

	(void)state;
	put_cie(&bytes);
	put_fde(&bytes, 0x2000, 0x100,
		"41 0e 10 86 02 0a 44 0c 06 10 44 0b 01 40 20 00 00 00 00 00 00 c6 0e 08 "
		"50 0f 03 76 78 06 10 06 02 76 00 09 03 0c 50 0f 07 77 08 80 00 3f 1a 22 "
		"50 07 10");
	rules = decode_frames(&bytes);
	assert_int_equal(cfa_at(rules, 0x2000), 8);
	rule = pfl_rules_find(rules, 0x2001);
	assert_int_equal(rule->cfa_value, 16);
	assert_int_equal(rule->flags, 0);
	assert_int_equal(pfl_rule_save(rule, 6)->value, -16);
	rule = pfl_rules_find(rules, 0x2005);
	assert_int_equal(rule->cfa_reg, 6);
	assert_int_equal(rule->flags, PFL_RULE_RECORD);
	assert_ptr_equal(pfl_rules_find(rules, 0x2009), pfl_rules_find(rules, 0x2001));
	assert_ptr_equal(pfl_rules_find(rules, 0x2040), pfl_rules_find(rules, 0x2000));
	rule = pfl_rules_find(rules, 0x2050);
	assert_int_equal(rule->cfa_how, PFL_CFA_DEREF);
	assert_int_equal(rule->cfa_reg, 6);
	assert_int_equal(rule->cfa_value, -8);
	assert_int_equal(rule->flags, PFL_RULE_RECORD);
	save = pfl_rule_save(rule, 6);
	assert_int_equal(save->how, PFL_SAVE_AT_REGISTER);
	assert_int_equal(save->base, 6);
	save = pfl_rule_save(rule, 3);
	assert_int_equal(save->how, PFL_SAVE_IS_REGISTER);
	assert_int_equal(save->base, 12);
	assert_int_equal(pfl_rules_find(rules, 0x2060)->cfa_how, PFL_CFA_EXPRESSION);
	assert_int_equal(pfl_rules_find(rules, 0x2070)->flags, PFL_RULE_OUTERMOST);
	pfl_rules_free(rules);
}

/* The 64-bit format, and an end in the middle. */
static void other_forms(void **state)
{
	struct bytes bytes = { .size = 0 };
	struct pfl_rules *rules;
	size_t at;

	(void)state;
	put(&bytes, UINT32_MAX, 4);
	put(&bytes, 18, 8);
	put(&bytes, UINT64_MAX, 8);
	put_all(&bytes, "03 00 01 78 10 0c 07 08 90 01");
	put(&bytes, 0, 4);
	put(&bytes, UINT32_MAX, 4);
	put(&bytes, 26, 8);
	put(&bytes, 0, 8);
	put(&bytes, 0x2000, 8);
	put(&bytes, 0x100, 8);
	put_all(&bytes, "0e 20");
	at = bytes.size;
	rules = decode_frames(&bytes);
	assert_int_equal(cfa_at(rules, 0x20ff), 0x20);
	pfl_rules_free(rules);
	for (size_t size = 0; size < at; size++)
		assert_int_equal(try(bytes.at, size, false), -ENODATA);
}

/* A CIE that is none: itself an FDE, beyond the end, of another machine's making. */
static void functions_without_a_head(void **state)
{
	static const char *const heads[] = {
		"02 00 01 78 10 0c 07 08 90 01",	/* version */
		"04 00 04 00 01 78 10 0c 07 08 90 01",	/* addresses of 4 bytes */
		"03 00 01 78 11 0c 07 08 90 01",	/* return address in a register too many */
		"03 7a 52 00 01 78 10 01 9b",		/* addresses found through a pointer */
		"03 7a 52 00 01 78 10 7f 1b",		/* augmentation beyond the end */
		"03 65 68 00 01 78 10 0c 07 08",	/* an augmentation of no known length */
		"03 01 01 01 01 01 01 01 01 01",	/* one that does not end */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		struct bytes bytes = { .size = 0 };
		size_t start = begin(&bytes);

		put(&bytes, UINT32_MAX, 4);
		put_all(&bytes, heads[i]);
		end(&bytes, start);
		put_fde(&bytes, 0x2000, 0x100, "0e 20");
		assert_int_equal(try(bytes.at, bytes.size, false), -ENODATA);
		/* Its own place for its CIE's. */
		memcpy(bytes.at + start + (bytes.size - start) / 2, "\x20\0\0\0", 4);
		try(bytes.at, bytes.size, false);
	}
}

/* Where the program begins there may be no CFI; nobody called that. */
static void an_entry_point(void **state)
{
	const struct pfl_cfi_segment text = { .vaddr = TEXT, .offset = 0x100, .size = TEXT_SIZE };
	struct pfl_walk_from from = { .arch = &pfl_arch_x86_64, .locate = locate };
	struct pfl_walk walk = { .pcs = pcs, .room = 64 };
	struct bytes bytes = { .size = 0 };
	struct pfl_cfi_section section = { .bytes = bytes.at, .vaddr = SECTION };
	const struct pfl_cfi_file file = { .arch = &pfl_arch_x86_64, .segments = &text,
					   .nsegments = 1, .sections = &section, .nsections = 1,
					   .entry = 0x2100 };
	struct pfl_rules *rules;

	(void)state;
	put_cie(&bytes);
	put_fde(&bytes, 0x2000, 0x100, "0e 20");
	put_fde(&bytes, 0x2140, 0x10, "0e 20");
	section.size = bytes.size;
	assert_int_equal(pfl_cfi_decode(&file, &rules), 0);
	assert_int_equal(cfa_at(rules, 0x1100), 0x20);
	assert_false(pfl_rules_is_entry(rules, 0x11ff));
	assert_true(pfl_rules_is_entry(rules, 0x1200));
	assert_true(pfl_rules_is_entry(rules, 0x123f));
	assert_false(pfl_rules_is_entry(rules, 0x1240));
	assert_false(pfl_rules_is_entry(rules, 0x1250));
	rules_at_hand = rules;
	pfl_regs_set(&from.regs, 7, 0x7000);
	pfl_regs_set(&from.regs, 16, 0x1210);
	pfl_unwinder_walk(unwinder, &from, &walk);
	assert_int_equal(walk.count, 1);
	assert_int_equal(walk.end, PFL_WALK_ROOT);
	pfl_regs_set(&from.regs, 16, 0x1260);
	pfl_unwinder_walk(unwinder, &from, &walk);
	assert_int_equal(walk.end, PFL_WALK_NO_RULE);
	pfl_rules_free(rules);
}

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < 256; i++)
		stack[i] = i % 3 ? TEXT + 97 * i : 0x7000 + 8 * i;
	return pfl_unwinder_new(&unwinder);
}

static int tear_down(void **state)
{
	(void)state;
	pfl_unwinder_free(unwinder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changed_bytes),
		cmocka_unit_test(functions_that_overlap),
		cmocka_unit_test(programs_that_break_off),
		cmocka_unit_test(expressions_that_keep_us_busy),
		cmocka_unit_test(more_rows_than_are_kept),
		cmocka_unit_test(advances_that_overflow),
		cmocka_unit_test(programs_that_are_right),
		cmocka_unit_test(other_forms),
		cmocka_unit_test(functions_without_a_head),
		cmocka_unit_test(an_entry_point),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
