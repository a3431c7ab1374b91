/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The profile types: what a flame graph is about.
 */
#ifndef PERFLAME_TYPE_H
#define PERFLAME_TYPE_H

#include <stdint.h>

#include <perflame/profile.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What reading decides of the types that pair events; each type takes those
 * that concern it and passes over the others. Zeroes are the defaults.
 */
struct pfl_type_opts {
	const char *states;	/* letters of prev_state, "S,D": only waits in these; NULL: all */
	uint64_t min_ns, max_ns; /* only waits of at least and at most so long; 0: no limit */
	int preempted;		/* tasks that were taken off their CPU, too */
	int runqueue;		/* what follows the wake-up apart, under [runqueue] */
	int sleepers;		/* recording: threads that sleep already, of the whole box, too */
	unsigned int wakers;	/* offwake: so many wakers of wakers; 0: one */
	int major, minor;	/* faults: only those that had to wait for a disk, or that had not */
	int waits;		/* locks: waiting for what is no lock (conditions, semaphores, joins), too */
	int blame;		/* locks: charge who let go of the lock, not who waited for it */
	int kernel_locks, user_locks; /* locks: only those */
};

/*
 * The type called @name ("oncpu"), or NULL. Never freed.
 */
const struct pfl_profile_info *pfl_type_find(const char *name);

/* Type number @n, or NULL behind the last. */
const struct pfl_profile_info *pfl_type_at(unsigned int n);

#ifdef __cplusplus
}
#endif

#endif
