/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cgroups: finding the directory that perf_event_open(2) takes.
 */
#ifndef PFL_RECORD_CGROUP_H
#define PFL_RECORD_CGROUP_H

#include "record/sys.h"
#include "util/context.h"

/*
 * Opens cgroup @path: as it stands in /proc/PID/cgroup, or with the mount point
 * in front. The descriptor, or -errno, logged.
 */
int pfl_cgroup_open(struct pfl_ctx *ctx, const struct pfl_sys *sys, const char *path);

#endif
