/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The entries of .eh_frame and .debug_frame. They are found by walking along
 * the section, so that the search table in .eh_frame_hdr, which a file may lack
 * or get wrong, is not needed; then they are run in the order of the addresses
 * that they cover.
 */
#include <errno.h>
#include <stdlib.h>

#include "unwind/cfi.h"
#include "unwind/encoding.h"
#include "util/array.h"
#include "util/table.h"

/*
 * .debug_frame has a CIE for each source file. One is some 300 bytes here, and a
 * file could consist of nothing else.
 */
#define MAX_CIES (1u << 17)
#define MAX_FDES (1u << 22)
/* A file that was made to keep us busy does so for a few seconds. */
#define MAX_INSTRUCTIONS (1u << 26)

/* The functions, each a frame description entry. */
struct fde {
	uint64_t start, end;	/* offsets in the file */
	uint64_t vaddr;
	const unsigned char *code;
	uint32_t code_size;
	uint32_t cie;
};

struct decoder {
	const struct pfl_cfi_file *file;
	struct pfl_builder builder;
	uint64_t budget;
	struct pfl_cie *cies;
	uint32_t ncies, cies_room;
	struct pfl_table by_at;		/* section << 32 | offset to number in cies */
	struct fde *fdes;
	uint32_t nfdes, fdes_room;
};

/* An entry of either kind, after its length. */
struct entry {
	struct pfl_bytes bytes;	/* from behind its id */
	uint64_t id_at;		/* where the id stands in the section */
	uint64_t id;
	bool is64;
};

/*
 * Takes the entry that stands next. Its id has 8 bytes in the 64-bit format of
 * .debug_frame only. False: there is nothing more that could be read.
 */
static bool take_entry(const struct pfl_cfi_section *section, struct pfl_bytes *bytes,
		       struct entry *entry)
{
	uint64_t size = pfl_bytes_u32(bytes);
	const unsigned char *at;

	/* A linker may leave an end between the parts that it put together. */
	while (!size && !bytes->bad && !section->until_zero && pfl_bytes_left(bytes))
		size = pfl_bytes_u32(bytes);
	entry->is64 = size == UINT32_MAX;
	if (entry->is64)
		size = pfl_bytes_u64(bytes);
	at = pfl_bytes_take(bytes, size);
	if (!at || !size)
		return false;
	entry->bytes = pfl_bytes(at, size, false);
	entry->id_at = at - (const unsigned char *)section->bytes;
	entry->id = entry->is64 && !section->eh ? pfl_bytes_u64(&entry->bytes) :
						  pfl_bytes_u32(&entry->bytes);
	return true;
}

static bool is_cie(const struct pfl_cfi_section *section, const struct entry *entry)
{
	return entry->id == (section->eh ? 0 : entry->is64 ? UINT64_MAX : UINT32_MAX);
}

/* What the letters of the augmentation announce stands in the augmentation data. */
static bool read_augmentation(struct pfl_cie *cie, const char *letters, struct pfl_bytes *bytes)
{
	struct pfl_bytes data;
	uint64_t size;
	const void *at;

	if (!*letters)
		return true;
	/* Without a length, letters that are not known hide where the program begins. */
	if (*letters != 'z')
		return false;
	cie->augmented = true;
	size = pfl_dwarf_uleb(bytes);
	at = pfl_bytes_take(bytes, size);
	if (!at)
		return false;
	data = pfl_bytes(at, size, false);
	while (*++letters) {
		if (*letters == 'R')
			cie->encoding = pfl_dwarf_u8(&data);
		else if (*letters == 'L')
			pfl_dwarf_u8(&data);
		else if (*letters == 'P')
			pfl_dwarf_pointer(&data, pfl_dwarf_u8(&data));
		else if (*letters == 'S')
			cie->signal = true;
		else if (*letters != 'B' && *letters != 'G')
			break;
	}
	return !data.bad;
}

/* Relative to data or to the text, or found through a pointer: nobody writes such addresses. */
static bool is_encoding_usable(uint8_t encoding)
{
	uint8_t application = encoding & 0xf0;

	return application == DW_EH_PE_absptr || application == DW_EH_PE_pcrel;
}

static bool read_cie(const struct decoder *decoder, struct pfl_bytes *bytes, struct pfl_cie *cie)
{
	uint8_t version = pfl_dwarf_u8(bytes);
	const char *letters = (const char *)bytes->at;
	const void *end = memchr(letters, '\0', pfl_bytes_left(bytes));
	uint64_t ra;

	if (bytes->bad || !end || (version != 1 && version != 3 && version != 4))
		return false;
	pfl_bytes_take(bytes, (const char *)end + 1 - letters);
	/* Sizes of an address and of a segment selector. */
	if (version == 4 && (pfl_dwarf_u8(bytes) != 8 || pfl_dwarf_u8(bytes)))
		return false;
	cie->code_align = pfl_dwarf_uleb(bytes);
	cie->data_align = pfl_dwarf_sleb(bytes);
	ra = version == 1 ? pfl_dwarf_u8(bytes) : pfl_dwarf_uleb(bytes);
	if (ra >= decoder->file->arch->nregs)
		return false;
	cie->ra = ra;
	return read_augmentation(cie, letters, bytes) && is_encoding_usable(cie->encoding) &&
	       !bytes->bad;
}

static int run_cie(struct decoder *decoder, struct pfl_cie *cie, struct pfl_bytes code)
{
	const struct pfl_cfi_section *section = &decoder->file->sections[cie->section];
	struct pfl_cfi_program program = {
		.builder = &decoder->builder, .cie = cie, .initial = true, .code = code,
		.end = UINT64_MAX, .section = section->bytes, .section_vaddr = section->vaddr,
		.budget = &decoder->budget,
	};

	return pfl_cfi_run(&program, &cie->state);
}

/* The CIE at @at of section number @section, read when the first FDE asks for it. */
static int find_cie(struct decoder *decoder, uint32_t section, uint64_t at, uint32_t *number)
{
	const struct pfl_cfi_section *in = &decoder->file->sections[section];
	uint32_t *slot = pfl_table_put(&decoder->by_at, (uint64_t)section << 32 | at);
	struct pfl_bytes bytes;
	struct entry entry;
	struct pfl_cie *cies, *cie;
	int err;

	if (!slot)
		return -ENOMEM;
	*number = *slot;
	if (*number != PFL_NONE)
		return 0;
	*number = *slot = decoder->ncies;
	if (decoder->ncies == MAX_CIES)
		return -E2BIG;
	cies = pfl_array_grow(decoder->cies, decoder->ncies, &decoder->cies_room, sizeof(*cies));
	if (!cies)
		return -ENOMEM;
	decoder->cies = cies;
	cie = &cies[decoder->ncies++];
	*cie = (struct pfl_cie){ .at = at, .section = section };
	bytes = pfl_bytes((const char *)in->bytes + at, in->size - at, false);
	if (!take_entry(in, &bytes, &entry) || !is_cie(in, &entry) ||
	    !read_cie(decoder, &entry.bytes, cie))
		return 0;
	err = run_cie(decoder, cie, entry.bytes);
	cie->usable = !err;
	return err == -EILSEQ ? 0 : err;
}

static const struct pfl_cfi_segment *segment_of(const struct pfl_cfi_file *file, uint64_t vaddr)
{
	for (size_t i = 0; i < file->nsegments; i++)
		if (vaddr - file->segments[i].vaddr < file->segments[i].size)
			return &file->segments[i];
	return NULL;
}

/*
 * Where the function lies in the file. Of a function that the linker dropped,
 * .debug_frame still has the entry, at address 0.
 */
static bool place_fde(const struct pfl_cfi_file *file, uint64_t vaddr, uint64_t size,
		      struct fde *fde)
{
	const struct pfl_cfi_segment *segment = segment_of(file, vaddr);
	uint64_t left;

	if (!segment || !vaddr || !size)
		return false;
	left = segment->size - (vaddr - segment->vaddr);
	fde->vaddr = vaddr;
	fde->start = vaddr - segment->vaddr + segment->offset;
	fde->end = fde->start + (size < left ? size : left);
	return true;
}

static int add_fde(struct decoder *decoder, uint32_t number, struct entry *entry)
{
	const struct pfl_cfi_section *section = &decoder->file->sections[number];
	uint64_t at = section->eh ? entry->id_at - entry->id : entry->id;
	struct pfl_bytes *bytes = &entry->bytes;
	uint64_t vaddr, size, where;
	struct pfl_cie *cie;
	struct fde fde, *fdes;
	int err;

	if (at >= section->size || bytes->bad)
		return 0;
	err = find_cie(decoder, number, at, &fde.cie);
	if (err)
		return err;
	cie = &decoder->cies[fde.cie];
	if (!cie->usable)
		return 0;
	where = section->vaddr + (bytes->at - (const unsigned char *)section->bytes);
	vaddr = pfl_dwarf_pointer(bytes, cie->encoding);
	if ((cie->encoding & 0x70) == DW_EH_PE_pcrel)
		vaddr += where;
	size = pfl_dwarf_pointer(bytes, cie->encoding);
	if (cie->augmented)
		pfl_bytes_take(bytes, pfl_dwarf_uleb(bytes));
	if (bytes->bad || !place_fde(decoder->file, vaddr, size, &fde))
		return 0;
	fde.code = bytes->at;
	fde.code_size = pfl_bytes_left(bytes);
	if (decoder->nfdes == MAX_FDES)
		return -E2BIG;
	fdes = pfl_array_grow(decoder->fdes, decoder->nfdes, &decoder->fdes_room, sizeof(*fdes));
	if (!fdes)
		return -ENOMEM;
	decoder->fdes = fdes;
	fdes[decoder->nfdes++] = fde;
	return 0;
}

static int read_section(struct decoder *decoder, uint32_t number)
{
	const struct pfl_cfi_section *section = &decoder->file->sections[number];
	struct pfl_bytes bytes = pfl_bytes(section->bytes, section->size, false);
	struct entry entry;
	int err = 0;

	while (!err && pfl_bytes_left(&bytes) && take_entry(section, &bytes, &entry))
		if (!is_cie(section, &entry))
			err = add_fde(decoder, number, &entry);
	return err;
}

#define DIGIT_BITS 11
#define DIGITS (1u << DIGIT_BITS)

/* One pass of a radix sort: by the digit that begins at bit @shift. */
static void sort_digit(const uint64_t *from, uint64_t *to, uint32_t count, unsigned int shift)
{
	uint32_t places[DIGITS] = { 0 }, sum = 0;

	for (uint32_t i = 0; i < count; i++)
		places[from[i] >> shift & (DIGITS - 1)]++;
	for (uint32_t digit = 0; digit < DIGITS; digit++) {
		uint32_t here = places[digit];

		places[digit] = sum;
		sum += here;
	}
	for (uint32_t i = 0; i < count; i++)
		to[places[from[i] >> shift & (DIGITS - 1)]++] = from[i];
}

/*
 * The numbers of the FDEs in the low half of what is returned, in the order of
 * their addresses, and in the order of the file where those are equal.
 */
static uint64_t *sort_fdes(const struct decoder *decoder)
{
	uint32_t count = decoder->nfdes;
	uint64_t *keys = malloc(2 * sizeof(*keys) * ((size_t)count + 1));
	bool sorted = true;

	if (!keys)
		return NULL;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t start = decoder->fdes[i].start - decoder->builder.rules->base;

		keys[i] = (start < UINT32_MAX ? start : UINT32_MAX) << 32 | i;
		sorted &= !i || keys[i - 1] < keys[i];
	}
	if (sorted)
		return keys;
	sort_digit(keys, keys + count, count, 32);
	sort_digit(keys + count, keys, count, 32 + DIGIT_BITS);
	sort_digit(keys, keys + count, count, 32 + 2 * DIGIT_BITS);
	memmove(keys, keys + count, count * sizeof(*keys));
	return keys;
}

static int run_fde(struct decoder *decoder, const struct fde *fde, uint64_t end)
{
	const struct pfl_cie *cie = &decoder->cies[fde->cie];
	const struct pfl_cfi_section *section = &decoder->file->sections[cie->section];
	struct pfl_cfi_program program = {
		.builder = &decoder->builder, .cie = cie,
		.code = pfl_bytes(fde->code, fde->code_size, false),
		.start = fde->start, .end = end < fde->end ? end : fde->end,
		.start_vaddr = fde->vaddr, .section = section->bytes,
		.section_vaddr = section->vaddr, .budget = &decoder->budget,
	};
	struct pfl_cfi_state state = cie->state;
	int err = pfl_cfi_run(&program, &state);

	return err == -EILSEQ ? 0 : err;
}

/* Each reaches as far as its own end and the next one's beginning; of equals the first counts. */
static int run_fdes(struct decoder *decoder)
{
	uint64_t *order = sort_fdes(decoder);
	uint32_t count = decoder->nfdes, next;
	int err = 0;

	if (!order)
		return -ENOMEM;
	for (uint32_t i = 0; i < count && !err; i = next) {
		const struct fde *fde = &decoder->fdes[(uint32_t)order[i]];

		for (next = i + 1; next < count && order[next] >> 32 == order[i] >> 32;)
			next++;
		err = run_fde(decoder, fde, next < count ?
			      decoder->fdes[(uint32_t)order[next]].start : UINT64_MAX);
	}
	free(order);
	return err;
}

static uint64_t lowest_offset(const struct pfl_cfi_file *file)
{
	uint64_t lowest = UINT64_MAX;

	for (size_t i = 0; i < file->nsegments; i++)
		if (file->segments[i].offset < lowest)
			lowest = file->segments[i].offset;
	return lowest;
}

static uint64_t entry_offset(const struct pfl_cfi_file *file)
{
	const struct pfl_cfi_segment *segment = segment_of(file, file->entry);

	return file->entry && segment ? file->entry - segment->vaddr + segment->offset : 0;
}

int pfl_cfi_decode(const struct pfl_cfi_file *file, struct pfl_rules **out)
{
	struct decoder decoder = { .file = file, .budget = MAX_INSTRUCTIONS };
	int err = pfl_builder_init(&decoder.builder, file->arch, lowest_offset(file));

	for (size_t i = 0; i < file->nsections && !err; i++)
		err = read_section(&decoder, i);
	if (!err || err == -E2BIG)
		err = run_fdes(&decoder);
	/* What is beyond all bounds is left out. */
	if (err == -E2BIG)
		err = 0;
	if (!err)
		decoder.builder.rules->entry = entry_offset(file);
	free(decoder.fdes);
	free(decoder.cies);
	pfl_table_free(&decoder.by_at);
	return pfl_builder_finish(&decoder.builder, err, out);
}
