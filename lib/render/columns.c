/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>

#include "profile/name.h"
#include "render/columns.h"

struct range {
	uint32_t first, last;
};

/* From Unicode's EastAsianWidth.txt (W and F), joined where only unassigned ones lie between. */
static const struct range wide[] = {
	{ 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0x4dbf },	  { 0x4e00, 0xa4cf },
	{ 0xa960, 0xa97c },   { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },	  { 0xfe30, 0xfe6f },
	{ 0xff01, 0xff60 },   { 0xffe0, 0xffe6 },   { 0x17000, 0x18cd5 }, { 0x1b000, 0x1b2fb },
	{ 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};

/* What the common scripts put above or below another character, and joiners. */
static const struct range combining[] = {
	{ 0x300, 0x36f },   { 0x483, 0x489 },	{ 0x591, 0x5bd },   { 0x610, 0x61a },
	{ 0x64b, 0x65f },   { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x200b, 0x200d },
	{ 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f }, { 0xfeff, 0xfeff },
};

static int in_ranges(uint32_t code, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return 1;
	return 0;
}

static size_t code_columns(uint32_t code)
{
	if (code < combining[0].first)
		return 1;
	if (in_ranges(code, combining, sizeof(combining) / sizeof(*combining)))
		return 0;
	return in_ranges(code, wide, sizeof(wide) / sizeof(*wide)) ? 2 : 1;
}

/* Goes over @text as far as @limit columns reach; @at is how many bytes that is. */
static size_t walk(const char *text, size_t len, size_t limit, size_t *at)
{
	size_t columns = 0;
	uint32_t code;

	for (*at = 0; *at < len;) {
		size_t step = pfl_utf8_next(text + *at, len - *at, &code);
		size_t width = code_columns(code);

		if (width > limit - columns)
			break;
		columns += width;
		*at += step;
	}
	return columns;
}

size_t pfl_text_columns(const char *text, size_t len)
{
	size_t at;

	return walk(text, len, SIZE_MAX, &at);
}

size_t pfl_text_fit(const char *text, size_t len, size_t columns)
{
	size_t at;

	walk(text, len, columns, &at);
	return at;
}

size_t pfl_text_skip(const char *text, size_t len, size_t columns)
{
	size_t all = pfl_text_columns(text, len);
	size_t at;

	if (all <= columns)
		return 0;
	at = pfl_text_fit(text, len, all - columns);
	while (at < len && all - pfl_text_columns(text, at) > columns) {
		uint32_t code;

		at += pfl_utf8_next(text + at, len - at, &code);
	}
	return at;
}
