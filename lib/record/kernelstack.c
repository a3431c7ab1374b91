/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/kernelstack.h"

int pfl_kernel_names_read(struct pfl_kernel_names *names)
{
	int err = pfl_kernel_read(&names->kernel);

	names->by_name = (struct pfl_table){ 0 };
	for (uint32_t i = 0; i < names->kernel.table.count && !err; i++) {
		const struct pfl_entry *entry = &names->kernel.table.entries[i];
		const char *name = pfl_symtab_name(&names->kernel.table, entry);
		uint32_t *place;

		if (entry->flags & PFL_ENTRY_DATA)
			continue;
		place = pfl_table_put(&names->by_name, pfl_hash_bytes(name, strlen(name)));
		if (!place)
			err = -ENOMEM;
		else if (*place == PFL_NONE)
			*place = i;
	}
	return err;
}

void pfl_kernel_names_free(struct pfl_kernel_names *names)
{
	pfl_table_free(&names->by_name);
	pfl_kernel_free(&names->kernel);
}

static uint64_t address_of(const struct pfl_kernel_names *names, const char *name, size_t len)
{
	uint32_t place = pfl_table_get(&names->by_name, pfl_hash_bytes(name, len));
	const struct pfl_entry *entry;
	const char *found;

	if (place == PFL_NONE)
		return 0;
	entry = &names->kernel.table.entries[place];
	found = pfl_symtab_name(&names->kernel.table, entry);
	return !strncmp(found, name, len) && !found[len] ? entry->start : 0;
}

/* 0: not one that is known here. */
static uint64_t parse_line(const struct pfl_kernel_names *names, const char *line)
{
	size_t space = strcspn(line, " \n"), len;
	const char *name = line + space + 1;
	uint64_t start;

	if (line[space] != ' ')
		return 0;
	len = strcspn(name, "+ \n");
	start = name[len] == '+' ? address_of(names, name, len) : 0;
	return start ? start + strtoull(name + len + 1, NULL, 16) : 0;
}

unsigned int pfl_kernel_stack_parse(const struct pfl_kernel_names *names, const char *text,
				    uint64_t *out)
{
	unsigned int count = 0;

	while (text && *text && count < PFL_KERNEL_STACK_MAX) {
		out[count] = parse_line(names, text);
		count += out[count] != 0;
		text = strchr(text, '\n');
		text += text != NULL;
	}
	return count;
}
