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
	enum pfl_frame_kind kind;	/* USER, KERNEL, JIT (INLINED when inlines are walked) */
	uint64_t start;		/* offset of the symbol's first byte, in the DSO's own terms */
};

/* @origin's strings are copied. 0 or -ENOMEM. */
int pfl_symbols_new(struct pfl_ctx *ctx, const struct pfl_symbols_origin *origin,
		    enum pfl_demangle demangle, struct pfl_symbols **out);
void pfl_symbols_free(struct pfl_symbols *symbols);

/*
 * Where separate debug files are looked for, "DIR:DIR...", instead of below
 * /usr/lib/debug. Before the first name is asked for. @dirs is copied. 0 or -ENOMEM.
 */
int pfl_symbols_set_debug_dirs(struct pfl_symbols *symbols, const char *dirs);

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

#endif
