/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading folded stacks.
 *
 * Folded files are sorted, or nearly: a line mostly repeats the frames of the
 * line before it. So the line before stays in the buffer with the nodes of its
 * frames, and only what differs is looked up.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <perflame/folded.h>
#include <perflame/type.h>

#include "format/folded.h"
#include "profile/profile.h"
#include "profile/value.h"
#include "util/array.h"
#include "util/context.h"
#include "util/input.h"
#include "util/table.h"

#define CHUNK ((size_t)1 << 20)		/* what one read(2) asks for */
#define LINE_MAX_BYTES ((size_t)16 << 20) /* 5,000 frames of 3 KiB; longer lines are bad lines */

#define WORDS 16u			/* names that are looked up together */

/* The decimal number at the end of a line. */
struct number {
	uint64_t digits;	/* without the point */
	unsigned int decimals;	/* how many of them stand behind it */
};

/* Where a frame of the line before ends, and its node. */
struct step {
	size_t end;
	uint32_t node;
};

struct reader {
	struct pfl_ctx *ctx;
	struct pfl_input *input;
	struct pfl_folded_read *read;
	struct pfl_profile *profile;
	uint64_t line;		/* number of the line at hand */
	uint64_t scale;		/* units of the profile in a 1 of the input */
	uint64_t saturated;

	char *buf;		/* from the line before to the end of what was read */
	size_t size;
	size_t used;
	size_t start;		/* of the line at hand */
	size_t searched;	/* up to here there is no line end */
	bool skipping;		/* the rest of a line that was too long */

	size_t before;		/* start of the stack before, */
	size_t before_len;	/* its length, */
	struct step *steps;	/* and its frames */
	uint32_t depth;
	uint32_t room;

	struct pfl_strings tokens;	/* names as they stand in the input, */
	uint32_t *frames;		/* and the frame of each */
	uint32_t frame_room;
};

static const struct pfl_profile_info unknown_type = {
	.title = "Flame Graph",
	.palette = "hot",
	.nvalues = 1,
	.values = { { .name = "count", .unit = "", .folded_div = 1 } },
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits with at most one point among them. -EINVAL: anything else; -ERANGE: 2^64 or more. */
static int parse_number(const char *p, size_t len, struct number *number)
{
	uint64_t value = 0;
	unsigned int decimals = 0;
	bool point = false;

	for (size_t i = 0; i < len; i++) {
		if (p[i] == '.' && !point && i) {
			point = true;
			continue;
		}
		if (!is_digit(p[i]))
			return -EINVAL;
		if (point && decimals == PFL_DECIMALS_MAX) {
			value += p[i] >= '5' && value < UINT64_MAX;
			for (i++; i < len; i++)
				if (!is_digit(p[i]))
					return -EINVAL;
			break;
		}
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, p[i] - '0', &value))
			return -ERANGE;
		decimals += point;
	}
	for (; decimals && value % 10 == 0; decimals--)
		value /= 10;
	*number = (struct number){ value, decimals };
	return len ? 0 : -EINVAL;
}

/* Takes the last word off the @len bytes at @line, if it is a number that a blank precedes. */
static int cut_number(const char *line, size_t *len, struct number *number)
{
	size_t end = *len;
	size_t start;
	int err;

	while (end && is_blank(line[end - 1]))
		end--;
	start = end;
	while (start && (is_digit(line[start - 1]) || line[start - 1] == '.'))
		start--;
	if (!start || !is_blank(line[start - 1]))
		return -EINVAL;
	err = parse_number(line + start, end - start, number);
	if (err)
		return err;
	while (start && is_blank(line[start - 1]))
		start--;
	*len = start;
	return 0;
}

static void bad_line(struct reader *r, const char *what)
{
	if (!r->read->bad++)
		pfl_warn(r->ctx, "%s:%" PRIu64 ": left out: %s", r->input->name, r->line, what);
}

/* The number in units of the profile, which has as many decimals as the number or more. */
static uint64_t to_units(struct reader *r, const struct number *number)
{
	unsigned int decimals = pfl_profile_info(r->profile)->decimals;
	uint64_t factor = r->scale * pfl_power_of_ten(decimals - number->decimals);
	uint64_t value;

	if (__builtin_mul_overflow(number->digits, factor, &value)) {
		r->saturated++;
		return UINT64_MAX;
	}
	return value;
}

enum pfl_frame_kind pfl_folded_kind(const char *name, size_t *len, bool first)
{
	static const enum pfl_frame_kind kinds[] = {
		PFL_FRAME_KERNEL, PFL_FRAME_INLINED, PFL_FRAME_JIT,
	};
	size_t bare = *len - PFL_SUFFIX_LEN;

	if (*len > PFL_SUFFIX_LEN && name[*len - 1] == ']') {
		for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
			if (!memcmp(name + bare, pfl_folded_suffix(kinds[i]), PFL_SUFFIX_LEN)) {
				*len = bare;
				return kinds[i];
			}
		if (!memcmp(name + bare, "_[w]", PFL_SUFFIX_LEN)) {
			*len = bare;	/* a waker's: its place behind "--" says the same */
			return PFL_FRAME_USER;
		}
	}
	if (*len && name[0] == '[' && name[*len - 1] == ']')
		return PFL_FRAME_MARK;
	if (*len && *len <= 2 && !memcmp(name, "--", *len))
		return PFL_FRAME_MARK;
	return first ? PFL_FRAME_TASK : PFL_FRAME_USER;
}

static uint32_t make_frame(struct reader *r, const char *name, size_t len, bool first)
{
	enum pfl_frame_kind kind = pfl_folded_kind(name, &len, first);

	return pfl_profile_frame(r->profile, name, len, NULL, kind);
}

static int grow_frames(struct reader *r)
{
	uint32_t *frames = reallocarray(r->frames, r->tokens.room, sizeof(*frames));

	if (!frames)
		return -ENOMEM;
	r->frames = frames;
	r->frame_room = r->tokens.room;
	return 0;
}

/* The frame of a name that is not the first of its stack: one lookup if it was seen before. */
static uint32_t find_frame(struct reader *r, uint32_t hash, const char *name, size_t len)
{
	uint32_t count = r->tokens.count;
	uint32_t token = pfl_strings_add_hashed(&r->tokens, hash, name, len);

	if (token < count)
		return r->frames[token];
	if (token == PFL_NONE || (token >= r->frame_room && grow_frames(r)))
		return PFL_NODE_NONE;
	return r->frames[token] = make_frame(r, name, len, false);
}

static uint32_t child_named(struct reader *r, uint32_t parent, uint32_t hash, const char *name,
			    size_t len)
{
	uint32_t frame = parent ? find_frame(r, hash, name, len) : make_frame(r, name, len, true);

	if (frame == PFL_NODE_NONE)
		return PFL_NODE_NONE;
	return pfl_profile_child(r->profile, parent, frame);
}

/* How many bytes @a and @b share from the start. */
static size_t shared_len(const char *a, const char *b, size_t len)
{
	size_t at = 0;
	uint64_t x, y;

	for (; len - at >= 8; at += 8) {
		memcpy(&x, a + at, 8);
		memcpy(&y, b + at, 8);
		if (x != y)
			break;
	}
	while (at < len && a[at] == b[at])
		at++;
	return at;
}

/* Cuts the steps back to the whole frames that the stack at @at shares with the one before. */
static void keep_shared(struct reader *r, size_t at, size_t len)
{
	size_t least = len < r->before_len ? len : r->before_len;
	size_t shared = shared_len(r->buf + at, r->buf + r->before, least);

	while (r->depth) {
		size_t end = r->steps[r->depth - 1].end;

		if (end <= shared && (end == len || r->buf[at + end] == ';'))
			break;
		r->depth--;
	}
}

static int push_step(struct reader *r, size_t end, uint32_t node)
{
	struct step *steps = pfl_array_grow(r->steps, r->depth, &r->room, sizeof(*steps));

	if (!steps)
		return -ENOMEM;
	r->steps = steps;
	steps[r->depth++] = (struct step){ end, node };
	return 0;
}

/* Names of a stack, each up to its end from behind the end of the one before. */
struct words {
	unsigned int count;
	size_t end[WORDS];
	uint32_t hash[WORDS];
};

/* Those from @pos on. There are names all over the memory: all are fetched at once. */
static void find_words(struct reader *r, const char *stack, size_t pos, size_t len,
		       struct words *words)
{
	words->count = 0;
	do {
		const char *semicolon = memchr(stack + pos, ';', len - pos);
		size_t end = semicolon ? (size_t)(semicolon - stack) : len;

		words->hash[words->count] = pfl_strings_hash(stack + pos, end - pos);
		words->end[words->count++] = end;
		pos = end + 1;
	} while (pos < len && words->count < WORDS);
	pfl_strings_expect(&r->tokens, words->hash, words->count);
}

/* The node of the stack of @len bytes at @at, which becomes the stack before. */
static int find_stack(struct reader *r, size_t at, size_t len, uint32_t *node)
{
	const char *stack = r->buf + at;
	struct words words;
	size_t pos = 0;

	keep_shared(r, at, len);
	*node = 0;
	if (r->depth) {
		*node = r->steps[r->depth - 1].node;
		pos = r->steps[r->depth - 1].end + 1;
	}
	r->before = at;
	r->before_len = len;
	while (pos < len || !r->depth) {
		find_words(r, stack, pos, len, &words);
		for (unsigned int i = 0; i < words.count; i++) {
			size_t end = words.end[i];

			*node = child_named(r, *node, words.hash[i], stack + pos, end - pos);
			if (*node == PFL_NODE_NONE || push_step(r, end, *node))
				return -ENOMEM;
			pos = end + 1;
		}
	}
	return 0;
}

/* Charges what cut_number() found: the last column, and the one before it if there are two. */
static int charge(struct reader *r, uint32_t node, const struct number *numbers, int columns)
{
	uint64_t values[PFL_VALUES] = { 0 };
	int err;

	if (columns == 2 && !pfl_profile_info(r->profile)->differential) {
		err = pfl_profile_set_differential(r->profile);
		if (err)
			return err;
	}
	for (int i = 0; i < columns; i++)
		if (numbers[i].decimals > pfl_profile_info(r->profile)->decimals)
			r->saturated += pfl_profile_set_decimals(r->profile, numbers[i].decimals);
	for (int i = 0; i < columns; i++)
		values[i] = to_units(r, &numbers[columns - 1 - i]);
	pfl_profile_charge(r->profile, node, values);
	r->read->lines++;
	return 0;
}

#define TOO_LONG "longer than 16 MiB"
#define EXPECTED " (a folded line is \"frame;frame;frame 12\")"

/* The stack's length and the one or two numbers behind it; how many, or 0: it is a bad line. */
static int cut_numbers(struct reader *r, const char *line, size_t *len, struct number *numbers)
{
	int first = cut_number(line, len, &numbers[0]);
	int second = first ? first : cut_number(line, len, &numbers[1]);

	if (first == -ERANGE || second == -ERANGE)
		bad_line(r, "its number is not below 2^64");
	else if (first)
		bad_line(r, "no number behind a blank at its end" EXPECTED);
	else if (!*len)
		bad_line(r, "a number without a stack" EXPECTED);
	else
		return second ? 1 : 2;
	return 0;
}

/* The line of @len bytes at @at, without its line end. */
static int read_line(struct reader *r, size_t at, size_t len)
{
	struct number numbers[PFL_VALUES];
	const char *line = r->buf + at;
	uint32_t node;
	int columns;
	int err;

	while (len && (is_blank(line[len - 1]) || line[len - 1] == '\r'))
		len--;
	if (!len || line[0] == '#')
		return 0;
	if (len > LINE_MAX_BYTES) {
		bad_line(r, TOO_LONG);
		return 0;
	}
	columns = cut_numbers(r, line, &len, numbers);
	if (!columns)
		return 0;
	err = find_stack(r, at, len, &node);
	return err ? err : charge(r, node, numbers, columns);
}

/* All whole lines in the buffer; what remains is the start of the next. */
static int read_lines(struct reader *r)
{
	const char *end;
	int err = 0;

	while (!err && (end = memchr(r->buf + r->searched, '\n', r->used - r->searched))) {
		size_t next = end + 1 - r->buf;

		if (!r->skipping)
			err = read_line(r, r->start, next - 1 - r->start);
		r->skipping = false;
		r->line++;
		r->start = r->searched = next;
	}
	if (r->used - r->start > LINE_MAX_BYTES && !r->skipping) {
		/* /dev/zero, or a file that was given a size and nothing else, never ends. */
		if (memchr(r->buf + r->start, '\0', r->used - r->start))
			return pfl_fail(r->ctx, -ENODATA, "%s:%" PRIu64 ": NUL bytes: it is no text",
					r->input->name, r->line);
		bad_line(r, TOO_LONG);
		r->skipping = true;
	}
	if (r->skipping)
		r->start = r->used;
	r->searched = r->used;
	return err;
}

/* Moves the stack before and then the line at hand to the front; makes room for a chunk. */
static int make_room(struct reader *r)
{
	size_t rest = r->used - r->start;
	size_t size = r->size;
	char *buf;

	memmove(r->buf, r->buf + r->before, r->before_len);
	memmove(r->buf + r->before_len, r->buf + r->start, rest);
	r->before = 0;
	r->start = r->before_len;
	r->used = r->searched = r->start + rest;
	while (size - r->used < CHUNK)
		size *= 2;
	if (size == r->size)
		return 0;
	buf = realloc(r->buf, size);
	if (!buf)
		return -ENOMEM;
	r->buf = buf;
	r->size = size;
	return 0;
}

/* To the end of the input. */
static int read_all(struct reader *r)
{
	ssize_t got;
	int err;

	do {
		err = make_room(r);
		if (err)
			return err;
		got = pfl_input_read(r->input, r->buf + r->used, r->size - r->used);
		if (got < 0)
			return pfl_fail(r->ctx, got, "%s: cannot be read: %s", r->input->name,
					strerror(-got));
		r->used += got;
		err = read_lines(r);
	} while (got && !err);
	if (!err && r->used > r->start)
		err = read_line(r, r->start, r->used - r->start);
	return err;
}

/* A folded file carries one of the type's values, and it is rounded to larger units there. */
static int new_profile(struct reader *r)
{
	const struct pfl_profile_info *type = NULL;
	struct pfl_profile_info info = unknown_type;
	int err;

	if (r->read->type) {
		type = pfl_type_find(r->read->type);
		if (!type)
			return pfl_fail(r->ctx, -EINVAL, "there is no profile type %s",
					r->read->type);
		info = *type;
		info.nvalues = 1;
		info.values[0] = type->values[type->main_value];
		info.main_value = 0;
	}
	r->scale = info.values[0].folded_div;
	err = pfl_profile_new(r->ctx, &info, &r->profile);
	if (!err && r->read->in_order)
		pfl_profile_keep_order(r->profile, true);
	return err;
}

static int finish(struct reader *r)
{
	const struct pfl_folded_read *read = r->read;

	if (read->bad > 1)
		pfl_warn(r->ctx, "%s: %" PRIu64 " lines left out in all", r->input->name,
			 read->bad);
	if (r->saturated)
		pfl_warn(r->ctx, "%s: %" PRIu64 " value(s) do not fit and stand for 2^64-1",
			 r->input->name, r->saturated);
	if (!r->used && r->line == 1 && !read->bad)
		return pfl_fail(r->ctx, -ENODATA, "%s is empty", r->input->name);
	if (!read->lines)
		return pfl_fail(r->ctx, -ENODATA, "%s: no folded stacks in it" EXPECTED,
				r->input->name);
	return pfl_profile_finish(r->profile);
}

int pfl_folded_read(struct pfl_ctx *ctx, struct pfl_input *input, struct pfl_folded_read *read,
		    struct pfl_profile **out)
{
	struct reader r = {
		.ctx = ctx, .input = input, .read = read, .line = 1, .size = 2 * CHUNK,
	};
	int err;

	read->lines = 0;
	read->bad = 0;
	r.buf = malloc(r.size);
	if (!r.buf)
		return -ENOMEM;
	err = new_profile(&r);
	if (!err)
		err = read_all(&r);
	if (!err)
		err = finish(&r);
	if (!err)
		*out = r.profile;
	else
		pfl_profile_free(r.profile);
	pfl_strings_free(&r.tokens);
	free(r.frames);
	free(r.steps);
	free(r.buf);
	return err;
}
