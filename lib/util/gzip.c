/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "util/gzip.h"

#define WINDOW_BITS (15 + 16)	/* zlib: the largest window, in gzip's envelope */
#define MEMORY_LEVEL 8		/* zlib's default */
#define ROOM_MIN ((size_t)64 << 10)

struct pfl_gzip {
	z_stream stream;
	FILE *file;
	int err;
	unsigned char buf[64 << 10];
};

int pfl_gzip_new(FILE *file, struct pfl_gzip **out)
{
	struct pfl_gzip *gzip = calloc(1, sizeof(*gzip));

	if (!gzip)
		return -ENOMEM;
	if (deflateInit2(&gzip->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_BITS,
			 MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(gzip);
		return -ENOMEM;
	}
	gzip->file = file;
	*out = gzip;
	return 0;
}

static void deflate_all(struct pfl_gzip *gzip, int flush)
{
	int end = Z_OK;

	do {
		size_t len;

		gzip->stream.next_out = gzip->buf;
		gzip->stream.avail_out = sizeof(gzip->buf);
		end = deflate(&gzip->stream, flush);
		len = sizeof(gzip->buf) - gzip->stream.avail_out;
		errno = 0;
		if (!gzip->err && fwrite(gzip->buf, 1, len, gzip->file) != len)
			gzip->err = errno ? -errno : -EIO;
	} while (!gzip->stream.avail_out || (flush == Z_FINISH && end == Z_OK));
}

void pfl_gzip_put(struct pfl_gzip *gzip, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	while (len) {
		uInt part = len < UINT_MAX ? len : UINT_MAX;

		gzip->stream.next_in = (unsigned char *)at;
		gzip->stream.avail_in = part;
		deflate_all(gzip, Z_NO_FLUSH);
		at += part;
		len -= part;
	}
}

int pfl_gzip_close(struct pfl_gzip *gzip)
{
	int err;

	deflate_all(gzip, Z_FINISH);
	deflateEnd(&gzip->stream);
	err = gzip->err;
	errno = 0;
	if (!err && fflush(gzip->file))
		err = errno ? -errno : -EIO;
	free(gzip);
	return err;
}

struct inflated {
	char *bytes;
	size_t len, room, limit;
};

static int make_room(struct inflated *to)
{
	size_t room = to->room ? to->room * 2 : ROOM_MIN;
	char *bytes;

	if (to->len < to->room)
		return 0;
	if (to->room >= to->limit)
		return -EFBIG;
	room = room < to->limit ? room : to->limit;
	bytes = realloc(to->bytes, room);
	if (!bytes)
		return -ENOMEM;
	to->bytes = bytes;
	to->room = room;
	return 0;
}

/* One step; 1 at the end of the last member: several may stand one behind the other. */
static int inflate_some(z_stream *stream, struct inflated *to)
{
	int err = make_room(to);
	size_t room;
	int end;

	if (err)
		return err;
	room = to->room - to->len < UINT_MAX ? to->room - to->len : UINT_MAX;
	stream->next_out = (unsigned char *)to->bytes + to->len;
	stream->avail_out = room;
	end = inflate(stream, Z_NO_FLUSH);
	to->len += room - stream->avail_out;
	if (end == Z_STREAM_END)
		return stream->avail_in ? (inflateReset(stream) == Z_OK ? 0 : -EILSEQ) : 1;
	if (end == Z_MEM_ERROR)
		return -ENOMEM;
	return end == Z_OK ? 0 : -EILSEQ;
}

int pfl_gunzip(const void *bytes, size_t len, size_t limit, char **out, size_t *out_len)
{
	z_stream stream = { .next_in = (unsigned char *)bytes, .avail_in = len };
	struct inflated to = { .limit = limit };
	int err = 0;

	if (len > UINT_MAX)
		return -EFBIG;
	if (inflateInit2(&stream, WINDOW_BITS) != Z_OK)
		return -ENOMEM;
	while (!err)
		err = inflate_some(&stream, &to);
	inflateEnd(&stream);
	if (err < 0) {
		free(to.bytes);
		return err;
	}
	*out = to.bytes;
	*out_len = to.len;
	return 0;
}
