/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options: parsing and --help come from the same tables, so that neither can
 * know an option that the other does not.
 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct tool_option {
	char letter;		/* 0: it has a long name only */
	const char *name;	/* NULL ends a table */
	const char *arg;	/* its argument, for the help; NULL: none, or one of choices */
	const char *help;
	bool optional;		/* the argument only comes as --name=text */
	/*
	 * Puts @text (NULL without an argument) where the option belongs.
	 * NULL, or what is wrong with @text. See argument.h.
	 */
	const char *(*set)(const struct tool_option *option, void *target, const char *text);
	size_t offset;		/* of the target in the group's base */
	const char *const *choices;	/* NULL at its end: see tool_set_choice() */
	unsigned int min, max;	/* for tool_set_number() */
	/* The only types of profiles, and formats of output, that it changes; "," between; NULL: all. */
	const char *types, *formats;
};

/* All formats but recordings, which hold what was seen as it was. */
#define TOOL_FOLDED_FORMATS "folded,html,nested,pprof,speedscope,svg,txt"

/* Options that stand under one heading of the help and fill one structure. */
struct tool_option_group {
	const char *title;	/* NULL ends a list of groups */
	const struct tool_option *options;
	void *base;
};

/* An option that another tool has, and that fingers know: what to do here instead. */
struct tool_habit {
	char letter;
	const char *name;	/* NULL ends a table */
	const char *instead;
};

struct tool_options {
	const char *usage;	/* the first lines of the help */
	const struct tool_option_group *groups;
	const struct tool_habit *habits;	/* or NULL */
	bool takes_command;	/* the first operand begins a command with options of its own */
};

/*
 * Fills the groups' targets from @argv, and leaves only the operands in it:
 * argv[0] up to a NULL. How many there are, or -1: wrong usage, and told.
 */
int tool_options_parse(const struct tool_options *options, char **argv);

/*
 * Warns of each option that was given and changes nothing: none of the @ntypes profiles is of
 * a type that it concerns (in @types, NULL: of none), or @format is not.
 */
void tool_options_warn_idle(const char *const *types, unsigned int ntypes, const char *format);

/* Writes the help, 80 columns wide. */
void tool_options_help(const struct tool_options *options, FILE *out);

#endif
