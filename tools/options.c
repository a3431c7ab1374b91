/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "messages.h"
#include "options.h"

enum {
	HELP_COLUMN = 28,	/* where the explanations begin */
	HELP_WIDTH = 80,
};

/* What is left of the command line: options are taken off its front. */
struct words {
	char **next;
	char **operand;		/* where the next operand goes; never beyond next */
};

/* By @letter, or where that is 0 by the @len bytes of @name. */
static const struct tool_option *find(const struct tool_options *options, char letter,
				      const char *name, size_t len, void **base)
{
	const struct tool_option_group *group;
	const struct tool_option *option;

	for (group = options->groups; group->title; group++) {
		*base = group->base;
		for (option = group->options; option->name; option++) {
			if (letter ? option->letter == letter :
			    strlen(option->name) == len && memcmp(option->name, name, len) == 0)
				return option;
		}
	}
	return NULL;
}

static bool takes_argument(const struct tool_option *option)
{
	return (option->arg || option->choices) && !option->optional;
}

/* What the help calls the argument: "FILE", "comm|pid|tid|none". */
static const char *argument_of(const struct tool_option *option, char *buf, size_t size)
{
	size_t i, len = 0;

	if (option->arg)
		return option->arg;
	for (i = 0; option->choices[i] && len < size; i++)
		len += snprintf(buf + len, size - len, "%s%s", i ? "|" : "", option->choices[i]);
	return buf;
}

/* Those that were given and may turn out to change nothing, each once. */
static struct {
	const struct tool_option *list[32];
	unsigned int count;
} given;

static void remember(const struct tool_option *option)
{
	if ((!option->types && !option->formats) ||
	    given.count == sizeof(given.list) / sizeof(*given.list))
		return;
	for (unsigned int i = 0; i < given.count; i++)
		if (given.list[i] == option)
			return;
	given.list[given.count++] = option;
}

static int apply(const struct tool_option *option, void *base, const char *text)
{
	const char *wrong = option->set(option, (char *)base + option->offset, text);

	if (!wrong) {
		remember(option);
		return 0;
	}
	return tool_usage_error("--%s: \"%s\" %s", option->name, text ? text : "", wrong);
}

/* Takes the next word as the argument of @option. */
static int apply_next(struct words *words, const struct tool_option *option, void *base)
{
	char arg[64];

	if (!*words->next)
		return tool_usage_error("--%s needs an argument: %s", option->name,
					argument_of(option, arg, sizeof(arg)));
	return apply(option, base, *words->next++);
}

/* How many letters one has to add, take away or replace to make @b of @a, or more than LIKE_MAX. */
#define LIKE_MAX 2

static unsigned int unlikeness(const char *a, size_t len, const char *b)
{
	unsigned int row[64];
	size_t width = strlen(b);

	if (width >= sizeof(row) / sizeof(*row))
		return LIKE_MAX + 1;
	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 1; i <= len; i++) {
		unsigned int corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			unsigned int best = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[width];
}

/* What to do instead, by @letter, or where that is 0 by the @len bytes of @name; NULL: nothing is known. */
static const char *instead_of(const struct tool_options *options, char letter, const char *name,
			      size_t len)
{
	const struct tool_habit *habit;

	for (habit = options->habits; habit && habit->name; habit++)
		if (letter ? habit->letter == letter :
		    strlen(habit->name) == len && memcmp(habit->name, name, len) == 0)
			return habit->instead;
	return NULL;
}

/* There is none called so; @name may be the beginning of one, or a slip. */
static int no_such_option(const struct tool_options *options, const char *name, size_t len)
{
	const struct tool_option_group *group;
	const struct tool_option *option;
	unsigned int least = LIKE_MAX + 1, unlike;
	const char *meant = NULL, *instead = instead_of(options, 0, name, len);

	if (instead)
		return tool_usage_error("there is no option --%.*s: %s", (int)len, name, instead);
	for (group = options->groups; group->title; group++) {
		for (option = group->options; option->name; option++) {
			unlike = len > 1 && strncmp(option->name, name, len) == 0 ? 0 :
				 unlikeness(name, len, option->name);
			if (unlike < least && unlike < len) {
				least = unlike;
				meant = option->name;
			}
		}
	}
	return tool_usage_error("there is no option --%.*s%s%s%s", (int)len, name,
				meant ? " (did you mean --" : "", meant ? meant : "", meant ? "?)" : "");
}

/* --name, --name=text, --name text */
static int parse_long(const struct tool_options *options, struct words *words, const char *name)
{
	size_t len = strcspn(name, "=");
	const struct tool_option *option;
	void *base;

	option = find(options, 0, name, len, &base);
	if (!option)
		return no_such_option(options, name, len);
	if (!option->arg && !option->choices && name[len])
		return tool_usage_error("--%s takes no argument", option->name);
	if (name[len])
		return apply(option, base, name + len + 1);
	if (!takes_argument(option))
		return apply(option, base, NULL);
	return apply_next(words, option, base);
}

/* -x, -xyz, -xtext, -x text */
static int parse_letters(const struct tool_options *options, struct words *words,
			 const char *letters)
{
	const struct tool_option *option;
	const char *instead;
	void *base;

	for (; *letters; letters++) {
		option = find(options, *letters, "", 0, &base);
		if (!option) {
			instead = instead_of(options, *letters, "", 0);
			return tool_usage_error("there is no option -%c%s%s", *letters,
						instead ? ": " : "", instead ? instead : "");
		}
		if (takes_argument(option) && letters[1])
			return apply(option, base, letters + 1);
		if (takes_argument(option))
			return apply_next(words, option, base);
		if (apply(option, base, NULL))
			return -1;
	}
	return 0;
}

static void take_operands(struct words *words)
{
	while (*words->next)
		*words->operand++ = *words->next++;
}

/* What follows "--": the operands, or the command, of which there must then be one. */
static int parse_rest(const struct tool_options *options, struct words *words)
{
	if (options->takes_command && !*words->next)
		return tool_usage_error("no command follows --");
	take_operands(words);
	return 0;
}

static int parse_word(const struct tool_options *options, struct words *words)
{
	char *word = *words->next++;

	if (strcmp(word, "--") == 0)
		return parse_rest(options, words);
	if (strncmp(word, "--", 2) == 0)
		return parse_long(options, words, word + 2);
	if (word[0] == '-' && word[1])
		return parse_letters(options, words, word + 1);
	*words->operand++ = word;
	if (options->takes_command)
		take_operands(words);
	return 0;
}

int tool_options_parse(const struct tool_options *options, char **argv)
{
	struct words words = { .next = argv, .operand = argv };

	if (*argv)
		words.next++;	/* the program's name */
	while (*words.next)
		if (parse_word(options, &words))
			return -1;
	*words.operand = NULL;
	return words.operand - argv;
}

/* Writes @text from @column on, broken at spaces, each further line indented alike. */
static void put_wrapped(const char *text, int column, FILE *out)
{
	while (strlen(text) > (size_t)(HELP_WIDTH - column)) {
		const char *end = text + HELP_WIDTH - column;

		while (*end != ' ')
			end--;
		fprintf(out, "%.*s\n%*s", (int)(end - text), text, column, "");
		text = end + 1;
	}
	fprintf(out, "%s\n", text);
}

static void put_option(const struct tool_option *option, FILE *out)
{
	const char letter[] = { '-', option->letter, ',', 0 };
	int column = fprintf(out, "  %3s --%s", option->letter ? letter : "", option->name);
	char arg[64];

	if (takes_argument(option))
		column += fprintf(out, " %s", argument_of(option, arg, sizeof(arg)));
	else if (option->optional)
		column += fprintf(out, "[=%s]", option->arg);

	if (column > HELP_COLUMN - 2)
		column = fprintf(out, "\n") - 1;
	fprintf(out, "%*s", HELP_COLUMN - column, "");
	put_wrapped(option->help, HELP_COLUMN, out);
}

void tool_options_help(const struct tool_options *options, FILE *out)
{
	const struct tool_option_group *group;
	const struct tool_option *option;

	fputs(options->usage, out);
	for (group = options->groups; group->title; group++) {
		fprintf(out, "\n%s:\n", group->title);
		for (option = group->options; option->name; option++)
			put_option(option, out);
	}
}

static bool is_listed(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (; list; list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL)
		if (strncmp(list, name, len) == 0 && (list[len] == ',' || !list[len]))
			return true;
	return false;
}

static bool concerns_any(const struct tool_option *option, const char *const *types,
			 unsigned int ntypes)
{
	for (unsigned int i = 0; i < ntypes; i++)
		if (types[i] && is_listed(option->types, types[i]))
			return true;
	return !option->types;
}

void tool_options_warn_idle(const char *const *types, unsigned int ntypes, const char *format)
{
	for (unsigned int i = 0; i < given.count; i++) {
		const struct tool_option *option = given.list[i];

		if (!concerns_any(option, types, ntypes))
			tool_message(PFL_WARNING, "--%s changes nothing here: it is about profiles of "
				     "type %s", option->name, option->types);
		else if (option->formats && !is_listed(option->formats, format))
			tool_message(PFL_WARNING, "--%s changes nothing here: it is about %s", option->name,
				     strcmp(format, "data") ? option->formats :
				     "reading; give it to perf-fold or perf-flame, which read the recording");
	}
}
