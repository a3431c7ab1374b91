/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PFL_FOLD_FETCH_H
#define PFL_FOLD_FETCH_H

#include "fold/state.h"

/*
 * Names the binaries whose symbols are worth asking a server for: those that at least
 * one folded sample in a hundred has a frame in. 0 or -ENOMEM.
 */
int pfl_fetch_choose(struct pfl_fold *fold);

#endif
