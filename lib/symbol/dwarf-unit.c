/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dwarf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbol/dwarf-scan.h"
#include "symbol/dwarf-unit.h"
#include "symbol/openfile.h"
#include "util/array.h"
#include "util/table.h"

/* Ten times what the largest units come to. */
#define MAX_RANGES (8u << 20)

/* One row of a line table may come from a single byte, and takes libdw some fifty. */
#define MAX_LINE_PROGRAM (16u << 20)
#define ROW_SIZE 48

void pfl_unit_free(struct pfl_unit *unit)
{
	free(unit->functions);
	pfl_pieces_free(&unit->pieces);
}

void pfl_unit_give_up(struct pfl_unit *unit)
{
	pfl_unit_free(unit);
	unit->functions = NULL;
	unit->functions_read = unit->lines_read = true;
	unit->has_lines = false;
	unit->error = PFL_UNIT_TOO_COSTLY;
}

struct parser {
	struct pfl_function *functions;
	struct pfl_interval *intervals;
	uint32_t nfunctions, functions_room;
	uint32_t nintervals, intervals_room;
	uint64_t *budget;
};

/* False: what the whole file may cost is spent. */
static bool spend(struct parser *parser, uint64_t bytes)
{
	*parser->budget -= bytes < *parser->budget ? bytes : *parser->budget;
	return *parser->budget;
}

static int add_interval(struct parser *parser, uint64_t start, uint64_t end, uint32_t function)
{
	/* The smallest range is the innermost function's; of equal ones, it is the later. */
	uint64_t size = end - start < UINT32_MAX ? end - start : UINT32_MAX;
	struct pfl_interval *array;

	if (parser->nintervals >= MAX_RANGES)
		return -EFBIG;
	array = pfl_array_grow(parser->intervals, parser->nintervals, &parser->intervals_room,
			       sizeof(*array));
	if (!array)
		return -ENOMEM;
	parser->intervals = array;
	array[parser->nintervals++] = (struct pfl_interval){
		.start = start, .end = end, .owner = function,
		.priority = (UINT32_MAX - size) << 32 | function,
	};
	return 0;
}

static int add_intervals(struct parser *parser, struct pfl_scanned *scanned)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t next = 0;
	int err = 0;

	if (scanned->end > scanned->start)
		return add_interval(parser, scanned->start, scanned->end, parser->nfunctions);
	while (!err && (next = dwarf_ranges(&scanned->die, next, &base, &start, &end)) > 0)
		if (!spend(parser, 16))
			err = -EFBIG;
		else if (start < end)
			err = add_interval(parser, start, end, parser->nfunctions);
	return err;
}

static int add_function(void *data, struct pfl_scanned *scanned, uint32_t *function)
{
	struct parser *parser = data;
	uint32_t before = parser->nintervals;
	int err = add_intervals(parser, scanned);
	struct pfl_function *array;

	if (err || parser->nintervals == before)
		return err;
	array = pfl_array_grow(parser->functions, parser->nfunctions, &parser->functions_room,
			       sizeof(*array));
	if (!array)
		return -ENOMEM;
	parser->functions = array;
	array[parser->nfunctions] = (struct pfl_function){
		.die = scanned->die.addr, .inlined = scanned->inlined,
		.caller = scanned->inlined ? *function : PFL_NONE,
	};
	*function = parser->nfunctions++;
	return 0;
}

/*
 * The split file that a skeleton names. libdw opens it by its name, a FIFO as
 * well: only where nobody else can put one.
 */
static bool is_split_private(Dwarf_Die *skeleton, const char *dir)
{
	const char *comp_dir, *name;
	Dwarf_Attribute attr;
	char path[PATH_MAX];

	name = dwarf_formstring(dwarf_attr(skeleton, DW_AT_dwo_name, &attr));
	if (!name)
		name = dwarf_formstring(dwarf_attr(skeleton, DW_AT_GNU_dwo_name, &attr));
	if (!name)
		return false;
	comp_dir = dwarf_formstring(dwarf_attr(skeleton, DW_AT_comp_dir, &attr));
	if (name[0] == '/')
		return pfl_path_is_private(name);
	/* It is looked for beside the file, and then where it was compiled. */
	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path) ||
	    !pfl_path_is_private(path))
		return false;
	if (!comp_dir || comp_dir[0] != '/')
		return true;
	return snprintf(path, sizeof(path), "%s/%s", comp_dir, name) < (int)sizeof(path) &&
	       pfl_path_is_private(path);
}

static void find_code(struct pfl_unit *unit, const char *dir)
{
	uint8_t type = 0;

	unit->code = unit->die;
	if (dwarf_cu_info(unit->die.cu, NULL, &type, NULL, NULL, NULL, NULL, NULL) ||
	    type != DW_UT_skeleton)
		return;
	if (!is_split_private(&unit->die, dir) ||
	    dwarf_cu_info(unit->die.cu, NULL, NULL, NULL, &unit->code, NULL, NULL, NULL) ||
	    !unit->code.addr)
		unit->error = PFL_UNIT_NO_DWO;
}

static int read_functions(struct pfl_unit *unit, const char *dir, uint64_t *budget)
{
	struct parser parser = { .budget = budget };
	int err = 0;

	unit->functions_read = true;
	find_code(unit, dir);
	if (unit->error)
		return 0;
	err = pfl_dwarf_scan(&unit->code, budget, add_function, &parser);
	if (err == -EFBIG || err == -ENOEXEC) {
		unit->error = err == -EFBIG ? PFL_UNIT_TOO_COSTLY : PFL_UNIT_BROKEN;
	} else if (!err) {
		err = pfl_intervals_sort(&parser.intervals, parser.nintervals);
		if (!err)
			err = pfl_pieces_cut(&unit->pieces, parser.intervals,
					     parser.nintervals);
	}
	free(parser.intervals);
	unit->functions = parser.functions;
	unit->size += (size_t)parser.functions_room * sizeof(*parser.functions) +
		      pfl_pieces_size(&unit->pieces);
	return err == -ENOMEM ? err : 0;
}

/* How many bytes libdw would run through for the line table: the table's own word for it. */
static uint64_t line_program_size(Dwarf_Die *die)
{
	Elf_Data *data = pfl_dwarf_section(dwarf_getelf(dwarf_cu_getdwarf(die->cu)), "debug_line");
	Dwarf_Attribute attr;
	Dwarf_Word offset;
	uint32_t size;

	if (dwarf_formudata(dwarf_attr(die, DW_AT_stmt_list, &attr), &offset) || !data ||
	    !data->d_buf || data->d_size < 4 || offset > data->d_size - 4)
		return 0;
	memcpy(&size, (char *)data->d_buf + offset, sizeof(size));
	/* of another byte order, or 64-bit DWARF: no larger than the section */
	return size < data->d_size ? size : data->d_size;
}

static void read_lines(struct pfl_unit *unit, uint64_t *budget)
{
	uint64_t size = line_program_size(&unit->die);
	Dwarf_Attribute attr;
	Dwarf_Lines *lines;
	size_t count;

	unit->lines_read = true;
	if (size > MAX_LINE_PROGRAM || size >= *budget) {
		unit->error = PFL_UNIT_TOO_COSTLY;
		return;
	}
	*budget -= size;
	unit->dir = dwarf_formstring(dwarf_attr(&unit->die, DW_AT_comp_dir, &attr));
	unit->has_lines = size && !dwarf_getsrclines(&unit->die, &lines, &count) && count;
	unit->size += unit->has_lines ? count * ROW_SIZE : 0;
}

static uint32_t line_number(Dwarf_Word line)
{
	return line < UINT32_MAX ? line : 0;
}

static void place_of_address(struct pfl_unit *unit, uint64_t addr, struct pfl_dwarf_frame *place)
{
	Dwarf_Line *line = unit->has_lines ? dwarf_getsrc_die(&unit->die, addr) : NULL;
	int number = 0;

	*place = (struct pfl_dwarf_frame){ 0 };
	if (!line)
		return;
	place->file = dwarf_linesrc(line, NULL, NULL);
	place->dir = unit->dir;
	if (!dwarf_lineno(line, &number) && number > 0)
		place->line = number;
}

static void place_of_call(struct pfl_unit *unit, Dwarf_Die *function,
			  struct pfl_dwarf_frame *place)
{
	Dwarf_Word file, line;
	Dwarf_Attribute attr;
	Dwarf_Files *files;
	size_t count;

	*place = (struct pfl_dwarf_frame){ 0 };
	if (!unit->has_lines)
		return;
	if (!dwarf_formudata(dwarf_attr(function, DW_AT_call_file, &attr), &file) &&
	    !dwarf_getsrcfiles(&unit->die, &files, &count) && file < count)
		place->file = dwarf_filesrc(files, file, NULL, NULL);
	place->dir = unit->dir;
	if (!dwarf_formudata(dwarf_attr(function, DW_AT_call_line, &attr), &line))
		place->line = line_number(line);
}

/* Follows what an inlined or specified function refers to, at most 16 steps far. */
static const char *name_of(Dwarf_Die *function)
{
	static const unsigned int names[] = {
		DW_AT_linkage_name, DW_AT_MIPS_linkage_name, DW_AT_name,
	};
	const char *name = NULL;
	Dwarf_Attribute attr;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && !name; i++)
		name = dwarf_formstring(dwarf_attr_integrate(function, names[i], &attr));
	return name && *name ? name : NULL;
}

static int find_functions(struct pfl_unit *unit, uint32_t number, struct pfl_dwarf_frame *place,
			  struct pfl_dwarf_frame *out, unsigned int max)
{
	unsigned int count = 0;

	for (; unit->functions && number != PFL_NONE; number = unit->functions[number].caller) {
		const struct pfl_function *function = &unit->functions[number];
		Dwarf_Die die = { .addr = function->die, .cu = unit->code.cu };

		if (count == max)
			count--;
		out[count] = *place;
		out[count].name = name_of(&die);
		out[count++].inlined = function->inlined;
		place_of_call(unit, &die, place);
	}
	return count;
}

int pfl_unit_find(struct pfl_unit *unit, const char *dir, uint64_t addr, unsigned int what,
		  uint64_t *budget, struct pfl_dwarf_frame *out, unsigned int max)
{
	struct pfl_dwarf_frame place;
	int count = 0, err = 0;

	if (what & PFL_DWARF_INLINES && !unit->functions_read)
		err = read_functions(unit, dir, budget);
	if (err)
		return err;
	if (what & PFL_DWARF_LINES && !unit->lines_read)
		read_lines(unit, budget);
	place_of_address(unit, addr, &place);
	if (what & PFL_DWARF_INLINES)
		count = find_functions(unit, pfl_pieces_find(&unit->pieces, addr), &place, out, max);
	if (!count && place.file)
		out[count++] = place;
	return count;
}
