/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of an ELF file that rules are read from. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "symbol/elf-file.h"
#include "unwind/cfi.h"
#include "unwind/encoding.h"

/* 25 times what libLLVM has, of 126 MB. Also bounds what decompression may yield. */
#define MAX_CFI (128u << 20)
#define MAX_SEGMENTS 64

struct source {
	Elf *elf;
	uint64_t size;		/* of the file */
	GElf_Ehdr ehdr;
};

struct reading {
	struct pfl_cfi_segment segments[MAX_SEGMENTS];
	struct pfl_cfi_section sections[3];
	struct pfl_cfi_file file;
};

/* The bytes are libelf's, and valid as long as ->elf. */
static const void *read_bytes(const struct source *source, uint64_t offset, uint64_t size)
{
	Elf_Data *data;

	if (!size || size > MAX_CFI || offset > source->size || size > source->size - offset)
		return NULL;
	data = elf_getdata_rawchunk(source->elf, offset, size, ELF_T_BYTE);
	return data && data->d_size == size ? data->d_buf : NULL;
}

/* libelf inflates at once, into as much memory as the section says that it needs. */
static const void *inflate_section(Elf_Scn *scn, size_t *size)
{
	GElf_Chdr chdr;
	Elf_Data *data;

	if (!gelf_getchdr(scn, &chdr) || chdr.ch_size > MAX_CFI || elf_compress(scn, 0, 0) < 0)
		return NULL;
	data = elf_getdata(scn, NULL);
	*size = data ? data->d_size : 0;
	return data ? data->d_buf : NULL;
}

static void add_section(struct reading *reading, const void *bytes, size_t size, uint64_t vaddr,
			bool eh, bool until_zero)
{
	if (bytes && size)
		reading->sections[reading->file.nsections++] = (struct pfl_cfi_section){
			.bytes = bytes, .size = size, .vaddr = vaddr, .eh = eh,
			.until_zero = until_zero,
		};
}

static void read_section(struct reading *reading, const struct source *source, Elf_Scn *scn,
			 const GElf_Shdr *shdr, bool eh)
{
	const void *bytes;
	size_t size = shdr->sh_size;

	if (shdr->sh_flags & SHF_COMPRESSED)
		bytes = shdr->sh_size <= MAX_CFI && shdr->sh_size <= source->size ?
			inflate_section(scn, &size) : NULL;
	else
		bytes = read_bytes(source, shdr->sh_offset, shdr->sh_size);
	add_section(reading, bytes, size, shdr->sh_addr, eh, false);
}

/* The section called @name, and in a debug file none whose bytes were left in the binary. */
static Elf_Scn *find_section(const struct source *source, const char *name, GElf_Shdr *shdr)
{
	Elf_Scn *scn = NULL;
	const char *its;
	size_t names;

	if (pfl_elf_names(source->elf, &names))
		return NULL;
	while ((scn = elf_nextscn(source->elf, scn))) {
		if (!gelf_getshdr(scn, shdr) || shdr->sh_type == SHT_NOBITS)
			continue;
		its = elf_strptr(source->elf, names, shdr->sh_name);
		if (its && !strcmp(its, name))
			return scn;
	}
	return NULL;
}

static bool find_segment(const struct source *source, uint32_t type, uint64_t vaddr,
			 GElf_Phdr *phdr)
{
	size_t count;

	if (elf_getphdrnum(source->elf, &count))
		return false;
	for (size_t i = 0; i < count && gelf_getphdr(source->elf, i, phdr); i++)
		if (phdr->p_type == type &&
		    (type != PT_LOAD || vaddr - phdr->p_vaddr < phdr->p_filesz))
			return true;
	return false;
}

/*
 * A file may have lost its table of sections. .eh_frame_hdr, which has a
 * segment of its own, tells where .eh_frame begins, but not where it ends.
 * Its head: version 1, three encodings, and that pointer.
 */
static void read_by_segment(struct reading *reading, const struct source *source)
{
	GElf_Phdr phdr;
	struct pfl_bytes bytes;
	const unsigned char *head;
	uint64_t vaddr, skip, size;

	if (!find_segment(source, PT_GNU_EH_FRAME, 0, &phdr))
		return;
	head = read_bytes(source, phdr.p_offset, phdr.p_filesz < 12 ? phdr.p_filesz : 12);
	if (!head || phdr.p_filesz < 8 || head[0] != 1)
		return;
	bytes = pfl_bytes(head + 4, (phdr.p_filesz < 12 ? phdr.p_filesz : 12) - 4, false);
	vaddr = pfl_dwarf_pointer(&bytes, head[1]);
	if ((head[1] & 0x70) == DW_EH_PE_pcrel)
		vaddr += phdr.p_vaddr + 4;
	if (bytes.bad || !find_segment(source, PT_LOAD, vaddr, &phdr))
		return;
	skip = vaddr - phdr.p_vaddr;
	size = phdr.p_filesz - skip;
	add_section(reading, read_bytes(source, phdr.p_offset + skip, size), size, vaddr, true,
		    true);
}

static void read_segments(struct reading *reading, const struct source *source)
{
	size_t count, *found = &reading->file.nsegments;
	GElf_Phdr phdr;

	if (elf_getphdrnum(source->elf, &count))
		return;
	for (size_t i = 0; i < count && *found < MAX_SEGMENTS &&
			   gelf_getphdr(source->elf, i, &phdr); i++) {
		if (phdr.p_type != PT_LOAD || !(phdr.p_flags & PF_X) ||
		    phdr.p_vaddr + phdr.p_filesz < phdr.p_vaddr ||
		    phdr.p_offset + phdr.p_filesz < phdr.p_offset)
			continue;
		reading->segments[(*found)++] = (struct pfl_cfi_segment){
			.vaddr = phdr.p_vaddr, .offset = phdr.p_offset, .size = phdr.p_filesz,
		};
	}
}

static bool is_ours(struct source *source)
{
	return source->elf && elf_kind(source->elf) == ELF_K_ELF &&
	       gelf_getehdr(source->elf, &source->ehdr) &&
	       source->ehdr.e_ident[EI_CLASS] == ELFCLASS64 &&
	       source->ehdr.e_ident[EI_DATA] == ELFDATA2LSB &&
	       (source->ehdr.e_type == ET_EXEC || source->ehdr.e_type == ET_DYN);
}

static int read_rules(struct source *binary, struct source *debug, struct pfl_rules **out)
{
	struct reading reading;
	GElf_Shdr shdr;
	Elf_Scn *scn;

	if (!is_ours(binary) || !pfl_arch_of_elf(binary->ehdr.e_machine))
		return -ENOEXEC;
	reading.file = (struct pfl_cfi_file){
		.arch = pfl_arch_of_elf(binary->ehdr.e_machine), .segments = reading.segments,
		.sections = reading.sections, .entry = binary->ehdr.e_entry,
	};
	read_segments(&reading, binary);
	scn = find_section(binary, ".eh_frame", &shdr);
	if (scn)
		read_section(&reading, binary, scn, &shdr, true);
	else
		read_by_segment(&reading, binary);
	scn = find_section(binary, ".debug_frame", &shdr);
	if (scn)
		read_section(&reading, binary, scn, &shdr, false);
	if (is_ours(debug) && debug->ehdr.e_machine == binary->ehdr.e_machine) {
		scn = find_section(debug, ".debug_frame", &shdr);
		if (scn)
			read_section(&reading, debug, scn, &shdr, false);
	}
	return pfl_cfi_decode(&reading.file, out);
}

static int open_source(int fd, struct source *source)
{
	struct stat st;

	*source = (struct source){ 0 };
	if (fd < 0)
		return 0;
	if (fstat(fd, &st))
		return -errno;
	source->size = st.st_size;
	source->elf = pfl_elf_begin(fd);
	return 0;
}

int pfl_rules_read(int fd, int debug_fd, struct pfl_rules **out)
{
	struct source binary, debug = { 0 };
	int err = open_source(fd, &binary);

	if (!err)
		err = open_source(debug_fd, &debug);
	if (!err)
		err = read_rules(&binary, &debug, out);
	elf_end(debug.elf);
	elf_end(binary.elf);
	return err;
}

int pfl_rules_read_image(const char *image, size_t size, struct pfl_rules **out)
{
	struct source binary = { .size = size }, none = { 0 };
	int err;

	elf_version(EV_CURRENT);
	binary.elf = elf_memory((char *)image, size);
	err = read_rules(&binary, &none, out);
	elf_end(binary.elf);
	return err;
}
