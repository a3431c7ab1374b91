/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "machine/memory.h"

#define GIB (1ULL << 30)

/* A heap begins up to so far behind its program; and all else is mapped far above both. */
#define HEAP_GAP_MAX (GIB + (64ULL << 20))
#define LIBRARIES_GAP_MIN (64 * GIB)

static enum pfl_memory called(const char *path)
{
	static const char *const nameless[] = {
		"//anon", "[", "/dev/zero", "/anon_hugepage", "/memfd:", "/SYSV", "anon_inode:",
		"socket:",
	};

	if (!strncmp(path, "[heap]", 6))
		return PFL_MEMORY_HEAP;
	if (!strncmp(path, "[stack", 6))
		return PFL_MEMORY_STACK;
	for (unsigned int i = 0; i < sizeof(nameless) / sizeof(*nameless); i++)
		if (!strncmp(path, nameless[i], strlen(nameless[i])))
			return PFL_MEMORY_ANON;
	return *path ? PFL_MEMORY_FILE : PFL_MEMORY_ANON;
}

static bool is_first_heap(const struct pfl_process *process, const struct pfl_map *map)
{
	const struct pfl_map *above = pfl_maps_from(process->memory, map->start);
	const struct pfl_map *below = pfl_maps_below(process->memory, map->start);

	if (!below || map->start == below->end || map->start - below->end > HEAP_GAP_MAX)
		return false;
	if (process->heap && process->heap < map->start)
		return false;
	if (above && (above->start < map->end || above->start - map->end < LIBRARIES_GAP_MIN))
		return false;
	return pfl_maps_from(process->memory, 0)->dso == PFL_MEMORY_FILE;
}

enum pfl_memory pfl_memory_of(const struct pfl_process *process, const struct pfl_map *map,
			      const char *path)
{
	enum pfl_memory kind = called(path);

	return kind == PFL_MEMORY_ANON && !strncmp(path, "//anon", 6) &&
	       is_first_heap(process, map) ? PFL_MEMORY_HEAP : kind;
}

enum pfl_memory pfl_machine_memory(const struct pfl_task *task, uint64_t address)
{
	const struct pfl_maps *memory = task->process ? task->process->memory : NULL;
	const struct pfl_map *map = memory ? pfl_maps_from(memory, address) : NULL;

	if (!map || (map->start > address && map->dso != PFL_MEMORY_STACK))
		return PFL_MEMORY_UNKNOWN;
	return map->dso;
}

const char *pfl_memory_name(enum pfl_memory memory)
{
	static const char *const names[] = {
		[PFL_MEMORY_UNKNOWN] = "unknown", [PFL_MEMORY_ANON] = "anon",
		[PFL_MEMORY_FILE] = "file", [PFL_MEMORY_HEAP] = "heap",
		[PFL_MEMORY_STACK] = "stack",
	};

	return names[memory];
}
