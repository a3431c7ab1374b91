/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unwinding on all CPUs, of recordings. What leaves the ordering window waits here
 * until its stacks are unwound, and then goes on in its order, so that the rest of
 * the fold, on one thread, is the same as ever.
 *
 * A walk needs the mappings of its sample's moment, which is ahead of what the fold
 * has handled. A second machine, the scout, is that far ahead: it takes mappings, forks
 * and exits as they come in. The walk holds the address space that the scout has then.
 * It is copied before it is changed (machine/maps.h), so that nobody waits for anybody:
 *
 *	order ── scout ── [walks, on any thread] ── machine, stacks, accounts
 *
 * However many threads there are, walks see the same, and so the profile is the same,
 * to the byte. (Where unwind data goes beyond what it may take, in dsorules.c, which
 * files go without depends on who came first.) What waits is bounded: records, walks
 * and bytes.
 */
#ifndef PFL_FOLD_AHEAD_H
#define PFL_FOLD_AHEAD_H

#include "fold/state.h"
#include "unwind/walk.h"

struct pfl_ahead;

/* For @fold, before its first record. 0 or -ENOMEM. */
int pfl_ahead_new(struct pfl_fold *fold, struct pfl_ahead **out);

/* Drops what still waits. NULL is fine. */
void pfl_ahead_free(struct pfl_ahead *ahead);

/* The machine that is ahead. */
struct pfl_machine *pfl_ahead_scout(struct pfl_ahead *ahead);

/* Takes the next record in time order. 0, -ENOMEM, or what handling one said. */
int pfl_ahead_add(struct pfl_ahead *ahead, const struct pfl_order_entry *entry);

/* Hands on all that waits. */
int pfl_ahead_flush(struct pfl_ahead *ahead);

/* Whether the sample that is being handled has a walk. */
bool pfl_ahead_has(const struct pfl_ahead *ahead);

/* What came of it, valid until the next record. 0 or -ENOMEM. */
int pfl_ahead_walk(struct pfl_ahead *ahead, struct pfl_walk *walk);

#endif
