/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "debug-archive.h"
#include "messages.h"

/* apt's lists are called after the archive: deb.debian.org_debian-debug_dists_… */
static bool is_known(void)
{
	DIR *lists = opendir("/var/lib/apt/lists");
	const struct dirent *entry;
	bool known = false;

	if (!lists)
		return false;
	while (!known && (entry = readdir(lists)))
		known = strstr(entry->d_name, "-debug_") || strncmp(entry->d_name, "ddebs.", 6) == 0;
	closedir(lists);
	return known;
}

/* The value of a line KEY=value of @line; false: it is another one. */
static bool take(const char *line, const char *key, char *value, size_t size)
{
	size_t len = strlen(key);

	if (strncmp(line, key, len) != 0 || line[len] != '=')
		return false;
	line += len + 1;
	line += *line == '"';
	snprintf(value, size, "%.*s", (int)strcspn(line, "\"\n"), line);
	return true;
}

void tool_debug_archive_say(void)
{
	char line[256], id[32] = "", release[32] = "";
	FILE *file = fopen("/etc/os-release", "re");

	while (file && fgets(line, sizeof(line), file)) {
		if (!take(line, "ID", id, sizeof(id)))
			take(line, "VERSION_CODENAME", release, sizeof(release));
	}
	if (file)
		fclose(file);
	if (!*release || is_known())
		return;
	if (strcmp(id, "debian") == 0)
		tool_message(PFL_NOTE, "apt knows of -dbgsym packages after: echo deb "
			     "http://deb.debian.org/debian-debug %s-debug main "
			     ">/etc/apt/sources.list.d/debug.list; apt update", release);
	else if (strcmp(id, "ubuntu") == 0)
		tool_message(PFL_NOTE, "apt knows of -dbgsym packages after: apt install "
			     "ubuntu-dbgsym-keyring; echo deb http://ddebs.ubuntu.com %s main "
			     ">/etc/apt/sources.list.d/ddebs.list; apt update", release);
}
