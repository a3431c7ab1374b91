/* SPDX-License-Identifier: GPL-2.0-or-later */
/* perf.data as it is written: killed, cut short and completed, it can be read. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "perfdata/format.h"
#include "perfdata/writer.h"

static uint64_t room;		/* bytes that the disk still takes */
static unsigned int most;	/* bytes that one call takes, 0: all */
static unsigned int interrupts;	/* every so many calls one is interrupted, 0: none */
static unsigned int calls;
static bool no_header;		/* what stands in a file's first bytes cannot be replaced */

static int refuse(size_t *len, off_t grown)
{
	if (interrupts && ++calls % interrupts == 0) {
		errno = EINTR;
		return -1;
	}
	if (most && *len > most)
		*len = most;
	if ((uint64_t)grown > room && !room) {
		errno = ENOSPC;
		return -1;
	}
	return 0;
}

static off_t size_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_size;
}

/* A disk of a fixed size: what lies inside the file already costs nothing. */
static ssize_t put(int fd, const void *buf, size_t len, off_t at)
{
	off_t size = size_of(fd), more = at + (off_t)len - size;

	if (no_header && !at && size) {
		errno = EIO;
		return -1;
	}
	if (more < 0)
		more = 0;
	if (refuse(&len, more))
		return -1;
	more = at + (off_t)len - size;
	if (more > 0 && (uint64_t)more > room) {
		len -= more - room;
		more = room;
	}
	if (more > 0)
		room -= more;
	return pwrite(fd, buf, len, at);
}

static ssize_t fake_writev(int fd, const struct iovec *parts, int nparts)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	ssize_t n = put(fd, parts[0].iov_base, parts[0].iov_len, at);

	(void)nparts;
	if (n > 0)
		lseek(fd, n, SEEK_CUR);
	return n;
}

static int fake_ftruncate(int fd, off_t size)
{
	room += size_of(fd) - size;
	return ftruncate(fd, size);
}

static const struct pfl_file_ops fakes = {
	.writev = fake_writev,
	.pwrite = put,
	.ftruncate = fake_ftruncate,
	.lseek = lseek,
	.poll = poll,
};

static const uint64_t ids[] = { 11, 12, 13 };

struct fixture {
	struct pfl_ctx *ctx;
	struct pfl_writer *writer;
	int fd;
};

static void open_writer(struct fixture *f, const void *tracing, size_t tracing_size)
{
	static const struct perf_event_attr attrs[2] = {
		{ .type = PERF_TYPE_SOFTWARE, .size = PERF_ATTR_SIZE_VER7, .sample_id_all = 1 },
		{ .type = PERF_TYPE_SOFTWARE, .size = PERF_ATTR_SIZE_VER7, .config = 9 },
	};
	const struct pfl_writer_event events[] = {
		{ .attr = &attrs[0], .ids = ids, .nids = 2, .name = "cpu-clock" },
		{ .attr = &attrs[1], .ids = ids + 2, .nids = 1, .name = "dummy:u" },
	};
	static char *const argv[] = { (char *)"perf-oncpu", (char *)"-a", NULL };
	const struct pfl_writer_info info = {
		.hostname = "host", .osrelease = "6.1", .version = "0", .arch = "x86_64",
		.cpus_present = 4, .cpus_online = 2, .argv = argv,
		.tracing = tracing, .tracing_size = tracing_size,
	};

	f->fd = memfd_create("writer", MFD_CLOEXEC);
	assert_true(f->fd >= 0);
	assert_int_equal(pfl_ctx_new(&f->ctx), 0);
	assert_int_equal(pfl_writer_new(f->ctx, &fakes, f->fd, events, 2, &info, &f->writer), 0);
}

static void close_writer(struct fixture *f)
{
	pfl_writer_free(f->writer);
	pfl_ctx_free(f->ctx);
	close(f->fd);
}

static int reset(void **state)
{
	(void)state;
	room = UINT64_MAX >> 1;
	most = 0;
	interrupts = 0;
	calls = 0;
	no_header = false;
	return 0;
}

/* A record that says which one it is. */
static void make_record(uint64_t *record, unsigned int words, uint64_t number)
{
	struct perf_event_header header = { .type = PERF_RECORD_SAMPLE, .size = 8 * words };

	for (unsigned int i = 1; i < words; i++)
		record[i] = number;
	memcpy(record, &header, sizeof(header));
}

static int push(struct fixture *f, unsigned int count, uint64_t number)
{
	uint64_t records[3][8];
	struct iovec parts[4];

	assert_true(count <= 3);
	for (unsigned int i = 0; i < count; i++)
		make_record(records[i], 8, number + i);
	/* As a ring that wraps in the middle of a record, with an empty piece as well. */
	parts[0] = (struct iovec){ records, 24 };
	parts[1] = (struct iovec){ NULL, 0 };
	parts[2] = (struct iovec){ (char *)records + 24, count * 64 - 24 };
	return pfl_writer_push(f->writer, parts, 3);
}

struct image {
	char *bytes;
	off_t size;
};

static struct image image_of(const struct fixture *f)
{
	struct image image = { .size = size_of(f->fd) };

	image.bytes = malloc(image.size);
	assert_non_null(image.bytes);
	assert_int_equal(pread(f->fd, image.bytes, image.size, 0), image.size);
	return image;
}

/* Walks the records in [at, end): all whole. Counts samples, which must be numbered from 0. */
static uint64_t count_samples(const struct image *image, uint64_t at, uint64_t end)
{
	struct perf_event_header header;
	uint64_t samples = 0, number;
	uint32_t more;

	while (at < end) {
		assert_true(end - at >= sizeof(header));
		memcpy(&header, image->bytes + at, sizeof(header));
		assert_true(header.size >= 8 && header.size <= end - at);
		if (header.type == PERF_RECORD_SAMPLE) {
			memcpy(&number, image->bytes + at + 8, 8);
			assert_int_equal(number, samples++);
		}
		if (header.type == PFL_RECORD_TRACING_DATA) {
			memcpy(&more, image->bytes + at + 8, 4);
			assert_int_equal(more % 8, 0);
			at += more;
		}
		at += header.size;
	}
	assert_int_equal(at, end);
	return samples;
}

static uint64_t check_stream(const struct fixture *f)
{
	struct image image = image_of(f);
	uint64_t magic, size, samples;

	memcpy(&magic, image.bytes, 8);
	memcpy(&size, image.bytes + 8, 8);
	assert_int_equal(magic, PFL_MAGIC);
	assert_int_equal(size, PFL_PIPE_HEADER_SIZE);
	samples = count_samples(&image, 16, image.size);
	free(image.bytes);
	return samples;
}

/* Section of feature @bit, which is the n-th that is set. */
static struct pfl_file_section feature(const struct image *image, enum pfl_feature bit)
{
	struct pfl_file_section section = { 0 };
	struct pfl_file_header header;
	uint64_t below;

	memcpy(&header, image->bytes, sizeof(header));
	if (!(header.features[0] >> bit & 1))
		return section;
	below = __builtin_popcountll(header.features[0] & ((1ULL << bit) - 1));
	memcpy(&section, image->bytes + header.data.offset + header.data.size +
	       below * sizeof(section), sizeof(section));
	assert_true(section.offset + section.size <= (uint64_t)image->size);
	return section;
}

static uint64_t check_file(const struct fixture *f, uint64_t *first_id)
{
	struct image image = image_of(f);
	struct pfl_file_section section;
	struct pfl_file_header header;
	uint64_t samples;

	memcpy(&header, image.bytes, sizeof(header));
	assert_int_equal(header.magic, PFL_MAGIC);
	assert_int_equal(header.size, 104);
	assert_int_equal(header.attr_size, 144);
	assert_int_equal(header.attrs.size, 2 * 144);
	assert_true(header.attrs.offset + header.attrs.size <= (uint64_t)image.size);
	memcpy(&section, image.bytes + header.attrs.offset + 128, sizeof(section));
	assert_int_equal(section.size, 16);
	memcpy(first_id, image.bytes + section.offset, 8);
	samples = count_samples(&image, header.data.offset, header.data.offset + header.data.size);
	free(image.bytes);
	return samples;
}

static void test_complete(void **state)
{
	const struct pfl_build_id id = { .size = 20, .bytes = { 1, 2, 3 } };
	struct pfl_file_section section;
	struct image image;
	struct fixture f;
	uint64_t first_id, times[2];

	(void)state;
	open_writer(&f, "formats", 7);
	assert_int_equal(push(&f, 3, 0), 0);
	assert_int_equal(pfl_writer_round(f.writer), 0);
	assert_int_equal(push(&f, 2, 3), 0);
	/* Killed here, it is a stream. */
	assert_int_equal(check_stream(&f), 5);
	assert_int_equal(pfl_writer_build_id(f.writer, true, -1, "[kernel.kallsyms]", &id), 0);
	assert_int_equal(pfl_writer_finish(f.writer, 100, 200), 0);
	assert_int_equal(check_file(&f, &first_id), 5);
	assert_int_equal(first_id, 11);
	image = image_of(&f);
	section = feature(&image, PFL_FEATURE_HOSTNAME);
	assert_string_equal(image.bytes + section.offset + 4, "host");
	section = feature(&image, PFL_FEATURE_TRACING_DATA);
	assert_int_equal(section.size, 7);
	assert_memory_equal(image.bytes + section.offset, "formats", 7);
	section = feature(&image, PFL_FEATURE_SAMPLE_TIME);
	memcpy(times, image.bytes + section.offset, sizeof(times));
	assert_int_equal(times[0], 100);
	assert_int_equal(times[1], 200);
	section = feature(&image, PFL_FEATURE_BUILD_ID);
	assert_string_equal(image.bytes + section.offset + PFL_BUILD_ID_NAME_AT,
			    "[kernel.kallsyms]");
	assert_int_equal(feature(&image, PFL_FEATURE_CPUDESC).size, 0);
	free(image.bytes);
	close_writer(&f);
}

static void test_short_writes(void **state)
{
	struct fixture f;
	uint64_t first_id;

	(void)state;
	for (most = 1; most < 70; most += 3) {
		interrupts = 2 + most % 3;
		open_writer(&f, NULL, 0);
		for (unsigned int i = 0; i < 5; i++)
			assert_int_equal(push(&f, 3, i * 3), 0);
		assert_int_equal(pfl_writer_finish(f.writer, 1, 2), 0);
		assert_int_equal(check_file(&f, &first_id), 15);
		close_writer(&f);
	}
}

/* The disk is full after any number of bytes: what fitted stays, whole. */
static void test_disk_full(void **state)
{
	unsigned int completed = 0, streams = 0;
	struct image image;
	struct fixture f;
	uint64_t size, first_id, samples;
	int err, end;

	(void)state;
	for (uint64_t left = 0; left < 2500; left += 4) {
		reset(NULL);
		open_writer(&f, NULL, 0);
		room = left;
		err = 0;
		for (unsigned int i = 0; i < 5 && !err; i++)
			err = push(&f, 3, i * 3);
		assert_true(err == (left < 15 * 64 ? -ENOSPC : 0));
		end = pfl_writer_finish(f.writer, 1, 2);
		assert_true(!err || end == -ENOSPC);
		image = image_of(&f);
		memcpy(&size, image.bytes + 8, 8);
		free(image.bytes);
		if (size == 104) {
			samples = check_file(&f, &first_id);
			completed++;
		} else {
			assert_int_equal(end, -ENOSPC);
			samples = check_stream(&f);
			streams++;
		}
		assert_int_equal(samples, left < 15 * 64 ? left / 64 : 15);
		close_writer(&f);
	}
	assert_true(completed > 0 && streams > 0);
}

static void count_message(void *data, enum pfl_level level, const char *text)
{
	(void)level;
	assert_non_null(strstr(text, "what was written until then is kept"));
	++*(unsigned int *)data;
}

/* The last write of all fails: it is told, and there is a stream as if the recorder had been killed. */
static void test_header_cannot_be_replaced(void **state)
{
	unsigned int told = 0;
	struct fixture f;

	(void)state;
	open_writer(&f, NULL, 0);
	pfl_ctx_set_log(f.ctx, PFL_ERROR, count_message, &told);
	assert_int_equal(push(&f, 3, 0), 0);
	no_header = true;
	assert_int_equal(pfl_writer_finish(f.writer, 1, 2), -EIO);
	assert_int_equal(told, 1);
	assert_int_equal(check_stream(&f), 3);
	close_writer(&f);
}

/* After an error nothing more is taken: a gap would look like a quiet time. */
static void test_error_stays(void **state)
{
	struct fixture f;

	(void)state;
	open_writer(&f, NULL, 0);
	room = 10;
	assert_int_equal(push(&f, 1, 0), -ENOSPC);
	reset(NULL);
	assert_int_equal(push(&f, 1, 0), -ENOSPC);
	assert_int_equal(pfl_writer_finish(f.writer, 0, 0), -ENOSPC);
	close_writer(&f);
}

/* No more ids fit a record than 8,174: the rest goes into another. */
static void test_many_ids(void **state)
{
	const struct perf_event_attr attr = { .size = PERF_ATTR_SIZE_VER7 };
	const unsigned int count = 20000;
	struct pfl_writer_event event = { .attr = &attr, .nids = count, .name = "x" };
	const struct pfl_writer_info info = { 0 };
	uint64_t *many = calloc(count, sizeof(*many));
	struct pfl_file_section section;
	struct pfl_file_header header;
	struct image image;
	struct fixture f;

	(void)state;
	assert_non_null(many);
	for (unsigned int i = 0; i < count; i++)
		many[i] = i;
	event.ids = many;
	f.fd = memfd_create("writer", MFD_CLOEXEC);
	assert_int_equal(pfl_ctx_new(&f.ctx), 0);
	assert_int_equal(pfl_writer_new(f.ctx, &fakes, f.fd, &event, 1, &info, &f.writer), 0);
	assert_int_equal(check_stream(&f), 0);
	assert_int_equal(pfl_writer_finish(f.writer, 0, 0), 0);
	image = image_of(&f);
	memcpy(&header, image.bytes, sizeof(header));
	memcpy(&section, image.bytes + header.attrs.offset + 128, sizeof(section));
	assert_int_equal(section.size, count * 8);
	assert_memory_equal(image.bytes + section.offset, many, section.size);
	free(image.bytes);
	free(many);
	close_writer(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_complete, reset),
		cmocka_unit_test_setup(test_short_writes, reset),
		cmocka_unit_test_setup(test_disk_full, reset),
		cmocka_unit_test_setup(test_header_cannot_be_replaced, reset),
		cmocka_unit_test_setup(test_error_stays, reset),
		cmocka_unit_test_setup(test_many_ids, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
