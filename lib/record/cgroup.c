/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "record/cgroup.h"

/* Turns the octal escapes that the kernel puts in place of white space and '\\' back. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; to++) {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] >= '0' &&
		    text[2] <= '7' && text[3] >= '0' && text[3] <= '7') {
			*to = (text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0');
			text += 4;
		} else {
			*to = *text++;
		}
	}
	*to = '\0';
}

/* Is @word one of the comma-separated @list? */
static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (; list; list = strchr(list, ',')) {
		list += *list == ',';
		if (!strncmp(list, word, len) && (!list[len] || list[len] == ','))
			return true;
	}
	return false;
}

/*
 * Whether the mount that @line tells of ("ID PARENT DEV ROOT POINT … - TYPE
 * SOURCE OPTIONS", proc_pid_mountinfo(5)) is a hierarchy of cgroups that perf
 * knows: 2 the one of version 1 with its controller, 1 version 2, 0 neither.
 * Its mount point goes to *point.
 */
static int rank_mount(char *line, char **point)
{
	char *rest = strstr(line, " - "), *field[5] = { NULL }, *type, *options, *save = NULL;

	if (!rest)
		return 0;
	*rest = '\0';
	for (int i = 0; i < 5; i++) {
		field[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!field[i])
			return 0;
	}
	type = strtok_r(rest + 3, " ", &save);
	options = type && strtok_r(NULL, " ", &save) ? strtok_r(NULL, " ", &save) : NULL;
	if (!options)
		return 0;
	*point = field[4];
	if (!strcmp(type, "cgroup2"))
		return 1;
	return !strcmp(type, "cgroup") && has_word(options, "perf_event") ? 2 : 0;
}

/* The mount point of the cgroups that perf counts by. Where version 1 has the controller, it is there. */
static int find_mount(const struct pfl_sys *sys, char **out)
{
	struct pfl_strbuf text = { 0 };
	char *line, *point, *best = NULL, *save = NULL;
	int rank, best_rank = 0, err;

	err = pfl_sys_read_file(sys, AT_FDCWD, "/proc/self/mountinfo", 4u << 20, &text);
	for (line = text.text && !err ? strtok_r(text.text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		rank = rank_mount(line, &point);
		if (rank > best_rank) {
			best_rank = rank;
			best = point;
		}
	}
	if (!err && !best)
		err = -ENODEV;
	if (!err) {
		unescape(best);
		*out = strdup(best);
		err = *out ? 0 : -ENOMEM;
	}
	pfl_strbuf_free(&text);
	return err;
}

static int open_below(const struct pfl_sys *sys, const char *mount, const char *path)
{
	struct pfl_strbuf full = { 0 };
	size_t len = strlen(mount);
	int fd, err;

	/* A path that has the mount point in front is meant as it stands. */
	if (strncmp(path, mount, len) || (path[len] && path[len] != '/'))
		pfl_strbuf_addf(&full, "%s/", mount);
	pfl_strbuf_adds(&full, path);
	if (full.error) {
		pfl_strbuf_free(&full);
		return -ENOMEM;
	}
	fd = sys->openat(AT_FDCWD, full.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = errno;
	pfl_strbuf_free(&full);
	return fd < 0 ? -err : fd;
}

int pfl_cgroup_open(struct pfl_ctx *ctx, const struct pfl_sys *sys, const char *path)
{
	char *mount = NULL;
	int fd, err = find_mount(sys, &mount);

	if (err == -ENODEV)
		return pfl_fail(ctx, err, "cgroup %s: no cgroup file system that perf counts by is "
				"mounted; as root: mount -t cgroup2 cgroup2 /sys/fs/cgroup", path);
	if (err)
		return pfl_fail(ctx, err, "/proc/self/mountinfo: %s", strerror(-err));
	fd = open_below(sys, mount, path);
	if (fd < 0)
		pfl_log(ctx, PFL_ERROR, "cgroup %s: %s (looked for below %s; that of a process "
			"stands in /proc/PID/cgroup, behind 0:: or perf_event:)", path, strerror(-fd), mount);
	free(mount);
	return fd;
}
