/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Build-ids: what tells whether a file is the one that was mapped.
 */
#ifndef PFL_SYMBOL_BUILDID_H
#define PFL_SYMBOL_BUILDID_H

#include <stdbool.h>
#include <stddef.h>

#include "util/build-id.h"

/* The build-id of the ELF file @fd. 0; -ENOENT: it has none; -ENOEXEC: no ELF file. */
int pfl_build_id_read(int fd, struct pfl_build_id *out);

/* The same for an image in memory, which is not written to. */
int pfl_build_id_image(const char *image, size_t size, struct pfl_build_id *out);

/* The build-id among ELF notes, @swap where they are of the other byte order. 0 or -ENOENT. */
int pfl_build_id_notes(const void *notes, size_t size, bool swap, struct pfl_build_id *out);

/* The running kernel's. 0 or -errno. */
int pfl_build_id_kernel(struct pfl_build_id *out);

/* That of the loaded module @name, as /proc/modules writes it. 0 or -errno. */
int pfl_build_id_module(const char *name, struct pfl_build_id *out);

/*
 * Whether both are the same one. Recordings may pad a short id with zeros, so
 * that zeros at the end do not count. Unknown ids equal nothing.
 */
bool pfl_build_id_equal(const struct pfl_build_id *a, const struct pfl_build_id *b);

#define PFL_BUILD_ID_TEXT (2 * PFL_BUILD_ID_MAX + 1)

/* Writes @id in hexadecimal to @text, of PFL_BUILD_ID_TEXT bytes. Returns @text. */
char *pfl_build_id_format(const struct pfl_build_id *id, char *text);

#endif
