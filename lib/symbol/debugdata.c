/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mini debug info: a stripped ELF file with nothing but .symtab, compressed into
 * section .gnu_debugdata of the file it belongs to. Source: "MiniDebugInfo" in
 * the manual of gdb.
 */
#include <errno.h>
#include <lzma.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbol/debugfile.h"
#include "symbol/elf-file.h"

/* A browser's is some megabytes; a hundred bytes of LZMA may stand for gigabytes. */
#define MAX_PACKED (64u << 20)
#define MAX_UNPACKED (256u << 20)
#define MAX_WORK (128u << 20)

static int write_all(int fd, const uint8_t *bytes, size_t size)
{
	while (size) {
		ssize_t done = write(fd, bytes, size);

		if (done < 0)
			return -ENOMEM;
		bytes += done;
		size -= done;
	}
	return 0;
}

static int unpack(const Elf_Data *packed, int to)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret ret = lzma_stream_decoder(&stream, MAX_WORK, 0);
	uint8_t bytes[16384];
	int err = ret == LZMA_OK ? 0 : -ENOMEM;

	stream.next_in = packed->d_buf;
	stream.avail_in = packed->d_size;
	while (!err && ret == LZMA_OK) {
		stream.next_out = bytes;
		stream.avail_out = sizeof(bytes);
		ret = lzma_code(&stream, LZMA_FINISH);
		if (ret == LZMA_MEM_ERROR)
			err = -ENOMEM;
		else if ((ret != LZMA_OK && ret != LZMA_STREAM_END) ||
			 stream.total_out > MAX_UNPACKED)
			err = -ENOENT;
		else
			err = write_all(to, bytes, sizeof(bytes) - stream.avail_out);
	}
	lzma_end(&stream);
	return err;
}

static int unpack_section(Elf *elf)
{
	Elf_Scn *scn = pfl_elf_find_section(elf, ".gnu_debugdata");
	Elf_Data *packed;
	GElf_Shdr shdr;
	int to, err;

	if (!scn || !gelf_getshdr(scn, &shdr) || shdr.sh_type != SHT_PROGBITS ||
	    shdr.sh_size > MAX_PACKED)
		return -ENOENT;
	packed = elf_rawdata(scn, NULL);
	if (!packed || !packed->d_buf)
		return -ENOENT;
	to = memfd_create("debugdata", MFD_CLOEXEC);
	if (to < 0)
		return -ENOMEM;
	err = unpack(packed, to);
	if (!err)
		return to;
	close(to);
	return err;
}

int pfl_debugdata_open(int fd)
{
	Elf *elf = pfl_elf_begin(fd);
	int to = elf ? unpack_section(elf) : -ENOENT;

	elf_end(elf);
	return to;
}
