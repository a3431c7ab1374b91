/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files as they are when they are mapped. At the end of a recording a program
 * may have been upgraded, deleted with the container it was in, or its process be
 * gone, so that nothing leads to its file any more: so its build-id is read,
 * and the file kept open, when the kernel tells that it was mapped.
 */
#ifndef PFL_SYMBOL_CAPTURES_H
#define PFL_SYMBOL_CAPTURES_H

#include <linux/perf_event.h>

#include "machine/dso.h"

struct pfl_captures;

/* @hold: keep files open, as far as the limit of open files allows. 0 or -ENOMEM. */
int pfl_captures_new(bool hold, struct pfl_captures **out);
/* NULL is fine. */
void pfl_captures_free(struct pfl_captures *captures);

/*
 * Looks at a record of this moment: FORK tells whose child a process is, MMAP2
 * of code is a file to capture. *@id: the build-id of the file it maps, with
 * size 0 where it has none or cannot be opened. 0 or -ENOMEM.
 */
int pfl_captures_see(struct pfl_captures *captures, const struct perf_event_header *record,
		     struct pfl_build_id *id);

/* The file of @dso, open for pread(2) as long as @captures; -1: it is not held. */
int pfl_captures_file(struct pfl_captures *captures, const struct pfl_dso *dso);

/*
 * The build-id that is known of captured path number @n, and the path, valid
 * until the next call of pfl_captures_see(). 0; -ENOENT: there are no more;
 * -ENODATA: several files have that path, or it has no build-id.
 */
int pfl_captures_build_id(const struct pfl_captures *captures, uint32_t n, const char **path,
			  struct pfl_build_id *id);

#endif
