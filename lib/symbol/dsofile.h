/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PFL_SYMBOL_DSOFILE_H
#define PFL_SYMBOL_DSOFILE_H

#include "machine/dso.h"

/* How far the files of this machine are those of the recording. */
enum pfl_nearness {
	PFL_NEAR_LIVE,		/* the recorded processes may still run */
	PFL_NEAR_HERE,		/* recorded on this machine, or nothing is known of where */
	PFL_NEAR_ELSEWHERE,	/* recorded on another machine */
};

struct pfl_symbols_origin;

enum pfl_nearness pfl_nearness_of(const struct pfl_symbols_origin *origin);

/*
 * Opens the file of @dso, and only the one that was mapped, as far as can be
 * told. A file descriptor; -ESTALE: what is there now is another file;
 * -EXDEV: nothing tells whether it is the same, and it was recorded elsewhere;
 * or what open(2) said.
 */
int pfl_dsofile_open(const struct pfl_dso *dso, enum pfl_nearness near);

/*
 * The same while it is being recorded, with @dso mapped at [start, end) of process
 * @dso->pid: what is mapped itself, where we may open that, though its name be
 * gone or another file's.
 */
int pfl_dsofile_open_mapped(const struct pfl_dso *dso, uint64_t start, uint64_t end);

/*
 * By its path as process @pid sees it, one that @dso's own process came from and
 * shares its container with, most likely: only a file of the same inode.
 */
int pfl_dsofile_open_as(const struct pfl_dso *dso, int32_t pid);

/*
 * Whether the file of @dso's path, as we see it, is the one that was mapped: a
 * process in a container may mean another one. *@id, where its size is 0,
 * becomes the file's build-id, wherever it was found.
 */
bool pfl_dsofile_is_here(const struct pfl_dso *dso, enum pfl_nearness near,
			 struct pfl_build_id *id);

#endif
