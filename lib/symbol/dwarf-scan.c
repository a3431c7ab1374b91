/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Source of the format: DWARF 5, chapter 7, and the GNU extensions in <dwarf.h>. */
#include <dwarf.h>
#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "symbol/dwarf-scan.h"
#include "symbol/elf-file.h"
#include "util/array.h"
#include "util/bytes.h"
#include "util/table.h"

/* Compilers come to some thousands of abbreviations, and to fifty entries in each other. */
#define MAX_CODE 65536u
#define MAX_DEPTH 1000

#define IS_LITTLE_ENDIAN (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/* How to pass over an attribute, or several of known size. */
enum step_kind {
	STEP_FIXED,		/* ->size bytes */
	STEP_LEB,
	STEP_STRING,
	STEP_BLOCK,		/* a length of ->size bytes, 0: a LEB128, and that many bytes */
	STEP_INDIRECT,		/* the form stands there first */
};

struct step {
	uint8_t kind;
	uint32_t size;
};

/* An abbreviation: what the entries with its code look like. */
struct shape {
	uint16_t tag;
	bool known, children, code;	/* @code: it has addresses */
	uint32_t first, count;	/* of its steps */
	/* Where a first address and a size stand in the entry, if always at one place. */
	uint16_t low_at, high_at;
	uint8_t high_size;	/* 0: they do not */
};

struct shapes {
	struct shape *by_code;
	uint32_t ncodes;	/* how many by_code has room for */
	struct step *steps;
	uint32_t nsteps, steps_room;
	uint8_t address_size, offset_size;
	uint16_t version;
};

static uint64_t read_leb(struct pfl_bytes *bytes)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; bytes->at < bytes->end; shift += 7) {
		unsigned char byte = *bytes->at++;

		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
	bytes->bad = true;
	return 0;
}

/* A number of 1, 2 or 4 bytes. */
static uint32_t read_size(struct pfl_bytes *bytes, unsigned int width)
{
	const unsigned char *at = pfl_bytes_take(bytes, width);
	uint32_t value = 0;

	for (unsigned int i = 0; at && i < width; i++)
		value = value << 8 | at[bytes->swap == IS_LITTLE_ENDIAN ? i : width - 1 - i];
	return value;
}

Elf_Data *pfl_dwarf_section(Elf *elf, const char *name)
{
	size_t names, len = strlen(name);
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	if (pfl_elf_names(elf, &names))
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *own = gelf_getshdr(scn, &shdr) ?
			elf_strptr(elf, names, shdr.sh_name) : NULL;

		if (!own || own[0] != '.' || shdr.sh_type == SHT_NOBITS)
			continue;
		own += own[1] == 'z' ? 2 : 1;
		if (!strncmp(own, name, len) && (!own[len] || !strcmp(own + len, ".dwo")))
			return elf_getdata(scn, NULL);
	}
	return NULL;
}

static bool spend(uint64_t *budget, uint64_t bytes)
{
	*budget -= bytes < *budget ? bytes : *budget;
	return *budget;
}

/* Looking for a section by its name takes as long as reading some bytes for each that there is. */
static bool spend_for_section(uint64_t *budget, Elf *elf)
{
	size_t count;

	return !elf_getshdrnum(elf, &count) && spend(budget, count * 4);
}

static bool is_big_endian(Elf *elf)
{
	return elf_getident(elf, NULL)[EI_DATA] == ELFDATA2MSB;
}

/* The bytes of @unit's abbreviations, up to the section's end. False: they cannot be had. */
static bool find_abbreviations(Dwarf_Die *unit, struct shapes *shapes, struct pfl_bytes *bytes)
{
	Elf *elf = dwarf_getelf(dwarf_cu_getdwarf(unit->cu));
	Elf_Data *data = pfl_dwarf_section(elf, "debug_abbrev");
	Dwarf_Off offset;
	Dwarf_Die die;

	if (!data || !data->d_buf ||
	    !dwarf_cu_die(unit->cu, &die, &shapes->version, &offset, &shapes->address_size,
			  &shapes->offset_size, NULL, NULL) ||
	    offset >= data->d_size)
		return false;
	*bytes = pfl_bytes((char *)data->d_buf + offset, data->d_size - offset, false);
	return true;
}

static struct step step_for(const struct shapes *shapes, uint64_t form)
{
	switch (form) {
	case DW_FORM_flag_present:
	case DW_FORM_implicit_const:
		return (struct step){ STEP_FIXED, 0 };
	case DW_FORM_data1:
	case DW_FORM_flag:
	case DW_FORM_ref1:
	case DW_FORM_strx1:
	case DW_FORM_addrx1:
		return (struct step){ STEP_FIXED, 1 };
	case DW_FORM_data2:
	case DW_FORM_ref2:
	case DW_FORM_strx2:
	case DW_FORM_addrx2:
		return (struct step){ STEP_FIXED, 2 };
	case DW_FORM_strx3:
	case DW_FORM_addrx3:
		return (struct step){ STEP_FIXED, 3 };
	case DW_FORM_data4:
	case DW_FORM_ref4:
	case DW_FORM_ref_sup4:
	case DW_FORM_strx4:
	case DW_FORM_addrx4:
		return (struct step){ STEP_FIXED, 4 };
	case DW_FORM_data8:
	case DW_FORM_ref8:
	case DW_FORM_ref_sig8:
	case DW_FORM_ref_sup8:
		return (struct step){ STEP_FIXED, 8 };
	case DW_FORM_data16:
		return (struct step){ STEP_FIXED, 16 };
	case DW_FORM_addr:
		return (struct step){ STEP_FIXED, shapes->address_size };
	case DW_FORM_ref_addr:
		if (shapes->version < 3)
			return (struct step){ STEP_FIXED, shapes->address_size };
		/* fall through */
	case DW_FORM_strp:
	case DW_FORM_line_strp:
	case DW_FORM_sec_offset:
	case DW_FORM_strp_sup:
	case DW_FORM_GNU_ref_alt:
	case DW_FORM_GNU_strp_alt:
		return (struct step){ STEP_FIXED, shapes->offset_size };
	case DW_FORM_sdata:
	case DW_FORM_udata:
	case DW_FORM_ref_udata:
	case DW_FORM_strx:
	case DW_FORM_addrx:
	case DW_FORM_loclistx:
	case DW_FORM_rnglistx:
	case DW_FORM_GNU_addr_index:
	case DW_FORM_GNU_str_index:
		return (struct step){ STEP_LEB, 0 };
	case DW_FORM_string:
		return (struct step){ STEP_STRING, 0 };
	case DW_FORM_block1:
		return (struct step){ STEP_BLOCK, 1 };
	case DW_FORM_block2:
		return (struct step){ STEP_BLOCK, 2 };
	case DW_FORM_block4:
		return (struct step){ STEP_BLOCK, 4 };
	case DW_FORM_block:
	case DW_FORM_exprloc:
		return (struct step){ STEP_BLOCK, 0 };
	case DW_FORM_indirect:
		return (struct step){ STEP_INDIRECT, 0 };
	default:
		return (struct step){ UINT8_MAX, 0 };
	}
}

static int add_step(struct shapes *shapes, struct shape *shape, struct step step)
{
	struct step *last = shape->count ? &shapes->steps[shapes->nsteps - 1] : NULL, *steps;

	if (step.kind == UINT8_MAX)
		return -ENOEXEC;
	if (step.kind == STEP_FIXED && (!step.size || (last && last->kind == STEP_FIXED))) {
		if (step.size)
			last->size += step.size;
		return 0;
	}
	steps = pfl_array_grow(shapes->steps, shapes->nsteps, &shapes->steps_room, sizeof(*steps));
	if (!steps)
		return -ENOMEM;
	shapes->steps = steps;
	steps[shapes->nsteps++] = step;
	shape->count++;
	return 0;
}

static int make_room(struct shapes *shapes, uint64_t code)
{
	uint32_t room = shapes->ncodes ? shapes->ncodes : 256;
	struct shape *array;

	if (code >= MAX_CODE)
		return -EFBIG;
	while (room <= code)
		room *= 2;
	if (room == shapes->ncodes)
		return 0;
	array = realloc(shapes->by_code, room * sizeof(*array));
	if (!array)
		return -ENOMEM;
	memset(array + shapes->ncodes, 0, (room - shapes->ncodes) * sizeof(*array));
	shapes->by_code = array;
	shapes->ncodes = room;
	return 0;
}

static bool is_function(uint64_t tag)
{
	return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
}

/* Notes the attribute @name, which stands at @at of the entry; -1: that varies. */
static void note_code(const struct shapes *shapes, struct shape *shape, uint64_t name,
		      uint64_t form, int at)
{
	struct step step = step_for(shapes, form);

	if (name == DW_AT_low_pc || name == DW_AT_ranges)
		shape->code = true;
	if (name == DW_AT_low_pc && form == DW_FORM_addr && at >= 0)
		shape->low_at = at;
	/* A size, not an address: DWARF 4 on. */
	if (name == DW_AT_high_pc && at >= 0 && shape->low_at && step.kind == STEP_FIXED &&
	    (form == DW_FORM_data1 || form == DW_FORM_data2 || form == DW_FORM_data4 ||
	     form == DW_FORM_data8)) {
		shape->high_at = at;
		shape->high_size = step.size;
	}
}

static int read_shape(struct shapes *shapes, struct pfl_bytes *bytes, uint64_t code)
{
	uint64_t tag = read_leb(bytes), name, form;
	const unsigned char *children = pfl_bytes_take(bytes, 1);
	struct shape shape = { .first = shapes->nsteps };
	int err = make_room(shapes, code), at = 0;

	shape.tag = tag <= UINT16_MAX ? tag : 0;
	shape.children = children && *children;
	while (!err && !bytes->bad) {
		name = read_leb(bytes);
		form = read_leb(bytes);
		if (!name && !form)
			break;
		if (form == DW_FORM_implicit_const)
			read_leb(bytes);
		if (is_function(tag))
			note_code(shapes, &shape, name, form, at);
		err = add_step(shapes, &shape, step_for(shapes, form));
		at = at < 0 || step_for(shapes, form).kind != STEP_FIXED || at > INT16_MAX ? -1 :
		     at + (int)step_for(shapes, form).size;
	}
	if (err || bytes->bad)
		return err ? err : -ENOEXEC;
	/* The first of several with one code is libdw's as well. */
	if (!shapes->by_code[code].known)
		shapes->by_code[code] = shape;
	shapes->by_code[code].known = true;
	return 0;
}

static int read_shapes(struct shapes *shapes, struct pfl_bytes *bytes)
{
	uint64_t code;
	int err = 0;

	while (!err && bytes->at < bytes->end && (code = read_leb(bytes)))
		err = read_shape(shapes, bytes, code);
	return err;
}

/* Behind the code: the tag, whether there are children, and pairs up to one of zeros. */
static void pass_abbreviation(struct pfl_bytes *bytes)
{
	uint64_t name, form;

	read_leb(bytes);
	pfl_bytes_take(bytes, 1);
	do {
		name = read_leb(bytes);
		form = read_leb(bytes);
		if (form == DW_FORM_implicit_const)
			read_leb(bytes);
	} while (!bytes->bad && (name || form));
}

static void skip(const struct shapes *shapes, struct pfl_bytes *bytes, struct step step)
{
	const void *end;
	uint64_t size = step.size;

	switch (step.kind) {
	case STEP_LEB:
		read_leb(bytes);
		return;
	case STEP_STRING:
		end = memchr(bytes->at, '\0', pfl_bytes_left(bytes));
		bytes->bad |= !end;
		if (end)
			bytes->at = (const unsigned char *)end + 1;
		return;
	case STEP_BLOCK:
		size = size ? read_size(bytes, size) : read_leb(bytes);
		break;
	case STEP_INDIRECT:
		step = step_for(shapes, read_leb(bytes));
		if (step.kind == STEP_INDIRECT || step.kind == UINT8_MAX)
			bytes->bad = true;
		else
			skip(shapes, bytes, step);
		return;
	}
	pfl_bytes_take(bytes, size);
}

/* The unit's bytes from its entry on; none where they cannot be had. */
static struct pfl_bytes entries(Dwarf_Die *unit)
{
	Dwarf *dwarf = dwarf_cu_getdwarf(unit->cu);
	Elf_Data *data = pfl_dwarf_section(dwarf_getelf(dwarf), "debug_info");
	Dwarf_Off offset = dwarf_dieoffset(unit), next;

	if (!data || !data->d_buf || offset >= data->d_size ||
	    (char *)data->d_buf + offset != unit->addr ||
	    dwarf_next_unit(dwarf, offset - dwarf_cuoffset(unit), &next, NULL, NULL, NULL, NULL,
			    NULL, NULL, NULL) || next <= offset)
		return (struct pfl_bytes){ 0 };
	if (next > data->d_size)
		next = data->d_size;
	return pfl_bytes(unit->addr, next - offset,
			 is_big_endian(dwarf_getelf(dwarf)) == IS_LITTLE_ENDIAN);
}

struct scan {
	Dwarf_CU *unit;
	struct shapes shapes;
	struct pfl_bytes bytes;
	uint32_t inside[MAX_DEPTH];	/* by depth: the function that the entries there lie in */
	pfl_dwarf_scan_fn *found;
	void *data;
};

/* A number of @size bytes at offset @at of what is read next; 0 where it ends before. */
static uint64_t number_at(const struct pfl_bytes *bytes, unsigned int at, unsigned int size)
{
	struct pfl_bytes rest = *bytes;

	pfl_bytes_take(&rest, at);
	return size == 8 ? pfl_bytes_u64(&rest) : read_size(&rest, size);
}

static int tell(struct scan *scan, const struct shape *shape, void *at, uint32_t *function)
{
	struct pfl_scanned scanned = {
		.die = { .addr = at, .cu = scan->unit },
		.inlined = shape->tag == DW_TAG_inlined_subroutine,
	};

	if (shape->high_size) {
		scanned.start = number_at(&scan->bytes, shape->low_at, scan->shapes.address_size);
		scanned.end = scanned.start + number_at(&scan->bytes, shape->high_at,
							shape->high_size);
	}
	return scan->found(scan->data, &scanned, function);
}

/* Passes over one entry. Its @shape is NULL for what ends its parent's. */
static int scan_entry(struct scan *scan, const struct shape **shape, uint32_t *function)
{
	void *at = (void *)scan->bytes.at;
	uint64_t code = read_leb(&scan->bytes);
	int err = 0;

	*shape = NULL;
	if (!code)
		return 0;
	if (code >= scan->shapes.ncodes || !scan->shapes.by_code[code].known)
		return -ENOEXEC;
	*shape = &scan->shapes.by_code[code];
	if ((*shape)->code)
		err = tell(scan, *shape, at, function);
	for (uint32_t i = 0; i < (*shape)->count && !scan->bytes.bad; i++)
		skip(&scan->shapes, &scan->bytes, scan->shapes.steps[(*shape)->first + i]);
	return err ? err : scan->bytes.bad ? -ENOEXEC : 0;
}

static int scan_entries(struct scan *scan)
{
	const struct shape *shape;
	unsigned int depth = 0;
	uint32_t function;
	int err;

	scan->inside[0] = PFL_NONE;
	do {
		function = scan->inside[depth];
		err = scan_entry(scan, &shape, &function);
		if (err)
			return err;
		if (!shape) {
			depth -= depth > 0;
		} else if (shape->children) {
			if (++depth == MAX_DEPTH)
				return -EFBIG;
			scan->inside[depth] = function;
		}
	} while (depth && scan->bytes.at < scan->bytes.end);
	return 0;
}

int pfl_dwarf_scan(Dwarf_Die *unit, uint64_t *budget, pfl_dwarf_scan_fn *found, void *data)
{
	struct scan *scan = calloc(1, sizeof(*scan));
	struct pfl_bytes abbreviations;
	int err = -ENOEXEC;

	if (!scan)
		return -ENOMEM;
	scan->unit = unit->cu;
	scan->found = found;
	scan->data = data;
	scan->bytes = entries(unit);
	if (find_abbreviations(unit, &scan->shapes, &abbreviations))
		err = read_shapes(&scan->shapes, &abbreviations);
	if (!err && !spend(budget, pfl_bytes_left(&scan->bytes)))
		err = -EFBIG;
	if (!err)
		err = scan_entries(scan);
	free(scan->shapes.by_code);
	free(scan->shapes.steps);
	free(scan);
	return err;
}

bool pfl_dwarf_is_cheap(Dwarf_Die *unit, uint64_t *budget)
{
	struct pfl_bytes bytes, entry = entries(unit);
	uint64_t wanted = read_leb(&entry), code;
	struct shapes shapes;
	unsigned int count;

	if (entry.bad ||
	    !spend_for_section(budget, dwarf_getelf(dwarf_cu_getdwarf(unit->cu))) ||
	    !find_abbreviations(unit, &shapes, &bytes))
		return false;
	for (count = 0; count < MAX_CODE && !bytes.bad; count++) {
		code = read_leb(&bytes);
		if (code == wanted)
			break;
		pass_abbreviation(&bytes);
	}
	return !bytes.bad && count < MAX_CODE && spend(budget, count * 64ULL);
}
