/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "util/out.h"

void pfl_out_flush(struct pfl_out *out)
{
	errno = 0;
	if (!out->err && fwrite(out->buf, 1, out->used, out->file) != out->used)
		out->err = errno ? -errno : -EIO;
	out->used = 0;
}

void pfl_out_bytes(struct pfl_out *out, const char *bytes, size_t len)
{
	while (len) {
		size_t room = PFL_OUT_SIZE - out->used;
		size_t part = len < room ? len : room;

		memcpy(out->buf + out->used, bytes, part);
		out->used += part;
		bytes += part;
		len -= part;
		if (len)
			pfl_out_flush(out);
	}
}

void pfl_out_text(struct pfl_out *out, const char *text)
{
	pfl_out_bytes(out, text, strlen(text));
}

void pfl_out_format(struct pfl_out *out, const char *format, ...)
{
	va_list args;
	int len;

	if (PFL_OUT_SIZE - out->used <= PFL_OUT_FORMAT_MAX)
		pfl_out_flush(out);
	va_start(args, format);
	len = vsnprintf(out->buf + out->used, PFL_OUT_FORMAT_MAX, format, args);
	va_end(args);
	if (len < 0 || len >= (int)PFL_OUT_FORMAT_MAX)
		out->err = -EOVERFLOW;
	else
		out->used += len;
}

static const char *xml_entity(char c)
{
	switch (c) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '"':
		return "&quot;";
	default:
		return NULL;
	}
}

void pfl_out_xml(struct pfl_out *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const char *entity = xml_entity(text[i]);

		if (entity)
			pfl_out_text(out, entity);
		else
			pfl_out_char(out, text[i]);
	}
}

void pfl_out_json(struct pfl_out *out, const char *text, size_t len)
{
	pfl_out_char(out, '"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = text[i];

		if (c == '"' || c == '\\') {
			pfl_out_char(out, '\\');
			pfl_out_char(out, c);
		} else if (c == '<' || c == '>' || c == '&' || c < ' ') {
			pfl_out_format(out, "\\u%04x", c);
		} else {
			pfl_out_char(out, c);
		}
	}
	pfl_out_char(out, '"');
}

int pfl_out_finish(struct pfl_out *out)
{
	pfl_out_flush(out);
	errno = 0;
	if (!out->err && fflush(out->file))
		out->err = errno ? -errno : -EIO;
	return out->err;
}
