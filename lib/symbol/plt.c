/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names for PLT entries. Which entry belongs to which function is not told by
 * their order (linkers sort, and make up to three such sections) but by the
 * slot of the GOT that the entry's own jump goes through: the relocation of
 * that slot names the symbol.
 */
#include <errno.h>
#include <string.h>

#include "symbol/elf-file.h"
#include "util/table.h"

#define MAX_PLT (64u << 20)
#define MAX_RELOCATIONS (256u << 20)

static const char *const plt_sections[] = { ".plt", ".plt.sec", ".plt.got", ".iplt" };

/* Notes for each GOT slot that is filled with a symbol's address which symbol that is. */
static int map_slots(const struct pfl_elf_section *section, struct pfl_table *slots)
{
	Elf_Data *data = NULL;
	GElf_Rela rela;

	if (section->shdr.sh_type == SHT_RELA && section->shdr.sh_size <= MAX_RELOCATIONS)
		data = elf_getdata(section->scn, NULL);
	for (int i = 0; data && gelf_getrela(data, i, &rela); i++) {
		uint32_t *symbol;

		if (!GELF_R_SYM(rela.r_info))
			continue;
		symbol = pfl_table_put(slots, rela.r_offset);
		if (!symbol)
			return -ENOMEM;
		*symbol = GELF_R_SYM(rela.r_info) & INT32_MAX;
	}
	return 0;
}

struct plt {
	struct pfl_elf_file *file;
	const struct pfl_table *slots;
	Elf_Data *dynsym;
	uint32_t names;		/* of .dynsym */
	const unsigned char *code;
	uint64_t addr;		/* of code */
	size_t size;
};

static int add_stub(const struct plt *plt, uint64_t slot, size_t start, size_t end)
{
	uint32_t symbol = pfl_table_get(plt->slots, slot);
	GElf_Sym sym;
	int err;

	if (symbol == PFL_NONE || !gelf_getsym(plt->dynsym, symbol, &sym) || !sym.st_name ||
	    sym.st_name >= plt->file->table->names_size - plt->names)
		return 0;
	err = pfl_elf_bound_name(plt->file, plt->names + sym.st_name);
	return err ? err : pfl_elf_add(plt->file, (struct pfl_entry){
		.start = plt->addr + start,
		.end = plt->addr + (end < plt->size ? end : plt->size),
		.name = plt->names + sym.st_name,
		.bind = PFL_BIND_GLOBAL,
		.flags = PFL_ENTRY_PLT,
	});
}

/* x86-64: entries of @entry bytes, with "jmp *displacement(%rip)" somewhere in each. */
static int add_x86_64(const struct plt *plt, size_t entry)
{
	int err = 0;

	for (size_t i = 0; i + 6 <= plt->size && !err; i++) {
		int32_t displacement;

		if (plt->code[i] != 0xff || plt->code[i + 1] != 0x25)
			continue;
		memcpy(&displacement, plt->code + i + 2, sizeof(displacement));
		err = add_stub(plt, plt->addr + i + 6 + displacement, i - i % entry,
			       i - i % entry + entry);
		i += 5;
	}
	return err;
}

static uint32_t word_at(const struct plt *plt, size_t i)
{
	uint32_t word;

	if (i + 4 > plt->size)
		return 0;
	memcpy(&word, plt->code + i, sizeof(word));
	return word;
}

#define BTI_C 0xd503245fu
#define BR_X17 0xd61f0220u

/* The end of the stub that loads its target at @i: behind "br x17", some words on. */
static size_t end_aarch64(const struct plt *plt, size_t i)
{
	for (size_t end = i + 4; end < i + 20; end += 4)
		if (word_at(plt, end) == BR_X17)
			return end + 4;
	return i + 12;
}

/* aarch64: "adrp x16, page" and "ldr x17, [x16, offset]", and "bti c" before where it is used. */
static int add_aarch64(const struct plt *plt)
{
	int err = 0;

	for (size_t i = 0; i + 8 <= plt->size && !err; i += 4) {
		uint32_t adrp = word_at(plt, i), ldr = word_at(plt, i + 4);
		size_t start = i >= 4 && word_at(plt, i - 4) == BTI_C ? i - 4 : i;
		uint64_t pages, offset;

		if ((adrp & 0x9f00001f) != 0x90000010 || (ldr & 0xffc003ff) != 0xf9400211)
			continue;
		pages = (adrp >> 5 & 0x7ffff) << 2 | (adrp >> 29 & 3);
		/* 21 bits, signed */
		pages = (pages ^ 1 << 20) - (1 << 20);
		offset = ldr >> 10 & 0xfff;
		err = add_stub(plt, ((plt->addr + i) & ~(uint64_t)0xfff) + (pages << 12) + offset * 8,
			       start, end_aarch64(plt, i + 4));
	}
	return err;
}

static int add_section(struct plt *plt, const struct pfl_elf_section *section)
{
	const GElf_Shdr *shdr = &section->shdr;
	Elf_Data *data;

	if (shdr->sh_type != SHT_PROGBITS || shdr->sh_size > MAX_PLT)
		return 0;
	data = elf_rawdata(section->scn, NULL);
	if (!data || !data->d_buf)
		return 0;
	plt->code = data->d_buf;
	plt->size = data->d_size;
	plt->addr = shdr->sh_addr;
	if (plt->file->ehdr.e_machine == EM_AARCH64)
		return add_aarch64(plt);
	return add_x86_64(plt, shdr->sh_entsize == 8 ? 8 : 16);
}

int pfl_elf_add_plt(struct pfl_elf_file *file, const struct pfl_elf_section *dynsym,
		    uint32_t names)
{
	const struct pfl_elf_section *plt_relocations = pfl_elf_section(file, ".rela.plt");
	const struct pfl_elf_section *other_relocations = pfl_elf_section(file, ".rela.dyn");
	struct pfl_table slots = { 0 };
	struct plt plt = { .file = file, .slots = &slots, .names = names };
	int err = 0;

	if (file->ehdr.e_machine != EM_X86_64 && file->ehdr.e_machine != EM_AARCH64)
		return 0;
	if (file->ehdr.e_ident[EI_CLASS] != ELFCLASS64 ||
	    file->ehdr.e_ident[EI_DATA] != ELFDATA2LSB)
		return 0;
	plt.dynsym = elf_getdata(dynsym->scn, NULL);
	if (plt.dynsym && plt_relocations)
		err = map_slots(plt_relocations, &slots);
	if (plt.dynsym && other_relocations && !err)
		err = map_slots(other_relocations, &slots);
	for (size_t i = 0; i < sizeof(plt_sections) / sizeof(*plt_sections) && !err; i++) {
		const struct pfl_elf_section *section = pfl_elf_section(file, plt_sections[i]);

		if (section)
			err = add_section(&plt, section);
	}
	pfl_table_free(&slots);
	return err;
}
