/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "record/procmaps.h"

/* A number that @end follows; what stands behind it, or NULL. */
static char *number(char *at, int base, char end, uint64_t *value)
{
	char *rest;

	/* strtoull() would take blanks and signs in front as well. */
	if (!at || !((*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'f')))
		return NULL;
	*value = strtoull(at, &rest, base);
	return *rest == end ? rest + 1 : NULL;
}

static char *flags(char *at, struct pfl_procmap *map)
{
	if (!at || strnlen(at, 5) < 5 || at[4] != ' ')
		return NULL;
	map->prot = (at[0] == 'r' ? PROT_READ : 0) | (at[1] == 'w' ? PROT_WRITE : 0) |
		    (at[2] == 'x' ? PROT_EXEC : 0);
	map->shared = at[3] == 's';
	return at + 5;
}

/* The kernel writes a line end in a name as \012, and nothing else otherwise than it is. */
static void restore_line_ends(char *path)
{
	char *to = path;

	for (; *path; to++) {
		if (!strncmp(path, "\\012", 4)) {
			*to = '\n';
			path += 4;
		} else {
			*to = *path++;
		}
	}
	*to = '\0';
}

bool pfl_procmap_parse(char *line, struct pfl_procmap *map)
{
	uint64_t major, minor;
	char *at = line;

	at = number(at, 16, '-', &map->start);
	at = number(at, 16, ' ', &map->end);
	at = flags(at, map);
	at = number(at, 16, ' ', &map->offset);
	at = number(at, 16, ':', &major);
	at = number(at, 16, ' ', &minor);
	if (!at || map->end <= map->start)
		return false;
	map->major = major;
	map->minor = minor;
	/* The last number ends the line where there is no path. */
	if (*at < '0' || *at > '9')
		return false;
	map->inode = strtoull(at, &at, 10);
	map->path = at + strspn(at, " ");
	restore_line_ends(map->path);
	return true;
}
