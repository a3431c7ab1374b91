/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables, strings, string buffers, checked bytes, messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/bytes.h"
#include "util/context.h"
#include "util/strbuf.h"
#include "util/table.h"

static void table_keeps_every_key(void **state)
{
	struct pfl_table table = { 0 };

	(void)state;
	assert_int_equal(pfl_table_get(&table, 1), PFL_NONE);
	for (uint32_t i = 0; i < 20000; i++) {
		/* keys that agree in their lower half, as those of a trie do */
		uint32_t *value = pfl_table_put(&table, (uint64_t)i << 32);

		assert_non_null(value);
		assert_int_equal(*value, PFL_NONE);
		*value = i;
	}
	for (uint32_t i = 0; i < 20000; i++)
		assert_int_equal(pfl_table_get(&table, (uint64_t)i << 32), i);
	assert_int_equal(pfl_table_get(&table, 1), PFL_NONE);
	assert_int_equal(*pfl_table_put(&table, (uint64_t)7 << 32), 7);
	pfl_table_free(&table);
}

static void strings_are_kept_once(void **state)
{
	struct pfl_strings strings = { 0 };
	char text[16];

	(void)state;
	for (uint32_t i = 0; i < 5000; i++) {
		int len = snprintf(text, sizeof(text), "s%u", i);

		assert_int_equal(pfl_strings_add(&strings, text, len), i);
	}
	for (uint32_t i = 0; i < 5000; i++) {
		int len = snprintf(text, sizeof(text), "s%u", i);

		assert_int_equal(pfl_strings_add(&strings, text, len), i);
		assert_string_equal(pfl_strings_get(&strings, i), text);
	}
	/* expecting strings, be they there or not, changes nothing */
	pfl_strings_expect(&strings, (uint32_t[]){ pfl_strings_hash("s7", 2), 1, UINT32_MAX }, 3);
	assert_int_equal(pfl_strings_add_hashed(&strings, pfl_strings_hash("s7", 2), "s7", 2), 7);
	/* a prefix, nothing at all, and a NUL inside are strings of their own */
	assert_int_equal(pfl_strings_add(&strings, "s4999", 2), 4);
	assert_int_equal(pfl_strings_add(&strings, "", 0), 5000);
	assert_int_equal(pfl_strings_add(&strings, "a\0b", 3), 5001);
	assert_int_equal(pfl_strings_add(&strings, "a\0c", 3), 5002);
	pfl_strings_free(&strings);
}

static void a_long_string_gets_a_chunk_of_its_own(void **state)
{
	struct pfl_strings strings = { 0 };
	char *text = malloc(1 << 20);

	(void)state;
	memset(text, 'x', 1 << 20);
	assert_int_equal(pfl_strings_add(&strings, "before", 6), 0);
	assert_int_equal(pfl_strings_add(&strings, text, 1 << 20), 1);
	assert_int_equal(pfl_strings_add(&strings, "behind", 6), 2);
	assert_string_equal(pfl_strings_get(&strings, 0), "before");
	assert_int_equal(strlen(pfl_strings_get(&strings, 1)), 1 << 20);
	free(text);
	pfl_strings_free(&strings);
}

static void strbuf_grows_and_is_cut(void **state)
{
	struct pfl_strbuf buf = { 0 };

	(void)state;
	pfl_strbuf_cut(&buf, 0);
	for (int i = 0; i < 1000; i++)
		pfl_strbuf_addf(&buf, "%d,", i % 10);
	assert_int_equal(buf.len, 2000);
	assert_memory_equal(buf.text, "0,1,2,3,", 8);
	pfl_strbuf_cut(&buf, 3);
	pfl_strbuf_adds(&buf, "x");
	assert_string_equal(buf.text, "0,1x");
	assert_int_equal(buf.error, 0);
	pfl_strbuf_free(&buf);
}

static void bytes_stop_at_the_end(void **state)
{
	static const unsigned char data[12] = { 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0 };
	struct pfl_bytes bytes = pfl_bytes(data, sizeof(data), false);
	struct pfl_bytes swapped = pfl_bytes(data, sizeof(data), true);

	(void)state;
	assert_int_equal(pfl_bytes_u64(&bytes), 1);
	assert_int_equal(pfl_bytes_u64(&bytes), 0);
	assert_true(bytes.bad);
	/* once bad, it stays so, even for what would fit */
	assert_int_equal(pfl_bytes_u32(&bytes), 0);
	assert_true(pfl_bytes_u64(&swapped) == 1ULL << 56);
	assert_int_equal(pfl_bytes_u32(&swapped), 2 << 24);
	assert_false(swapped.bad);
}

static void a_string_must_end_inside(void **state)
{
	struct pfl_bytes good = pfl_bytes("ab\0d", 4, false);
	struct pfl_bytes bad = pfl_bytes("abcd", 4, false);

	(void)state;
	assert_string_equal(pfl_bytes_string(&good, 4), "ab");
	assert_null(pfl_bytes_string(&bad, 4));
	assert_true(bad.bad);
}

static void keep_message(void *data, enum pfl_level level, const char *text)
{
	snprintf(data, 256, "%d %s", level, text);
}

static void messages_cannot_steer_a_terminal(void **state)
{
	char message[256] = "";
	struct pfl_ctx *ctx;

	(void)state;
	assert_int_equal(pfl_ctx_new(&ctx), 0);
	pfl_warn(ctx, "nobody listens");
	pfl_ctx_set_log(ctx, PFL_WARNING, keep_message, message);
	pfl_note(ctx, "not urgent enough");
	assert_string_equal(message, "");
	assert_int_equal(pfl_fail(ctx, -5, "%s", "a\033[2J\n\x7f b"), -5);
	assert_string_equal(message, "0 a?[2J?? b");
	pfl_ctx_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_keeps_every_key),
		cmocka_unit_test(strings_are_kept_once),
		cmocka_unit_test(a_long_string_gets_a_chunk_of_its_own),
		cmocka_unit_test(strbuf_grows_and_is_cut),
		cmocka_unit_test(bytes_stop_at_the_end),
		cmocka_unit_test(a_string_must_end_inside),
		cmocka_unit_test(messages_cannot_steer_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
