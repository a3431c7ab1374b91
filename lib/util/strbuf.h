/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A string that grows. Once memory ran out it stays as it is and ->error is
 * -ENOMEM: a caller may append many times and ask once.
 */
#ifndef PFL_UTIL_STRBUF_H
#define PFL_UTIL_STRBUF_H

#include <stddef.h>

struct pfl_strbuf {
	char *text;	/* NUL at text[len]; NULL while nothing was ever added */
	size_t len;
	size_t size;
	int error;
};

void pfl_strbuf_free(struct pfl_strbuf *buf);
void pfl_strbuf_add(struct pfl_strbuf *buf, const char *text, size_t len);
void pfl_strbuf_adds(struct pfl_strbuf *buf, const char *text);
void pfl_strbuf_addc(struct pfl_strbuf *buf, char c);
__attribute__((format(printf, 2, 3)))
void pfl_strbuf_addf(struct pfl_strbuf *buf, const char *format, ...);

/* Cuts back to @len bytes, which must be no more than there are. */
void pfl_strbuf_cut(struct pfl_strbuf *buf, size_t len);

#endif
