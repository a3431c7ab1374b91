/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/strbuf.h"

void pfl_strbuf_free(struct pfl_strbuf *buf)
{
	free(buf->text);
	*buf = (struct pfl_strbuf){ 0 };
}

static int reserve(struct pfl_strbuf *buf, size_t more)
{
	size_t size = buf->size ? buf->size : 64;
	char *text;

	if (buf->error)
		return buf->error;
	while (size - buf->len <= more)
		size *= 2;
	if (size == buf->size)
		return 0;
	text = realloc(buf->text, size);
	if (!text)
		return buf->error = -ENOMEM;
	buf->text = text;
	buf->size = size;
	return 0;
}

void pfl_strbuf_add(struct pfl_strbuf *buf, const char *text, size_t len)
{
	if (reserve(buf, len))
		return;
	if (len)	/* nothing may be nowhere */
		memcpy(buf->text + buf->len, text, len);
	buf->len += len;
	buf->text[buf->len] = '\0';
}

void pfl_strbuf_adds(struct pfl_strbuf *buf, const char *text)
{
	pfl_strbuf_add(buf, text, strlen(text));
}

void pfl_strbuf_addc(struct pfl_strbuf *buf, char c)
{
	pfl_strbuf_add(buf, &c, 1);
}

void pfl_strbuf_addf(struct pfl_strbuf *buf, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || reserve(buf, len))
		return;
	va_start(args, format);
	vsnprintf(buf->text + buf->len, len + 1, format, args);
	va_end(args);
	buf->len += len;
}

void pfl_strbuf_cut(struct pfl_strbuf *buf, size_t len)
{
	if (!buf->text)
		return;
	buf->len = len;
	buf->text[len] = '\0';
}
