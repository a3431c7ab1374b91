/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <byteswap.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "symbol/buildid.h"
#include "symbol/elf-file.h"

/* Notes are some hundred bytes; a core file's, which are never asked for, may be large. */
#define MAX_NOTES (64u << 10)

static void set_id(struct pfl_build_id *id, const uint8_t *bytes, size_t size)
{
	memset(id, 0, sizeof(*id));
	id->size = size < PFL_BUILD_ID_MAX ? size : PFL_BUILD_ID_MAX;
	memcpy(id->bytes, bytes, id->size);
}

static size_t align4(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

/* The format is elf(5)'s: three words, then name and descriptor, each padded to 4 bytes. */
int pfl_build_id_notes(const void *notes, size_t size, bool swap, struct pfl_build_id *out)
{
	const uint8_t *note = notes;
	size_t name_size, desc_size;
	uint32_t head[3];

	for (; size >= sizeof(head); note += name_size + desc_size,
				     size -= name_size + desc_size) {
		memcpy(head, note, sizeof(head));
		for (int i = 0; swap && i < 3; i++)
			head[i] = bswap_32(head[i]);
		note += sizeof(head);
		size -= sizeof(head);
		name_size = align4(head[0]);
		desc_size = align4(head[1]);
		if (name_size > size || head[1] > size - name_size)
			break;
		if (head[2] == NT_GNU_BUILD_ID && head[0] == 4 && !memcmp(note, "GNU", 4) &&
		    head[1]) {
			set_id(out, note + name_size, head[1]);
			return 0;
		}
		if (desc_size > size - name_size)
			break;
	}
	return -ENOENT;
}

static int read_notes(Elf *elf, uint64_t offset, uint64_t size, bool swap,
		      struct pfl_build_id *out)
{
	Elf_Data *data;

	if (!size || size > MAX_NOTES || offset > INT64_MAX)
		return -ENOENT;
	data = elf_getdata_rawchunk(elf, offset, size, ELF_T_BYTE);
	return data ? pfl_build_id_notes(data->d_buf, data->d_size, swap, out) : -ENOENT;
}

static int read_segments(Elf *elf, bool swap, struct pfl_build_id *out)
{
	GElf_Phdr phdr;
	size_t count;

	if (elf_getphdrnum(elf, &count))
		return -ENOENT;
	for (size_t i = 0; i < count && gelf_getphdr(elf, i, &phdr); i++)
		if (phdr.p_type == PT_NOTE &&
		    !read_notes(elf, phdr.p_offset, phdr.p_filesz, swap, out))
			return 0;
	return -ENOENT;
}

/* Relocatable files, such as kernel modules, have sections only. */
static int read_sections(Elf *elf, bool swap, struct pfl_build_id *out)
{
	Elf_Scn *section = NULL;
	GElf_Shdr shdr;

	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &shdr) && shdr.sh_type == SHT_NOTE &&
		    !read_notes(elf, shdr.sh_offset, shdr.sh_size, swap, out))
			return 0;
	return -ENOENT;
}

static int read_and_close(Elf *elf, struct pfl_build_id *out)
{
	GElf_Ehdr ehdr;
	int err = -ENOEXEC;
	bool swap;

	*out = (struct pfl_build_id){ 0 };
	if (elf && elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &ehdr)) {
		swap = ehdr.e_ident[EI_DATA] !=
		       (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB);
		err = read_segments(elf, swap, out);
		if (err)
			err = read_sections(elf, swap, out);
	}
	elf_end(elf);
	return err;
}

int pfl_build_id_read(int fd, struct pfl_build_id *out)
{
	return read_and_close(pfl_elf_begin(fd), out);
}

int pfl_build_id_image(const char *image, size_t size, struct pfl_build_id *out)
{
	elf_version(EV_CURRENT);
	return read_and_close(elf_memory((char *)image, size), out);
}

static int read_notes_file(const char *path, struct pfl_build_id *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char notes[4096];
	ssize_t got;

	*out = (struct pfl_build_id){ 0 };
	if (fd < 0)
		return -errno;
	got = read(fd, notes, sizeof(notes));
	close(fd);
	return got > 0 ? pfl_build_id_notes(notes, got, false, out) : -ENOENT;
}

int pfl_build_id_kernel(struct pfl_build_id *out)
{
	return read_notes_file("/sys/kernel/notes", out);
}

int pfl_build_id_module(const char *name, struct pfl_build_id *out)
{
	char path[128];

	/* The name may come from a recording: it must not lead out of the directory. */
	if (strchr(name, '/') || name[0] == '.' ||
	    snprintf(path, sizeof(path), "/sys/module/%s/notes/.note.gnu.build-id", name) >=
		    (int)sizeof(path))
		return -ENOENT;
	return read_notes_file(path, out);
}

bool pfl_build_id_equal(const struct pfl_build_id *a, const struct pfl_build_id *b)
{
	/* Bytes behind ->size are zero, so that comparing all of them forgives the padding. */
	return a->size && b->size && !memcmp(a->bytes, b->bytes, PFL_BUILD_ID_MAX);
}

char *pfl_build_id_format(const struct pfl_build_id *id, char *text)
{
	text[0] = '\0';
	for (size_t i = 0; i < id->size && i < PFL_BUILD_ID_MAX; i++)
		sprintf(text + 2 * i, "%02x", id->bytes[i]);
	return text;
}
