/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dwarf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbol/dwarf-scan.h"
#include "symbol/dwarf-unit.h"
#include "symbol/elf-file.h"
#include "symbol/room.h"
#include "util/array.h"
#include "util/bytes.h"
#include "util/table.h"

/* Files up to this size are read, so that one cut short meanwhile cannot kill us with SIGBUS. */
#define MAX_READ (64u << 20)

/* What a file may take in memory, inflated. */
#define MAX_MEMORY (2ULL << 30)

/* What is run through before a file counts as made to keep us busy: about a minute's work. */
#define MAX_WORK (8ULL << 30)

/* Of all units, each of which may refer to the same ones; four times what a browser has. */
#define MAX_RANGES (8u << 20)
#define MAX_ARANGES (128u << 20)

/* Thirty times what a browser has. */
#define MAX_UNITS (1u << 20)

/* Of a file and of what it shares with others; in most only .debug_line ends in another byte. */
#define MAX_PADDED 16

struct pfl_dwarf {
	Elf *elf, *alt_elf;
	Dwarf *dwarf, *alt;
	char dir[PATH_MAX];		/* that the file is in, as libdw knows it */
	struct pfl_unit *units;
	uint32_t nunits, units_room;
	struct pfl_table by_offset;	/* offset of a unit's entry -> its number */
	struct pfl_interval *intervals;	/* of units */
	uint32_t nintervals, intervals_room;
	struct pfl_pieces pieces;
	bool all_units;			/* those that .debug_aranges leaves out as well */
	uint64_t budget;
	enum pfl_unit_error trouble, told;
	struct pfl_room *room;
	size_t taken;			/* of it */
	size_t cut_size;		/* of that, for intervals and pieces */
	bool full;			/* there was none left: no further units are read */
	void *padded[MAX_PADDED];	/* copies of sections */
	unsigned int npadded;
};

static bool is_debug(const char *name)
{
	return !strncmp(name, ".debug_", 7) || !strncmp(name, ".zdebug_", 8);
}

/* What section @scn comes to in memory; it may be compressed in either way. */
static uint64_t inflated_size(Elf_Scn *scn, const GElf_Shdr *shdr, const char *name)
{
	struct pfl_bytes bytes;
	Elf_Data *data;
	GElf_Chdr chdr;

	if (shdr->sh_flags & SHF_COMPRESSED)
		return gelf_getchdr(scn, &chdr) ? chdr.ch_size : UINT64_MAX;
	if (name[1] != 'z')
		return shdr->sh_size;
	/* "ZLIB", and the size as a big-endian number. */
	data = elf_rawdata(scn, NULL);
	if (!data || !data->d_buf)
		return 0;
	bytes = pfl_bytes(data->d_buf, data->d_size, __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
	return pfl_bytes_take(&bytes, 4) ? pfl_bytes_u64(&bytes) : 0;
}

/*
 * libdw inflates whatever the sections say, and at once: what they say comes first. *@total
 * is what that comes to.
 */
static int check_sizes(Elf *elf, bool mapped, uint64_t *total)
{
	uint64_t size;
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	bool any = false;
	size_t names;

	if (elf_kind(elf) != ELF_K_ELF || pfl_elf_names(elf, &names))
		return -ENOENT;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *name = gelf_getshdr(scn, &shdr) ?
			elf_strptr(elf, names, shdr.sh_name) : NULL;

		if (!name || !is_debug(name) || shdr.sh_type == SHT_NOBITS)
			continue;
		any |= shdr.sh_size && strstr(name, "debug_info");
		if (strstr(name, "debug_aranges") && inflated_size(scn, &shdr, name) > MAX_ARANGES)
			return -EFBIG;
		if (mapped && !(shdr.sh_flags & SHF_COMPRESSED) && name[1] != 'z')
			continue;
		size = inflated_size(scn, &shdr, name);
		if (size > MAX_MEMORY || *total + size > MAX_MEMORY)
			return -EFBIG;
		*total += size;
	}
	return any ? 0 : -ENOENT;
}

/* Whether nobody but root and we can cut the file short while it is mapped. */
static bool may_map(const struct stat *st)
{
	return (!st->st_uid || st->st_uid == geteuid()) && !(st->st_mode & 022);
}

/*
 * libdw takes strings to end somewhere (0.188: the names in a line table), and
 * hands out some that it has not seen the end of. A section that does not end
 * in NUL is given one.
 */
static int pad_section(struct pfl_dwarf *dwarf, Elf_Data *data)
{
	char *copy;

	if (!data || !data->d_buf || !data->d_size || !((char *)data->d_buf)[data->d_size - 1])
		return 0;
	if (dwarf->npadded == MAX_PADDED)
		return -ENOEXEC;
	copy = malloc(data->d_size + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, data->d_buf, data->d_size);
	copy[data->d_size] = '\0';
	data->d_buf = dwarf->padded[dwarf->npadded++] = copy;
	return 0;
}

static int pad_sections(struct pfl_dwarf *dwarf, Elf *elf)
{
	Elf_Scn *scn = NULL;
	const char *name;
	GElf_Shdr shdr;
	size_t names;
	int err = pfl_elf_names(elf, &names);

	while (!err && (scn = elf_nextscn(elf, scn))) {
		name = gelf_getshdr(scn, &shdr) ? elf_strptr(elf, names, shdr.sh_name) : NULL;
		if (name && is_debug(name) && shdr.sh_type != SHT_NOBITS)
			err = pad_section(dwarf, elf_getdata(scn, NULL));
	}
	return err;
}

/* 0 or -E2BIG */
static int take_room(struct pfl_dwarf *dwarf, size_t size)
{
	if (dwarf->full || !pfl_room_take(dwarf->room, size)) {
		dwarf->full = true;
		return -E2BIG;
	}
	dwarf->taken += size;
	return 0;
}

static int open_elf(struct pfl_dwarf *dwarf, int fd, Elf **elf, Dwarf **out)
{
	uint64_t size = 0;
	struct stat st;
	bool map;
	int err;

	if (fstat(fd, &st))
		return -errno;
	map = st.st_size > MAX_READ && may_map(&st);
	*elf = map ? pfl_elf_begin_mapped(fd) : pfl_elf_begin(fd);
	if (!*elf)
		return -ENOENT;
	err = check_sizes(*elf, map, &size);
	if (err)
		return err;
	err = take_room(dwarf, size);
	if (err)
		return err;
	*out = dwarf_begin_elf(*elf, DWARF_C_READ, NULL);
	/* All of its sections are read by now. */
	elf_cntl(*elf, ELF_C_FDDONE);
	if (!*out)
		return -ENOEXEC;
	return map ? 0 : pad_sections(dwarf, *elf);
}

static void note_directory(struct pfl_dwarf *dwarf, int fd)
{
	char link[32], *slash;
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, dwarf->dir, sizeof(dwarf->dir) - 1);
	dwarf->dir[len > 0 ? len : 0] = '\0';
	slash = strrchr(dwarf->dir, '/');
	if (slash)
		*slash = '\0';
}

static int open_files(struct pfl_dwarf *dwarf, int fd, int alt)
{
	int err = open_elf(dwarf, fd, &dwarf->elf, &dwarf->dwarf);

	if (!err && alt >= 0)
		err = open_elf(dwarf, alt, &dwarf->alt_elf, &dwarf->alt);
	if (!err && dwarf->alt)
		dwarf_setalt(dwarf->dwarf, dwarf->alt);
	else if (!err && pfl_elf_find_section(dwarf->elf, ".gnu_debugaltlink"))
		err = -ENOLINK;		/* libdw would open whatever it names */
	return err;
}

void pfl_dwarf_free(struct pfl_dwarf *dwarf)
{
	if (!dwarf)
		return;
	for (uint32_t i = 0; i < dwarf->nunits; i++)
		pfl_unit_free(&dwarf->units[i]);
	free(dwarf->units);
	free(dwarf->intervals);
	pfl_table_free(&dwarf->by_offset);
	pfl_pieces_free(&dwarf->pieces);
	dwarf_end(dwarf->dwarf);
	dwarf_end(dwarf->alt);
	elf_end(dwarf->elf);
	elf_end(dwarf->alt_elf);
	for (unsigned int i = 0; i < dwarf->npadded; i++)
		free(dwarf->padded[i]);
	pfl_room_give(dwarf->room, dwarf->taken);
	free(dwarf);
}

/* The number of the unit whose entry is at @offset, made where it is new; PFL_NONE: no memory. */
static uint32_t unit_at(struct pfl_dwarf *dwarf, Dwarf_Off offset)
{
	uint32_t *number = pfl_table_put(&dwarf->by_offset, offset);
	struct pfl_unit unit = { 0 }, *units;

	if (!number || *number != PFL_NONE)
		return number ? *number : PFL_NONE;
	if (!dwarf_offdie(dwarf->dwarf, offset, &unit.die))
		unit.functions_read = unit.lines_read = true;	/* and there are none */
	units = pfl_array_grow(dwarf->units, dwarf->nunits, &dwarf->units_room, sizeof(*units));
	if (!units)
		return PFL_NONE;
	dwarf->units = units;
	units[dwarf->nunits] = unit;
	return *number = dwarf->nunits++;
}

static int add_interval(struct pfl_dwarf *dwarf, uint64_t start, uint64_t end, uint32_t unit)
{
	struct pfl_interval *array;

	if (start >= end)
		return 0;
	if (dwarf->nintervals == MAX_RANGES) {
		dwarf->trouble = PFL_UNIT_TOO_COSTLY;
		return 0;
	}
	array = pfl_array_grow(dwarf->intervals, dwarf->nintervals, &dwarf->intervals_room,
			       sizeof(*array));
	if (!array)
		return -ENOMEM;
	dwarf->intervals = array;
	array[dwarf->nintervals] = (struct pfl_interval){
		.start = start, .end = end, .owner = unit, .priority = dwarf->nintervals,
	};
	dwarf->nintervals++;
	return 0;
}

static int cut(struct pfl_dwarf *dwarf)
{
	int err = pfl_intervals_sort(&dwarf->intervals, dwarf->nintervals);
	size_t size;

	pfl_pieces_free(&dwarf->pieces);
	dwarf->intervals_room = dwarf->nintervals;
	if (!err)
		err = pfl_pieces_cut(&dwarf->pieces, dwarf->intervals, dwarf->nintervals);
	size = dwarf->nintervals * sizeof(*dwarf->intervals) + pfl_pieces_size(&dwarf->pieces);
	if (err || size <= dwarf->cut_size)
		return err;
	err = take_room(dwarf, size - dwarf->cut_size);
	dwarf->cut_size = size;
	return err;
}

static int read_aranges(struct pfl_dwarf *dwarf)
{
	Dwarf_Aranges *aranges;
	size_t count;

	if (dwarf_getaranges(dwarf->dwarf, &aranges, &count))
		return 0;
	for (size_t i = 0; i < count; i++) {
		Dwarf_Addr start;
		Dwarf_Word size;
		Dwarf_Off offset;
		uint32_t unit;

		if (dwarf_getarangeinfo(dwarf_onearange(aranges, i), &start, &size, &offset))
			continue;
		unit = unit_at(dwarf, offset);
		if (unit == PFL_NONE || add_interval(dwarf, start, start + size, unit))
			return -ENOMEM;
	}
	return cut(dwarf);
}

static int add_unit(struct pfl_dwarf *dwarf, Dwarf_Die *die)
{
	Dwarf_Off offset = dwarf_dieoffset(die);
	Dwarf_Addr base, start, end;
	ptrdiff_t next = 0;
	uint32_t unit;
	int err = 0;

	if (pfl_table_get(&dwarf->by_offset, offset) != PFL_NONE)
		return 0;
	unit = unit_at(dwarf, offset);
	if (unit == PFL_NONE)
		return -ENOMEM;
	if (!pfl_dwarf_is_cheap(die, &dwarf->budget))
		return 0;
	while (!err && dwarf->budget && dwarf->nintervals < MAX_RANGES &&
	       (next = dwarf_ranges(die, next, &base, &start, &end)) > 0) {
		err = add_interval(dwarf, start, end, unit);
		dwarf->budget -= dwarf->budget < 16 ? dwarf->budget : 16;
	}
	if (next > 0)
		dwarf->trouble = PFL_UNIT_TOO_COSTLY;
	return err;
}

/* Not every compiler writes .debug_aranges: the units know as well, but each of them must be asked. */
static int read_all_units(struct pfl_dwarf *dwarf)
{
	Dwarf_CU *unit = NULL;
	uint8_t type;
	Dwarf_Die die;
	int err = 0;

	dwarf->all_units = true;
	while (!err && dwarf->nunits < MAX_UNITS &&
	       !dwarf_get_units(dwarf->dwarf, unit, &unit, NULL, &type, &die, NULL))
		if (type == DW_UT_compile || type == DW_UT_skeleton)
			err = add_unit(dwarf, &die);
	return err ? err : cut(dwarf);
}

int pfl_dwarf_open(int fd, int alt, struct pfl_room *room, struct pfl_dwarf **out)
{
	struct pfl_dwarf *dwarf = calloc(1, sizeof(*dwarf));
	int err;

	if (!dwarf)
		return -ENOMEM;
	dwarf->budget = MAX_WORK;
	dwarf->room = room;
	note_directory(dwarf, fd);
	err = open_files(dwarf, fd, alt);
	if (!err)
		err = read_aranges(dwarf);
	if (err)
		pfl_dwarf_free(dwarf);
	else
		*out = dwarf;
	return err;
}

int pfl_dwarf_find(struct pfl_dwarf *dwarf, uint64_t addr, unsigned int what,
		   struct pfl_dwarf_frame *out, unsigned int max)
{
	uint32_t number = pfl_pieces_find(&dwarf->pieces, addr);
	struct pfl_unit *unit;
	size_t size;
	int count;

	if (number == PFL_NONE && !dwarf->all_units) {
		if (read_all_units(dwarf) == -ENOMEM)
			return -ENOMEM;
		number = pfl_pieces_find(&dwarf->pieces, addr);
	}
	if (number == PFL_NONE)
		return 0;
	unit = &dwarf->units[number];
	if (dwarf->full && !unit->size)
		pfl_unit_give_up(unit);
	size = unit->size;
	count = pfl_unit_find(unit, dwarf->dir, addr, what, &dwarf->budget, out, max);
	if (count >= 0 && unit->size > size && take_room(dwarf, unit->size - size)) {
		pfl_unit_give_up(unit);
		count = 0;
	}
	if (!dwarf->trouble)
		dwarf->trouble = unit->error;
	return count;
}

const char *pfl_dwarf_trouble(struct pfl_dwarf *dwarf)
{
	static const char *const texts[] = {
		[PFL_UNIT_NO_DWO] = "inlined functions of units compiled with -gsplit-dwarf are left out: a .dwo file is missing, or other users may replace it",
		[PFL_UNIT_BROKEN] = "inlined functions are left out where the debug information is broken",
		[PFL_UNIT_TOO_COSTLY] = "inlined functions are left out where the debug information is too large or too deep",
	};

	if (dwarf->told == dwarf->trouble)
		return NULL;
	dwarf->told = dwarf->trouble;
	return texts[dwarf->told];
}
