/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dwarf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbol/dwarf-unit.h"
#include "symbol/openfile.h"
#include "util/table.h"

/* Beyond all that compilers write: generated code comes to 50 deep. */
#define MAX_DEPTH 200
#define MAX_RANGES (8u << 20)

/* One row of a line table may come from a single byte, and takes libdw some fifty. */
#define MAX_LINE_PROGRAM (32u << 20)

void *pfl_unit_grow(void *array, uint32_t count, uint32_t *room, size_t size)
{
	void *bigger;

	if (count < *room)
		return array;
	bigger = realloc(array, (*room ? *room * 2 : 1024) * size);
	if (bigger)
		*room = *room ? *room * 2 : 1024;
	return bigger;
}

void pfl_unit_free(struct pfl_unit *unit)
{
	free(unit->functions);
	pfl_pieces_free(&unit->pieces);
}

struct parser {
	struct pfl_function *functions;
	struct pfl_interval *intervals;
	uint32_t nfunctions, functions_room;
	uint32_t nintervals, intervals_room;
	uintptr_t seen;		/* the last entry's address */
	uint64_t *budget;
};

/* False: what the whole file may cost is spent. */
static bool spend(struct parser *parser, uint64_t bytes)
{
	*parser->budget -= bytes < *parser->budget ? bytes : *parser->budget;
	return *parser->budget && parser->nintervals < MAX_RANGES;
}

static int add_interval(struct parser *parser, uint64_t start, uint64_t end, uint32_t function)
{
	/* The smallest range is the innermost function's; of equal ones, it is the later. */
	uint64_t size = end - start < UINT32_MAX ? end - start : UINT32_MAX;
	struct pfl_interval *array;

	array = pfl_unit_grow(parser->intervals, parser->nintervals, &parser->intervals_room,
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

/* Adds the function @die if it has code: then *@function becomes its number. */
static int add_function(struct parser *parser, Dwarf_Die *die, bool inlined, uint32_t *function)
{
	uint32_t before = parser->nintervals;
	Dwarf_Addr base, start, end;
	struct pfl_function *array;
	ptrdiff_t next = 0;
	int err = 0;

	while (!err && (next = dwarf_ranges(die, next, &base, &start, &end)) > 0 &&
	       spend(parser, 16))
		if (start < end)
			err = add_interval(parser, start, end, parser->nfunctions);
	if (err || parser->nintervals == before)
		return err;
	array = pfl_unit_grow(parser->functions, parser->nfunctions, &parser->functions_room,
			      sizeof(*array));
	if (!array)
		return -ENOMEM;
	parser->functions = array;
	array[parser->nfunctions] = (struct pfl_function){
		.die = die->addr, .caller = inlined ? *function : PFL_NONE, .inlined = inlined,
	};
	*function = parser->nfunctions++;
	return 0;
}

/* Types and calls have children, but none with code. */
static bool may_hold_code(int tag)
{
	switch (tag) {
	case DW_TAG_array_type:
	case DW_TAG_call_site:
	case DW_TAG_enumeration_type:
	case DW_TAG_GNU_call_site:
	case DW_TAG_subroutine_type:
		return false;
	default:
		return true;
	}
}

/*
 * Walks what lies below @parent, inside @function. Everything is looked into:
 * the code of a lambda stands in a type, in a function that itself has none.
 * Where an entry does not tell its sibling, libdw runs through all that it
 * holds; that is paid for as well, up to the last entry that was seen.
 */
static int walk(struct parser *parser, Dwarf_Die *parent, uint32_t function, unsigned int depth)
{
	Dwarf_Die die, next;
	int last = dwarf_child(parent, &die), err = 0;

	if (!last && depth > MAX_DEPTH)
		return -EFBIG;
	for (; !last && !err; die = next) {
		int tag = dwarf_tag(&die);
		uint32_t inner = function;

		parser->seen = (uintptr_t)die.addr;
		last = dwarf_siblingof(&die, &next);
		if (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine)
			err = add_function(parser, &die, tag == DW_TAG_inlined_subroutine, &inner);
		if (!err && (last || may_hold_code(tag)))
			err = walk(parser, &die, inner, depth + 1);
		if (!err && !spend(parser, (last ? parser->seen : (uintptr_t)next.addr) -
				   (uintptr_t)die.addr))
			err = -EFBIG;
	}
	return err;
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
	err = walk(&parser, &unit->code, PFL_NONE, 0);
	if (err == -EFBIG) {
		unit->error = PFL_UNIT_TOO_COSTLY;
	} else if (!err) {
		pfl_intervals_sort(parser.intervals, parser.nintervals);
		err = pfl_pieces_cut(&unit->pieces, parser.intervals, parser.nintervals);
	}
	free(parser.intervals);
	unit->functions = parser.functions;
	return err == -ENOMEM ? err : 0;
}

/* How many bytes libdw would run through for the line table: the table's own word for it. */
static uint64_t line_program_size(Dwarf_Die *die)
{
	Elf_Scn *scn = NULL;
	Elf *elf = dwarf_getelf(dwarf_cu_getdwarf(die->cu));
	Dwarf_Attribute attr;
	Dwarf_Word offset;
	size_t names;

	if (dwarf_formudata(dwarf_attr(die, DW_AT_stmt_list, &attr), &offset) ||
	    elf_getshdrstrndx(elf, &names))
		return 0;
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr shdr;
		const char *name = gelf_getshdr(scn, &shdr) ?
			elf_strptr(elf, names, shdr.sh_name) : NULL;
		Elf_Data *data;
		uint32_t size;

		if (!name || (strcmp(name, ".debug_line") && strcmp(name, ".zdebug_line")))
			continue;
		data = elf_getdata(scn, NULL);
		if (!data || !data->d_buf || data->d_size < 4 || offset > data->d_size - 4)
			return 0;
		memcpy(&size, (char *)data->d_buf + offset, sizeof(size));
		/* of another byte order, or 64-bit DWARF: no larger than the section */
		return size < data->d_size ? size : data->d_size;
	}
	return 0;
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
