/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <string.h>

#include "perfdata/format-text.h"

/* The kernel's own are of a few KiB; reading one takes libtraceevent time by its square. */
#define SIZE_MAX_TEXT ((size_t)64 << 10)
#define DEPTH_MAX 64	/* it reads what is in brackets by calling itself; the kernel's have a dozen */

/* A place in the text. */
struct cursor {
	const char *at, *end;
};

static bool skip(struct cursor *cursor, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(cursor->end - cursor->at) < len || memcmp(cursor->at, text, len))
		return false;
	cursor->at += len;
	return true;
}

static bool skip_number(struct cursor *cursor)
{
	const char *from = cursor->at;

	while (cursor->at < cursor->end && isdigit((unsigned char)*cursor->at))
		cursor->at++;
	return cursor->at > from && cursor->at - from < 10;
}

/* "\toffset:8;" */
static bool skip_key(struct cursor *cursor, const char *key)
{
	return skip(cursor, "\t") && skip(cursor, key) && skip(cursor, ":") &&
	       skip_number(cursor) && skip(cursor, ";");
}

/* "unsigned long args[6]": a type and a name, and maybe how many, once. */
static bool is_declaration(const char *at, const char *end)
{
	const char *open = NULL, *close = NULL;
	unsigned int words = 0;

	for (const char *from = at; at < end; at++) {
		bool letter = isalnum((unsigned char)*at) || *at == '_';

		if (letter && (at == from || at[-1] == ' ' || at[-1] == '*'))
			words += !open || close;
		if (letter || strchr(" *.,()+-", *at))
			continue;
		if (*at == '[' && !open && at > from)
			open = at;
		else if (*at == ']' && open && !close)
			close = at;
		else
			return false;
	}
	return words >= 2 && !open == !close;
}

static bool is_field(struct cursor cursor)
{
	const char *from, *to;

	if (!skip(&cursor, "\tfield:") && !skip(&cursor, "\tfield special:"))
		return false;
	from = cursor.at;
	to = memchr(from, ';', cursor.end - from);
	if (!to || !is_declaration(from, to))
		return false;
	cursor.at = to + 1;
	if (!skip_key(&cursor, "offset") || !skip_key(&cursor, "size"))
		return false;
	return cursor.at == cursor.end || (skip_key(&cursor, "signed") && cursor.at == cursor.end);
}

static bool take_line(struct cursor *text, struct cursor *line)
{
	const char *end = memchr(text->at, '\n', text->end - text->at);

	if (!end)
		return false;
	*line = (struct cursor){ text->at, end };
	text->at = end + 1;
	return true;
}

/* Common fields, an empty line, its own, another one. */
static bool are_fields(struct cursor *text)
{
	struct cursor line;

	while (text->at < text->end && *text->at != 'p')
		if (!take_line(text, &line) || (line.at < line.end && !is_field(line)))
			return false;
	return true;
}

static bool closes(char open, char c)
{
	return (open == '(' && c == ')') || (open == '{' && c == '}') || (open == '[' && c == ']');
}

/* How to print them: an expression in C. */
static bool is_balanced(struct cursor text)
{
	char open[DEPTH_MAX];
	unsigned int depth = 0;
	bool string = false;

	for (; text.at < text.end; text.at++) {
		if (*text.at == '\\' && string)
			text.at++;
		else if (*text.at == '"')
			string = !string;
		else if (string)
			continue;
		else if (strchr("({[", *text.at)) {
			if (depth == DEPTH_MAX)
				return false;
			open[depth++] = *text.at;
		} else if (strchr(")}]", *text.at)) {
			if (!depth || !closes(open[--depth], *text.at))
				return false;
		}
	}
	return !depth && !string;
}

static bool is_printable(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!isprint((unsigned char)text[i]) && text[i] != '\n' && text[i] != '\t')
			return false;
	return true;
}

bool pfl_format_text_ok(const char *text, size_t size)
{
	struct cursor cursor = { text, text + size }, line;

	if (size > SIZE_MAX_TEXT || !is_printable(text, size))
		return false;
	if (!skip(&cursor, "name: ") || !take_line(&cursor, &line) || line.at == line.end ||
	    !skip(&cursor, "ID: ") || !skip_number(&cursor) || !skip(&cursor, "\nformat:\n"))
		return false;
	return are_fields(&cursor) && skip(&cursor, "print fmt: \"") &&
	       is_balanced((struct cursor){ cursor.at - 1, cursor.end });
}
