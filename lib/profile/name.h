/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names from outside, made fit to be drawn, folded and printed.
 */
#ifndef PFL_PROFILE_NAME_H
#define PFL_PROFILE_NAME_H

#include <stddef.h>
#include <stdint.h>

#include "util/strbuf.h"

/*
 * Decodes the character at @text, which has @len > 0 bytes. Returns how many
 * bytes it takes and puts its number into @code; 1 and U+FFFD where the bytes
 * are not valid UTF-8.
 */
size_t pfl_utf8_next(const char *text, size_t len, uint32_t *code);

/* How many bytes from the start of @name need no cleaning; @len where all of it is fine. */
size_t pfl_name_clean_len(const char *name, size_t len);

/*
 * Appends @text to @out, with U+FFFD in place of what must not be drawn:
 * invalid UTF-8, control and direction characters, what XML forbids.
 */
void pfl_text_clean(struct pfl_strbuf *out, const char *text, size_t len);

/* The same for the name of a frame, where a ':' takes the place of each ';'. */
void pfl_name_clean(struct pfl_strbuf *out, const char *name, size_t len);

#endif
