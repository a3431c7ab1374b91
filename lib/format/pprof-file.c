/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/pprof-file.h"
#include "format/pprof.h"
#include "format/protobuf.h"
#include "util/array.h"

/*
 * A file of a megabyte may unpack to hundreds of millions of empty entries, each of which
 * takes some 90 bytes. Programs of a gigabyte have a million functions.
 */
#define ENTRIES_MAX (1u << 22)
#define LINES_MAX (1u << 23)

/* How many fields of each number the profile has. */
static int count_fields(struct pfl_bytes from, uint32_t counts[PPROF_STRING_TABLE + 1])
{
	struct pfl_proto_field field;

	while (pfl_proto_next(&from, &field)) {
		if (field.number > PPROF_STRING_TABLE)
			continue;
		if (field.type != PFL_WIRE_BYTES)
			return -EILSEQ;
		if (field.number != PPROF_SAMPLE && counts[field.number] == ENTRIES_MAX)
			return -EFBIG;
		counts[field.number]++;
	}
	return from.bad ? -EILSEQ : 0;
}

/* One more than needed: calloc(0) may be NULL. */
static int make_tables(struct pprof_file *file, const uint32_t *counts)
{
	file->types = calloc(counts[PPROF_SAMPLE_TYPE] + 1ul, sizeof(*file->types));
	file->files = calloc(counts[PPROF_MAPPING] + 1ul, sizeof(*file->files));
	file->locations = calloc(counts[PPROF_LOCATION] + 1ul, sizeof(*file->locations));
	file->functions = calloc(counts[PPROF_FUNCTION] + 1ul, sizeof(*file->functions));
	file->strings = calloc(counts[PPROF_STRING_TABLE] + 1ul, sizeof(*file->strings));
	return file->types && file->files && file->locations && file->functions && file->strings ?
	       0 : -ENOMEM;
}

static int add_type(struct pprof_file *file, struct pfl_bytes from)
{
	struct pprof_value_type *type = &file->types[file->ntypes++];
	struct pfl_proto_field field;

	while (pfl_proto_next(&from, &field)) {
		if (field.number == PPROF_VALUE_TYPE)
			type->type = field.value;
		if (field.number == PPROF_VALUE_UNIT)
			type->unit = field.value;
	}
	return from.bad ? -EILSEQ : 0;
}

/* The later of two of one id counts. */
static int number_id(struct pfl_table *table, uint64_t id, uint32_t number)
{
	uint32_t *slot = pfl_table_put(table, id);

	if (!slot)
		return -ENOMEM;
	*slot = number;
	return 0;
}

static int add_mapping(struct pprof_file *file, struct pfl_bytes from)
{
	struct pfl_proto_field field;
	uint64_t id = 0;

	while (pfl_proto_next(&from, &field)) {
		if (field.number == PPROF_MAPPING_ID)
			id = field.value;
		if (field.number == PPROF_MAPPING_FILENAME)
			file->files[file->nfiles] = field.value;
	}
	return from.bad ? -EILSEQ : number_id(&file->mapping_of, id, file->nfiles++);
}

static int add_function(struct pprof_file *file, struct pfl_bytes from)
{
	struct pprof_function *function = &file->functions[file->nfunctions];
	struct pfl_proto_field field;
	uint64_t id = 0;

	while (pfl_proto_next(&from, &field)) {
		if (field.number == PPROF_FUNCTION_ID)
			id = field.value;
		if (field.number == PPROF_FUNCTION_NAME)
			function->name = field.value;
		if (field.number == PPROF_FUNCTION_SYSTEM_NAME)
			function->system_name = field.value;
	}
	return from.bad ? -EILSEQ : number_id(&file->function_of, id, file->nfunctions++);
}

static int add_line(struct pprof_file *file, struct pfl_bytes from)
{
	uint64_t function = 0, *lines;
	struct pfl_proto_field field;

	while (pfl_proto_next(&from, &field))
		if (field.number == PPROF_LINE_FUNCTION)
			function = field.value;
	if (from.bad)
		return -EILSEQ;
	if (file->nlines == LINES_MAX)
		return -EFBIG;
	lines = pfl_array_grow(file->lines, file->nlines, &file->lines_room, sizeof(*lines));
	if (!lines)
		return -ENOMEM;
	file->lines = lines;
	lines[file->nlines++] = function;
	return 0;
}

static int add_location(struct pprof_file *file, struct pfl_bytes from)
{
	struct pprof_location *location = &file->locations[file->nlocations];
	struct pfl_proto_field field;
	uint64_t id = 0;
	int err = 0;

	location->first = file->nlines;
	while (!err && pfl_proto_next(&from, &field)) {
		if (field.number == PPROF_LOCATION_ID)
			id = field.value;
		if (field.number == PPROF_LOCATION_MAPPING)
			location->mapping = field.value;
		if (field.number == PPROF_LOCATION_LINE)
			err = add_line(file, field.bytes);
	}
	location->count = file->nlines - location->first;
	if (err || from.bad)
		return err ? err : -EILSEQ;
	return number_id(&file->location_of, id, file->nlocations++);
}

static int add_string(struct pprof_file *file, struct pfl_bytes from)
{
	file->strings[file->nstrings++] =
		(struct pprof_span){ (const char *)from.at, pfl_bytes_left(&from) };
	return 0;
}

/* The strings may stand behind the comment that needs them. */
static void find_type(struct pprof_file *file, uint64_t comment)
{
	const size_t len = sizeof(PPROF_TYPE_COMMENT) - 1;
	struct pprof_span text = pprof_file_string(file, comment);

	if (text.len > len && !memcmp(text.text, PPROF_TYPE_COMMENT, len))
		file->type = (struct pprof_span){ text.text + len, text.len - len };
}

static void read_comments(struct pprof_file *file)
{
	struct pfl_bytes from = file->bytes;
	struct pfl_proto_field field;
	uint64_t comment;

	while (pfl_proto_next(&from, &field))
		if (field.number == PPROF_COMMENT)
			for (bool first = true; pfl_proto_number(&field, first, &comment);
			     first = false)
				find_type(file, comment);
}

static int (*const adders[])(struct pprof_file *, struct pfl_bytes) = {
	[PPROF_SAMPLE_TYPE] = add_type,
	[PPROF_MAPPING] = add_mapping,
	[PPROF_LOCATION] = add_location,
	[PPROF_FUNCTION] = add_function,
	[PPROF_STRING_TABLE] = add_string,
};

int pprof_file_parse(struct pprof_file *file, const char *bytes, size_t len)
{
	uint32_t counts[PPROF_STRING_TABLE + 1] = { 0 };
	struct pfl_proto_field field;
	struct pfl_bytes from;
	int err;

	*file = (struct pprof_file){ .bytes = pfl_bytes(bytes, len, false) };
	err = count_fields(file->bytes, counts);
	if (!err)
		err = make_tables(file, counts);
	from = file->bytes;
	while (!err && pfl_proto_next(&from, &field)) {
		if (field.number == PPROF_DEFAULT_SAMPLE_TYPE)
			file->shown = field.value;
		else if (field.number <= PPROF_STRING_TABLE && adders[field.number])
			err = adders[field.number](file, field.bytes);
	}
	if (!err && !file->ntypes)
		err = -EILSEQ;
	if (!err)
		read_comments(file);
	return err;
}

void pprof_file_drop(struct pprof_file *file)
{
	free(file->types);
	free(file->strings);
	free(file->files);
	free(file->functions);
	free(file->locations);
	free(file->lines);
	pfl_table_free(&file->mapping_of);
	pfl_table_free(&file->function_of);
	pfl_table_free(&file->location_of);
}

struct pprof_span pprof_file_string(const struct pprof_file *file, uint64_t number)
{
	return number < file->nstrings ? file->strings[number] : (struct pprof_span){ "", 0 };
}

struct pprof_function pprof_file_function(const struct pprof_file *file, uint64_t id)
{
	uint32_t number = pfl_table_get(&file->function_of, id);

	if (number == PFL_NONE)
		return (struct pprof_function){ 0 };
	return file->functions[number];
}

struct pprof_span pprof_file_mapping(const struct pprof_file *file, uint64_t id)
{
	uint32_t number = pfl_table_get(&file->mapping_of, id);

	return pprof_file_string(file, number == PFL_NONE ? UINT64_MAX : file->files[number]);
}
