/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "symbol/buildid.h"
#include "symbol/elf.h"
#include "symbol/vdso.h"

/* How many bytes are mapped from @start on. */
static size_t mapped_size(uintptr_t start)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	uintptr_t from, to;
	char *line = NULL;
	size_t room = 0, size = 0;

	if (!maps)
		return 0;
	while (!size && getline(&line, &room, maps) > 0)
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &from, &to) == 2 && from == start)
			size = to - from;
	free(line);
	fclose(maps);
	return size;
}

int pfl_vdso_copy(char **image, size_t *size, struct pfl_build_id *id)
{
	const char *mapped = (const char *)getauxval(AT_SYSINFO_EHDR);

	*id = (struct pfl_build_id){ 0 };
	*size = mapped ? mapped_size((uintptr_t)mapped) : 0;
	if (!*size)
		return -ENOENT;
	*image = malloc(*size);
	if (!*image)
		return -ENOMEM;
	memcpy(*image, mapped, *size);
	pfl_build_id_image(*image, *size, id);
	return 0;
}

int pfl_vdso_read(struct pfl_symtab *table, struct pfl_build_id *id)
{
	size_t size;
	char *image;
	int err;

	*table = (struct pfl_symtab){ 0 };
	err = pfl_vdso_copy(&image, &size, id);
	if (err)
		return err;
	err = pfl_elf_read_image(image, size, table);
	free(image);
	return err;
}
