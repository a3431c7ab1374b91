/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The unwind rules of each DSO, by its number. They are read when a walk first comes
 * through it, by the thread whose walk that is; others that need them wait.
 */
#ifndef PFL_FOLD_DSORULES_H
#define PFL_FOLD_DSORULES_H

#include "fold/fold.h"
#include "machine/machine.h"
#include "symbol/symbol.h"
#include "unwind/rules.h"

struct pfl_dsorules;

/* For what was recorded at @origin. 0 or -ENOMEM. */
int pfl_dsorules_new(const struct pfl_symbols_origin *origin, struct pfl_dsorules **out);

/* Files are read by way of @aside, unless that is NULL. Before the first is. */
void pfl_dsorules_aside(struct pfl_dsorules *all, pfl_fold_aside *aside, void *data);

/* When nobody walks any more. NULL is fine. */
void pfl_dsorules_free(struct pfl_dsorules *all);

/*
 * Takes note of the DSOs that @machine has by now. Of one thread, which no walk waits
 * for: what it notes is for walks that are begun later. 0 or -ENOMEM.
 */
int pfl_dsorules_note(struct pfl_dsorules *all, const struct pfl_machine *machine);

/* The rules of DSO @number, or NULL in *@rules: it has none. On any thread. 0 or -ENOMEM. */
int pfl_dsorules_get(struct pfl_dsorules *all, uint32_t number, const struct pfl_rules **rules);

/* Says which DSOs walks came through that have no rules, and why. */
void pfl_dsorules_tell(const struct pfl_dsorules *all, struct pfl_ctx *ctx);

#endif
