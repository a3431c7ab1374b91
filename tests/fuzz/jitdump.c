/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jit-PID.dump. */
#include "fuzz.h"
#include "symbol/jitdump.h"

static void find_lines(const struct pfl_symtab *table, const struct pfl_jit_lines *lines,
		       const struct pfl_entry *entry)
{
	const struct pfl_jit_line *line;

	for (uint64_t at = entry->start; at < entry->end && at - entry->start < 64; at += 8) {
		line = pfl_jit_lines_find(lines, entry, at);
		must(!line || line->file < table->names_size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pfl_jit_lines lines = { 0 };
	struct pfl_symtab table;
	uint64_t bad;

	if (!pfl_jitdump_read(file_of(data, size), &table, &lines, &bad)) {
		for (uint32_t i = 0; i < table.count; i++) {
			must(pfl_symtab_find(&table, table.entries[i].start));
			find_lines(&table, &lines, &table.entries[i]);
		}
		pfl_symtab_free(&table);
	}
	pfl_jit_lines_free(&lines);
	return 0;
}
