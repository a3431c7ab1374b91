/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whose file is it? dpkg's answer, from its own lists: one file a package, a path
 * a line. Reading them all takes a few milliseconds.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <perflame/fold.h>

#include "util/strbuf.h"

#define DPKG_LISTS "/var/lib/dpkg/info"

static int read_list(int dir, const char *name, struct pfl_strbuf *text)
{
	char bytes[32768];
	ssize_t got;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	pfl_strbuf_cut(text, 0);
	if (fd < 0)
		return -errno;
	pfl_strbuf_addc(text, '\n');
	while ((got = read(fd, bytes, sizeof(bytes))) > 0)
		pfl_strbuf_add(text, bytes, got);
	close(fd);
	return text->error;
}

/* "libc6:amd64.list" is the list of libc6. True: and @line is in it. */
static bool is_owner(int dir, const char *name, const char *line, struct pfl_strbuf *text)
{
	size_t len = strlen(name);

	return len > 5 && !strcmp(name + len - 5, ".list") && !read_list(dir, name, text) &&
	       memmem(text->text, text->len, line, strlen(line));
}

static int find_owner(DIR *lists, const char *line, char *package, size_t size)
{
	struct pfl_strbuf text = { 0 };
	struct dirent *entry;
	int err = -ENOENT;

	rewinddir(lists);
	while (err && !text.error && (entry = readdir(lists)))
		if (is_owner(dirfd(lists), entry->d_name, line, &text)) {
			snprintf(package, size, "%.*s", (int)strcspn(entry->d_name, ":."),
				 entry->d_name);
			err = 0;
		}
	if (text.error)
		err = text.error;
	pfl_strbuf_free(&text);
	return err;
}

/* Where /lib has become /usr/lib, packages still list what they brought before. */
static const char *before_the_merge(const char *path)
{
	static const char *const dirs[] = { "/usr/lib", "/usr/bin/", "/usr/sbin/" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		if (!strncmp(path, dirs[i], strlen(dirs[i])))
			return path + strlen("/usr");
	return NULL;
}

int pfl_fold_gap_package(const struct pfl_fold_gap *gap, char *package, size_t size)
{
	const char *before = before_the_merge(gap->path);
	struct pfl_strbuf line = { 0 };
	int err = -ENOENT;
	DIR *lists;

	if (!gap->is_here || strchr(gap->path, '\n') || !(lists = opendir(DPKG_LISTS)))
		return -ENOENT;
	pfl_strbuf_addf(&line, "\n%s\n", gap->path);
	if (!line.error)
		err = find_owner(lists, line.text, package, size);
	pfl_strbuf_cut(&line, 0);
	if (err == -ENOENT && before) {
		pfl_strbuf_addf(&line, "\n%s\n", before);
		err = line.error ? line.error : find_owner(lists, line.text, package, size);
	}
	if (line.error)
		err = line.error;
	pfl_strbuf_free(&line);
	closedir(lists);
	return err;
}
