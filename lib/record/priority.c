/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "record/priority.h"

int pfl_priority_raise(struct pfl_ctx *ctx, const struct pfl_sys *sys)
{
	if (sys->getscheduler() != SCHED_OTHER || sys->getnice()) {
		pfl_debug(ctx, "the scheduling policy or niceness was chosen: it stays");
		return 1;
	}
	if (sys->setscheduler(SCHED_RR | SCHED_RESET_ON_FORK, 1)) {
		pfl_debug(ctx, "waiting for a CPU as others do: SCHED_RR: %s", strerror(errno));
		return -EPERM;
	}
	return 0;
}

void pfl_priority_restore(const struct pfl_sys *sys)
{
	/* To take the flag back, too, would take the right again. */
	sys->setscheduler(SCHED_OTHER | SCHED_RESET_ON_FORK, 0);
}
