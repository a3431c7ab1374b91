/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The arguments of options: each function reads one kind into its target, and
 * gives back NULL, or what is wrong with the text ("must be …"). The reason is
 * valid until the next call.
 */
#ifndef TOOLS_ARGUMENT_H
#define TOOLS_ARGUMENT_H

#include <stdint.h>

#include <perflame/record.h>

#include "options.h"

/* PIDs or TIDs; a list that is given again is added to, a number that is given again is not. */
struct tool_id_list {
	int32_t *ids;
	unsigned int count;
};

/* Names; the option may be given several times. */
struct tool_name_list {
	const char **names;
	unsigned int count;
};

/* No argument; the target is an int, which becomes 1. */
const char *tool_set_flag(const struct tool_option *option, void *target, const char *text);

/* Any text but none at all; const char *, which points into the command line. */
const char *tool_set_name(const struct tool_option *option, void *target, const char *text);

/* Any text; const char *. */
const char *tool_set_text(const struct tool_option *option, void *target, const char *text);

/* A whole number from option->min to option->max; unsigned int. */
const char *tool_set_number(const struct tool_option *option, void *target, const char *text);

/* A number such as 0.1; double. */
const char *tool_set_decimal(const struct tool_option *option, void *target, const char *text);

/* States of threads, letters with commas between them: "S,D"; const char *. */
const char *tool_set_states(const struct tool_option *option, void *target, const char *text);

/* A whole number as above, or 1 without any; unsigned int. */
const char *tool_set_wakers(const struct tool_option *option, void *target, const char *text);

/* A time longer than 0: 10, 10s, 500ms, 1.5m, 1h; uint64_t, nanoseconds. */
const char *tool_set_duration(const struct tool_option *option, void *target, const char *text);

/* Pages, or a size with K, M or G, a power of two; unsigned int, pages. */
const char *tool_set_pages(const struct tool_option *option, void *target, const char *text);

/* A comma-separated list of process or thread ids; struct tool_id_list. */
const char *tool_set_ids(const struct tool_option *option, void *target, const char *text);

/* One more name, which points into the command line; struct tool_name_list. */
const char *tool_set_names(const struct tool_option *option, void *target, const char *text);

/* A CPU list such as 0-3,7; const char *. */
const char *tool_set_cpus(const struct tool_option *option, void *target, const char *text);

struct tool_call_graph {
	enum pfl_call_graph how;
	unsigned int dump_bytes;	/* 0: as many as usual */
};

/* auto, fp or dwarf[,BYTES]; struct tool_call_graph. */
const char *tool_set_call_graph(const struct tool_option *option, void *target, const char *text);

/* One of option->choices; unsigned int, its place there. */
const char *tool_set_choice(const struct tool_option *option, void *target, const char *text);

/* One of option->choices; const char *. */
const char *tool_set_word(const struct tool_option *option, void *target, const char *text);

#endif
