/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <perflame/record.h>

#include "argument.h"

#define CPU_MAX 65535	/* more than any kernel is built for */

static char reason[256];

const char *tool_set_flag(const struct tool_option *option, void *target, const char *text)
{
	(void)option;
	(void)text;
	*(int *)target = 1;
	return NULL;
}

const char *tool_set_text(const struct tool_option *option, void *target, const char *text)
{
	(void)option;
	*(const char **)target = text;
	return NULL;
}

const char *tool_set_name(const struct tool_option *option, void *target, const char *text)
{
	return *text ? tool_set_text(option, target, text) : "must not be empty";
}

const char *tool_set_states(const struct tool_option *option, void *target, const char *text)
{
	(void)option;
	for (size_t i = 0; i == 0 || text[i - 1]; i++)
		if (i % 2 ? text[i] && text[i] != ',' :
			    !((text[i] >= 'A' && text[i] <= 'Z') || (text[i] >= 'a' && text[i] <= 'z')))
			return "must be letters such as S,D";
	*(const char **)target = text;
	return NULL;
}

/* Takes digits off the front of *@text: at least one, and no more than @out can hold. */
static bool take_digits(const char **text, uint64_t *out)
{
	const char *p = *text;

	for (*out = 0; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(*out, 10, out) ||
		    __builtin_add_overflow(*out, (uint64_t)(*p - '0'), out))
			return false;
	if (p == *text)
		return false;
	*text = p;
	return true;
}

const char *tool_set_number(const struct tool_option *option, void *target, const char *text)
{
	uint64_t number;

	if (!take_digits(&text, &number) || *text || number < option->min || number > option->max) {
		snprintf(reason, sizeof(reason), "must be a whole number from %u to %u",
			 option->min, option->max);
		return reason;
	}
	*(unsigned int *)target = number;
	return NULL;
}

const char *tool_set_wakers(const struct tool_option *option, void *target, const char *text)
{
	return tool_set_number(option, target, text ? text : "1");
}

/* Takes a number with up to nine decimals; *@out counts billionths. */
static bool take_decimal(const char **text, uint64_t *out)
{
	uint64_t whole, unit = 1000000000;
	const char *p;

	if (!take_digits(text, &whole) || __builtin_mul_overflow(whole, unit, out))
		return false;
	if (**text != '.')
		return true;
	p = ++*text;
	for (; *p >= '0' && *p <= '9' && unit > 1; p++) {
		unit /= 10;
		if (__builtin_add_overflow(*out, unit * (*p - '0'), out))
			return false;
	}
	if (p == *text)
		return false;
	*text = p;
	return true;
}

const char *tool_set_decimal(const struct tool_option *option, void *target, const char *text)
{
	uint64_t billionths;

	(void)option;
	if (!take_decimal(&text, &billionths) || *text)
		return "must be a number such as 0.1";
	*(double *)target = billionths / 1e9;
	return NULL;
}

const char *tool_set_call_graph(const struct tool_option *option, void *target, const char *text)
{
	struct tool_call_graph *call_graph = target;
	uint64_t bytes = 0;

	(void)option;
	*call_graph = (struct tool_call_graph){ .how = PFL_CALL_GRAPH_AUTO };
	if (strcmp(text, "auto") == 0)
		return NULL;
	call_graph->how = PFL_CALL_GRAPH_FP;
	if (strcmp(text, "fp") == 0)
		return NULL;
	call_graph->how = PFL_CALL_GRAPH_DWARF;
	if (strncmp(text, "dwarf", 5) != 0 || (text[5] && text[5] != ','))
		return "must be auto, fp or dwarf[,BYTES]";
	if (!text[5])
		return NULL;
	text += 6;
	if (!take_digits(&text, &bytes) || *text || !bytes || bytes > PFL_DUMP_MAX) {
		snprintf(reason, sizeof(reason), "BYTES must be a whole number from 1 to %u",
			 PFL_DUMP_MAX);
		return reason;
	}
	call_graph->dump_bytes = (bytes + 7) / 8 * 8;
	return NULL;
}

const char *tool_set_duration(const struct tool_option *option, void *target, const char *text)
{
	/* Against billionths of the unit; a thousandth divides. */
	static const struct {
		const char *name;
		unsigned int times, over;
	} units[] = { { "", 1, 1 }, { "s", 1, 1 }, { "ms", 1, 1000 }, { "m", 60, 1 },
		      { "h", 3600, 1 } };
	uint64_t ns;
	size_t i;

	(void)option;
	if (!take_decimal(&text, &ns))
		return "is not a time: 10, 10s, 500ms, 2m, 1h";
	for (i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strcmp(text, units[i].name) == 0)
			break;
	if (i == sizeof(units) / sizeof(*units) || __builtin_mul_overflow(ns, units[i].times, &ns))
		return "is not a time: 10, 10s, 500ms, 2m, 1h";
	ns /= units[i].over;
	if (ns == 0)
		return "must be longer than 0";
	*(uint64_t *)target = ns;
	return NULL;
}

const char *tool_set_pages(const struct tool_option *option, void *target, const char *text)
{
	static const char suffixes[] = "KMG";
	const char *suffix;
	uint64_t pages;

	(void)option;
	if (!take_digits(&text, &pages))
		return "must be a number of pages, or a size such as 4M";
	suffix = *text ? strchr(suffixes, *text) : NULL;
	if (suffix) {
		if (__builtin_mul_overflow(pages, 1024ULL << 10 * (suffix - suffixes), &pages))
			return "is too large";
		pages /= sysconf(_SC_PAGESIZE);
		text++;
	}
	if (*text)
		return "must be a number of pages, or a size such as 4M";
	if (pages == 0 || pages > 1U << 30 || (pages & (pages - 1)))
		return "must come to a power of two in pages";
	*(unsigned int *)target = pages;
	return NULL;
}

static bool ids_add(struct tool_id_list *list, int32_t id)
{
	int32_t *ids;
	unsigned int i;

	for (i = 0; i < list->count; i++)
		if (list->ids[i] == id)
			return true;
	ids = realloc(list->ids, (list->count + 1) * sizeof(*ids));
	if (!ids)
		return false;
	ids[list->count++] = id;
	list->ids = ids;
	return true;
}

const char *tool_set_ids(const struct tool_option *option, void *target, const char *text)
{
	uint64_t id;

	(void)option;
	for (;; text++) {
		if (!take_digits(&text, &id) || id == 0 || id > INT32_MAX ||
		    (*text && *text != ','))
			return "must be numbers from 1 on, separated by commas: pgrep -d, NAME prints them so";
		if (!ids_add(target, id))
			return "is too long: out of memory";
		if (!*text)
			return NULL;
	}
}

const char *tool_set_names(const struct tool_option *option, void *target, const char *text)
{
	struct tool_name_list *list = target;
	const char **names;

	(void)option;
	if (!*text)
		return "must not be empty";
	names = realloc(list->names, (list->count + 1) * sizeof(*names));
	if (!names)
		return "is too much: out of memory";
	names[list->count++] = text;
	list->names = names;
	return NULL;
}

/* "N" or "N-M" */
static bool take_cpu_range(const char **text)
{
	uint64_t first, last;

	if (!take_digits(text, &first))
		return false;
	last = first;
	if (**text == '-') {
		++*text;
		if (!take_digits(text, &last))
			return false;
	}
	return first <= last && last <= CPU_MAX;
}

const char *tool_set_cpus(const struct tool_option *option, void *target, const char *text)
{
	const char *list = text;

	for (;; text++) {
		if (!take_cpu_range(&text) || (*text && *text != ','))
			return "must be CPUs such as 0-3,7";
		if (!*text)
			return tool_set_text(option, target, list);
	}
}

/* "must be a, b or c" */
static const char *must_be_one_of(const char *const *choices)
{
	size_t i, len = snprintf(reason, sizeof(reason), "must be ");

	for (i = 0; choices[i] && len < sizeof(reason); i++)
		len += snprintf(reason + len, sizeof(reason) - len, "%s%s",
				i == 0 ? "" : choices[i + 1] ? ", " : " or ", choices[i]);
	return reason;
}

const char *tool_set_choice(const struct tool_option *option, void *target, const char *text)
{
	unsigned int i;

	for (i = 0; option->choices[i]; i++) {
		if (strcmp(option->choices[i], text) == 0) {
			*(unsigned int *)target = i;
			return NULL;
		}
	}
	return must_be_one_of(option->choices);
}

const char *tool_set_word(const struct tool_option *option, void *target, const char *text)
{
	unsigned int which;
	const char *wrong = tool_set_choice(option, &which, text);

	return wrong ? wrong : tool_set_text(option, target, option->choices[which]);
}
