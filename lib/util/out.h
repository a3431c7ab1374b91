/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What formats and pictures are written through: a buffer in front of a stream,
 * since a graph is millions of short pieces. After an error it takes everything and
 * writes nothing; pfl_out_finish() tells.
 */
#ifndef PFL_UTIL_OUT_H
#define PFL_UTIL_OUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PFL_OUT_SIZE (64u << 10)
#define PFL_OUT_FORMAT_MAX 4096u

struct pfl_out {
	FILE *file;
	int err;
	size_t used;
	char buf[PFL_OUT_SIZE];
};

/* Hands what is in the buffer to the stream. */
void pfl_out_flush(struct pfl_out *out);

static inline void pfl_out_char(struct pfl_out *out, char c)
{
	if (out->used == PFL_OUT_SIZE)
		pfl_out_flush(out);
	out->buf[out->used++] = c;
}

void pfl_out_bytes(struct pfl_out *out, const char *bytes, size_t len);
void pfl_out_text(struct pfl_out *out, const char *text);

/* Less than PFL_OUT_FORMAT_MAX bytes: not for text from outside. */
__attribute__((format(printf, 2, 3)))
void pfl_out_format(struct pfl_out *out, const char *format, ...);

/* Text that is clean already (pfl_text_clean()), for the content and the attributes of XML. */
void pfl_out_xml(struct pfl_out *out, const char *text, size_t len);

/* A JSON string, quotes included, that XML and HTML take for plain text; @text is clean. */
void pfl_out_json(struct pfl_out *out, const char *text, size_t len);

/* 0, or -errno of the first write that failed. */
int pfl_out_finish(struct pfl_out *out);

#endif
