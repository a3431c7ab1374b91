/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "debug-archive.h"

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

/* What tells apt of the archive, with a "; " behind it; "" if it knows it, or nobody knows how. */
static void archive_line(char *line, size_t size)
{
	char read[256], id[32] = "", release[32] = "";
	FILE *file = fopen("/etc/os-release", "re");

	*line = '\0';
	while (file && fgets(read, sizeof(read), file)) {
		if (!take(read, "ID", id, sizeof(id)))
			take(read, "VERSION_CODENAME", release, sizeof(release));
	}
	if (file)
		fclose(file);
	if (!*release || is_known())
		return;
	if (strcmp(id, "debian") == 0)
		snprintf(line, size, "echo deb http://deb.debian.org/debian-debug %s-debug main "
			 ">/etc/apt/sources.list.d/debug.list; apt update; ", release);
	else if (strcmp(id, "ubuntu") == 0)
		snprintf(line, size, "apt install ubuntu-dbgsym-keyring; echo deb "
			 "http://ddebs.ubuntu.com %s main >/etc/apt/sources.list.d/ddebs.list; "
			 "apt update; ", release);
}

/* Whether @name is one of the words of @list, of which each has a blank before it. */
static bool is_listed(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (; (list = strstr(list, name)); list += len)
		if (list[-1] == ' ' && (!list[len] || list[len] == ' '))
			return true;
	return false;
}

void tool_debug_packages_add(struct tool_debug_packages *packages, const char *package)
{
	bool apart = strcmp(package, "libc6") && strncmp(package, "linux-image-", 12);
	size_t len = strlen(packages->names);
	char name[160];

	snprintf(name, sizeof(name), "%s-%s", package, apart ? "dbgsym" : "dbg");
	packages->apart |= apart;
	if (!is_listed(packages->names, name))
		snprintf(packages->names + len, sizeof(packages->names) - len, " %s", name);
}

void tool_debug_packages_install(const struct tool_debug_packages *packages, char *line, size_t size)
{
	size_t len;

	*line = '\0';
	if (packages->apart)
		archive_line(line, size);
	len = strlen(line);
	snprintf(line + len, size - len, "apt install%s", packages->names);
}
