/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "symbol/buildid.h"

#define NOTE(name_size, desc_size, type) name_size "\0\0\0" desc_size "\0\0\0" type "\0\0\0"

static const char notes[] =
	NOTE("\4", "\2", "\1") "GNU\0" "xx\0\0"
	NOTE("\4", "\2", "\3") "Xen\0" "yy\0\0"
	NOTE("\4", "\5", "\3") "GNU\0" "\1\2\3\4\5\0\0\0"
	NOTE("\4", "\1", "\3") "GNU\0" "z\0\0\0";

static void test_notes(void **state)
{
	char text[PFL_BUILD_ID_TEXT];
	struct pfl_build_id id;

	(void)state;
	assert_int_equal(pfl_build_id_notes(notes, sizeof(notes) - 1, false, &id), 0);
	assert_string_equal(pfl_build_id_format(&id, text), "0102030405");
	/* From the other byte order these sizes are enormous. */
	assert_int_equal(pfl_build_id_notes(notes, sizeof(notes) - 1, true, &id), -ENOENT);
}

static void test_swapped(void **state)
{
	static const char swapped[] = "\0\0\0\4\0\0\0\2\0\0\0\3" "GNU\0" "\xab\xcd";
	char text[PFL_BUILD_ID_TEXT];
	struct pfl_build_id id;

	(void)state;
	assert_int_equal(pfl_build_id_notes(swapped, sizeof(swapped) - 1, true, &id), 0);
	assert_string_equal(pfl_build_id_format(&id, text), "abcd");
}

static void test_cut_notes(void **state)
{
	struct pfl_build_id id;
	char *copy;

	(void)state;
	/* The id ends at byte 61; each copy has its own end for ASan to watch. */
	for (size_t size = 0; size < sizeof(notes); size++) {
		copy = malloc(size + !size);
		memcpy(copy, notes, size);
		assert_int_equal(pfl_build_id_notes(copy, size, false, &id),
				 size < 61 ? -ENOENT : 0);
		free(copy);
	}
}

static void test_long(void **state)
{
	char bytes[16 + 64] = "\4\0\0\0\x40\0\0\0\3\0\0\0GNU";
	struct pfl_build_id id;

	(void)state;
	memset(bytes + 16, 7, 64);
	assert_int_equal(pfl_build_id_notes(bytes, sizeof(bytes), false, &id), 0);
	assert_int_equal(id.size, PFL_BUILD_ID_MAX);
}

static void test_equal(void **state)
{
	const struct pfl_build_id none = { 0 }, a = { 2, { 1, 2 } }, b = { 2, { 1, 3 } };
	const struct pfl_build_id padded = { 20, { 1, 2 } };

	(void)state;
	assert_true(pfl_build_id_equal(&a, &a));
	assert_true(pfl_build_id_equal(&a, &padded));
	assert_false(pfl_build_id_equal(&a, &b));
	assert_false(pfl_build_id_equal(&a, &none));
	assert_false(pfl_build_id_equal(&none, &none));
}

/* readelf is who else knows. */
static void test_file(void **state)
{
	char path[4096], command[4200], line[256], want[64] = "", text[PFL_BUILD_ID_TEXT];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	struct pfl_build_id id;
	FILE *output;
	int fd;

	(void)state;
	assert_true(len > 0);
	path[len] = '\0';
	snprintf(command, sizeof(command), "readelf -n '%s' 2>/dev/null", path);
	output = popen(command, "re");
	while (fgets(line, sizeof(line), output))
		sscanf(line, " Build ID: %63[0-9a-f]", want);
	pclose(output);
	if (!*want)
		skip();
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(pfl_build_id_read(fd, &id), 0);
	assert_string_equal(pfl_build_id_format(&id, text), want);
	close(fd);
}

static void test_no_elf(void **state)
{
	int fd = memfd_create("empty", MFD_CLOEXEC);
	struct pfl_build_id id = { .size = 3 };

	(void)state;
	assert_int_equal(pfl_build_id_read(fd, &id), -ENOEXEC);
	assert_int_equal(id.size, 0);
	close(fd);
}

static void test_module_names(void **state)
{
	struct pfl_build_id id;
	char name[300];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(pfl_build_id_module("../../kernel/notes", &id), -ENOENT);
	assert_int_equal(pfl_build_id_module("..", &id), -ENOENT);
	assert_int_equal(pfl_build_id_module(name, &id), -ENOENT);
	assert_int_equal(pfl_build_id_module("no_such_module", &id), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_notes), cmocka_unit_test(test_swapped),
		cmocka_unit_test(test_cut_notes), cmocka_unit_test(test_long),
		cmocka_unit_test(test_equal), cmocka_unit_test(test_file),
		cmocka_unit_test(test_no_elf), cmocka_unit_test(test_module_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
