/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc says of processes, mappings and cgroups, told by whoever runs them. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "record/cgroup.h"
#include "record/kerneltext.h"
#include "record/procmaps.h"
#include "record/synth.h"

static struct pfl_sys sys;
static struct pfl_ctx *ctx;

/* Files that are not what they are. */
static const struct fake {
	const char *path, *text;
} *fakes;

static int fake_openat(int dir, const char *path, int flags)
{
	for (int i = 0; fakes && fakes[i].path; i++) {
		int fd;

		if (strcmp(path, fakes[i].path))
			continue;
		fd = memfd_create("fake", MFD_CLOEXEC);
		assert_int_equal(pwrite(fd, fakes[i].text, strlen(fakes[i].text), 0),
				 strlen(fakes[i].text));
		return fd;
	}
	return openat(dir, path, flags);
}

static int setup(void **state)
{
	(void)state;
	sys = pfl_sys_linux;
	sys.openat = fake_openat;
	fakes = NULL;
	return pfl_ctx_new(&ctx);
}

static int teardown(void **state)
{
	(void)state;
	pfl_ctx_free(ctx);
	return 0;
}

static bool parse(const char *text, struct pfl_procmap *map, char *buf)
{
	strcpy(buf, text);
	return pfl_procmap_parse(buf, map);
}

static void test_maps_lines(void **state)
{
	struct pfl_procmap map;
	char buf[512];

	(void)state;
	assert_true(parse("7f00-ff00 r-xp 00001000 fe:02 4711                       /a b/c", &map,
			  buf));
	assert_int_equal(map.start, 0x7f00);
	assert_int_equal(map.end, 0xff00);
	assert_int_equal(map.offset, 0x1000);
	assert_int_equal(map.major, 0xfe);
	assert_int_equal(map.minor, 2);
	assert_int_equal(map.inode, 4711);
	assert_int_equal(map.prot, PROT_READ | PROT_EXEC);
	assert_false(map.shared);
	assert_string_equal(map.path, "/a b/c");
	assert_true(parse("1-2 -wxs 0 0:0 18446744073709551615 /x (deleted)", &map, buf));
	assert_true(map.shared);
	assert_int_equal(map.prot, PROT_WRITE | PROT_EXEC);
	assert_true(map.inode == UINT64_MAX);
	assert_string_equal(map.path, "/x (deleted)");
	assert_true(parse("1-2 --xp 0 0:0 0 /a\\012b\\0123\\040", &map, buf));
	assert_string_equal(map.path, "/a\nb\n3\\040");
	assert_true(parse("1-2 --xp 0 0:0 0 ", &map, buf));
	assert_string_equal(map.path, "");
	assert_true(parse("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0   [vsyscall]",
			  &map, buf));
	assert_string_equal(map.path, "[vsyscall]");
}

static void test_maps_garbage(void **state)
{
	static const char *const bad[] = {
		"", " ", "x", "1", "1-", "1-2", "1-2 ", "1-2 r-x", "1-2 r-xp", "1-2 r-xp ",
		"1-2 r-xp 0 0:0", "1-2 r-xp 0 0:0 ", "1-2 r-xp 0 0:0 x", "2-1 r-xp 0 0:0 0 /x",
		"1-1 r-xp 0 0:0 0 /x", "-1-2 r-xp 0 0:0 0 /x", "1-2  r-xp 0 0:0 0 /x",
		"1- 2 r-xp 0 0:0 0 /x", "1-2 r-xp 0 00 0 /x",
	};
	struct pfl_procmap map;
	char buf[512], whole[] = "7f00-ff00 r-xp 00001000 fe:02 4711 /a";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(parse(bad[i], &map, buf));
	/* Cut off anywhere before the inode. */
	for (size_t len = 0; len <= strlen("7f00-ff00 r-xp 00001000 fe:02 "); len++) {
		snprintf(buf, sizeof(buf), "%.*s", (int)len, whole);
		assert_false(pfl_procmap_parse(buf, &map));
	}
}

struct records {
	unsigned char bytes[1 << 20];
	size_t len;
};

static int keep(void *data, const struct iovec *parts, int nparts)
{
	struct records *records = data;

	for (int i = 0; i < nparts; i++) {
		assert_true(records->len + parts[i].iov_len <= sizeof(records->bytes));
		memcpy(records->bytes + records->len, parts[i].iov_base, parts[i].iov_len);
		records->len += parts[i].iov_len;
	}
	return 0;
}

/* The text at @text_at of the n-th record of @type, or NULL; all must be whole and end in our id. */
static const char *text_of(const struct records *records, uint32_t type, unsigned int n,
			   size_t text_at)
{
	struct perf_event_header header;
	const char *found = NULL;
	size_t at = 0;
	uint64_t id;

	for (; at < records->len; at += header.size) {
		memcpy(&header, records->bytes + at, sizeof(header));
		assert_true(header.size % 8 == 0 && header.size > 40);
		assert_true(header.size <= records->len - at);
		memcpy(&id, records->bytes + at + header.size - 8, 8);
		assert_int_equal(id, 77);
		if (header.type == type && !n--)
			found = (const char *)records->bytes + at + text_at;
	}
	assert_int_equal(at, records->len);
	return found;
}

static void run_synth(struct pfl_synth *synth, struct records *records)
{
	records->len = 0;
	pfl_synth_init(synth, ctx, &sys, 77, keep, records);
}

/* A process that is called as badly as one can. */
static void test_process(void **state)
{
	static struct records records;
	struct pfl_synth synth;
	char old[16];

	(void)state;
	prctl(PR_GET_NAME, old);
	prctl(PR_SET_NAME, "a) R 1\n;\x1b[");
	run_synth(&synth, &records);
	assert_int_equal(pfl_synth_process(&synth, getpid()), 0);
	assert_int_equal(pfl_synth_flush(&synth), 0);
	prctl(PR_SET_NAME, old);
	assert_string_equal(text_of(&records, PERF_RECORD_COMM, 0, 16), "a) R 1\n;\x1b[");
	assert_null(text_of(&records, PERF_RECORD_COMM, 1, 16));
	/* pid, ppid, as the kernel has them in spite of the name. */
	assert_memory_equal(text_of(&records, PERF_RECORD_FORK, 0, 8),
			    (&(int32_t[2]){ getpid(), getppid() }), 8);
	assert_non_null(text_of(&records, PERF_RECORD_MMAP2, 0, 72));
	pfl_synth_free(&synth);
}

static void test_process_gone(void **state)
{
	static struct records records;
	struct pfl_synth synth;

	(void)state;
	run_synth(&synth, &records);
	assert_int_equal(pfl_synth_process(&synth, INT32_MAX), 0);
	assert_int_equal(pfl_synth_flush(&synth), 0);
	assert_int_equal(records.len, 0);
	pfl_synth_free(&synth);
}

/* Records come whole, in one part. */
static int count_mappings(void *data, const struct iovec *parts, int nparts)
{
	struct perf_event_header header;

	for (int i = 0; i < nparts; i++)
		for (size_t at = 0; at < parts[i].iov_len; at += header.size) {
			memcpy(&header, (char *)parts[i].iov_base + at, sizeof(header));
			*(unsigned int *)data += header.type == PERF_RECORD_MMAP2;
		}
	return 0;
}

static int discard(void *data, const struct iovec *parts, int nparts)
{
	(void)data;
	(void)parts;
	(void)nparts;
	return 0;
}

static ssize_t read_odd(int fd, void *buf, size_t size)
{
	return read(fd, buf, size < 7 ? size : 7);
}

/* Lines come as the kernel pleases, and there may be more of them than one would want to keep. */
static void test_long_maps(void **state)
{
	enum { LINES = 20000, NAME = 4000 };
	static struct records whole, parts;
	unsigned int told = 0;
	char *text = malloc(LINES * (NAME + 64)), *at = text, path[32], name[NAME];
	struct pfl_synth synth;

	(void)state;
	run_synth(&synth, &whole);
	assert_int_equal(pfl_synth_process(&synth, getpid()), 0);
	assert_int_equal(pfl_synth_flush(&synth), 0);
	pfl_synth_free(&synth);
	sys.read = read_odd;
	run_synth(&synth, &parts);
	assert_int_equal(pfl_synth_process(&synth, getpid()), 0);
	assert_int_equal(pfl_synth_flush(&synth), 0);
	pfl_synth_free(&synth);
	sys.read = read;
	assert_int_equal(parts.len, whole.len);
	assert_memory_equal(parts.bytes, whole.bytes, whole.len);

	assert_non_null(text);
	memset(name, 'n', NAME - 1);
	name[NAME - 1] = '\0';
	for (unsigned int i = 1; i <= LINES; i++)
		at += sprintf(at, "%x000-%x000 r-xp 0 0:0 5 /%s\n", i, i + 1, name);
	snprintf(path, sizeof(path), "/proc/%d/maps", getpid());
	fakes = (struct fake[]){ { path, text }, { NULL, NULL } };
	pfl_synth_init(&synth, ctx, &sys, 77, count_mappings, &told);
	assert_int_equal(pfl_synth_process(&synth, getpid()), 0);
	assert_int_equal(pfl_synth_flush(&synth), 0);
	assert_int_equal(told, LINES);
	pfl_synth_free(&synth);
	fakes = NULL;
	free(text);
}

static int count_up(void *data)
{
	return ++*(unsigned int *)data == 3 ? -EIO : 0;
}

/* Meanwhile the rings fill: whoever empties them has his turn after each process. */
static void test_between_processes(void **state)
{
	struct pfl_synth synth;
	unsigned int turns = 0;
	int status;
	pid_t child[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		child[i] = fork();
		if (!child[i])
			for (;;)
				pause();
	}
	pfl_synth_init(&synth, ctx, &sys, 77, discard, &turns);
	synth.between = count_up;
	assert_int_equal(pfl_synth_all(&synth), -EIO);
	assert_int_equal(turns, 3);
	pfl_synth_free(&synth);
	for (int i = 0; i < 2; i++) {
		kill(child[i], SIGKILL);
		waitpid(child[i], &status, 0);
	}
}

static void test_mappings(void **state)
{
	static const typeof(*fakes) files[] = {
		{ "/proc/1/maps",
		  "1000-2000 r-xp 0 1:2 3 /lib/a b\\012c (deleted)\n"
		  "2000-3000 rw-p 0 1:2 3 /data\n"
		  "garbage\n"
		  "3000-4000 rwxp 0 0:0 0\n" },
		{ NULL, NULL }
	};
	static struct records records;
	struct pfl_synth synth;

	(void)state;
	fakes = files;
	run_synth(&synth, &records);
	assert_int_equal(pfl_synth_process(&synth, 1), 0);
	assert_int_equal(pfl_synth_flush(&synth), 0);
	assert_string_equal(text_of(&records, PERF_RECORD_MMAP2, 0, 72), "/lib/a b\nc (deleted)");
	assert_string_equal(text_of(&records, PERF_RECORD_MMAP2, 1, 72), "//anon");
	assert_null(text_of(&records, PERF_RECORD_MMAP2, 2, 72));
	pfl_synth_free(&synth);
}

static void test_kernel(void **state)
{
	static const typeof(*fakes) files[] = {
		{ "/proc/kallsyms",
		  "0000000000000000 A fixed_percpu_data\n"
		  "ffffffff81000000 T _stext\n"
		  "ffffffff81000040 T _text\n" },
		{ "/proc/iomem",
		  "00001000-0009fbff : System RAM\n"
		  "  01000000-022090c7 : Kernel code\n" },
		{ "/proc/modules",
		  "ext4 1003520 2 - Live 0xffffffffc0a00000\n"
		  "hidden 4096 0 - Live 0x0000000000000000\n"
		  "nonsense\n" },
		{ NULL, NULL }
	};
	static const typeof(*fakes) hidden[] = {
		{ "/proc/kallsyms", "0000000000000000 T _text\n0000000000000000 T _stext\n" },
		{ NULL, NULL }
	};
	static struct records records;
	struct pfl_kernel_text text;
	struct pfl_synth synth;

	(void)state;
	fakes = files;
	pfl_kernel_text_read(&text, &sys);
	assert_true(text.start == 0xffffffff81000040);
	assert_int_equal(text.size, 0x12090c8);
	run_synth(&synth, &records);
	assert_int_equal(pfl_synth_kernel(&synth, &text), 0);
	assert_int_equal(pfl_synth_flush(&synth), 0);
	assert_string_equal(text_of(&records, PERF_RECORD_MMAP, 0, 40), "[kernel.kallsyms]_text");
	assert_string_equal(text_of(&records, PERF_RECORD_MMAP, 1, 40), "[ext4]");
	assert_null(text_of(&records, PERF_RECORD_MMAP, 2, 40));
	pfl_synth_free(&synth);
	fakes = hidden;
	pfl_kernel_text_read(&text, &sys);
	assert_int_equal(text.start, 0);
}

/* Which mount it is, whatever its name, and how a path below it is written. */
static void test_cgroup(void **state)
{
	static char top[] = "/tmp/pfl-cgroup-XXXXXX", mount[64], below[128], mountinfo[512];
	const typeof(*fakes) files[] = {
		{ "/proc/self/mountinfo", mountinfo },
		{ NULL, NULL }
	};
	int fd;

	(void)state;
	if (!mkdtemp(top))
		fail();
	snprintf(mount, sizeof(mount), "%s/a b", top);
	snprintf(below, sizeof(below), "%s/web", mount);
	assert_int_equal(mkdir(mount, 0700) | mkdir(below, 0700), 0);
	snprintf(mountinfo, sizeof(mountinfo),
		 "short\n"
		 "1 2 0:3 / /nowhere rw - cgroup2 cgroup2 rw\n"
		 "1 2 0:4 / /neither rw - cgroup cgroup rw,cpu,perf_event_not\n"
		 "1 2 0:5 / %s/a\\040b rw shared:1 - cgroup cgroup rw,cpu,perf_event\n", top);
	fakes = files;
	for (int i = 0; i < 3; i++) {
		fd = pfl_cgroup_open(ctx, &sys, i == 0 ? "web" : i == 1 ? "/web" : below);
		assert_true(fd >= 0);
		close(fd);
	}
	assert_int_equal(pfl_cgroup_open(ctx, &sys, "none"), -ENOENT);
	snprintf(mountinfo, sizeof(mountinfo), "1 2 0:3 / / rw - ext4 /dev/x rw\n");
	assert_int_equal(pfl_cgroup_open(ctx, &sys, "web"), -ENODEV);
	rmdir(below);
	rmdir(mount);
	rmdir(top);
	fakes = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_maps_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(test_maps_garbage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_process, setup, teardown),
		cmocka_unit_test_setup_teardown(test_process_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_maps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_between_processes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mappings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kernel, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cgroup, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
