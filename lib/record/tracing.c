/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/event-parse.h>
#include <unistd.h>

#include "record/tracing.h"

#define FORMAT_MAX (256u << 10)

struct tracepoint {
	char *system;
	char *format;	/* as the kernel describes it */
	size_t size;
};

void pfl_tracing_init(struct pfl_tracing *tracing, struct pfl_ctx *ctx, const struct pfl_sys *sys)
{
	*tracing = (struct pfl_tracing){ .ctx = ctx, .sys = sys, .dir = -1 };
}

void pfl_tracing_free(struct pfl_tracing *tracing)
{
	for (unsigned int i = 0; i < tracing->count; i++) {
		free(tracing->points[i].system);
		free(tracing->points[i].format);
	}
	free(tracing->points);
	tracing->points = NULL;
	tracing->count = 0;
	if (tracing->dir >= 0)
		tracing->sys->close(tracing->dir);
	tracing->dir = -1;
}

/* Is @dir tracefs, and not the empty directory that it is mounted on? */
static bool has_events(const struct pfl_sys *sys, int dir)
{
	int fd = sys->openat(dir, "events/header_page", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		sys->close(fd);
	return fd >= 0;
}

static int open_tracefs(struct pfl_tracing *tracing)
{
	static const char *const usual[] = {
		"/sys/kernel/tracing", "/sys/kernel/debug/tracing",
	};
	const struct pfl_sys *sys = tracing->sys;
	int dir, err = -ENOENT;

	for (unsigned int i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		dir = sys->openat(AT_FDCWD, usual[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (dir >= 0 && has_events(sys, dir)) {
			tracing->dir = dir;
			return 0;
		}
		if (errno == EACCES || errno == EPERM)
			err = -errno;
		if (dir >= 0)
			sys->close(dir);
	}
	tracing->dir = sys->tracefs();
	if (tracing->dir >= 0)
		return 0;
	if (err == -ENOENT)
		err = errno == ENODEV ? -ENODEV : -EPERM;
	return err;
}

/*
 * Since Linux 5.16 the files in it belong to a group, and others may not read them,
 * whatever its directories allow: gid= is what helps.
 */
const char *pfl_tracing_remedy(int err, char *buf, size_t size)
{
	snprintf(buf, size, "mount %s,mode=755,gid=%u tracefs /sys/kernel/tracing",
		 err == -EACCES ? "-o remount" : "-t tracefs -o rw", (unsigned int)getegid());
	return buf;
}

int pfl_tracing_explain(const struct pfl_tracing *tracing, const char *name, int err)
{
	struct pfl_ctx *ctx = tracing->ctx;
	char command[128];

	if (err == -ENODEV)
		return pfl_fail(ctx, err, "%s: this kernel has no tracefs (CONFIG_TRACING is off)", name);
	if (err == -ENOENT)
		return pfl_fail(ctx, err, "%s: this kernel has no such tracepoint", name);
	if (err != -EACCES && err != -EPERM)
		return pfl_fail(ctx, err, "%s: cannot read the tracepoint's format: %s", name,
				strerror(-err));
	return pfl_fail(ctx, err, "%s: tracefs is out of reach (%s); run as root, or let root do: %s",
			name, strerror(-err), pfl_tracing_remedy(err, command, sizeof(command)));
}

/* libtraceevent reads the format, so that what later has to understand it is asked first. */
static int parse_id(const struct tracepoint *point, uint64_t *id)
{
	struct tep_handle *tep = tep_alloc();
	struct tep_event *event = NULL;
	int err = -ENOMEM;

	if (!tep)
		return err;
	err = -EINVAL;
	if (!tep_parse_format(tep, &event, point->format, point->size, point->system) && event) {
		*id = event->id;
		err = 0;
	}
	tep_free(tep);
	return err;
}

static int read_format(struct pfl_tracing *tracing, const char *name, struct tracepoint *point)
{
	struct pfl_strbuf path = { 0 }, text = { 0 };
	const char *colon = strchr(name, ':');
	int err;

	if (!colon || strchr(name, '/'))
		return -EINVAL;
	point->system = strndup(name, colon - name);
	pfl_strbuf_addf(&path, "events/%.*s/%s/format", (int)(colon - name), name, colon + 1);
	err = path.error;
	if (!err)
		err = pfl_sys_read_file(tracing->sys, tracing->dir, path.text, FORMAT_MAX, &text);
	pfl_strbuf_free(&path);
	if (!err && !text.len)
		err = -EINVAL;
	if (!point->system)
		err = -ENOMEM;
	point->format = text.text;
	point->size = text.len;
	return err;
}

int pfl_tracing_add(struct pfl_tracing *tracing, const char *name, uint64_t *id)
{
	struct tracepoint point = { 0 }, *grown;
	int err = 0;

	if (tracing->dir < 0)
		err = open_tracefs(tracing);
	if (err)
		return err;
	err = read_format(tracing, name, &point);
	if (!err)
		err = parse_id(&point, id);
	if (!err) {
		grown = realloc(tracing->points, (tracing->count + 1) * sizeof(*grown));
		if (grown) {
			tracing->points = grown;
			grown[tracing->count++] = point;
			return 0;
		}
		err = -ENOMEM;
	}
	free(point.system);
	free(point.format);
	return err;
}

static void add_u32(struct pfl_strbuf *out, uint32_t value)
{
	pfl_strbuf_add(out, (char *)&value, sizeof(value));
}

static void add_sized(struct pfl_strbuf *out, const char *text, uint64_t size)
{
	pfl_strbuf_add(out, (char *)&size, sizeof(size));
	pfl_strbuf_add(out, text, size);
}

/* A named file of the layout's head. */
static int add_header_file(const struct pfl_tracing *tracing, const char *name,
			   struct pfl_strbuf *out)
{
	struct pfl_strbuf path = { 0 }, text = { 0 };
	int err;

	pfl_strbuf_addf(&path, "events/%s", name);
	err = path.error;
	if (!err)
		err = pfl_sys_read_file(tracing->sys, tracing->dir, path.text, FORMAT_MAX, &text);
	if (!err) {
		pfl_strbuf_add(out, name, strlen(name) + 1);
		add_sized(out, text.text, text.len);
	}
	pfl_strbuf_free(&path);
	pfl_strbuf_free(&text);
	return err;
}

/* Each tracepoint as a system of its own: a system may come more than once. */
static void add_formats(const struct pfl_tracing *tracing, struct pfl_strbuf *out)
{
	add_u32(out, tracing->count);
	for (unsigned int i = 0; i < tracing->count; i++) {
		pfl_strbuf_add(out, tracing->points[i].system,
			       strlen(tracing->points[i].system) + 1);
		add_u32(out, 1);
		add_sized(out, tracing->points[i].format, tracing->points[i].size);
	}
}

int pfl_tracing_data(const struct pfl_tracing *tracing, struct pfl_strbuf *out)
{
	static const char head[] = "\027\010\104tracing0.6";
	int err;

	pfl_strbuf_add(out, head, sizeof(head));
	pfl_strbuf_addc(out, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	pfl_strbuf_addc(out, sizeof(long));
	add_u32(out, sysconf(_SC_PAGESIZE));
	err = add_header_file(tracing, "header_page", out);
	if (!err)
		err = add_header_file(tracing, "header_event", out);
	if (err)
		return pfl_fail(tracing->ctx, err, "tracefs: cannot read the formats' header: %s",
				strerror(-err));
	add_u32(out, 0);	/* formats of ftrace's own */
	add_formats(tracing, out);
	add_u32(out, 0);	/* kernel symbols */
	add_u32(out, 0);	/* printk formats */
	add_sized(out, "", 0);	/* names of tasks */
	return out->error;
}
