/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <byteswap.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "symbol/jitdump.h"
#include "symbol/symbol.h"

/* A dump being written, in either byte order. */
struct dump {
	unsigned char bytes[1 << 16];
	size_t size;
	size_t record;		/* where the record in hand starts */
	bool swap;
};

static void add32(struct dump *dump, uint32_t value)
{
	value = dump->swap ? bswap_32(value) : value;
	memcpy(dump->bytes + dump->size, &value, 4);
	dump->size += 4;
}

static void add64(struct dump *dump, uint64_t value)
{
	value = dump->swap ? bswap_64(value) : value;
	memcpy(dump->bytes + dump->size, &value, 8);
	dump->size += 8;
}

static void add_string(struct dump *dump, const char *text)
{
	strcpy((char *)dump->bytes + dump->size, text);
	dump->size += strlen(text) + 1;
}

static void start(struct dump *dump, bool swap)
{
	*dump = (struct dump){ .swap = swap };
	add32(dump, 0x4a695444);
	add32(dump, 1);
	add32(dump, 48);	/* more than the header of today */
	add32(dump, 62);
	add32(dump, 0);
	add32(dump, 7);
	add64(dump, 1);
	add64(dump, 0);
	add64(dump, 0xdead);
}

static void begin(struct dump *dump, uint32_t id)
{
	dump->record = dump->size;
	add32(dump, id);
	add32(dump, 0);
	add64(dump, 1000 + dump->size);
}

static void end(struct dump *dump)
{
	uint32_t size = dump->size - dump->record;

	size = dump->swap ? bswap_32(size) : size;
	memcpy(dump->bytes + dump->record + 4, &size, 4);
}

static void load(struct dump *dump, uint64_t addr, uint64_t size, uint64_t index, const char *name)
{
	begin(dump, 0);
	add32(dump, 7);
	add32(dump, 7);
	add64(dump, addr);
	add64(dump, addr);
	add64(dump, size);
	add64(dump, index);
	add_string(dump, name);
	dump->size += size < 256 ? size : 256;
	end(dump);
}

static void move(struct dump *dump, uint64_t from, uint64_t to, uint64_t size, uint64_t index)
{
	begin(dump, 1);
	add32(dump, 7);
	add32(dump, 7);
	add64(dump, to);
	add64(dump, from);
	add64(dump, to);
	add64(dump, size);
	add64(dump, index);
	end(dump);
}

static void debug_info(struct dump *dump, uint64_t addr, uint64_t count)
{
	begin(dump, 2);
	add64(dump, addr);
	add64(dump, count);
	end(dump);
}

static void line(struct dump *dump, uint64_t addr, uint32_t number, const char *file)
{
	add64(dump, addr);
	add32(dump, number);
	add32(dump, 0);
	add_string(dump, file);
	end(dump);
}

struct result {
	struct pfl_symtab table;
	struct pfl_jit_lines lines;
	uint64_t bad;
};

static int read_dump(const struct dump *dump, size_t size, struct result *result)
{
	int fd = memfd_create("dump", MFD_CLOEXEC), err;

	assert_int_equal(write(fd, dump->bytes, size), size);
	err = pfl_jitdump_read(fd, &result->table, &result->lines, &result->bad);
	close(fd);
	return err;
}

static void drop(struct result *result)
{
	pfl_symtab_free(&result->table);
	pfl_jit_lines_free(&result->lines);
}

static const char *name_at(const struct result *result, uint64_t addr)
{
	const struct pfl_entry *entry = pfl_symtab_find(&result->table, addr);

	return entry ? pfl_symtab_name(&result->table, entry) : "-";
}

static const char *line_at(const struct result *result, uint64_t addr)
{
	const struct pfl_entry *entry = pfl_symtab_find(&result->table, addr);
	const struct pfl_jit_line *found;
	static char text[64];

	found = entry ? pfl_jit_lines_find(&result->lines, entry, addr) : NULL;
	if (!found)
		return "-";
	snprintf(text, sizeof(text), "%s:%u", result->table.names + found->file, found->line);
	return text;
}

static void test_names(void **state)
{
	struct result result;
	struct dump dump;

	(void)state;
	for (int swap = 0; swap < 2; swap++) {
		start(&dump, swap);
		load(&dump, 0x1000, 0x100, 1, "first");
		begin(&dump, 4);	/* unwinding information, which is passed over */
		add64(&dump, 99);
		end(&dump);
		load(&dump, 0x2000, 0x5000, 2, "second;with <odd> name");
		begin(&dump, 77);
		end(&dump);
		load(&dump, 0x8000, 0x10, 3, "third");
		assert_int_equal(read_dump(&dump, dump.size, &result), 0);
		assert_int_equal(result.bad, 0);
		assert_string_equal(name_at(&result, 0xfff), "-");
		assert_string_equal(name_at(&result, 0x1000), "first");
		assert_string_equal(name_at(&result, 0x10ff), "first");
		assert_string_equal(name_at(&result, 0x1100), "-");
		assert_string_equal(name_at(&result, 0x6fff), "second;with <odd> name");
		assert_string_equal(name_at(&result, 0x800f), "third");
		drop(&result);
	}
}

/* Of several that had an address, the last one wins. */
static void test_reuse(void **state)
{
	struct result result;
	struct dump dump;

	(void)state;
	start(&dump, false);
	load(&dump, 0x1000, 0x100, 1, "z_old");
	load(&dump, 0x3000, 0x100, 2, "other");
	load(&dump, 0x1080, 0x100, 3, "a_new");
	move(&dump, 0x3000, 0x1100, 0x100, 2);
	move(&dump, 0x9000, 0xa000, 0x100, 99);	/* never loaded */
	assert_int_equal(read_dump(&dump, dump.size, &result), 0);
	assert_int_equal(result.bad, 1);
	assert_string_equal(name_at(&result, 0x107f), "z_old");
	assert_string_equal(name_at(&result, 0x1080), "a_new");
	assert_string_equal(name_at(&result, 0x10ff), "a_new");
	assert_string_equal(name_at(&result, 0x1100), "other");
	assert_string_equal(name_at(&result, 0x11ff), "other");
	assert_string_equal(name_at(&result, 0x3000), "other");
	assert_string_equal(name_at(&result, 0xa000), "-");
	drop(&result);
}

static void test_lines(void **state)
{
	struct result result;
	struct dump dump;

	(void)state;
	start(&dump, false);
	debug_info(&dump, 0x1000, 3);
	line(&dump, 0x1000, 10, "a.js");
	line(&dump, 0x1020, 12, "\377");
	line(&dump, 0x1010, 5, "b.js");
	load(&dump, 0x1000, 0x100, 1, "function");
	move(&dump, 0x1000, 0x5000, 0x100, 1);
	/* As V8 has it: behind an ELF header. */
	debug_info(&dump, 0x2000, 2);
	line(&dump, 0x2044, 1, "v8.js");
	line(&dump, 0x2060, 2, "\377");
	load(&dump, 0x2000, 0x40, 2, "v8");
	/* Of nothing, of something else, and out of step. */
	debug_info(&dump, 0x3000, 0);
	load(&dump, 0x3000, 0x40, 3, "empty");
	debug_info(&dump, 0x9000, 1);
	line(&dump, 0x9000, 1, "c.js");
	load(&dump, 0x4000, 0x40, 4, "not this");
	debug_info(&dump, 0x6000, 2);
	line(&dump, 0x6000, 1, "d.js");
	line(&dump, 0x123456789abc, 1, "d.js");
	load(&dump, 0x6000, 0x40, 5, "out of step");
	assert_int_equal(read_dump(&dump, dump.size, &result), 0);
	assert_int_equal(result.bad, 0);
	assert_string_equal(line_at(&result, 0x1000), "a.js:10");
	assert_string_equal(line_at(&result, 0x100f), "a.js:10");
	assert_string_equal(line_at(&result, 0x1010), "b.js:5");
	assert_string_equal(line_at(&result, 0x10ff), "a.js:12");
	assert_string_equal(line_at(&result, 0x5012), "b.js:5");
	assert_string_equal(line_at(&result, 0x2003), "-");
	assert_string_equal(line_at(&result, 0x2004), "v8.js:1");
	assert_string_equal(line_at(&result, 0x2020), "v8.js:2");
	assert_string_equal(line_at(&result, 0x3000), "-");
	assert_string_equal(line_at(&result, 0x4000), "-");
	assert_string_equal(line_at(&result, 0x6000), "-");
	assert_string_equal(name_at(&result, 0x6000), "out of step");
	drop(&result);
}

static void fill(struct dump *dump)
{
	start(dump, false);
	debug_info(dump, 0x1000, 2);
	line(dump, 0x1000, 1, "a.js");
	line(dump, 0x1008, 2, "\377");
	load(dump, 0x1000, 0x20, 1, "one");
	load(dump, 0x2000, 0x20, 2, "two");
	move(dump, 0x1000, 0x3000, 0x20, 1);
	load(dump, 0x4000, 0x20, 3, "three");
}

static void exercise(const struct dump *dump, size_t size)
{
	struct result result;

	if (read_dump(dump, size, &result)) {
		assert_null(result.table.entries);
		assert_null(result.table.names);
		assert_null(result.lines.list);
		return;
	}
	for (uint32_t i = 0; i < result.table.count; i++) {
		name_at(&result, result.table.entries[i].start);
		line_at(&result, result.table.entries[i].start);
	}
	drop(&result);
}

/* What is being written ends anywhere: what is there before counts. */
static void test_cut_off(void **state)
{
	struct result result;
	struct dump dump;

	(void)state;
	fill(&dump);
	for (size_t size = 0; size < dump.size; size++)
		exercise(&dump, size);
	assert_int_equal(read_dump(&dump, dump.size - 0x30, &result), 0);
	assert_string_equal(name_at(&result, 0x1000), "one");
	assert_string_equal(name_at(&result, 0x3000), "one");
	drop(&result);
}

static void test_damaged(void **state)
{
	static const uint32_t values[] = { 0, 1, 15, 17, 0x7fffffff, UINT32_MAX };
	struct dump dump, broken;
	unsigned int seed = 1;

	(void)state;
	fill(&dump);
	for (size_t at = 0; at + 4 <= dump.size; at++)
		for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
			broken = dump;
			memcpy(broken.bytes + at, &values[i], 4);
			exercise(&broken, dump.size);
		}
	for (int i = 0; i < 20000; i++) {
		broken = dump;
		for (int n = 0; n < 6; n++)
			broken.bytes[rand_r(&seed) % dump.size] = rand_r(&seed);
		exercise(&broken, dump.size);
	}
}

static void test_no_dump(void **state)
{
	struct result result;
	struct dump dump;

	(void)state;
	start(&dump, false);
	assert_int_equal(read_dump(&dump, dump.size, &result), 0);
	assert_int_equal(result.table.count, 0);
	drop(&result);
	dump.bytes[4] = 2;	/* version */
	assert_int_equal(read_dump(&dump, dump.size, &result), -ENOEXEC);
	start(&dump, false);
	dump.bytes[0] ^= 1;
	assert_int_equal(read_dump(&dump, dump.size, &result), -ENOEXEC);
	assert_int_equal(read_dump(&dump, 0, &result), -ENOEXEC);
	/* Code of no size, or beyond the last address, and without a name. */
	start(&dump, false);
	load(&dump, 0x1000, 0, 1, "nothing");
	load(&dump, UINT64_MAX - 1, 0x10, 2, "too far");
	load(&dump, 0x2000, 0x10, 3, "");
	assert_int_equal(read_dump(&dump, dump.size, &result), 0);
	assert_int_equal(result.bad, 3);
	assert_int_equal(result.table.count, 0);
	drop(&result);
}

static void test_path(void **state)
{
	(void)state;
	assert_true(pfl_jitdump_is_path("/tmp/jit-1.dump"));
	assert_true(pfl_jitdump_is_path("/root/.debug/jit/java/jit-123456.dump"));
	assert_false(pfl_jitdump_is_path("/tmp/jit-.dump"));
	assert_false(pfl_jitdump_is_path("/tmp/jit-12.dump (deleted)"));
	assert_false(pfl_jitdump_is_path("/tmp/jit-12x.dump"));
	assert_false(pfl_jitdump_is_path("/tmp/xjit-12.dump"));
	assert_false(pfl_jitdump_is_path("jit-12.dump"));
	assert_false(pfl_jitdump_is_path("/tmp/jit-12.dump/x"));
	assert_false(pfl_jitdump_is_path("[stack]"));
}

struct setup {
	struct pfl_ctx *ctx;
	struct pfl_symbols *symbols;
	char messages[1000];
};

static void keep(void *data, enum pfl_level level, const char *text)
{
	struct setup *setup = data;

	(void)level;
	strncat(setup->messages, text, sizeof(setup->messages) - strlen(setup->messages) - 1);
}

/* What code of this process at @addr is called, with the file at @path as its dump; or "-". */
static const char *named_by(struct setup *setup, const char *path, uint64_t addr, bool live)
{
	static char text[256];
	const struct pfl_symbols_origin origin = { .live = live };
	struct pfl_dso file = { .kind = PFL_DSO_FILE, .path = path, .name = path, .pid = getpid() };
	struct pfl_dso code = { .kind = PFL_DSO_ANON, .path = "//anon", .name = "//anon",
				.pid = getpid() };
	struct pfl_symbol symbol;

	*setup = (struct setup){ 0 };
	assert_int_equal(pfl_ctx_new(&setup->ctx), 0);
	pfl_ctx_set_log(setup->ctx, PFL_DEBUG, keep, setup);
	assert_int_equal(pfl_symbols_new(setup->ctx, &origin, PFL_DEMANGLE_NONE, &setup->symbols), 0);
	pfl_symbols_set_debug(setup->symbols, false, true);
	assert_int_equal(pfl_symbols_note(setup->symbols, &file), 0);
	assert_int_equal(pfl_symbols_note(setup->symbols, &code), 0);
	strcpy(text, "-");
	if (!pfl_symbols_find(setup->symbols, &code, addr, false, &symbol)) {
		assert_int_equal(symbol.kind, PFL_FRAME_JIT);
		snprintf(text, sizeof(text), "%s %s:%u", symbol.name, symbol.file ? symbol.file : "-",
			 symbol.line);
	}
	pfl_symbols_free(setup->symbols);
	pfl_ctx_free(setup->ctx);
	return text;
}

static void test_process(void **state)
{
	char path[64], link[64], around[96], way[64];
	struct setup setup;
	struct dump dump;
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/jit-%d.dump", getpid());
	snprintf(link, sizeof(link), "/tmp/jit-%d0.dump", getpid());
	snprintf(way, sizeof(way), "/tmp/jit-way-%d", getpid());
	snprintf(around, sizeof(around), "%s/jit-%d.dump", way, getpid());
	assert_int_equal(symlink("/tmp", way), 0);
	fill(&dump);
	file = fopen(path, "wxe");
	assert_non_null(file);
	assert_int_equal(fwrite(dump.bytes, 1, dump.size, file), dump.size);
	fclose(file);
	assert_int_equal(symlink(path, link), 0);
	for (int live = 0; live < 2; live++) {
		assert_string_equal(named_by(&setup, path, 0x100a, live), "one a.js:2");
		assert_string_equal(named_by(&setup, path, 0x2000, live), "two -:0");
		assert_string_equal(named_by(&setup, path, 0x9000, live), "-");
		assert_string_equal(setup.messages, "");
		/* Whoever may write to /tmp can put a link there. */
		assert_string_equal(named_by(&setup, link, 0x1000, live), "-");
		assert_non_null(strstr(setup.messages, link));
		/* Nor is one on the way to it followed. */
		assert_string_equal(named_by(&setup, around, 0x1000, live), "-");
		assert_non_null(strstr(setup.messages, around));
		assert_string_equal(named_by(&setup, "/tmp/no-jit-1.dump", 0x1000, live), "-");
		assert_string_equal(setup.messages, "");
		if (geteuid())
			continue;
		assert_int_equal(chown(path, 65534, 65534), 0);
		assert_string_equal(named_by(&setup, path, 0x1000, live), "-");
		assert_non_null(strstr(setup.messages, "belongs neither"));
		assert_int_equal(chown(path, 0, 0), 0);
	}
	assert_int_equal(truncate(path, 3), 0);
	assert_string_equal(named_by(&setup, path, 0x1000, true), "-");
	assert_non_null(strstr(setup.messages, "no jitdump"));
	unlink(way);
	unlink(link);
	unlink(path);
}

/* Lines that are a hole in the file cost nothing to whoever writes it. */
static void test_hole(void **state)
{
	const uint32_t size = 0xfffffff0;
	struct result result;
	struct dump dump;
	int fd = memfd_create("hole", MFD_CLOEXEC);

	(void)state;
	start(&dump, false);
	debug_info(&dump, 0x1000, 1ULL << 32);
	memcpy(dump.bytes + dump.record + 4, &size, 4);
	assert_int_equal(write(fd, dump.bytes, dump.size), dump.size);
	assert_int_equal(ftruncate(fd, 400 << 20), 0);
	assert_int_equal(pfl_jitdump_read(fd, &result.table, &result.lines, &result.bad), -EFBIG);
	assert_null(result.lines.list);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_lines), cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_damaged), cmocka_unit_test(test_no_dump),
		cmocka_unit_test(test_path), cmocka_unit_test(test_process),
		cmocka_unit_test(test_hole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
