/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names for (DSO, offset). Asked once for each frame, after recording is over.
 * Nothing that a file holds is believed: a broken file costs its own names only.
 */
#ifndef PFL_SYMBOL_SYMBOL_H
#define PFL_SYMBOL_SYMBOL_H

#include <perflame/fold.h>

#include "machine/dso.h"

struct pfl_symbols;

/* What the recording says of the machine it was made on; decides whose kernel symbols may be used. */
struct pfl_symbols_origin {
	bool live;			/* this machine, now */
	const char *hostname;		/* NULL: not known */
	const char *osrelease;		/* NULL: not known */
	const char *arch;		/* as uname -m has it; NULL: not known */
};

struct pfl_symbol {
	const char *name;	/* demangled; any bytes but NUL; valid as long as the pfl_symbols */
	enum pfl_frame_kind kind;	/* USER, KERNEL, JIT, INLINED */
	uint64_t start;		/* offset of the symbol's first byte, in the DSO's own terms;
				   0: not known, as of an inlined function */
	const char *file;	/* source file; NULL: not known or not asked for */
	uint32_t line;		/* in @file; 0: not known */
};

/* Functions at one place: more than compilers inline into each other. */
#define PFL_SYMBOL_FRAMES 64

/* @origin's strings are copied. 0 or -ENOMEM. */
int pfl_symbols_new(struct pfl_ctx *ctx, const struct pfl_symbols_origin *origin,
		    enum pfl_demangle demangle, struct pfl_symbols **out);
void pfl_symbols_free(struct pfl_symbols *symbols);

/* Replaces the origin. Before the first name is asked for. 0 or -ENOMEM. */
int pfl_symbols_set_origin(struct pfl_symbols *symbols, const struct pfl_symbols_origin *origin);

/*
 * Where separate debug files are looked for, "DIR:DIR...", instead of below
 * /usr/lib/debug. Before the first name is asked for. @dirs is copied. 0 or -ENOMEM.
 */
int pfl_symbols_set_debug_dirs(struct pfl_symbols *symbols, const char *dirs);

/*
 * Whether debug information is read, for the functions that were inlined
 * (@inlines) and for source files and lines (@lines); at first it is not.
 * Before the first name is asked for.
 */
void pfl_symbols_set_debug(struct pfl_symbols *symbols, bool inlines, bool lines);

/*
 * Lets debug files be fetched from a server (symbol/debuginfod.h), of the DSOs that
 * pfl_symbols_fetch() names. 0; -ENOENT: that cannot be, and why was told; -ENOMEM.
 */
int pfl_symbols_use_debuginfod(struct pfl_symbols *symbols);

/*
 * What the symbols of @dso lack on this machine may be fetched, if that was let.
 * Before the first name of @dso is asked for. 0 or -ENOMEM.
 */
int pfl_symbols_fetch(struct pfl_symbols *symbols, const struct pfl_dso *dso);

/*
 * Tells that names of @kernel will be asked for. Where that is the kernel that
 * runs, a thread begins to read them: the kernel takes some 50 ms to write down
 * its table, and there is still folding to be done. For speed only.
 */
void pfl_symbols_expect_kernel(struct pfl_symbols *symbols, const struct pfl_dso *kernel);

/*
 * Tells of a DSO that a process has mapped, whether anything in it was sampled
 * or not: a mapped jit-PID.dump is where the names of the code that the process
 * makes are. To be called for all before the first name is asked for. 0 or -ENOMEM.
 */
int pfl_symbols_note(struct pfl_symbols *symbols, const struct pfl_dso *dso);

/*
 * Reads the tables of @count @dsos, on as many threads as there are CPUs for us.
 * For speed only: what was not read is read when it is asked for. What is told
 * is told in the order of @dsos. 0 or -ENOMEM.
 */
int pfl_symbols_load(struct pfl_symbols *symbols, const struct pfl_dso *const *dsos, size_t count);

/*
 * The symbol that covers @offset of @dso. A frame that called (@caller) is
 * looked up by the byte before its return address, so that a call which ends a
 * function is not charged to the next one; the return address into a trampoline
 * (signal return), or one before which no function ends, is looked up as it is.
 * 0; -ENOENT: no symbol covers it; -ENOMEM. Why a whole DSO has no names is
 * logged once for each.
 */
int pfl_symbols_find(struct pfl_symbols *symbols, const struct pfl_dso *dso, uint64_t offset,
		     bool caller, struct pfl_symbol *out);

/*
 * The functions that @offset of @dso is in: first those inlined there, the
 * innermost first, and last the one that is in the symbol table, which is what
 * pfl_symbols_find() finds. @out has room for PFL_SYMBOL_FRAMES. Each has the
 * line that it is at: of @offset in the first, of the call in the others. How
 * many there are, at least 1; or as pfl_symbols_find().
 *
 * The cost: the debug information of a compilation unit is parsed when the first
 * place in it is asked for; each further one there costs a bisection.
 */
int pfl_symbols_frames(struct pfl_symbols *symbols, const struct pfl_dso *dso, uint64_t offset,
		       bool caller, struct pfl_symbol *out);

/*
 * The function that is called where @offset of @dso is returned to, as far as the
 * instruction tells: that of the PLT entry it leads to is called "name@plt". 0,
 * -ENOENT or -ENOMEM. The file is opened each time.
 */
int pfl_symbols_callee(struct pfl_symbols *symbols, const struct pfl_dso *dso, uint64_t offset,
		       struct pfl_symbol *out);

/*
 * Whether @offset of @dso is in the kernel's functions for locks, or in those for going
 * to sleep. False where its sections are not known.
 */
bool pfl_symbols_in_lock_code(struct pfl_symbols *symbols, const struct pfl_dso *dso,
			      uint64_t offset);

/*
 * The variable of kernel @dso that @address is in, and how far behind its start. NULL: the
 * kernel that was recorded does not run here, or it lists no variables, or it is none.
 */
const char *pfl_symbols_variable(struct pfl_symbols *symbols, const struct pfl_dso *dso,
				 uint64_t address, uint64_t *offset);

/*
 * Whether @offset of @dso, which no symbol covers, is in the nameless function of
 * a C library that calls main() or the function that a thread begins with.
 */
bool pfl_symbols_start_here(struct pfl_symbols *symbols, const struct pfl_dso *dso,
			    uint64_t offset, bool caller);

#endif
