/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The maps of code made at run time: perf-PID.map. */
#include "fuzz.h"
#include "symbol/perfmap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pfl_symtab table;
	uint64_t bad;

	if (pfl_perfmap_read(file_of(data, size), &table, &bad))
		return 0;
	must(bad <= size);
	for (uint32_t i = 0; i < table.count; i++) {
		const struct pfl_entry *entry = &table.entries[i];
		const struct pfl_entry *found = pfl_symtab_find(&table, entry->start);

		must(entry->start < entry->end);
		must(found && found->start <= entry->start && entry->start < found->end);
		must(*pfl_symtab_name(&table, found));
	}
	pfl_symtab_free(&table);
	return 0;
}
