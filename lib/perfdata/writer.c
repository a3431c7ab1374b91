/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "perfdata/format.h"
#include "perfdata/writer.h"
#include "util/strbuf.h"

#define ATTR_SIZE PERF_ATTR_SIZE_VER7	/* 128: perf 6.1 refuses anything newer */
#define ALIGN8(n) (((n) + 7) & ~(size_t)7)
#define RECORD_MAX 65528u		/* the largest multiple of 8 that header.size holds */

_Static_assert(sizeof(struct perf_event_attr) >= ATTR_SIZE, "kernel headers are older than 5.13");
_Static_assert(sizeof(struct pfl_file_header) == 104, "as the format has it");

struct feature {
	struct pfl_strbuf body;
	struct pfl_file_section at;	/* in the file, where it stands there already */
};

struct pfl_writer {
	struct pfl_ctx *ctx;
	const struct pfl_file_ops *ops;
	int fd;
	bool seekable;
	int error;			/* of the first write that failed */
	uint64_t end;			/* offset behind the last whole record */
	uint64_t data_at;		/* where the records of the rings start */
	struct pfl_strbuf attrs;	/* attr and section of its ids, for each event */
	struct pfl_strbuf ids;
	struct feature features[PFL_FEATURE_CLOCK_DATA + 1];
};

/* Waits until a descriptor that somebody made non-blocking takes more. */
static int wait_writable(struct pfl_writer *w)
{
	struct pollfd fd = { .fd = w->fd, .events = POLLOUT };

	if (w->ops->poll(&fd, 1, -1) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

/* Steps over the first @len bytes of what is left of @parts. */
static void advance(struct iovec **parts, int *nparts, size_t len)
{
	while (*nparts && len >= (*parts)->iov_len) {
		len -= (*parts)->iov_len;
		(*parts)++;
		(*nparts)--;
	}
	if (*nparts) {
		(*parts)->iov_base = (char *)(*parts)->iov_base + len;
		(*parts)->iov_len -= len;
	}
}

/* Writes all of @parts, which it uses up. *done says how far it came. */
static int write_parts(struct pfl_writer *w, struct iovec *parts, int nparts, uint64_t *done)
{
	ssize_t n;
	int err;

	*done = 0;
	advance(&parts, &nparts, 0);
	while (nparts) {
		n = w->ops->writev(w->fd, parts, nparts);
		if (n > 0) {
			*done += n;
			advance(&parts, &nparts, n);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			err = wait_writable(w);
		else
			err = n < 0 ? -errno : -EIO;
		if (err)
			return err;
	}
	return 0;
}

/* Copies @len bytes at @at of the pieces, which hold them. */
static void gather(const struct iovec *parts, int nparts, uint64_t at, void *to, size_t len)
{
	char *out = to;
	size_t n;

	for (int i = 0; i < nparts && len; i++) {
		if (at >= parts[i].iov_len) {
			at -= parts[i].iov_len;
			continue;
		}
		n = parts[i].iov_len - at;
		if (n > len)
			n = len;
		memcpy(out, (char *)parts[i].iov_base + at, n);
		out += n;
		len -= n;
		at = 0;
	}
}

/* How many of the first @limit bytes are whole records. */
static uint64_t whole_records(const struct iovec *parts, int nparts, uint64_t limit)
{
	struct perf_event_header header;
	uint64_t at = 0;

	while (at + sizeof(header) <= limit) {
		gather(parts, nparts, at, &header, sizeof(header));
		if (header.size < sizeof(header) || at + header.size > limit)
			break;
		at += header.size;
	}
	return at;
}

static const char *remedy(int err)
{
	if (err == -ENOSPC || err == -EDQUOT || err == -EFBIG)
		return "; free some space or write elsewhere";
	return err == -EPIPE ? "; who read it has gone" : "";
}

static int cannot_go_on(struct pfl_writer *w, int err)
{
	w->error = err;
	if (w->seekable && w->ops->ftruncate(w->fd, w->end))
		pfl_debug(w->ctx, "the recording cannot be cut back: %s", strerror(errno));
	return pfl_fail(w->ctx, err, "the recording ends after %llu bytes: %s%s; what was written until "
			"then is kept", (unsigned long long)w->end, strerror(-err), remedy(err));
}

int pfl_writer_push(struct pfl_writer *w, const struct iovec *parts, int nparts)
{
	struct iovec *left;
	uint64_t done;
	int err;

	if (w->error)
		return w->error;
	left = malloc(nparts * sizeof(*left));
	if (!left)
		return -ENOMEM;
	memcpy(left, parts, nparts * sizeof(*left));
	err = write_parts(w, left, nparts, &done);
	free(left);
	if (!err) {
		w->end += done;
		return 0;
	}
	w->end += whole_records(parts, nparts, done);
	return cannot_go_on(w, err);
}

static int push_bytes(struct pfl_writer *w, const void *bytes, size_t len)
{
	struct iovec part = { .iov_base = (void *)bytes, .iov_len = len };

	return pfl_writer_push(w, &part, 1);
}

int pfl_writer_round(struct pfl_writer *w)
{
	struct perf_event_header round = {
		.type = PFL_RECORD_FINISHED_ROUND,
		.size = sizeof(round),
	};

	return push_bytes(w, &round, sizeof(round));
}

static void add_u32(struct pfl_strbuf *buf, uint32_t value)
{
	pfl_strbuf_add(buf, (char *)&value, sizeof(value));
}

static void add_u64(struct pfl_strbuf *buf, uint64_t value)
{
	pfl_strbuf_add(buf, (char *)&value, sizeof(value));
}

static void add_header(struct pfl_strbuf *buf, uint32_t type, uint16_t misc, size_t size)
{
	struct perf_event_header header = { .type = type, .misc = misc, .size = size };

	pfl_strbuf_add(buf, (char *)&header, sizeof(header));
}

/* The text with its NUL, filled up with zeroes to @room bytes. */
static void add_padded(struct pfl_strbuf *buf, const char *text, size_t room)
{
	static const char zeroes[64];
	size_t len = strlen(text);

	if (len >= room)
		len = room - 1;
	pfl_strbuf_add(buf, text, len);
	for (size_t n = room - len; n; n -= len) {
		len = n < sizeof(zeroes) ? n : sizeof(zeroes);
		pfl_strbuf_add(buf, zeroes, len);
	}
}

/* A string of a feature: its length with padding to 64 bytes, then the text. */
static void add_string(struct pfl_strbuf *buf, const char *text)
{
	size_t room = (strlen(text) + 1 + 63) & ~(size_t)63;

	add_u32(buf, room);
	add_padded(buf, text, room);
}

static void feature_string(struct pfl_writer *w, enum pfl_feature bit, const char *text)
{
	if (text)
		add_string(&w->features[bit].body, text);
}

static void feature_cmdline(struct pfl_writer *w, char *const *argv)
{
	struct pfl_strbuf *body = &w->features[PFL_FEATURE_CMDLINE].body;
	uint32_t count = 0;

	if (!argv)
		return;
	while (argv[count])
		count++;
	add_u32(body, count);
	for (uint32_t i = 0; i < count; i++)
		add_string(body, argv[i]);
}

static void feature_event_desc(struct pfl_writer *w, const struct pfl_writer_event *events,
			       unsigned int nevents)
{
	struct pfl_strbuf *body = &w->features[PFL_FEATURE_EVENT_DESC].body;

	add_u32(body, nevents);
	add_u32(body, ATTR_SIZE);
	for (unsigned int i = 0; i < nevents; i++) {
		pfl_strbuf_add(body, (const char *)events[i].attr, ATTR_SIZE);
		add_u32(body, events[i].nids);
		add_string(body, events[i].name);
		pfl_strbuf_add(body, (const char *)events[i].ids, events[i].nids * 8ULL);
	}
}

static void make_features(struct pfl_writer *w, const struct pfl_writer_info *info,
			  const struct pfl_writer_event *events, unsigned int nevents)
{
	struct pfl_strbuf *body;

	feature_string(w, PFL_FEATURE_HOSTNAME, info->hostname);
	feature_string(w, PFL_FEATURE_OSRELEASE, info->osrelease);
	feature_string(w, PFL_FEATURE_VERSION, info->version);
	feature_string(w, PFL_FEATURE_ARCH, info->arch);
	feature_string(w, PFL_FEATURE_CPUDESC, info->cpudesc);
	feature_cmdline(w, info->argv);
	feature_event_desc(w, events, nevents);
	if (info->cpus_present) {
		body = &w->features[PFL_FEATURE_NRCPUS].body;
		add_u32(body, info->cpus_present);
		add_u32(body, info->cpus_online);
	}
	if (info->clock_resolution)
		add_u64(&w->features[PFL_FEATURE_CLOCKID].body, info->clock_resolution);
}

/*
 * Records of one event: its attr with ids, as many records as they take (no
 * record holds more than 8,174), and its name.
 */
static void add_event(struct pfl_strbuf *stream, const struct pfl_writer_event *event)
{
	const unsigned int most = (RECORD_MAX - sizeof(struct perf_event_header) - ATTR_SIZE) / 8;
	size_t room = ALIGN8(strlen(event->name) + 1);
	unsigned int count;

	for (unsigned int i = 0; i < event->nids; i += count) {
		count = event->nids - i < most ? event->nids - i : most;
		add_header(stream, PFL_RECORD_ATTR, 0,
			   sizeof(struct perf_event_header) + ATTR_SIZE + 8UL * count);
		pfl_strbuf_add(stream, (const char *)event->attr, ATTR_SIZE);
		pfl_strbuf_add(stream, (const char *)&event->ids[i], count * 8ULL);
		add_header(stream, PFL_RECORD_EVENT_UPDATE, 0,
			   sizeof(struct perf_event_header) + 16 + room);
		add_u64(stream, PFL_EVENT_UPDATE_NAME);
		add_u64(stream, event->ids[i]);
		add_padded(stream, event->name, room);
	}
}

/* Where the file's header will be is a record that nobody misses then: its body also ends the file. */
static void add_place_of_header(struct pfl_strbuf *stream, const struct pfl_writer_info *info)
{
	const size_t room = sizeof(struct pfl_file_header) - stream->len;

	add_header(stream, PFL_RECORD_FEATURE, 0, room);
	add_u64(stream, PFL_FEATURE_VERSION);
	add_u32(stream, sizeof(struct pfl_file_header) - stream->len - sizeof(uint32_t));
	add_padded(stream, info->version ? info->version : "",
		   sizeof(struct pfl_file_header) - stream->len);
}

/* The features that fit a record; their bodies then stand in the file once and for all. */
static void add_features(struct pfl_writer *w, struct pfl_strbuf *stream)
{
	for (unsigned int i = 0; i < sizeof(w->features) / sizeof(w->features[0]); i++) {
		struct feature *feature = &w->features[i];
		size_t size = ALIGN8(sizeof(struct perf_event_header) + 8 + feature->body.len);

		/* perf takes the event descriptions of a stream from the attrs. */
		if (!feature->body.len || size > RECORD_MAX || i == PFL_FEATURE_EVENT_DESC ||
		    i == PFL_FEATURE_VERSION)
			continue;
		add_header(stream, PFL_RECORD_FEATURE, 0, size);
		add_u64(stream, i);
		feature->at = (struct pfl_file_section){ stream->len, feature->body.len };
		pfl_strbuf_add(stream, feature->body.text, feature->body.len);
		while (stream->len % 8)
			pfl_strbuf_addc(stream, 0);
	}
}

/* The formats of the tracepoints stand behind their record, 16 bytes long so that all stays aligned. */
static void add_tracing(struct pfl_writer *w, struct pfl_strbuf *stream,
			const struct pfl_writer_info *info)
{
	if (!info->tracing)
		return;
	add_header(stream, PFL_RECORD_TRACING_DATA, 0, 16);
	add_u32(stream, ALIGN8(info->tracing_size));
	add_u32(stream, 0);
	w->features[PFL_FEATURE_TRACING_DATA].at =
		(struct pfl_file_section){ stream->len, info->tracing_size };
	pfl_strbuf_add(stream, info->tracing, info->tracing_size);
	while (stream->len % 8)
		pfl_strbuf_addc(stream, 0);
}

static void keep_attrs(struct pfl_writer *w, const struct pfl_writer_event *events,
		       unsigned int nevents)
{
	for (unsigned int i = 0; i < nevents; i++) {
		pfl_strbuf_add(&w->attrs, (const char *)events[i].attr, ATTR_SIZE);
		add_u64(&w->attrs, w->ids.len);
		add_u64(&w->attrs, events[i].nids * 8ULL);
		pfl_strbuf_add(&w->ids, (const char *)events[i].ids, events[i].nids * 8ULL);
	}
}

static int out_of_memory(const struct pfl_writer *w)
{
	if (w->attrs.error || w->ids.error)
		return -ENOMEM;
	for (unsigned int i = 0; i < sizeof(w->features) / sizeof(w->features[0]); i++)
		if (w->features[i].body.error)
			return -ENOMEM;
	return 0;
}

static int write_preamble(struct pfl_writer *w, const struct pfl_writer_event *events,
			  unsigned int nevents, const struct pfl_writer_info *info)
{
	struct pfl_strbuf stream = { 0 };
	struct iovec part;
	int err;

	add_u64(&stream, PFL_MAGIC);
	add_u64(&stream, PFL_PIPE_HEADER_SIZE);
	add_place_of_header(&stream, info);
	for (unsigned int i = 0; i < nevents; i++)
		add_event(&stream, &events[i]);
	add_features(w, &stream);
	add_tracing(w, &stream, info);
	err = stream.error ? stream.error : out_of_memory(w);
	if (!err) {
		part = (struct iovec){ stream.text, stream.len };
		err = write_parts(w, &part, 1, &w->data_at);
		w->end = w->data_at;
		if (err)
			pfl_log(w->ctx, PFL_ERROR, "the recording's header cannot be written: %s",
				strerror(-err));
	}
	pfl_strbuf_free(&stream);
	return err;
}

/* Offsets only mean something in a file that starts here, and at which one can write. */
static bool is_seekable(const struct pfl_writer *w)
{
	int flags = fcntl(w->fd, F_GETFL);

	return flags >= 0 && !(flags & O_APPEND) && w->ops->lseek(w->fd, 0, SEEK_CUR) == 0;
}

int pfl_writer_new(struct pfl_ctx *ctx, const struct pfl_file_ops *ops, int fd,
		   const struct pfl_writer_event *events, unsigned int nevents,
		   const struct pfl_writer_info *info, struct pfl_writer **out)
{
	struct pfl_writer *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return -ENOMEM;
	w->ctx = ctx;
	w->ops = ops;
	w->fd = fd;
	w->seekable = is_seekable(w);
	make_features(w, info, events, nevents);
	keep_attrs(w, events, nevents);
	err = write_preamble(w, events, nevents, info);
	if (err) {
		pfl_writer_free(w);
		return err;
	}
	*out = w;
	return 0;
}

void pfl_writer_free(struct pfl_writer *w)
{
	if (!w)
		return;
	pfl_strbuf_free(&w->attrs);
	pfl_strbuf_free(&w->ids);
	for (unsigned int i = 0; i < sizeof(w->features) / sizeof(w->features[0]); i++)
		pfl_strbuf_free(&w->features[i].body);
	free(w);
}

int pfl_writer_build_id(struct pfl_writer *w, bool kernel, int32_t pid, const char *path,
			const struct pfl_build_id *id)
{
	struct pfl_strbuf *body = &w->features[PFL_FEATURE_BUILD_ID].body;
	size_t room = (strlen(path) + 1 + 63) & ~(size_t)63;
	unsigned char bytes[24] = { 0 };

	if (PFL_BUILD_ID_NAME_AT + room > RECORD_MAX)
		return 0;
	memcpy(bytes, id->bytes, id->size);
	bytes[20] = id->size;
	add_header(body, PFL_RECORD_BUILD_ID, PFL_BUILD_ID_MISC_SIZE |
		   (kernel ? PERF_RECORD_MISC_KERNEL : PERF_RECORD_MISC_USER),
		   PFL_BUILD_ID_NAME_AT + room);
	pfl_strbuf_add(body, (char *)&pid, sizeof(pid));
	pfl_strbuf_add(body, (char *)bytes, sizeof(bytes));
	add_padded(body, path, room);
	return body->error;
}

/* Where the bodies and tables of the end go: one buffer, to be written at @at. */
static void add_tables(struct pfl_writer *w, struct pfl_strbuf *tail, uint64_t at,
		       struct pfl_file_header *header)
{
	const size_t count = sizeof(w->features) / sizeof(w->features[0]);
	struct pfl_file_section table[PFL_FEATURE_CLOCK_DATA + 1];
	struct pfl_file_section *attr;
	unsigned int used = 0;
	uint64_t next;

	for (unsigned int i = 0; i < count; i++)
		used += w->features[i].at.size || w->features[i].body.len;
	next = at + used * sizeof(table[0]);
	for (unsigned int i = 0, n = 0; i < count; i++) {
		struct feature *feature = &w->features[i];

		if (!feature->at.size && !feature->body.len)
			continue;
		table[n] = feature->at;
		if (!feature->at.size) {
			table[n] = (struct pfl_file_section){ next, feature->body.len };
			next += ALIGN8(feature->body.len);
		}
		header->features[i / 64] |= 1ULL << i % 64;
		n++;
	}
	pfl_strbuf_add(tail, (char *)table, used * sizeof(table[0]));
	for (unsigned int i = 0; i < count; i++) {
		if (w->features[i].at.size || !w->features[i].body.len)
			continue;
		pfl_strbuf_add(tail, w->features[i].body.text, w->features[i].body.len);
		while (tail->len % 8)
			pfl_strbuf_addc(tail, 0);
	}
	for (size_t i = 0; i < w->attrs.len; i += header->attr_size) {
		attr = (void *)(w->attrs.text + i + ATTR_SIZE);
		attr->offset += next;
	}
	pfl_strbuf_add(tail, w->ids.text, w->ids.len);
	header->attrs = (struct pfl_file_section){ next + w->ids.len, w->attrs.len };
	pfl_strbuf_add(tail, w->attrs.text, w->attrs.len);
}

static int write_at(struct pfl_writer *w, const char *bytes, size_t len, uint64_t at)
{
	ssize_t n;

	while (len) {
		n = w->ops->pwrite(w->fd, bytes, len, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		bytes += n;
		at += n;
		len -= n;
	}
	return 0;
}

/* The tables behind the data, and last of all, within one page and so in one go, the header. */
static int complete_file(struct pfl_writer *w)
{
	struct pfl_file_header header = {
		.magic = PFL_MAGIC,
		.size = sizeof(header),
		.attr_size = ATTR_SIZE + sizeof(struct pfl_file_section),
		.data = { w->data_at, w->end - w->data_at },
	};
	struct pfl_strbuf tail = { 0 };
	int err;

	add_tables(w, &tail, w->end, &header);
	err = tail.error;
	if (!err)
		err = write_at(w, tail.text, tail.len, w->end);
	if (!err)
		err = write_at(w, (char *)&header, sizeof(header), 0);
	if (err && !w->error)
		cannot_go_on(w, err);
	else if (err && w->ops->ftruncate(w->fd, w->end))
		pfl_debug(w->ctx, "the recording cannot be cut back: %s", strerror(errno));
	pfl_strbuf_free(&tail);
	return err;
}

/* A stream has its build-ids as records, the bytes being the same. */
static int complete_stream(struct pfl_writer *w)
{
	const struct pfl_strbuf *ids = &w->features[PFL_FEATURE_BUILD_ID].body;

	return ids->len ? push_bytes(w, ids->text, ids->len) : 0;
}

int pfl_writer_finish(struct pfl_writer *w, uint64_t first, uint64_t last)
{
	int err;

	if (!w->seekable)
		return complete_stream(w);
	if (last) {
		add_u64(&w->features[PFL_FEATURE_SAMPLE_TIME].body, first);
		add_u64(&w->features[PFL_FEATURE_SAMPLE_TIME].body, last);
	}
	err = out_of_memory(w);
	if (!err)
		err = complete_file(w);
	return w->error ? w->error : err;
}
