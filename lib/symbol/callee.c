/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which function a call is of: by the instruction itself, since the frame that it led
 * to may be of another one. sem_wait() of glibc has none while it waits: it ends with a
 * jump to a function that only its own source knows.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "symbol/source.h"

#define CALL_MAX 5

/* x86-64: "call displacement". The target, an offset as @at is; or 0. */
static uint64_t target_x86_64(const unsigned char *code, uint64_t at)
{
	int32_t displacement;

	if (code[0] != 0xe8)
		return 0;
	memcpy(&displacement, code + 1, sizeof(displacement));
	return at + displacement;
}

/* aarch64: "bl displacement". */
static uint64_t target_aarch64(const unsigned char *code, uint64_t at)
{
	uint32_t word;
	int64_t words;

	memcpy(&word, code + CALL_MAX - 4, sizeof(word));
	if ((word & 0xfc000000) != 0x94000000)
		return 0;
	words = (int64_t)(word & 0x3ffffff) - ((word & 0x2000000) << 1);
	return at - 4 + words * 4;
}

static uint64_t target_of(const unsigned char *code, uint64_t at, uint16_t machine)
{
	if (machine == EM_X86_64)
		return target_x86_64(code, at);
	return machine == EM_AARCH64 ? target_aarch64(code, at) : 0;
}

/* Of a program or library, whose code is where its file has it. */
static bool read_call(int fd, uint64_t at, unsigned char *code, uint16_t *machine)
{
	Elf64_Ehdr ehdr;

	if (at < CALL_MAX || pread(fd, &ehdr, sizeof(ehdr), 0) != sizeof(ehdr) ||
	    memcmp(ehdr.e_ident, ELFMAG, SELFMAG) || ehdr.e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr.e_ident[EI_DATA] != ELFDATA2LSB)
		return false;
	*machine = ehdr.e_machine;
	return pread(fd, code, CALL_MAX, at - CALL_MAX) == CALL_MAX;
}

uint64_t pfl_source_call_target(const struct pfl_surroundings *around,
				const struct pfl_source *source, uint64_t at)
{
	unsigned char code[CALL_MAX];
	uint64_t target = 0;
	uint16_t machine;
	int fd;

	if (source->dso->kind != PFL_DSO_FILE)
		return 0;
	fd = pfl_dsofile_open(source->dso, around->near);
	if (fd < 0)
		return 0;
	if (read_call(fd, at, code, &machine))
		target = target_of(code, at, machine);
	close(fd);
	return target;
}
