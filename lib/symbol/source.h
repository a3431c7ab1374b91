/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the names of one DSO come from. Two sources share nothing that changes
 * but the kernel's table, which is read under a lock, so that several can be
 * worked on at once.
 */
#ifndef PFL_SYMBOL_SOURCE_H
#define PFL_SYMBOL_SOURCE_H

#include <pthread.h>

#include "symbol/debuginfod.h"
#include "symbol/dsofile.h"
#include "symbol/dwarf.h"
#include "symbol/jitdump.h"
#include "symbol/kernel.h"
#include "symbol/room.h"
#include "symbol/segments.h"
#include "symbol/symbol.h"
#include "symbol/symtab.h"
#include "util/context.h"
#include "util/strbuf.h"
#include "util/table.h"

/* What is the same for all sources of a recording. */
struct pfl_surroundings {
	enum pfl_demangle demangle;
	enum pfl_nearness near;
	bool same_host;			/* host name and kernel release are this machine's */
	char *osrelease;		/* of the recording; NULL: not known */
	char *debug_dirs;
	struct pfl_debuginfod *debuginfod;	/* NULL: no server is asked */
	unsigned int dwarf;		/* PFL_DWARF_INLINES, PFL_DWARF_LINES */
	struct pfl_room room;		/* for the tables and the debug information of all files */
	atomic_uint refused;		/* tables that it was not enough for */
	pthread_mutex_t large_lock;	/* while a large file is being read: one after the other */
	struct pfl_table jitdumps;	/* pid -> number of the path of its dump */
	struct pfl_strings jitdump_paths;
	pthread_mutex_t kernel_lock;	/* while it is being read */
	struct pfl_kernel kernel;
	bool kernel_read;
	int kernel_error;
};

struct pfl_message {
	enum pfl_level level;
	bool always;			/* however much else there is to tell */
	struct pfl_strbuf text;
};

struct pfl_source {
	const struct pfl_dso *dso;
	bool loaded;
	bool fetch;			/* worth asking a server for what is not here */
	struct pfl_symtab own;
	const struct pfl_symtab *table;	/* @own or the kernel's; NULL: there are no names */
	uint64_t slide;			/* from the DSO's addresses to the table's */
	struct pfl_segments code;	/* from offsets to the addresses in @debug */
	struct pfl_dwarf *debug;	/* NULL: no inlines and lines */
	struct pfl_jit_lines jit_lines;
	struct pfl_table shown;		/* number of the entry -> of its name as shown */
	struct pfl_table debug_shown;	/* address of a string in @debug -> the same */
	struct pfl_strings names;
	struct pfl_message messages[4];	/* not told yet */
	unsigned int nmessages;
	bool kernel_failed;		/* the running kernel's names were wanted: ->kernel_error */
};

/*
 * Reads what there is for source->dso. Why there are no names becomes a message
 * of the source. 0 or -ENOMEM.
 */
int pfl_source_load(struct pfl_surroundings *around, struct pfl_source *source);

/* Whether @kernel, or a module, is the one that runs here. */
bool pfl_source_is_running(const struct pfl_surroundings *around, const struct pfl_dso *kernel);

/*
 * Reads the running kernel's symbols, once for all DSOs that are part of it, on
 * whichever thread comes first; others wait. 0 or why there are none.
 */
int pfl_source_read_kernel(struct pfl_surroundings *around);

/* One for @dso, which must stay as long, and not loaded. NULL: out of memory. */
struct pfl_source *pfl_source_new(const struct pfl_dso *dso);
void pfl_source_free(struct pfl_source *source);

/* Keeps a message until it may be told. */
__attribute__((format(printf, 3, 4)))
void pfl_source_tell(struct pfl_source *source, enum pfl_level level, const char *format, ...);

/*
 * The functions at @offset, as pfl_symbols_frames() hands them out. How many;
 * -ENOENT; -ENOMEM.
 */
int pfl_source_find(const struct pfl_surroundings *around, struct pfl_source *source,
		    uint64_t offset, bool caller, struct pfl_symbol *out);

/* Where the call leads that comes back to offset @at, itself an offset; 0: not known. */
uint64_t pfl_source_call_target(const struct pfl_surroundings *around,
				const struct pfl_source *source, uint64_t at);

/* As pfl_symbols_start_here(). */
bool pfl_source_starts_here(const struct pfl_source *source, uint64_t offset, bool caller);

#endif
