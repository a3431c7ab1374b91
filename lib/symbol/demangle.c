/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <libiberty/demangle.h>

#include "symbol/demangle.h"

/*
 * Whoever built the file chose the names. libiberty bounds its recursion, but a
 * name of a few hundred bytes whose back references refer to each other may
 * still stand for gigabytes, so that the output is bounded here.
 */
#define MAX_MANGLED 8192
#define MAX_OUTPUT (64u << 10)

struct sink {
	struct pfl_strbuf *out;
	size_t limit;
	jmp_buf too_long;
};

/*
 * The demanglers offer no way to stop them but to leave: they keep what they
 * work on in stack frames (a Punycode identifier being decoded is the exception,
 * and costs its few bytes).
 */
static void take(const char *text, size_t len, void *data)
{
	struct sink *sink = data;

	if (sink->out->len + len > sink->limit)
		longjmp(sink->too_long, 1);
	if (len)
		pfl_strbuf_add(sink->out, text, len);
}

/* Rust goes first: its older scheme looks like C++ with a hash at the end. */
static bool demangle_callback(const char *name, int options, struct pfl_strbuf *out)
{
	struct sink sink = { .out = out, .limit = out->len + MAX_OUTPUT };
	const size_t start = out->len;

	if (setjmp(sink.too_long)) {
		pfl_strbuf_cut(out, start);
		return false;
	}
	if (rust_demangle_callback(name, options, take, &sink))
		return true;
	pfl_strbuf_cut(out, start);
	if (cplus_demangle_v3_callback(name, options, take, &sink))
		return true;
	pfl_strbuf_cut(out, start);
	return false;
}

/* The number that a D back reference holds: base 26, capitals, the last digit a small letter. */
static size_t back_reference(const char *text)
{
	size_t value = 0;

	for (int digits = 0; digits < 4; digits++, text++) {
		if (*text >= 'a' && *text <= 'z')
			return value * 26 + (*text - 'a');
		if (*text < 'A' || *text > 'Z')
			break;
		value = value * 26 + (*text - 'A');
	}
	return 0;
}

/*
 * An upper bound of how much a D name works out to, as libiberty offers no
 * callback for those: a back reference repeats at most all that lies between
 * its target and itself, the back references there included.
 */
static bool d_is_bounded(const char *name, size_t len)
{
	size_t *size = calloc(len + 1, sizeof(*size));
	size_t i, back;

	if (!size)
		return false;
	for (i = 0; i < len && size[i] <= MAX_OUTPUT; i++) {
		back = name[i] == 'Q' ? back_reference(name + i + 1) : 0;
		size[i + 1] = size[i] + 1;
		if (back <= i)
			size[i + 1] += size[i] - size[i - back];
	}
	back = size[i];
	free(size);
	return back <= MAX_OUTPUT;
}

/* "foo.bar(int).baz(char) const" without the last parameters. */
static size_t d_without_parameters(const char *text)
{
	const char *close = strrchr(text, ')'), *p;
	unsigned int depth = 0;

	if (!close || strchr(close, '.'))
		return strlen(text);
	for (p = close; p > text; p--) {
		if (*p == ')')
			depth++;
		else if (*p == '(' && !--depth)
			break;
	}
	/* "foo!(int)" is a template with its arguments. */
	return p == text || p[-1] == '!' ? strlen(text) : (size_t)(p - text);
}

static bool demangle_d(enum pfl_demangle how, const char *name, size_t len, struct pfl_strbuf *out)
{
	char *text;

	if (!d_is_bounded(name, len))
		return false;
	text = dlang_demangle(name, 0);
	if (!text)
		return false;
	pfl_strbuf_add(out, text,
		       how == PFL_DEMANGLE_FULL ? strlen(text) : d_without_parameters(text));
	free(text);
	return true;
}

bool pfl_demangle_name(enum pfl_demangle how, const char *name, struct pfl_strbuf *out)
{
	int options = how == PFL_DEMANGLE_FULL ? DMGL_PARAMS | DMGL_ANSI : DMGL_NO_OPTS;
	size_t len;

	if (how == PFL_DEMANGLE_NONE || name[0] != '_' || !name[1] || !strchr("ZRD", name[1]))
		return false;
	len = strnlen(name, MAX_MANGLED + 1);
	if (len > MAX_MANGLED)
		return false;
	if (name[1] == 'D')
		return demangle_d(how, name, len, out);
	return demangle_callback(name, options, out);
}
