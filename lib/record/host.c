/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "record/host.h"
#include "util/version.h"

/* What x86 calls the model; other architectures tell no name there. */
static void read_cpudesc(struct pfl_host *host, const struct pfl_sys *sys)
{
	struct pfl_strbuf text = { 0 };
	const char *at = NULL;

	if (!pfl_sys_read_file(sys, AT_FDCWD, "/proc/cpuinfo", 4096, &text) && text.len)
		at = strstr(text.text, "model name");
	at = at ? strchr(at, ':') : NULL;
	if (at) {
		at += 1 + strspn(at + 1, " \t");
		snprintf(host->cpudesc, sizeof(host->cpudesc), "%.*s", (int)strcspn(at, "\n"), at);
	}
	pfl_strbuf_free(&text);
}

void pfl_host_read(struct pfl_host *host, const struct pfl_sys *sys)
{
	memset(host, 0, sizeof(*host));
	uname(&host->uts);
	read_cpudesc(host, sys);
}

void pfl_host_info(const struct pfl_host *host, struct pfl_writer_info *info)
{
	struct timespec resolution = { 0 };

	clock_getres(CLOCK_MONOTONIC, &resolution);
	info->hostname = host->uts.nodename;
	info->osrelease = host->uts.release;
	info->arch = host->uts.machine;
	info->version = "perflame " PFL_VERSION;
	info->cpudesc = *host->cpudesc ? host->cpudesc : NULL;
	info->cpus_present = sysconf(_SC_NPROCESSORS_CONF);
	info->cpus_online = sysconf(_SC_NPROCESSORS_ONLN);
	info->clock_resolution = resolution.tv_sec * 1000000000ULL + resolution.tv_nsec;
}
