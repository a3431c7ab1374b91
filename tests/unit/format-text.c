/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which texts of tracepoints are given to libtraceevent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glob.h>

#include "perfdata/format-text.h"

static const char good[] =
	"name: sched_switch\nID: 372\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\n"
	"\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
	"\tfield:__data_loc char[] name;\toffset:24;\tsize:4;\tsigned:0;\n"
	"\tfield:const char * file;\toffset:28;\tsize:8;\n"
	"\n"
	"print fmt: \"%s (%s\\\"\", REC->prev_comm, __print_flags(REC->x & (1), \"|\", { 1, \"S(\" })\n";

static bool is_ok(const char *text)
{
	return pfl_format_text_ok(text, strlen(text));
}

/* The good one with @to in place of @from. */
static bool is_ok_with(const char *from, const char *to)
{
	const char *at = strstr(good, from);
	char text[2048];

	assert_non_null(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
	return is_ok(text);
}

static void what_the_kernel_writes(void **state)
{
	(void)state;
	assert_true(is_ok(good));
	assert_true(is_ok_with("field:const", "field special:const"));
}

/* All that this kernel has; where tracefs is not to be seen, none. */
static void what_this_kernel_writes(void **state)
{
	static char text[1 << 17];
	glob_t found;

	(void)state;
	if (glob("/sys/kernel/tracing/events/*/*/format", 0, NULL, &found))
		skip();
	for (size_t i = 0; i < found.gl_pathc; i++) {
		FILE *file = fopen(found.gl_pathv[i], "re");
		size_t size = file ? fread(text, 1, sizeof(text), file) : 0;

		if (file)
			fclose(file);
		if (size && !pfl_format_text_ok(text, size))
			fail_msg("%s", found.gl_pathv[i]);
	}
	globfree(&found);
}

static void what_it_does_not(void **state)
{
	static const char *const changes[][2] = {
		{ "name: ", "nome: " }, { "sched_switch", "" }, { "372", "" }, { "372", "x" },
		{ "372", "37200000000" }, { "format:\n", "" },
		{ "[16]", "[16" }, { "[16]", "16]" }, { "[16]", "[[16]]" }, { "[16]", "[1][6]" },
		{ "[16]", "[\"]" }, { "[16]", "[\x88" }, { "prev_comm[16]", "[16]" },
		{ "char prev_comm", "" }, { "char prev_comm", "prev_comm" }, { ";\toffset:8", "" },
		{ "offset:8;", "offset:;" }, { "offset:8;", "offset:-8;" }, { "offset:8", "ofset:8" },
		{ "size:16;", "size:16" }, { "signed:0;", "signed:0;\tmore:1;" },
		{ "\tfield:const", "field:const" }, { "print fmt:", "print:" },
		{ "print fmt: \"", "print fmt: " }, { "(1)", "(1" }, { "(1)", "1)" },
		{ "(1)", "(1}" }, { "})", ")}" }, { "S(", "S\"(" }, { "\\\"", "\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++)
		if (is_ok_with(changes[i][0], changes[i][1]))
			fail_msg("%s for %s", changes[i][1], changes[i][0]);
	assert_false(pfl_format_text_ok(good, 0));
	for (size_t size = 0; size < (size_t)(strstr(good, "%s (") - good); size++)
		if (pfl_format_text_ok(good, size))
			fail_msg("the first %zu bytes", size);
}

/* The good one with @count times @what in brackets behind it. */
static bool is_ok_with_many(size_t count, const char *what, const char *behind)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool ok;

	assert_non_null(out);
	fputs(good, out);
	for (size_t i = 0; i < count; i++)
		fputs(what, out);
	for (size_t i = 0; i < count; i++)
		fputs(behind, out);
	fclose(out);
	ok = pfl_format_text_ok(text, size);
	free(text);
	return ok;
}

static void very_much(void **state)
{
	(void)state;
	assert_true(is_ok_with_many(64, "(", ")"));
	assert_false(is_ok_with_many(65, "(", ")"));
	assert_true(is_ok_with_many(10000, ", 1", ""));
	assert_false(is_ok_with_many(30000, ", 1", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_kernel_writes),
		cmocka_unit_test(what_this_kernel_writes),
		cmocka_unit_test(what_it_does_not),
		cmocka_unit_test(very_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
