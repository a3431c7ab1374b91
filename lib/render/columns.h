/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How wide text is in columns, whatever the locale: 2 for East Asian wide
 * characters and emoji, 0 for what combines, 1 for all else.
 */
#ifndef PFL_RENDER_COLUMNS_H
#define PFL_RENDER_COLUMNS_H

#include <stddef.h>

/* The columns of the @len bytes at @text. */
size_t pfl_text_columns(const char *text, size_t len);

/* How many bytes from the start of @text fit into @columns. */
size_t pfl_text_fit(const char *text, size_t len, size_t columns);

/* How many bytes from the start of @text are left out so that the rest fits into @columns. */
size_t pfl_text_skip(const char *text, size_t len, size_t columns);

#endif
