/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pprof file taken apart: its tables, by number; ids of the file are looked up
 * once. Nothing in it is believed: a reference that leads nowhere is an empty name.
 */
#ifndef PFL_FORMAT_PPROF_FILE_H
#define PFL_FORMAT_PPROF_FILE_H

#include "util/bytes.h"
#include "util/context.h"
#include "util/table.h"

struct pprof_span {
	const char *text;	/* not NUL-terminated */
	size_t len;
};

struct pprof_value_type {
	uint64_t type, unit;	/* numbers of strings */
};

/* Where a location is, and its functions: the innermost first. */
struct pprof_location {
	uint64_t mapping;	/* id */
	uint32_t first, count;	/* among the lines */
};

struct pprof_function {
	uint64_t name, system_name; /* numbers of strings */
};

struct pprof_file {
	struct pfl_bytes bytes;	/* all of the message */
	struct pprof_value_type *types;
	uint32_t ntypes;
	struct pprof_span *strings;
	uint32_t nstrings;
	uint64_t *files;	/* of mappings: numbers of strings */
	uint32_t nfiles;
	struct pfl_table mapping_of;	/* by id */
	struct pprof_function *functions;
	uint32_t nfunctions;
	struct pfl_table function_of;
	struct pprof_location *locations;
	uint32_t nlocations;
	struct pfl_table location_of;
	uint64_t *lines;	/* ids of functions */
	uint32_t nlines, lines_room;
	uint64_t shown;		/* string: the type that is shown at first, or 0 */
	struct pprof_span type;	/* of perflame, or nothing */
};

/* 0, -EILSEQ, -EFBIG: too many entries, or -ENOMEM. @file borrows @bytes; pprof_file_drop() in any case. */
int pprof_file_parse(struct pprof_file *file, const char *bytes, size_t len);

void pprof_file_drop(struct pprof_file *file);

/* String @number; an empty one where there is none. */
struct pprof_span pprof_file_string(const struct pprof_file *file, uint64_t number);

/* Function @id: both names are empty where there is none. */
struct pprof_function pprof_file_function(const struct pprof_file *file, uint64_t id);

/* The file of mapping @id. */
struct pprof_span pprof_file_mapping(const struct pprof_file *file, uint64_t id);

#endif
