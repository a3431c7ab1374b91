/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbol/sort.h"
#include "symbol/variables.h"
#include "util/array.h"

/* Behind the last one, whose size nothing tells. */
#define LAST_SIZE 4096

void pfl_variables_free(struct pfl_variables *variables)
{
	free(variables->list);
	*variables = (struct pfl_variables){ 0 };
}

int pfl_variables_add(struct pfl_variables *variables, uint64_t start, char type, uint32_t name)
{
	struct pfl_variable *list = pfl_array_grow(variables->list, variables->count,
						   &variables->room, sizeof(*list));

	if (!list)
		return -ENOMEM;
	variables->list = list;
	list[variables->count++] = (struct pfl_variable){
		.start = start, .name = name, .writable = strchr("dDbBV", type),
	};
	/* static ones: the linker makes none */
	variables->listed |= type == 'd' || type == 'b';
	return 0;
}

int pfl_variables_finish(struct pfl_variables *variables)
{
	void *list = variables->list;
	int err;

	if (!variables->listed) {
		pfl_variables_free(variables);
		return 0;
	}
	err = pfl_sort(&list, variables->count, sizeof(*variables->list));
	if (list != variables->list)
		variables->room = variables->count;
	variables->list = list;
	return err;
}

/* The linker's marks have underscores in front, and stand where something else begins. */
static bool is_better(const char *names, const struct pfl_variable *a, const struct pfl_variable *b)
{
	return !b || strspn(names + a->name, "_") < strspn(names + b->name, "_");
}

/* Of those that start where number @last does. */
static const struct pfl_variable *choose(const struct pfl_variables *variables, const char *names,
					 uint32_t last)
{
	const struct pfl_variable *list = variables->list, *best = NULL;

	for (uint32_t i = last + 1; i-- > 0 && list[i].start == list[last].start;)
		if (list[i].writable && is_better(names, &list[i], best))
			best = &list[i];
	return best;
}

const char *pfl_variables_find(const struct pfl_variables *variables, const char *names,
			       uint64_t address, uint64_t *offset)
{
	uint32_t count = pfl_sorted_upto(variables->list, variables->count,
					 sizeof(*variables->list), address);
	const struct pfl_variable *found;

	if (!count || (address >= variables->init_start && address < variables->init_end) ||
	    (variables->end && address >= variables->end))
		return NULL;
	found = choose(variables, names, count - 1);
	if (!found || (count == variables->count && address - found->start >= LAST_SIZE))
		return NULL;
	*offset = address - found->start;
	return names + found->name;
}
