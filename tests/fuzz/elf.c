/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ELF files: symbols, build-id, mini debug information, unwind rules. */
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "symbol/buildid.h"
#include "symbol/debugfile.h"
#include "symbol/elf.h"
#include "unwind/rules.h"

static void look_up_all(const struct pfl_symtab *table)
{
	for (uint32_t i = 0; i < table->count; i++) {
		const struct pfl_entry *entry = pfl_symtab_find(table, table->entries[i].start);

		must(!entry || entry->name + strlen(pfl_symtab_name(table, entry)) <= table->names_size);
	}
}

static void read_symbols(int fd, enum pfl_elf_terms terms)
{
	int debug = pfl_debugdata_open(fd);
	struct pfl_symtab table = { 0 };

	if (!pfl_elf_read(fd, debug, terms, &table))
		look_up_all(&table);
	pfl_symtab_free(&table);
	if (debug >= 0)
		close(debug);
}

static void read_rules(int fd)
{
	struct pfl_rules *rules = NULL;

	if (pfl_rules_read(fd, -1, &rules))
		return;
	for (uint32_t row = 0; row < rules->count; row++)
		pfl_rules_find(rules, rules->base + rules->starts[row]);
	pfl_rules_free(rules);
}

static void read_image(const uint8_t *data, size_t size)
{
	struct pfl_symtab table = { 0 };
	struct pfl_rules *rules = NULL;
	struct pfl_build_id id;

	pfl_build_id_image((const char *)data, size, &id);
	if (!pfl_elf_read_image((const char *)data, size, &table))
		look_up_all(&table);
	pfl_symtab_free(&table);
	if (!pfl_rules_read_image((const char *)data, size, &rules))
		pfl_rules_free(rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = file_of(data, size);
	struct pfl_build_id id;

	box_enter();
	pfl_build_id_read(fd, &id);
	read_symbols(fd, PFL_ELF_OFFSETS);
	read_symbols(fd, PFL_ELF_ADDRESSES);
	read_rules(fd);
	read_image(data, size);
	box_leave();
	return 0;
}
