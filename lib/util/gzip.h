/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gzip (RFC 1952), out to a stream and in from memory.
 */
#ifndef PFL_UTIL_GZIP_H
#define PFL_UTIL_GZIP_H

#include <stddef.h>
#include <stdio.h>

struct pfl_gzip;

/* The same bytes give the same file: no time, no name. 0 or -ENOMEM. */
int pfl_gzip_new(FILE *file, struct pfl_gzip **out);

/* After an error it takes everything, and pfl_gzip_close() tells. */
void pfl_gzip_put(struct pfl_gzip *gzip, const void *bytes, size_t len);

/* Writes what is left, and frees @gzip. 0, or -errno of the first write that failed. */
int pfl_gzip_close(struct pfl_gzip *gzip);

/*
 * What @len bytes at @bytes hold, at most @limit bytes, newly allocated. 0, -EILSEQ
 * where they are damaged or break off, -EFBIG, or -ENOMEM.
 */
int pfl_gunzip(const void *bytes, size_t len, size_t limit, char **out, size_t *out_len);

#endif
