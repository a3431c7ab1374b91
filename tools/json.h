/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text into JSON, whatever bytes it holds.
 */
#ifndef TOOLS_JSON_H
#define TOOLS_JSON_H

#include <stdio.h>

/* "KEY": "TEXT"; null for NULL. What is no UTF-8 becomes U+FFFD. */
void tool_json_text(FILE *out, const char *key, const char *text);

#endif
