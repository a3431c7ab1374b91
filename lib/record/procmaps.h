/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines of /proc/PID/maps.
 */
#ifndef PFL_RECORD_PROCMAPS_H
#define PFL_RECORD_PROCMAPS_H

#include <stdbool.h>
#include <stdint.h>

struct pfl_procmap {
	uint64_t start, end, offset, inode;
	uint32_t major, minor;
	uint32_t prot;		/* PROT_ … */
	bool shared;
	char *path;		/* in the line; "" where there is none */
};

/*
 * Reads @line, which it changes and which *map then points into. The path comes
 * as the kernel's own records have it: with " (deleted)", a line end as itself.
 * False: not such a line.
 */
bool pfl_procmap_parse(char *line, struct pfl_procmap *map);

#endif
