/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Debug information: functions and lines of every place in an ELF file's code. */
#include <unistd.h>

#include "fuzz.h"
#include "symbol/debugfile.h"
#include "symbol/dwarf.h"
#include "symbol/room.h"
#include "symbol/symbol.h"

/* Where the seeds have their code (tests/fuzz/make-seeds.py). */
#define TEXT 0x1000
#define TEXT_END 0x1200

static void find_all(struct pfl_dwarf *dwarf)
{
	struct pfl_dwarf_frame frames[PFL_SYMBOL_FRAMES];
	int count;

	for (uint64_t addr = TEXT; addr < TEXT_END; addr += 3) {
		count = pfl_dwarf_find(dwarf, addr, PFL_DWARF_INLINES | PFL_DWARF_LINES, frames,
				       PFL_SYMBOL_FRAMES);
		must(count <= PFL_SYMBOL_FRAMES);
		for (int i = 0; i + 1 < count; i++)
			must(frames[i].inlined);
		pfl_dwarf_trouble(dwarf);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = file_of(data, size);
	struct pfl_room room = { 1 << 30 };
	struct pfl_dwarf *dwarf;

	box_enter();
	if (!pfl_dwarf_open(fd, -1, &room, &dwarf)) {
		find_all(dwarf);
		pfl_dwarf_free(dwarf);
	}
	box_leave();
	return 0;
}
