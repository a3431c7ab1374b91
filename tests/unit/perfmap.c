/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "symbol/perfmap.h"

static int read_text(const char *text, size_t size, struct pfl_symtab *table, uint64_t *bad)
{
	int fd = memfd_create("map", MFD_CLOEXEC), err;

	assert_int_equal(write(fd, text, size), size);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	err = pfl_perfmap_read(fd, table, bad);
	close(fd);
	return err;
}

static const char *find(const struct pfl_symtab *table, uint64_t addr)
{
	const struct pfl_entry *entry = pfl_symtab_find(table, addr);

	return entry ? pfl_symtab_name(table, entry) : "-";
}

static void test_lines(void **state)
{
	static const char text[] =
		"7f0000001000 20 plain\n"
		"0x7f0000002000 0x20 with prefix and spaces\n"
		"7F0000003000 ABC LazyCompile:*run /srv/app.js:1\n"
		"7f0000004000 10 windows\r\n"
		"7f0000005000   10   padded\n"
		"\n"
		"7f0000006000 10 last without a line end";
	struct pfl_symtab table;
	uint64_t bad;

	(void)state;
	assert_int_equal(read_text(text, sizeof(text) - 1, &table, &bad), 0);
	assert_int_equal(bad, 0);
	assert_string_equal(find(&table, 0x7f0000000fff), "-");
	assert_string_equal(find(&table, 0x7f0000001000), "plain");
	assert_string_equal(find(&table, 0x7f000000101f), "plain");
	assert_string_equal(find(&table, 0x7f0000001020), "-");
	assert_string_equal(find(&table, 0x7f0000002010), "with prefix and spaces");
	assert_string_equal(find(&table, 0x7f0000003abb), "LazyCompile:*run /srv/app.js:1");
	assert_string_equal(find(&table, 0x7f0000004000), "windows");
	assert_string_equal(find(&table, 0x7f0000005000), "padded");
	assert_string_equal(find(&table, 0x7f0000006000), "last without a line end");
	pfl_symtab_free(&table);
}

static void test_later_wins(void **state)
{
	static const char text[] =
		"1000 100 first\n1080 100 second\n1000 10 third\n1000 100 gone\n1000 100 fourth\n"
		"1040 8 patch\n";
	struct pfl_symtab table;
	uint64_t bad;

	(void)state;
	assert_int_equal(read_text(text, sizeof(text) - 1, &table, &bad), 0);
	assert_string_equal(find(&table, 0x1000), "fourth");
	assert_string_equal(find(&table, 0x1044), "patch");
	assert_string_equal(find(&table, 0x1048), "fourth");
	assert_string_equal(find(&table, 0x10ff), "fourth");
	assert_string_equal(find(&table, 0x1100), "second");
	assert_string_equal(find(&table, 0x1180), "-");
	pfl_symtab_free(&table);
}

static void test_bad_lines(void **state)
{
	static const char *const lines[] = {
		"hello", "1000", "1000 10", "1000 10 ", "1000 0 empty", "1000 zz name",
		"zz 10 name", "-1000 10 name", "1000 -10 name", " 1000 10 name", "+1 1 name",
		"10000000000000000 10 name", "ffffffffffffffff 2 wraps", "1000\t10\tname",
		"0x 10 name", "1000 ffffffffffffffff wraps",
	};
	char text[4096] = "2000 10 good\n";
	size_t count = sizeof(lines) / sizeof(*lines);
	struct pfl_symtab table;
	uint64_t bad;

	(void)state;
	for (size_t i = 0; i < count; i++)
		sprintf(text + strlen(text), "%s\n", lines[i]);
	assert_int_equal(read_text(text, strlen(text), &table, &bad), 0);
	assert_int_equal(bad, count);
	assert_int_equal(table.count, 1);
	assert_string_equal(find(&table, 0x2000), "good");
	pfl_symtab_free(&table);
}

static void test_garbage(void **state)
{
	static const char letters[] = "0123456789abcdefx \n\r\t\0zZ";
	unsigned int seed = 5;
	struct pfl_symtab table;
	char text[600];
	uint64_t bad;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		for (size_t k = 0; k < sizeof(text); k++)
			text[k] = letters[rand_r(&seed) % (sizeof(letters) - 1)];
		assert_int_equal(read_text(text, rand_r(&seed) % sizeof(text), &table, &bad), 0);
		for (uint32_t k = 0; k < table.count; k++)
			assert_non_null(pfl_symtab_find(&table, table.entries[k].start));
		pfl_symtab_free(&table);
	}
}

static void test_empty_and_huge(void **state)
{
	int fd = memfd_create("huge", MFD_CLOEXEC);
	struct pfl_symtab table;
	uint64_t bad;

	(void)state;
	assert_int_equal(read_text("", 0, &table, &bad), 0);
	assert_string_equal(find(&table, 0), "-");
	pfl_symtab_free(&table);
	assert_int_equal(ftruncate(fd, (1LL << 30) + 1), 0);
	assert_int_equal(pfl_perfmap_read(fd, &table, &bad), -EFBIG);
	/* Holes, and lines that do not end, cost no memory; what is behind them counts. */
	assert_int_equal(ftruncate(fd, 64 << 20), 0);
	assert_int_equal(pwrite(fd, "\n1000 10 jit\n2000 10 last", 26, (64 << 20) - 26), 26);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(pfl_perfmap_read(fd, &table, &bad), 0);
	assert_int_equal(bad, 1);
	assert_true(table.names_size < 4096);
	assert_string_equal(find(&table, 0x100f), "jit");
	assert_string_equal(find(&table, 0x2000), "last");
	pfl_symtab_free(&table);
	close(fd);
	/* A file that cannot be read leaves nothing behind. */
	fd = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(pfl_perfmap_read(fd, &table, &bad), -EISDIR);
	assert_null(table.names);
	pfl_symtab_free(&table);
	close(fd);
}

/* A process that waits until it is killed. */
static pid_t start_process(uid_t uid)
{
	int ready[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		if (uid && setuid(uid))
			_exit(1);
		c = 'x';
		_exit(write(ready[1], &c, 1) != 1 || pause());
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

static void end_process(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static char *map_path(pid_t pid)
{
	static char path[64];

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)pid);
	return path;
}

/* What opening the map of @pid says; the file, if any, is removed then. */
static int try_open(pid_t pid, bool live)
{
	int fd = pfl_perfmap_open(pid, live);

	unlink(map_path(pid));
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void make_map(pid_t pid, uid_t owner)
{
	int fd = open(map_path(pid), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "1000 10 jit\n", 12), 12);
	if (owner != geteuid())
		assert_int_equal(fchown(fd, owner, -1), 0);
	close(fd);
}

static void test_no_map(void **state)
{
	pid_t pid = start_process(0);

	(void)state;
	assert_int_equal(try_open(pid, true), -ENOENT);
	assert_int_equal(try_open(pid, false), -ENOENT);
	end_process(pid);
}

static void test_own_map(void **state)
{
	pid_t pid = start_process(0);

	(void)state;
	make_map(pid, geteuid());
	assert_int_equal(try_open(pid, true), 0);
	make_map(pid, geteuid());
	assert_int_equal(try_open(pid, false), 0);
	end_process(pid);
	/* It is gone: whoever asks may own the map, and root. */
	make_map(pid, geteuid());
	assert_int_equal(try_open(pid, true), 0);
}

static void test_owners(void **state)
{
	pid_t pid;

	(void)state;
	if (geteuid())
		skip();
	pid = start_process(65534);
	make_map(pid, 65534);
	assert_int_equal(try_open(pid, true), 0);
	make_map(pid, 0);
	assert_int_equal(try_open(pid, true), 0);
	make_map(pid, 12345);
	assert_int_equal(try_open(pid, true), -EPERM);
	make_map(pid, 65534);
	assert_int_equal(try_open(pid, false), -EPERM);
	end_process(pid);
	make_map(pid, 65534);
	assert_int_equal(try_open(pid, true), -EPERM);
}

static void test_no_file(void **state)
{
	pid_t pid = start_process(0);

	(void)state;
	assert_int_equal(symlink("/etc/passwd", map_path(pid)), 0);
	assert_true(try_open(pid, true) < 0);
	assert_int_equal(symlink("/etc/passwd", map_path(pid)), 0);
	assert_true(try_open(pid, false) < 0);
	assert_int_equal(mkfifo(map_path(pid), 0644), 0);
	assert_int_equal(try_open(pid, true), -ENOEXEC);
	assert_int_equal(mkdir(map_path(pid), 0755), 0);
	assert_int_equal(try_open(pid, true), -EISDIR);
	assert_int_equal(rmdir(map_path(pid)), 0);
	end_process(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines), cmocka_unit_test(test_later_wins),
		cmocka_unit_test(test_bad_lines), cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_empty_and_huge), cmocka_unit_test(test_no_map),
		cmocka_unit_test(test_own_map), cmocka_unit_test(test_owners),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
