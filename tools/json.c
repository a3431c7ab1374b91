/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json.h"

/*
 * The length of the UTF-8 character at @text, or 0 where there is none. The
 * second byte has fewer values where others would be overlong or surrogates.
 */
static size_t utf8_length(const unsigned char *text)
{
	unsigned char low = *text == 0xe0 ? 0xa0 : *text == 0xf0 ? 0x90 : 0x80;
	unsigned char high = *text == 0xed ? 0x9f : *text == 0xf4 ? 0x8f : 0xbf;
	size_t i, len = *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : 4;

	if (*text < 0xc2 || *text > 0xf4 || text[1] < low || text[1] > high)
		return 0;
	for (i = 2; i < len; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

static void put_string(FILE *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	for (putc('"', out); *p; p++) {
		size_t len = *p < 0x80 ? 1 : utf8_length(p);

		if (*p == '"' || *p == '\\')
			putc('\\', out);
		if (len == 0)
			fputs("\\ufffd", out);
		else if (*p < 0x20)
			fprintf(out, "\\u%04x", *p);
		else
			p += fwrite(p, 1, len, out) - 1;
	}
	putc('"', out);
}

void tool_json_text(FILE *out, const char *key, const char *text)
{
	fprintf(out, "\"%s\": ", key);
	if (text)
		put_string(out, text);
	else
		fputs("null", out);
}
