/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "symbol/buildid.h"
#include "symbol/kernel.h"
#include "symbol/vdso.h"

static int parse(struct pfl_kernel *kernel, const char *text, size_t size)
{
	char *copy = malloc(size + 1);

	memcpy(copy, text, size);
	copy[size] = '\0';
	return pfl_kernel_parse(kernel, copy, size);
}

static const char *find(const struct pfl_kernel *kernel, uint64_t addr)
{
	const struct pfl_entry *entry = pfl_symtab_find(&kernel->table, addr);

	return entry ? pfl_symtab_name(&kernel->table, entry) : "-";
}

static const char small[] =
	"0000000000000000 A fixed_percpu_data\n"
	"0000000000001000 A cpu_debug_store\n"
	"ffffffff81000000 T _stext\n"
	"ffffffff81000000 T _text\n"
	"ffffffff81000040 T entry_SYSCALL_64\n"
	"ffffffff81000080 t do_idle\n"
	"ffffffff81000100 W memcpy\n"
	"ffffffff81000100 T __memcpy\n"
	"ffffffff81000200 T _etext\n"
	"ffffffff81000200 R __start_rodata\n"
	"ffffffff81400000 D init_task\n"
	"ffffffffc0300000 t nf_hook\t[nf_tables]\n"
	"ffffffffc0300100 t nf_data\t[nf_tables]\n"
	"ffffffffc0200000 t ext4_read\t[ext4]\n"
	"ffffffffc0200080 r ext4_table\t[ext4]\n"
	"ffffffffc0400000 t bpf_prog_6deef7357e7b4530_filter\t[bpf]\n";

static void test_small(void **state)
{
	static const struct {
		uint64_t addr;
		const char *name;
	} cases[] = {
		{ 0, "-" }, { 0x1000, "-" }, { 0xffffffff80ffffff, "-" },
		{ 0xffffffff81000000, "_text" }, { 0xffffffff8100003f, "_text" },
		{ 0xffffffff81000040, "entry_SYSCALL_64" }, { 0xffffffff810000ff, "do_idle" },
		{ 0xffffffff81000100, "__memcpy" }, { 0xffffffff810001ff, "__memcpy" },
		{ 0xffffffff81400000, "-" }, { 0xffffffffc0200000, "ext4_read" },
		{ 0xffffffffc020007f, "ext4_read" }, { 0xffffffffc0200080, "-" },
		{ 0xffffffffc0300010, "nf_hook" }, { 0xffffffffc0300100, "nf_data" },
		{ 0xffffffffc0302000, "-" },
		{ 0xffffffffc0400800, "bpf_prog_6deef7357e7b4530_filter" },
		{ UINT64_MAX, "-" },
	};
	struct pfl_kernel kernel;

	(void)state;
	assert_int_equal(parse(&kernel, small, sizeof(small) - 1), 0);
	assert_int_equal(kernel.text, 0xffffffff81000000);
	assert_int_equal(kernel.stext, 0xffffffff81000000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(find(&kernel, cases[i].addr), cases[i].name);
	pfl_kernel_free(&kernel);
}

static const char with_data[] =
	"ffffffff81000000 T _text\n"
	"ffffffff81000200 T _etext\n"
	"ffffffff81400000 D __start_once\n"
	"ffffffff81400000 d rename_lock\n"
	"ffffffff81400040 D tasklist_lock\n"
	"ffffffff81400080 R sealed\n"
	"ffffffff81401000 B __init_begin\n"
	"ffffffff81401000 d gone\n"
	"ffffffff81402000 R __init_end\n"
	"ffffffff81402000 b rcu_state\n"
	"ffffffff81500000 B last_lock\n"
	"ffffffff81502000 B _end\n"
	"ffffffffc0300000 d lock_of_module\t[nf_tables]\n";

static void check_variable(const struct pfl_kernel *kernel, uint64_t addr, const char *expected)
{
	uint64_t offset = 0;
	const char *name = pfl_variables_find(&kernel->variables, kernel->table.names, addr,
					      &offset);
	char text[80];

	snprintf(text, sizeof(text), offset ? "%s+%" PRIu64 : "%s", name ? name : "-", offset);
	assert_string_equal(text, expected);
}

/* Its own variables, and nothing that lies where they have been, or behind them. */
static void test_variables(void **state)
{
	static const struct {
		uint64_t addr;
		const char *name;
	} cases[] = {
		{ 0, "-" }, { 0xffffffff81000010, "-" }, { 0xffffffff813fffff, "-" },
		{ 0xffffffff81400000, "rename_lock" }, { 0xffffffff81400004, "rename_lock+4" },
		{ 0xffffffff81400040, "tasklist_lock" }, { 0xffffffff81400080, "-" },
		{ 0xffffffff81400090, "-" }, { 0xffffffff81401000, "-" },
		{ 0xffffffff81401fff, "-" }, { 0xffffffff81402000, "rcu_state" },
		{ 0xffffffff81402100, "rcu_state+256" }, { 0xffffffff81500010, "last_lock+16" },
		{ 0xffffffff81502000, "-" }, { 0xffffffffc0300000, "-" }, { UINT64_MAX, "-" },
	};
	struct pfl_kernel kernel;

	(void)state;
	assert_int_equal(parse(&kernel, with_data, sizeof(with_data) - 1), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check_variable(&kernel, cases[i].addr, cases[i].name);
	pfl_kernel_free(&kernel);
	/* only the linker's marks: nobody knows what lies between them */
	assert_int_equal(parse(&kernel, small, sizeof(small) - 1), 0);
	check_variable(&kernel, 0xffffffff81400000, "-");
	pfl_kernel_free(&kernel);
}

static void test_hidden(void **state)
{
	static const char text[] =
		"0000000000000000 T _text\n0000000000000000 t do_idle\n"
		"0000000000000000 t nf_hook\t[nf_tables]\n";
	struct pfl_kernel kernel;

	(void)state;
	assert_int_equal(parse(&kernel, text, sizeof(text) - 1), -EPERM);
	assert_int_equal(parse(&kernel, "", 0), -ENODATA);
}

static void test_garbage(void **state)
{
	static const char letters[] = "0123456789abcdef tTwWdD[]_\n\t\0";
	unsigned int seed = 11;
	struct pfl_kernel kernel;
	char text[sizeof(small)];

	(void)state;
	for (int i = 0; i < 3000; i++) {
		size_t size = rand_r(&seed) % sizeof(text);

		memcpy(text, small, sizeof(text));
		for (int k = 0; k < i % 200; k++)
			text[rand_r(&seed) % sizeof(text)] =
				letters[rand_r(&seed) % (sizeof(letters) - 1)];
		if (parse(&kernel, text, size))
			continue;
		for (uint32_t k = 0; k < kernel.table.count; k++)
			assert_non_null(pfl_symtab_find(&kernel.table,
							kernel.table.entries[k].start));
		pfl_kernel_free(&kernel);
	}
}

/* Every function in /proc/kallsyms is found at its address, under one of the names there. */
static void test_running(void **state)
{
	char line[1024], name[600], type;
	uint64_t addr, at = 0;
	bool matched = true;
	unsigned int count = 0;
	struct pfl_kernel kernel;
	int err = pfl_kernel_read(&kernel);
	FILE *file;

	(void)state;
	if (err == -EPERM || err == -ENOENT)
		skip();
	assert_int_equal(err, 0);
	file = fopen("/proc/kallsyms", "re");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNx64 " %c %599s", &addr, &type, name) != 3 || !addr ||
		    !strchr("tTwW", type) || strchr(line, '['))
			continue;
		if (addr != at)
			assert_true(matched);
		matched = (addr == at && matched) || !strcmp(find(&kernel, addr), name);
		at = addr;
		count++;
	}
	fclose(file);
	assert_true(count > 1000);
	pfl_kernel_free(&kernel);
}

static struct pfl_dso kernel_dso(uint64_t start)
{
	return (struct pfl_dso){ .kind = PFL_DSO_KERNEL, .path = "[kernel.kallsyms]",
				 .name = "[kernel.kallsyms]", .start = start };
}

static void test_slide(void **state)
{
	struct pfl_kernel kernel = { .text = 0x1000, .stext = 0x1100 };
	struct pfl_dso dso = kernel_dso(0x1000);
	uint64_t slide = 1;

	(void)state;
	assert_int_equal(pfl_kernel_slide(&kernel, &dso, &slide), 0);
	assert_int_equal(slide, 0);
	dso.start = 0x1100;
	assert_int_equal(pfl_kernel_slide(&kernel, &dso, &slide), 0);
	assert_int_equal(slide, 0);
	/* Elsewhere: only the build-id can tell that it is the same kernel after a reboot. */
	dso.start = 0x5000;
	assert_int_equal(pfl_kernel_slide(&kernel, &dso, &slide), -ESTALE);
	dso.build_id.size = 20;
	assert_int_equal(pfl_kernel_slide(&kernel, &dso, &slide), 0);
	assert_true(slide == (uint64_t)0x1000 - 0x5000);
	dso.start = 0;
	assert_int_equal(pfl_kernel_slide(&kernel, &dso, &slide), -ESTALE);
}

static void test_is_running(void **state)
{
	struct pfl_dso dso = kernel_dso(0x1000);

	(void)state;
	assert_true(pfl_kernel_is_running(&dso, true));
	assert_false(pfl_kernel_is_running(&dso, false));
	if (pfl_build_id_kernel(&dso.build_id))
		skip();
	assert_true(pfl_kernel_is_running(&dso, false));
	dso.build_id.bytes[0] ^= 1;
	assert_false(pfl_kernel_is_running(&dso, true));
	/* No module is called so, however the recording puts it. */
	dso.kind = PFL_DSO_MODULE;
	dso.name = "[../../kernel]";
	assert_false(pfl_kernel_is_running(&dso, true));
}

static void test_vmlinux(void **state)
{
	struct pfl_dso dso = kernel_dso(0x1000);
	struct pfl_symtab table;
	uint64_t slide;

	(void)state;
	dso.build_id = (struct pfl_build_id){ .size = 20, .bytes = { 1 } };
	assert_int_equal(pfl_kernel_read_vmlinux(&dso, "1.2.3-none", &table, &slide), -ENOENT);
	assert_int_equal(pfl_kernel_read_vmlinux(&dso, "../../../etc/passwd", &table, &slide),
			 -ENOENT);
}

static void test_vdso(void **state)
{
	struct pfl_build_id id;
	struct pfl_symtab table;
	bool found = false;
	int err = pfl_vdso_read(&table, &id);

	(void)state;
	if (err == -ENOENT)
		skip();
	assert_int_equal(err, 0);
	assert_int_equal(id.size, 20);
	for (uint32_t i = 0; i < table.count; i++)
		if (strstr(pfl_symtab_name(&table, &table.entries[i]), "clock_gettime"))
			found = true;
	assert_true(found);
	pfl_symtab_free(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small), cmocka_unit_test(test_variables),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_garbage), cmocka_unit_test(test_running),
		cmocka_unit_test(test_slide), cmocka_unit_test(test_is_running),
		cmocka_unit_test(test_vmlinux), cmocka_unit_test(test_vdso),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
