/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "symbol/segments.h"

#define PAGE 4096

/* What --only-keep-debug leaves: the sections of code are there, their bytes are not. */
static bool is_hollow(Elf *elf)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_NOBITS &&
		    shdr.sh_flags & SHF_EXECINSTR)
			return true;
	return false;
}

/*
 * objcopy forgets where the segments were in the file. The first one was at its
 * start, and linkers keep the distances up to one that is at a page's start;
 * those that pack segments closer in the file than in memory leave it odd.
 */
static void guess_offset(GElf_Phdr *code, const GElf_Phdr *first)
{
	if (code->p_filesz >= code->p_memsz)
		return;
	code->p_filesz = 0;
	if (code->p_vaddr < first->p_vaddr || code->p_vaddr % PAGE)
		return;
	code->p_offset = code->p_vaddr - first->p_vaddr;
	code->p_filesz = code->p_memsz;
}

int pfl_segments_read(Elf *elf, struct pfl_segments *out)
{
	bool hollow = is_hollow(elf);
	GElf_Phdr phdr, first = { 0 };
	size_t count;

	*out = (struct pfl_segments){ 0 };
	if (elf_getphdrnum(elf, &count))
		return -ENOEXEC;
	out->list = calloc(count + 1, sizeof(*out->list));
	if (!out->list)
		return -ENOMEM;
	for (size_t i = 0; i < count && gelf_getphdr(elf, i, &phdr); i++) {
		if (phdr.p_type != PT_LOAD)
			continue;
		if (!first.p_type)
			first = phdr;
		if (hollow)
			guess_offset(&phdr, &first);
		if (phdr.p_flags & PF_X && phdr.p_filesz &&
		    phdr.p_vaddr + phdr.p_filesz > phdr.p_vaddr &&
		    phdr.p_offset + phdr.p_filesz > phdr.p_offset)
			out->list[out->count++] = (struct pfl_segment){
				.offset = phdr.p_offset, .addr = phdr.p_vaddr,
				.size = phdr.p_filesz,
			};
	}
	return 0;
}

void pfl_segments_free(struct pfl_segments *segments)
{
	free(segments->list);
	*segments = (struct pfl_segments){ 0 };
}

const struct pfl_segment *pfl_segments_find(const struct pfl_segments *segments, uint64_t addr)
{
	for (size_t i = 0; i < segments->count; i++)
		if (addr - segments->list[i].addr < segments->list[i].size)
			return &segments->list[i];
	return NULL;
}

bool pfl_segments_addr(const struct pfl_segments *segments, uint64_t offset, uint64_t *addr)
{
	for (size_t i = 0; i < segments->count; i++) {
		const struct pfl_segment *segment = &segments->list[i];

		if (offset - segment->offset >= segment->size)
			continue;
		*addr = offset - segment->offset + segment->addr;
		return true;
	}
	return false;
}
