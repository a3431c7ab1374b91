/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdbool.h>
#include <string.h>

#include "profile/name.h"

#define REPLACEMENT 0xfffdu
#define REPLACEMENT_UTF8 "\xef\xbf\xbd"

/* The smallest number that a sequence of so many bytes may hold: shorter ones are forgeries. */
static const uint32_t first_code[] = { 0, 0, 0x80, 0x800, 0x10000 };

static size_t sequence_len(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead < 0xe0)
		return 2;
	if (lead >= 0xe0 && lead < 0xf0)
		return 3;
	if (lead >= 0xf0 && lead < 0xf5)
		return 4;
	return 0;
}

size_t pfl_utf8_next(const char *text, size_t len, uint32_t *code)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t need = sequence_len(*p);
	uint32_t value;

	*code = REPLACEMENT;
	if (!need || need > len)
		return 1;
	value = need == 1 ? *p : *p & (0x7fu >> need);
	for (size_t i = 1; i < need; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 1;
		value = value << 6 | (p[i] & 0x3f);
	}
	if (value < first_code[need] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return 1;
	*code = value;
	return need;
}

/*
 * C0 and C1 steer terminals, U+2028 and U+2029 end lines, the direction marks
 * let a name show as another one, and XML has no U+FFFE and U+FFFF.
 */
static bool drawable(uint32_t code)
{
	if (code < 0x20 || (code >= 0x7f && code < 0xa0))
		return false;
	if (code == 0x61c || code == 0x200e || code == 0x200f)
		return false;
	if ((code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069))
		return false;
	return code != 0xfffe && code != 0xffff;
}

#define ONES 0x0101010101010101ULL
#define HIGH 0x8080808080808080ULL

/* Whether all eight bytes are printable ASCII but ';': byte tests by carry, as in strlen(). */
static bool plain_word(uint64_t word)
{
	uint64_t semicolons = word ^ ONES * ';';
	uint64_t deletes = word ^ ONES * 0x7f;
	uint64_t hits = word | (word - ONES * 0x20) | (semicolons - ONES) | (deletes - ONES);

	return !(hits & HIGH);
}

size_t pfl_name_clean_len(const char *name, size_t len)
{
	size_t at = 0;
	size_t step;
	uint64_t word;
	uint32_t code;

	while (at < len) {
		if (len - at >= sizeof(word)) {
			memcpy(&word, name + at, sizeof(word));
			if (plain_word(word)) {
				at += sizeof(word);
				continue;
			}
		}
		step = pfl_utf8_next(name + at, len - at, &code);
		if (name[at] == ';' || !drawable(code) || (code == REPLACEMENT && step == 1))
			break;
		at += step;
	}
	return at;
}

static void clean(struct pfl_strbuf *out, const char *text, size_t len, const char *semicolon)
{
	while (len) {
		size_t fine = pfl_name_clean_len(text, len);
		uint32_t code;

		pfl_strbuf_add(out, text, fine);
		text += fine;
		len -= fine;
		if (!len)
			break;
		fine = pfl_utf8_next(text, len, &code);
		pfl_strbuf_adds(out, *text == ';' ? semicolon : REPLACEMENT_UTF8);
		text += fine;
		len -= fine;
	}
}

void pfl_text_clean(struct pfl_strbuf *out, const char *text, size_t len)
{
	clean(out, text, len, ";");
}

void pfl_name_clean(struct pfl_strbuf *out, const char *name, size_t len)
{
	clean(out, name, len, ":");
}
