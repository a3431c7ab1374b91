/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names from separate debug files. The program under test is this one: copies
 * of it are stripped, and what was stripped is put where it is looked for.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <lzma.h>

#include "symbol/buildid.h"
#include "symbol/debugfile.h"
#include "symbol/symbol.h"

__attribute__((noinline)) static int local_function(int x)
{
	__asm__ volatile("");
	return x * 7 + 3;
}

static char dir[] = "/tmp/perflame-debug-XXXXXX";
static char hex[PFL_BUILD_ID_TEXT];

/* Runs a shell command in @dir, in which $ID/$REST are the build-id's parts. */
__attribute__((format(printf, 1, 2))) static void sh(const char *format, ...)
{
	char command[3000], line[4000];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	snprintf(line, sizeof(line), "cd %s && ID=%.2s REST=%s && %s", dir, hex, hex + 2, command);
	assert_int_equal(system(line), 0);
}

static int make_files(void **state)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	char exe[PATH_MAX] = "";
	struct pfl_build_id id;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	assert_int_equal(pfl_build_id_read(fd, &id), 0);
	pfl_build_id_format(&id, hex);
	close(fd);
	sh("mkdir home && cp '%s' full && objcopy --only-keep-debug full debug && "
	   "strip -o stripped full && cp stripped program", exe);
	/* Without build-ids only the link's checksum proves anything. */
	sh("head -c 36 /dev/zero >zeros && "
	   "objcopy --update-section .note.gnu.build-id=zeros full full.noid && strip -o stripped.noid full.noid && "
	   "objcopy --only-keep-debug full.noid debug.noid");
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	sh("rm -rf '%s'", dir);
	return 0;
}

/* Back to a stripped program and nothing else to be found. */
static int clean(void **state)
{
	(void)state;
	sh("rm -rf program* .debug debugdir home && mkdir home && cp stripped program");
	return 0;
}

static uint64_t file_offset(const void *addr)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	uint64_t from, to, skipped, at = (uintptr_t)addr, found = 0;
	char line[5000];

	assert_non_null(maps);
	while (!found && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64, &from, &to, &skipped) == 3 &&
		    at >= from && at < to)
			found = at - from + skipped;
	fclose(maps);
	return found;
}

/* What local_function() is called when it is mapped from @name in @dir; "-": nothing. */
static const char *name_in(const char *name, bool with_id)
{
	static char found[256];
	struct pfl_symbols_origin origin = { 0 };
	char path[128], dirs[128];
	struct pfl_dso dso = { .kind = PFL_DSO_FILE, .path = path, .name = name };
	struct pfl_symbols *symbols;
	struct pfl_symbol symbol;
	struct pfl_ctx *ctx;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (with_id)
		assert_int_equal(pfl_build_id_read(fd, &dso.build_id), 0);
	close(fd);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	snprintf(dirs, sizeof(dirs), "/no/such/dir:%s/debugdir", dir);
	snprintf(found, sizeof(found), "%s/home", dir);
	assert_int_equal(setenv("HOME", found, 1), 0);
	assert_int_equal(pfl_ctx_new(&ctx), 0);
	assert_int_equal(pfl_symbols_new(ctx, &origin, PFL_DEMANGLE_NONE, &symbols), 0);
	assert_int_equal(pfl_symbols_set_debug_dirs(symbols, dirs), 0);
	strcpy(found, "-");
	if (!pfl_symbols_find(symbols, &dso, file_offset((const void *)local_function) + 1, false,
			      &symbol))
		snprintf(found, sizeof(found), "%s", symbol.name);
	pfl_symbols_free(symbols);
	pfl_ctx_free(ctx);
	return found;
}

#define assert_named(name) assert_string_equal(name_in(name, true), "local_function")
#define assert_unnamed(name) assert_string_equal(name_in(name, true), "-")

static void test_none(void **state)
{
	(void)state;
	assert_int_equal(local_function(1), 10);
	assert_named("full");
	assert_unnamed("program");
	assert_string_equal(name_in("program", false), "-");
}

/* As ld writes the name of a symbol that has a version, which libc's debug file is full of. */
static void test_version(void **state)
{
	(void)state;
	sh("objcopy --redefine-sym 'local_function=local_function@@TEST_1.0' full program");
	assert_named("program");
	sh("objcopy --redefine-sym 'local_function=@TEST_1.0' full program");
	assert_string_equal(name_in("program", true), "@TEST_1.0");
}

static void test_build_id(void **state)
{
	(void)state;
	sh("mkdir -p debugdir/.build-id/$ID && cp debug debugdir/.build-id/$ID/$REST.debug");
	assert_named("program");
	/* The id is read from the file where the recording has none. */
	assert_string_equal(name_in("program", false), "local_function");
	/* What only has the right name is not it. */
	sh("cp debug.noid debugdir/.build-id/$ID/$REST.debug");
	assert_unnamed("program");
	sh("cp /bin/true debugdir/.build-id/$ID/$REST.debug");
	assert_unnamed("program");
	sh("rm debugdir/.build-id/$ID/$REST.debug && mkfifo debugdir/.build-id/$ID/$REST.debug");
	assert_unnamed("program");
}

static void test_cache(void **state)
{
	(void)state;
	sh("mkdir -p home/.debug/.build-id/$ID/$REST && cp debug home/.debug/.build-id/$ID/$REST/debug");
	assert_named("program");
	sh("cd home/.debug/.build-id/$ID/$REST && rm debug && cp ../../../../../full elf");
	assert_named("program");
	/* The program is gone, or another one lies in its place. */
	assert_named("gone");
	sh("cp /bin/true program");
	assert_named("program");
	sh("cp /bin/true home/.debug/.build-id/$ID/$REST/elf");
	assert_unnamed("gone");
}

static void test_cache_of_another_user(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	sh("mkdir -p home/.debug/.build-id/$ID/$REST && cp full home/.debug/.build-id/$ID/$REST/elf");
	sh("chown -R nobody home/.debug");
	assert_unnamed("program");
	assert_unnamed("gone");
	sh("chown root home/.debug");
	assert_named("program");
}

static void test_link(void **state)
{
	static const char *const places[] = { ".", ".debug", "debugdir/$PWD" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		clean(NULL);
		sh("cp debug program.debug && objcopy --add-gnu-debuglink=program.debug program");
		sh("mkdir -p %s && mv program.debug moved && mv moved %s/program.debug", places[i],
		   places[i]);
		assert_named("program");
		/* Equal build-ids are proof enough, other ones are against it. */
		sh("printf x >>%s/program.debug", places[i]);
		assert_named("program");
		sh("cp /bin/true %s/program.debug", places[i]);
		assert_unnamed("program");
	}
}

static void test_link_checksum(void **state)
{
	(void)state;
	sh("cp stripped.noid program && cp debug.noid program.debug");
	sh("objcopy --add-gnu-debuglink=program.debug program");
	assert_string_equal(name_in("program", false), "local_function");
	sh("printf x >>program.debug");
	assert_string_equal(name_in("program", false), "-");
	sh("truncate -s 5G program.debug");
	assert_string_equal(name_in("program", false), "-");
}

/* Makes sub/program with a .gnu_debuglink of these bytes and the right checksum behind them. */
static void link_program(const char *bytes, size_t size)
{
	char path[64];
	FILE *section;

	snprintf(path, sizeof(path), "%s/link", dir);
	section = fopen(path, "we");
	assert_non_null(section);
	assert_int_equal(fwrite(bytes, 1, size, section), size);
	fclose(section);
	sh("cat crc >>link && objcopy --update-section .gnu_debuglink=link program sub/program");
}

static void test_link_is_a_name(void **state)
{
	(void)state;
	sh("cp debug.noid program.debug && objcopy --add-gnu-debuglink=program.debug stripped.noid program && "
	   "objcopy --dump-section .gnu_debuglink=link program && mkdir -p sub && cp debug.noid sub && "
	   "tail -c 4 link >crc");
	link_program("debug.noid\0\0", 12);
	assert_string_equal(name_in("sub/program", false), "local_function");
	link_program("../debug.noid\0\0\0", 16);
	assert_string_equal(name_in("sub/program", false), "-");
	/* No end, or no checksum: nothing is read beyond. */
	link_program("debug.noid", 10);
	assert_string_equal(name_in("sub/program", false), "-");
	sh(": >crc");
	link_program("debug.noid", 10);
	assert_string_equal(name_in("sub/program", false), "-");
	link_program("debug.noid\0\0", 12);
	assert_string_equal(name_in("sub/program", false), "-");
}

/* Compresses @file of @dir into section .gnu_debugdata of its program. */
static void carry(const char *file, size_t repeat)
{
	uint8_t *plain, *packed;
	size_t size, packed_size = 0, room;
	char path[128];
	struct stat st;
	FILE *stream;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	stream = fopen(path, "re");
	assert_non_null(stream);
	assert_int_equal(fstat(fileno(stream), &st), 0);
	size = st.st_size + repeat;
	plain = calloc(1, size);
	assert_int_equal(fread(plain, 1, st.st_size, stream), st.st_size);
	fclose(stream);
	room = lzma_stream_buffer_bound(size);
	packed = malloc(room);
	assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, plain, size, packed,
						 &packed_size, room), LZMA_OK);
	snprintf(path, sizeof(path), "%s/packed", dir);
	stream = fopen(path, "we");
	assert_non_null(stream);
	fwrite(packed, 1, packed_size, stream);
	fclose(stream);
	free(packed);
	free(plain);
	sh("objcopy --add-section .gnu_debugdata=packed stripped program");
}

static void test_carried(void **state)
{
	(void)state;
	/* As it is made: everything but the symbols removed. */
	sh("objcopy -S --remove-section .comment --keep-symbol=local_function debug mini");
	carry("mini", 0);
	assert_named("program");
	assert_string_equal(name_in("program", false), "local_function");
	sh("truncate -s -100 packed && objcopy --add-section .gnu_debugdata=packed stripped program");
	assert_unnamed("program");
	sh("printf 'no lzma' >packed && objcopy --add-section .gnu_debugdata=packed stripped program");
	assert_unnamed("program");
	carry("mini", 300u << 20);
	assert_unnamed("program");
}

/* The program is gone; its debug file still tells which function was where. */
static void test_only_debug_file(void **state)
{
	(void)state;
	sh("mkdir -p debugdir/.build-id/$ID && cp debug debugdir/.build-id/$ID/$REST.debug");
	assert_named("gone");
	assert_string_equal(name_in("gone", false), "-");
}

static void test_has(void **state)
{
	char path[64];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/debug", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(pfl_debugfile_has(fd, ".symtab"));
	assert_false(pfl_debugfile_has(fd, ".text"));	/* there, and empty */
	assert_false(pfl_debugfile_has(fd, ".no-such-section"));
	close(fd);
	fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	assert_false(pfl_debugfile_has(fd, ".symtab"));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_none, clean),
		cmocka_unit_test_setup(test_version, clean),
		cmocka_unit_test_setup(test_build_id, clean),
		cmocka_unit_test_setup(test_cache, clean),
		cmocka_unit_test_setup(test_cache_of_another_user, clean),
		cmocka_unit_test_setup(test_link, clean),
		cmocka_unit_test_setup(test_link_checksum, clean),
		cmocka_unit_test_setup(test_link_is_a_name, clean),
		cmocka_unit_test_setup(test_carried, clean),
		cmocka_unit_test_setup(test_only_debug_file, clean),
		cmocka_unit_test_setup(test_has, clean),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
