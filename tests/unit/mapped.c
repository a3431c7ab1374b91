/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of mappings on their way into a recording: torn ones, many, and what must not change. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "record/mapped.h"
#include "symbol/buildid.h"

struct mmap2 {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t start, len, offset;
	uint32_t maj, min;
	uint64_t ino, ino_gen;
	uint32_t prot, flags;
	char path[256];
};

struct sample {
	struct perf_event_header header;
	uint64_t words[4];
};

static struct stat own;
static char own_path[256];

struct output {
	unsigned char bytes[8192];
	size_t len;
};

static int keep(void *data, const struct iovec *parts, int nparts)
{
	struct output *out = data;

	assert_in_range(nparts, 1, PFL_RING_PARTS);
	for (int i = 0; i < nparts; i++) {
		assert_true(parts[i].iov_len && parts[i].iov_len <= sizeof(out->bytes) - out->len);
		memcpy(out->bytes + out->len, parts[i].iov_base, parts[i].iov_len);
		out->len += parts[i].iov_len;
	}
	return 0;
}

/* This program, as the kernel tells that it was mapped. */
static struct mmap2 mapping(const char *path, uint32_t prot)
{
	struct mmap2 record = {
		.header = { .type = PERF_RECORD_MMAP2, .misc = PERF_RECORD_MISC_USER,
			    .size = sizeof(record) },
		.pid = getpid(), .tid = getpid(), .start = 0x1000, .len = 0x1000,
		.maj = major(own.st_dev), .min = minor(own.st_dev), .ino = own.st_ino,
		.prot = prot, .flags = MAP_PRIVATE,
	};

	strcpy(record.path, path);
	return record;
}

static struct sample sample(uint64_t word)
{
	return (struct sample){
		.header = { .type = PERF_RECORD_SAMPLE, .size = sizeof(struct sample) },
		.words = { word, word, word, word },
	};
}

static void test_build_ids(void **state)
{
	struct {
		struct sample before;
		struct mmap2 code;
		struct sample between;
		struct mmap2 data, gone;
		struct sample behind;
	} in = {
		sample(1), mapping(own_path, PROT_READ | PROT_EXEC), sample(2),
		mapping(own_path, PROT_READ), mapping("/no/such/file", PROT_READ | PROT_EXEC),
		sample(3),
	}, want = in;
	struct pfl_build_id id;
	int fd = open(own_path, O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(pfl_build_id_read(fd, &id), 0);
	close(fd);
	assert_int_equal(id.size, PFL_BUILD_ID_MAX);
	want.code.header.misc |= PERF_RECORD_MISC_MMAP_BUILD_ID;
	want.code.maj = id.size;
	memcpy(&want.code.min, id.bytes, id.size);
	/* Wherever a ring ends, and where it does not. */
	for (size_t cut = 0; cut <= sizeof(in); cut += 8) {
		const struct iovec parts[] = {
			{ &in, cut }, { (char *)&in + cut, sizeof(in) - cut },
		};
		static struct output out;
		struct pfl_captures *captures;
		struct pfl_build_id of_path;
		const char *path;

		out.len = 0;
		assert_int_equal(pfl_captures_new(false, &captures), 0);
		assert_int_equal(pfl_mapped_pass(captures, parts, 2, keep, &out), 0);
		assert_int_equal(out.len, sizeof(want));
		assert_memory_equal(out.bytes, &want, sizeof(want));
		assert_int_equal(pfl_captures_build_id(captures, 0, &path, &of_path), 0);
		assert_string_equal(path, own_path);
		assert_true(pfl_build_id_equal(&of_path, &id));
		assert_int_equal(pfl_captures_build_id(captures, 1, &path, &of_path), -ENODATA);
		assert_int_equal(pfl_captures_build_id(captures, 2, &path, &of_path), -ENOENT);
		pfl_captures_free(captures);
	}
}

static int drop(void *data, const struct iovec *parts, int nparts)
{
	(void)data;
	(void)parts;
	(void)nparts;
	return 0;
}

/* A file that is held is still there when its name is not. */
static void test_held(void **state)
{
	struct pfl_dso dso = { .kind = PFL_DSO_FILE, .path = own_path };
	struct mmap2 record;
	struct iovec part = { &record, sizeof(record) };
	struct pfl_captures *captures;
	struct stat st;

	(void)state;
	record = mapping(own_path, PROT_READ | PROT_EXEC);
	dso.maj = record.maj;
	dso.min = record.min;
	dso.ino = record.ino;
	assert_int_equal(pfl_captures_new(true, &captures), 0);
	assert_int_equal(pfl_captures_file(captures, &dso), -1);
	assert_int_equal(pfl_mapped_pass(captures, &part, 1, drop, NULL), 0);
	assert_int_equal(fstat(pfl_captures_file(captures, &dso), &st), 0);
	assert_true(st.st_ino == own.st_ino && st.st_dev == own.st_dev);
	dso.ino++;
	assert_int_equal(pfl_captures_file(captures, &dso), -1);
	/* another inode of that path, which is not what is there now */
	record.ino++;
	assert_int_equal(pfl_mapped_pass(captures, &part, 1, drop, NULL), 0);
	assert_int_equal(pfl_captures_file(captures, &dso), -1);
	pfl_captures_free(captures);
}

/* Reaped: nothing leads to what it had mapped. */
static pid_t gone_process(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

/* One that has another root. */
static pid_t contained_process(const char *root)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		if (chroot(root) || write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

/* The rings are emptied one by one: a child's mapping may come out before its birth. */
static void test_born_on_another_cpu(void **state)
{
	struct {
		struct perf_event_header header;
		uint32_t pid, parent, tid, parent_tid;
		uint64_t time;
	} birth = { .header = { .type = PERF_RECORD_FORK, .size = sizeof(birth) } };
	char root[] = "/tmp/perflame-root.XXXXXX", program[64];
	struct pfl_dso dso = { .kind = PFL_DSO_FILE, .path = "/program" };
	struct mmap2 record = mapping(dso.path, PROT_READ | PROT_EXEC);
	struct iovec part = { &record, sizeof(record) }, born = { &birth, sizeof(birth) };
	struct pfl_captures *captures;
	struct stat st;

	(void)state;
	if (geteuid())
		skip();
	assert_non_null(mkdtemp(root));
	snprintf(program, sizeof(program), "%s/program", root);
	assert_int_equal(close(open(program, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
	assert_int_equal(stat(program, &st), 0);
	record.maj = dso.maj = major(st.st_dev);
	record.min = dso.min = minor(st.st_dev);
	record.ino = dso.ino = st.st_ino;
	birth.parent = contained_process(root);
	record.pid = birth.pid = gone_process();
	assert_int_equal(pfl_captures_new(true, &captures), 0);
	assert_int_equal(pfl_mapped_pass(captures, &part, 1, drop, NULL), 0);
	assert_int_equal(pfl_captures_file(captures, &dso), -1);
	assert_int_equal(pfl_mapped_pass(captures, &born, 1, drop, NULL), 0);
	assert_true(pfl_captures_file(captures, &dso) >= 0);
	pfl_captures_free(captures);
	kill(birth.parent, SIGKILL);
	waitpid(birth.parent, NULL, 0);
	unlink(program);
	rmdir(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build_ids), cmocka_unit_test(test_held),
		cmocka_unit_test(test_born_on_another_cpu),
	};
	ssize_t len = readlink("/proc/self/exe", own_path, sizeof(own_path) - 1);

	if (len <= 0 || stat(own_path, &own))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
