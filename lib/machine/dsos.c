/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/dsos.h"
#include "util/array.h"

#define RECENT_SLOTS (1u << 15)

struct pfl_address_slot {
	uint64_t address;
	uint64_t space;		/* version of the mappings, and whether it called */
	uint32_t code;
};

bool pfl_dso_is_kernel(const char *path)
{
	return !strncmp(path, "[kernel.kallsyms]", 17) || !strncmp(path, "[kernel.vmlinux]", 16);
}

int pfl_dsos_init(struct pfl_machine *machine)
{
	struct pfl_dso unknown = { .kind = PFL_DSO_UNKNOWN, .path = "[unknown]" };
	struct pfl_dso kernel = { .kind = PFL_DSO_KERNEL, .path = "[kernel.kallsyms]", .pid = -1 };

	machine->recent = calloc(RECENT_SLOTS, sizeof(*machine->recent));
	if (!machine->recent || pfl_dsos_add(machine, &unknown) != PFL_DSO_NUMBER_UNKNOWN ||
	    pfl_dsos_add(machine, &kernel) != PFL_DSO_NUMBER_KERNEL)
		return -ENOMEM;
	return 0;
}

void pfl_dsos_free(struct pfl_machine *machine)
{
	for (uint32_t i = 0; i < machine->ndsos; i++) {
		pfl_table_free(&machine->code_of[i][0]);
		pfl_table_free(&machine->code_of[i][1]);
	}
	free(machine->dsos);
	free(machine->older);
	free(machine->code_of);
	free(machine->code);
	free(machine->recent);
	free(machine->told);
	pfl_table_free(&machine->told_of);
	pfl_table_free(&machine->by_path);
}

static int grow(struct pfl_machine *machine)
{
	uint32_t room = machine->dsos_room ? machine->dsos_room * 2 : 64;
	void *array;

	array = realloc(machine->dsos, room * sizeof(*machine->dsos));
	if (!array)
		return -ENOMEM;
	machine->dsos = array;
	array = realloc(machine->older, room * sizeof(*machine->older));
	if (!array)
		return -ENOMEM;
	machine->older = array;
	array = realloc(machine->code_of, room * sizeof(*machine->code_of));
	if (!array)
		return -ENOMEM;
	machine->code_of = array;
	machine->dsos_room = room;
	return 0;
}

/*
 * The kernel tells the inode or the build-id of a mapping, never both, and what
 * was told of processes that ran before may have neither.
 */
static bool same_file(const struct pfl_dso *a, const struct pfl_dso *b)
{
	if (a->kind != b->kind || (a->kind == PFL_DSO_ANON && a->pid != b->pid))
		return false;
	if (a->kind == PFL_DSO_MODULE && a->start != b->start)
		return false;
	if (a->ino && b->ino && (a->ino != b->ino || a->maj != b->maj || a->min != b->min))
		return false;
	if (!a->build_id.size || !b->build_id.size)
		return true;
	return a->build_id.size == b->build_id.size &&
	       !memcmp(a->build_id.bytes, b->build_id.bytes, a->build_id.size);
}

static void learn(struct pfl_dso *known, const struct pfl_dso *told)
{
	if (!known->build_id.size)
		known->build_id = told->build_id;
	if (known->ino)
		return;
	known->maj = told->maj;
	known->min = told->min;
	known->ino = told->ino;
	known->ino_gen = told->ino_gen;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] && *path != '[' ? slash + 1 : path;
}

static void give(struct pfl_dso *dso, const struct pfl_build_id *id)
{
	if (!dso->build_id.size)
		dso->build_id = *id;
}

uint32_t pfl_dsos_add(struct pfl_machine *machine, const struct pfl_dso *dso)
{
	uint32_t path = pfl_strings_add(&machine->names, dso->path, strlen(dso->path));
	uint32_t *newest, told;
	struct pfl_dso *made;

	if (path == PFL_NONE || (machine->ndsos == machine->dsos_room && grow(machine)))
		return PFL_NONE;
	newest = pfl_table_put(&machine->by_path, path);
	if (!newest)
		return PFL_NONE;
	for (uint32_t i = *newest; i != PFL_NONE; i = machine->older[i]) {
		if (!same_file(&machine->dsos[i], dso))
			continue;
		learn(&machine->dsos[i], dso);
		return i;
	}
	made = &machine->dsos[machine->ndsos];
	*made = *dso;
	made->path = pfl_strings_get(&machine->names, path);
	made->name = last_part(made->path);
	told = pfl_table_get(&machine->told_of, path);
	if (told != PFL_NONE)
		give(made, &machine->told[told]);
	if (machine->made)
		machine->made(machine->made_data, made);
	machine->older[machine->ndsos] = *newest;
	memset(machine->code_of[machine->ndsos], 0, sizeof(*machine->code_of));
	return *newest = machine->ndsos++;
}

int pfl_machine_tell_build_id(struct pfl_machine *machine, const char *path,
			      const struct pfl_build_id *id)
{
	struct pfl_build_id *list;
	uint32_t number, *told;

	/* the kernel's has been written as [kernel.kallsyms]_text and [kernel.kallsyms]_stext too */
	if (pfl_dso_is_kernel(path))
		path = machine->dsos[PFL_DSO_NUMBER_KERNEL].path;
	number = pfl_strings_add(&machine->names, path, strlen(path));
	told = number == PFL_NONE ? NULL : pfl_table_put(&machine->told_of, number);
	if (!told)
		return -ENOMEM;
	list = pfl_array_grow(machine->told, machine->ntold, &machine->told_room, sizeof(*list));
	if (!list)
		return -ENOMEM;
	machine->told = list;
	*told = machine->ntold;
	machine->told[machine->ntold++] = *id;
	number = pfl_table_get(&machine->by_path, number);
	for (; number != PFL_NONE; number = machine->older[number])
		give(&machine->dsos[number], id);
	return 0;
}

static uint32_t intern(struct pfl_machine *machine, uint32_t dso, uint64_t offset, bool caller)
{
	uint32_t *number = pfl_table_put(&machine->code_of[dso][caller], offset);

	if (!number)
		return PFL_NONE;
	if (*number != PFL_NONE)
		return *number;
	if (machine->ncode == machine->code_room) {
		uint32_t room = machine->code_room ? machine->code_room * 2 : 4096;
		struct pfl_code *code;

		if (room > INT32_MAX)	/* the upper half numbers what is not code: profile/stacks.h */
			return PFL_NONE;
		code = realloc(machine->code, room * sizeof(*code));
		if (!code)
			return PFL_NONE;
		machine->code = code;
		machine->code_room = room;
	}
	machine->code[machine->ncode] = (struct pfl_code){
		.offset = offset, .dso = dso, .caller = caller,
	};
	return *number = machine->ncode++;
}

static uint32_t resolve(struct pfl_machine *machine, const struct pfl_maps *maps,
			uint64_t address, bool kernel, bool caller)
{
	const struct pfl_map *map = maps ? pfl_maps_find(maps, address) : NULL;

	if (map)
		return intern(machine, map->dso, address - map->start + map->offset, caller);
	if (kernel)
		return intern(machine, PFL_DSO_NUMBER_KERNEL, address, caller);
	return intern(machine, PFL_DSO_NUMBER_UNKNOWN, 0, false);
}

uint32_t pfl_machine_code(struct pfl_machine *machine, const struct pfl_task *task,
			  uint64_t address, bool kernel, bool caller)
{
	const struct pfl_maps *maps = kernel ? machine->kernel :
				      task->process ? task->process->maps : NULL;
	uint64_t space = (maps ? maps->version : 0) << 1 | caller;
	uint64_t hash = (address ^ space << 40) * 0x9e3779b97f4a7c15ULL;
	struct pfl_address_slot *slot = &machine->recent[hash >> 49];

	if (slot->address == address && slot->space == space && space > 1)
		return slot->code;
	slot->code = resolve(machine, maps, address, kernel, caller);
	slot->address = address;
	slot->space = slot->code == PFL_NONE ? 0 : space;
	return slot->code;
}
