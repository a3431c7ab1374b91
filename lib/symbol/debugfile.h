/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Separate debug files: where the symbols and the DWARF of a file are once it
 * has been stripped of them.
 */
#ifndef PFL_SYMBOL_DEBUGFILE_H
#define PFL_SYMBOL_DEBUGFILE_H

#include "symbol/dsofile.h"

#define PFL_DEBUG_DIRS "/usr/lib/debug"

struct pfl_debug_query {
	const struct pfl_dso *dso;
	enum pfl_nearness near;
	int fd;			/* the DSO's own file; -1: it is gone, the build-id must do */
	const char *dirs;	/* debug directories, "DIR:DIR..." */
	const char *section;	/* what the file must have: ".symtab", ".debug_info" */
};

/*
 * Opens the debug file of a DSO: by build-id below the debug directories and in
 * perf's cache, by the link in the DSO's own file, or out of that file itself.
 * Build-ids must be equal; where a file has none, the link's checksum counts. A
 * file descriptor; -ENOENT: none is found; -ENOMEM.
 */
int pfl_debugfile_open(const struct pfl_debug_query *query);

/* The copy of @dso's own file in perf's cache. A file descriptor or -ENOENT. */
int pfl_debugfile_open_copy(const struct pfl_dso *dso);

/*
 * The file that debug file @fd shares with others (.gnu_debugaltlink, as dwz
 * makes it), by its build-id. @dso is whose debug file it is. A file descriptor;
 * -ENOENT: @fd names none, or it is not there.
 */
int pfl_debugfile_open_alt(int fd, const struct pfl_dso *dso, enum pfl_nearness near,
			   const char *dirs);

/* Whether the ELF file @fd has section @name with something in it. */
bool pfl_debugfile_has(int fd, const char *name);

/*
 * The mini debug file that the ELF file @fd carries compressed in
 * .gnu_debugdata, unpacked to memory. A file descriptor; -ENOENT: it carries
 * none, or one that is broken or larger than any real one; -ENOMEM.
 */
int pfl_debugdata_open(int fd);

#endif
