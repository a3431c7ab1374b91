/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The numbers of DWARF that CFI and its expressions are made of, read with
 * bounds. Source: DWARF 5, sections 7.6 and 7.24; Linux Standard Base Core,
 * "DWARF Extensions", for the pointer encodings of .eh_frame.
 */
#ifndef PFL_UNWIND_ENCODING_H
#define PFL_UNWIND_ENCODING_H

#include <dwarf.h>

#include "util/bytes.h"

static inline uint8_t pfl_dwarf_u8(struct pfl_bytes *bytes)
{
	if (bytes->bad || bytes->at == bytes->end) {
		bytes->bad = true;
		return 0;
	}
	return *bytes->at++;
}

static inline uint16_t pfl_dwarf_u16(struct pfl_bytes *bytes)
{
	const void *at = pfl_bytes_take(bytes, 2);
	uint16_t value = 0;

	if (at)
		memcpy(&value, at, 2);
	return value;
}

/* An unsigned LEB128. One of more than 64 bits is bad. */
static inline uint64_t pfl_dwarf_uleb(struct pfl_bytes *bytes)
{
	uint64_t value = 0;
	uint8_t byte;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		byte = pfl_dwarf_u8(bytes);
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	bytes->bad = true;
	return 0;
}

static inline int64_t pfl_dwarf_sleb(struct pfl_bytes *bytes)
{
	uint64_t value = 0;
	uint8_t byte;

	for (unsigned int shift = 0; shift < 64; ) {
		byte = pfl_dwarf_u8(bytes);
		value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
		if (byte & 0x80)
			continue;
		if (shift < 64 && byte & 0x40)
			value |= ~0ULL << shift;
		return value;
	}
	bytes->bad = true;
	return 0;
}

/* The number that is written as DW_EH_PE_ @encoding has it, not relative to anything yet. */
static inline uint64_t pfl_dwarf_pointer(struct pfl_bytes *bytes, uint8_t encoding)
{
	switch (encoding & 0x0f) {
	case DW_EH_PE_absptr:
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		return pfl_bytes_u64(bytes);
	case DW_EH_PE_uleb128:
		return pfl_dwarf_uleb(bytes);
	case DW_EH_PE_sleb128:
		return pfl_dwarf_sleb(bytes);
	case DW_EH_PE_udata2:
		return pfl_dwarf_u16(bytes);
	case DW_EH_PE_sdata2:
		return (int16_t)pfl_dwarf_u16(bytes);
	case DW_EH_PE_udata4:
		return pfl_bytes_u32(bytes);
	case DW_EH_PE_sdata4:
		return (int32_t)pfl_bytes_u32(bytes);
	default:
		bytes->bad = true;
		return 0;
	}
}

#endif
