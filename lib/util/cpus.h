/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PFL_UTIL_CPUS_H
#define PFL_UTIL_CPUS_H

#include <sched.h>
#include <unistd.h>

/* How many CPUs this process may run on. At least 1. */
static inline unsigned int pfl_cpus_ours(void)
{
	cpu_set_t cpus;
	long online;

	if (!sched_getaffinity(0, sizeof(cpus), &cpus))
		return CPU_COUNT(&cpus);
	online = sysconf(_SC_NPROCESSORS_ONLN);	/* more than the set has room for */
	return online > 0 ? online : 1;
}

#endif
