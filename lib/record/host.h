/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine that is recorded, for the recording to name it.
 */
#ifndef PFL_RECORD_HOST_H
#define PFL_RECORD_HOST_H

#include <sys/utsname.h>

#include "perfdata/writer.h"
#include "record/sys.h"

struct pfl_host {
	struct utsname uts;
	char cpudesc[128];	/* "" where the kernel does not tell */
};

void pfl_host_read(struct pfl_host *host, const struct pfl_sys *sys);

/* What of @info is the host's; points into @host. */
void pfl_host_info(const struct pfl_host *host, struct pfl_writer_info *info);

#endif
