/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cmocka.h>

#include "symbol/buildid.h"
#include "symbol/source.h"
#include "symbol/symbol.h"

/* Functions with names of other languages, and one that is returned to without a call. */
__attribute__((noinline)) int cxx_function(int x) __asm__("_ZN3foo3barEi");
int cxx_function(int x)
{
	return x * 5 + 2;
}

extern const char before_trampoline[], behind_trampoline[], behind_gap[];
extern const char trampoline[] __asm__("__restore_rt");
__asm__(".text\n"
	".balign 16\n"
	".type before_trampoline, %function\n"
	"before_trampoline: .skip 16\n"
	".size before_trampoline, 16\n"
	".type __restore_rt, %function\n"
	"__restore_rt: .skip 16\n"
	".size __restore_rt, 16\n"
	".type behind_trampoline, %function\n"
	"behind_trampoline: .skip 16\n"
	".size behind_trampoline, 16\n"
	".skip 16\n"
	".type behind_gap, %function\n"
	"behind_gap: .skip 16\n"
	".size behind_gap, 16\n");

/* A function of this program and one of libc are called. */
#ifdef __aarch64__
#define CALL "bl "
#define BEHIND ""
#else
#define CALL "call "
#define BEHIND "@PLT"
#endif
extern const char behind_call[], behind_plt_call[], behind_no_call[];
__asm__(".text\n"
	".balign 16\n"
	".type calls, %function\n"
	"calls: " CALL "before_trampoline\n"
	"behind_call: nop\n"
	CALL "getppid" BEHIND "\n"
	"behind_plt_call: nop; nop; nop; nop; nop; nop\n"
	"behind_no_call: nop\n"
	".size calls, . - calls\n");

struct setup {
	struct pfl_ctx *ctx;
	struct pfl_symbols *symbols;
	char messages[32768];
	unsigned int count;
};

static void keep(void *data, enum pfl_level level, const char *text)
{
	struct setup *setup = data;
	size_t len = strlen(setup->messages);

	(void)level;
	setup->count++;
	snprintf(setup->messages + len, sizeof(setup->messages) - len, "%s\n", text);
}

static void start(struct setup *setup, const struct pfl_symbols_origin *origin,
		  enum pfl_demangle demangle)
{
	*setup = (struct setup){ 0 };
	assert_int_equal(pfl_ctx_new(&setup->ctx), 0);
	pfl_ctx_set_log(setup->ctx, PFL_DEBUG, keep, setup);
	assert_int_equal(pfl_symbols_new(setup->ctx, origin, demangle, &setup->symbols), 0);
}

static void end(struct setup *setup)
{
	pfl_symbols_free(setup->symbols);
	pfl_ctx_free(setup->ctx);
}

static const struct pfl_symbols_origin here, live = { .live = true };

/* The DSO that @addr is in, and its offset there. */
static struct pfl_dso dso_at(const void *addr, uint64_t *offset)
{
	static char path[4096];
	struct pfl_dso dso = { .kind = PFL_DSO_FILE, .path = path, .name = path, .pid = getpid() };
	FILE *maps = fopen("/proc/self/maps", "re");
	uint64_t from, to, skipped, at = (uintptr_t)addr;
	char line[5000];
	bool found = false;

	assert_non_null(maps);
	while (!found && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %x:%x %" SCNu64
			   " %4095[^\n]", &from, &to, &skipped, &dso.maj, &dso.min, &dso.ino,
			   path) == 7)
			found = at >= from && at < to;
	fclose(maps);
	assert_true(found);
	*offset = at - from + skipped;
	return dso;
}

static const char *name_at(struct setup *setup, const struct pfl_dso *dso, uint64_t offset,
			   bool caller)
{
	struct pfl_symbol symbol;
	int err = pfl_symbols_find(setup->symbols, dso, offset, caller, &symbol);

	if (err)
		assert_int_equal(err, -ENOENT);
	return err ? "-" : symbol.name;
}

static void test_own(void **state)
{
	struct setup setup;
	struct pfl_symbol symbol;
	uint64_t offset;
	struct pfl_dso dso = dso_at((const void *)test_own, &offset);

	(void)state;
	start(&setup, &here, PFL_DEMANGLE_SIMPLE);
	assert_int_equal(pfl_symbols_find(setup.symbols, &dso, offset + 1, false, &symbol), 0);
	assert_string_equal(symbol.name, "test_own");
	assert_int_equal(symbol.kind, PFL_FRAME_USER);
	assert_int_equal(symbol.start, offset);
	assert_string_equal(name_at(&setup, &dso, 0, false), "-");
	assert_string_equal(name_at(&setup, &dso, 0, true), "-");
	assert_string_equal(name_at(&setup, &dso, UINT64_MAX, true), "-");
	assert_int_equal(setup.count, 0);
	end(&setup);
}

static void test_callee(void **state)
{
	uint64_t offset;
	struct pfl_dso dso = dso_at(behind_call, &offset);
	uint64_t plt = offset + (behind_plt_call - behind_call);
	struct pfl_symbol symbol;
	struct setup setup;

	(void)state;
	start(&setup, &here, PFL_DEMANGLE_SIMPLE);
	assert_int_equal(pfl_symbols_callee(setup.symbols, &dso, offset, &symbol), 0);
	assert_string_equal(symbol.name, "before_trampoline");
	assert_int_equal(pfl_symbols_callee(setup.symbols, &dso, plt, &symbol), 0);
	assert_string_equal(symbol.name, "getppid@plt");
	offset += behind_no_call - behind_call;
	assert_int_equal(pfl_symbols_callee(setup.symbols, &dso, offset, &symbol), -ENOENT);
	assert_int_equal(pfl_symbols_callee(setup.symbols, &dso, 0, &symbol), -ENOENT);
	assert_int_equal(pfl_symbols_callee(setup.symbols, &dso, UINT64_MAX, &symbol), -ENOENT);
	end(&setup);
}

static void test_demangle(void **state)
{
	static const char *const names[] = {
		[PFL_DEMANGLE_SIMPLE] = "foo::bar",
		[PFL_DEMANGLE_FULL] = "foo::bar(int)",
		[PFL_DEMANGLE_NONE] = "_ZN3foo3barEi",
	};
	uint64_t offset;
	struct pfl_dso dso = dso_at((const void *)cxx_function, &offset);
	struct setup setup;

	(void)state;
	for (int how = PFL_DEMANGLE_SIMPLE; how <= PFL_DEMANGLE_NONE; how++) {
		const char *name;

		start(&setup, &here, how);
		name = name_at(&setup, &dso, offset, false);
		assert_string_equal(name, names[how]);
		assert_ptr_equal(name_at(&setup, &dso, offset + 1, true), name);
		end(&setup);
	}
}

static void test_caller(void **state)
{
	uint64_t offset;
	struct pfl_dso dso = dso_at(trampoline, &offset);
	struct setup setup;

	(void)state;
	start(&setup, &here, PFL_DEMANGLE_SIMPLE);
	/* A call that ends before_trampoline would look like this, were it not for the name. */
	assert_string_equal(name_at(&setup, &dso, offset, true), "__restore_rt");
	assert_string_equal(name_at(&setup, &dso, offset, false), "__restore_rt");
	assert_string_equal(name_at(&setup, &dso, offset + 1, true), "__restore_rt");
	assert_string_equal(name_at(&setup, &dso, offset + 16, true), "__restore_rt");
	assert_string_equal(name_at(&setup, &dso, offset + 16, false), "behind_trampoline");
	assert_string_equal(name_at(&setup, &dso, offset - 1, true), "before_trampoline");
	/* Where no call can have ended, the address is exact. */
	dso = dso_at(behind_gap, &offset);
	assert_string_equal(name_at(&setup, &dso, offset, true), "behind_gap");
	assert_string_equal(name_at(&setup, &dso, offset - 1, true), "-");
	end(&setup);
	assert_true(behind_trampoline == trampoline + 16 && before_trampoline + 16 == trampoline);
}

static void test_build_id(void **state)
{
	uint64_t offset;
	struct pfl_dso dso = dso_at((const void *)test_build_id, &offset);
	int fd = open(dso.path, O_RDONLY | O_CLOEXEC);
	struct setup setup;

	(void)state;
	if (pfl_build_id_read(fd, &dso.build_id)) {
		close(fd);
		skip();
	}
	close(fd);
	/* The id decides; the inode may be another one, and the machine too. */
	dso.ino++;
	start(&setup, &(struct pfl_symbols_origin){ .hostname = "else", .osrelease = "5" },
	      PFL_DEMANGLE_SIMPLE);
	assert_string_equal(name_at(&setup, &dso, offset, false), "test_build_id");
	end(&setup);

	dso.build_id.bytes[3] ^= 0x10;
	start(&setup, &here, PFL_DEMANGLE_SIMPLE);
	assert_string_equal(name_at(&setup, &dso, offset, false), "-");
	assert_string_equal(name_at(&setup, &dso, offset + 1, false), "-");
	assert_int_equal(setup.count, 1);
	assert_non_null(strstr(setup.messages, dso.path));
	assert_non_null(strstr(setup.messages, "replaced"));
	end(&setup);
}

static void test_inode(void **state)
{
	uint64_t offset;
	struct pfl_dso dso = dso_at((const void *)test_inode, &offset);
	struct setup setup;
	struct stat st;

	(void)state;
	assert_int_equal(stat(dso.path, &st), 0);
	dso.maj = major(st.st_dev);
	dso.min = minor(st.st_dev);
	dso.ino = st.st_ino + 1;
	start(&setup, &here, PFL_DEMANGLE_SIMPLE);
	assert_string_equal(name_at(&setup, &dso, offset, false), "-");
	assert_non_null(strstr(setup.messages, "replaced"));
	end(&setup);
	/* Another device proves nothing. */
	dso.maj++;
	start(&setup, &here, PFL_DEMANGLE_SIMPLE);
	assert_string_equal(name_at(&setup, &dso, offset, false), "test_inode");
	end(&setup);
}

static void test_deleted(void **state)
{
	char path[4200];
	uint64_t offset;
	struct pfl_dso dso = dso_at((const void *)test_deleted, &offset);
	struct setup setup;

	(void)state;
	snprintf(path, sizeof(path), "%s (deleted)", dso.path);
	dso.path = path;
	dso.ino = 0;
	/* Of a deleted file another one with its path needs a proof. */
	start(&setup, &live, PFL_DEMANGLE_SIMPLE);
	assert_string_equal(name_at(&setup, &dso, offset, false), "-");
	assert_non_null(strstr(setup.messages, "replaced"));
	end(&setup);
}

static void test_elsewhere(void **state)
{
	uint64_t offset;
	struct pfl_dso dso = dso_at((const void *)test_elsewhere, &offset);
	struct setup setup;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		/* whatever kernel it had */
		start(&setup, &(struct pfl_symbols_origin){ .hostname = "else",
							    .osrelease = i ? NULL : "5" },
		      PFL_DEMANGLE_SIMPLE);
		assert_string_equal(name_at(&setup, &dso, offset, false), "-");
		assert_non_null(strstr(setup.messages, "another machine"));
		end(&setup);
	}
}

/* None of these may hang, or do more than fail. */
static void test_no_files(void **state)
{
	static const char *const paths[] = {
		"/dev/zero", "/dev/tty", "/", "/proc/self/mem", "/proc/kmsg", "/etc/passwd",
		"/no/such/file", "/proc/self/fd/0", "", "[stack]", "relative", "inode:[1]",
		"//anon", " (deleted)",
	};
	char fifo[] = "/tmp/perflame-unit-XXXXXX", path[64];
	struct pfl_dso dsos[15] = { 0 };
	struct setup setup;

	(void)state;
	assert_non_null(mkdtemp(fifo));
	snprintf(path, sizeof(path), "%s/fifo", fifo);
	assert_int_equal(mkfifo(path, 0600), 0);
	start(&setup, &live, PFL_DEMANGLE_SIMPLE);
	for (size_t i = 0; i < 15; i++) {
		dsos[i] = (struct pfl_dso){ .kind = PFL_DSO_FILE, .pid = getpid(),
					    .path = i < 14 ? paths[i] : path, .name = "" };
		assert_string_equal(name_at(&setup, &dsos[i], 0x1000, i & 1), "-");
	}
	end(&setup);
	unlink(path);
	rmdir(fifo);
}

static void test_message_limit(void **state)
{
	struct pfl_dso dsos[25];
	char paths[25][32];
	struct setup setup;

	(void)state;
	start(&setup, &here, PFL_DEMANGLE_SIMPLE);
	for (int i = 0; i < 25; i++) {
		snprintf(paths[i], sizeof(paths[i]), "/no/such/file%d", i);
		dsos[i] = (struct pfl_dso){ .kind = PFL_DSO_FILE, .path = paths[i], .name = "" };
		assert_string_equal(name_at(&setup, &dsos[i], 1, false), "-");
	}
	assert_int_equal(setup.count, 10);
	end(&setup);
	assert_int_equal(setup.count, 11);
	assert_non_null(strstr(setup.messages, "15 more"));
}

static void test_jit(void **state)
{
	struct pfl_dso dso = { .kind = PFL_DSO_ANON, .path = "//anon", .name = "//anon",
			       .pid = getpid() };
	struct pfl_dso other = dso;
	struct pfl_symbol symbol;
	struct setup setup;
	char path[64];
	FILE *map;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	map = fopen(path, "wxe");
	assert_non_null(map);
	fputs("7f0000001000 100 Foo::bar (app.js:1)\nbroken\n7f0000002000 100 baz\n", map);
	fclose(map);
	start(&setup, &live, PFL_DEMANGLE_NONE);
	assert_int_equal(pfl_symbols_find(setup.symbols, &dso, 0x7f0000001010, false, &symbol), 0);
	unlink(path);
	assert_string_equal(symbol.name, "Foo::bar (app.js:1)");
	assert_int_equal(symbol.kind, PFL_FRAME_JIT);
	assert_int_equal(symbol.start, 0x7f0000001000);
	assert_string_equal(name_at(&setup, &dso, 0x7f0000001100, true), "Foo::bar (app.js:1)");
	assert_string_equal(name_at(&setup, &dso, 0x7f0000001100, false), "-");
	assert_int_equal(setup.count, 1);
	assert_non_null(strstr(setup.messages, ": 1 lines"));
	/* No map at all is nothing to speak of. */
	assert_string_equal(name_at(&setup, &other, 0x7f0000001010, false), "-");
	assert_int_equal(setup.count, 1);
	end(&setup);
}

static uint64_t kernel_address(const char *name)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[1024], word[600];
	uint64_t addr = 0, at;

	while (file && !addr && fgets(line, sizeof(line), file))
		if (sscanf(line, "%" SCNx64 " %*c %599s", &at, word) == 2 && !strcmp(word, name))
			addr = at;
	if (file)
		fclose(file);
	return addr;
}

/* What comes back to padding was called from the function before it. */
static void test_kernel_padding(void **state)
{
	uint64_t padding = kernel_address("__pfx_schedule");
	struct pfl_dso dso = { .kind = PFL_DSO_KERNEL, .path = "[kernel.kallsyms]",
			       .name = "[kernel.kallsyms]" };
	char before[600];
	struct setup setup;

	(void)state;
	if (!padding)
		skip();
	start(&setup, &live, PFL_DEMANGLE_SIMPLE);
	strcpy(before, name_at(&setup, &dso, padding - 1, false));
	assert_string_not_equal(before, "-");
	assert_string_equal(name_at(&setup, &dso, padding, false), before);
	assert_string_equal(name_at(&setup, &dso, padding + 1, false), "__pfx_schedule");
	end(&setup);
}

static void test_kernel(void **state)
{
	uint64_t text = kernel_address("_text"), schedule = kernel_address("schedule");
	struct pfl_dso dso = { .kind = PFL_DSO_KERNEL, .path = "[kernel.kallsyms]",
			       .name = "[kernel.kallsyms]", .start = text + 0x200000 };
	struct pfl_symbol symbol;
	struct setup setup;
	struct utsname uts;

	(void)state;
	if (!text || !schedule)
		skip();
	start(&setup, &live, PFL_DEMANGLE_SIMPLE);
	assert_int_equal(pfl_symbols_find(setup.symbols, &dso, schedule + 1, false, &symbol), 0);
	assert_string_equal(symbol.name, "schedule");
	assert_int_equal(symbol.kind, PFL_FRAME_KERNEL);
	assert_int_equal(symbol.start, schedule);
	end(&setup);

	/* Read by a thread of its own, and asked for at once, later, or never. */
	for (int asked = 0; asked < 2; asked++) {
		start(&setup, &live, PFL_DEMANGLE_SIMPLE);
		pfl_symbols_expect_kernel(setup.symbols, &dso);
		pfl_symbols_expect_kernel(setup.symbols, &dso);
		if (asked)
			assert_string_equal(name_at(&setup, &dso, schedule + 1, false), "schedule");
		end(&setup);
	}

	/* Recorded before a reboot that moved the kernel. */
	if (!pfl_build_id_kernel(&dso.build_id)) {
		start(&setup, &here, PFL_DEMANGLE_SIMPLE);
		assert_int_equal(pfl_symbols_find(setup.symbols, &dso, schedule + 0x200001, false,
						  &symbol), 0);
		assert_string_equal(symbol.name, "schedule");
		assert_int_equal(symbol.start, schedule + 0x200000);
		end(&setup);
	}

	/* Without a build-id: the same place on the same host and kernel, or nothing. */
	assert_int_equal(uname(&uts), 0);
	dso.build_id.size = 0;
	start(&setup, &(struct pfl_symbols_origin){ .hostname = uts.nodename,
						    .osrelease = uts.release },
	      PFL_DEMANGLE_SIMPLE);
	assert_string_equal(name_at(&setup, &dso, schedule + 1, false), "-");
	assert_int_equal(setup.count, 1);
	end(&setup);
	dso.start = text;
	start(&setup, &(struct pfl_symbols_origin){ .hostname = uts.nodename,
						    .osrelease = uts.release },
	      PFL_DEMANGLE_SIMPLE);
	assert_string_equal(name_at(&setup, &dso, schedule + 1, false), "schedule");
	end(&setup);
}

static void test_other_kernel(void **state)
{
	struct pfl_dso dso = { .kind = PFL_DSO_KERNEL, .path = "[kernel.kallsyms]", .start = 0x1000,
			       .name = "[kernel.kallsyms]", .build_id = { 20, { 0xab } } };
	struct setup setup;

	(void)state;
	start(&setup, &(struct pfl_symbols_origin){ .hostname = "else", .osrelease = "1.2.3-x" },
	      PFL_DEMANGLE_SIMPLE);
	pfl_symbols_expect_kernel(setup.symbols, &dso);
	assert_string_equal(name_at(&setup, &dso, 0x2000, false), "-");
	assert_string_equal(name_at(&setup, &dso, 0x3000, false), "-");
	assert_int_equal(setup.count, 1);
	assert_non_null(strstr(setup.messages, "1.2.3-x"));
	assert_non_null(strstr(setup.messages, "ab00000000"));
	assert_non_null(strstr(setup.messages, "/usr/lib/debug/boot/vmlinux-1.2.3-x"));
	end(&setup);
}

static void test_vdso(void **state)
{
	struct pfl_dso dso = { .kind = PFL_DSO_VDSO, .path = "[vdso]", .name = "[vdso]" };
	struct setup setup;
	bool found = false;

	(void)state;
	start(&setup, &live, PFL_DEMANGLE_SIMPLE);
	for (uint64_t offset = 0; offset < 0x4000; offset++)
		found |= strstr(name_at(&setup, &dso, offset, false), "clock_gettime") != NULL;
	assert_true(found);
	end(&setup);
	/* Recorded somewhere, without a build-id: not to be trusted. */
	start(&setup, &here, PFL_DEMANGLE_SIMPLE);
	for (uint64_t offset = 0; offset < 0x4000; offset += 16)
		assert_string_equal(name_at(&setup, &dso, offset, false), "-");
	end(&setup);
}

/* Loading many at once changes no name, and not the order of what is told. */
static void test_load(void **state)
{
	uint64_t offset, in_libc;
	struct pfl_dso own = dso_at((const void *)test_load, &offset), libc, missing[20];
	const struct pfl_dso *dsos[44];
	char first[sizeof(((struct setup *)0)->messages)], own_path[4096], paths[20][32];
	struct pfl_dso kernel = { .kind = PFL_DSO_KERNEL, .path = "[kernel.kallsyms]",
				  .name = "[kernel.kallsyms]" };
	struct setup setup;

	(void)state;
	strcpy(own_path, own.path);
	own.path = own.name = own_path;
	libc = dso_at(dlsym(RTLD_DEFAULT, "getppid"), &in_libc);
	for (int i = 0; i < 20; i++) {
		snprintf(paths[i], sizeof(paths[i]), "/no/such/file%d", i);
		missing[i] = (struct pfl_dso){ .kind = PFL_DSO_FILE, .path = paths[i], .name = "" };
		dsos[i] = dsos[43 - i] = &missing[i];
	}
	dsos[20] = &own;
	dsos[21] = &libc;
	dsos[22] = &own;
	dsos[23] = &kernel;
	for (int round = 0; round < 20; round++) {
		start(&setup, &live, PFL_DEMANGLE_SIMPLE);
		assert_int_equal(pfl_symbols_load(setup.symbols, dsos, 44), 0);
		assert_int_equal(setup.count, 10 + !!strstr(setup.messages, "kernel frames"));
		if (!round)
			strcpy(first, setup.messages);
		assert_string_equal(setup.messages, first);
		assert_string_equal(name_at(&setup, &own, offset, false), "test_load");
		assert_string_equal(name_at(&setup, &missing[3], 1, false), "-");
		assert_non_null(strstr(name_at(&setup, &libc, in_libc, false), "getppid"));
		assert_string_equal(setup.messages, first);
		end(&setup);
	}
	assert_non_null(strstr(first, paths[9]));
	assert_null(strstr(first, paths[10]));
}

static const void *caller_of_main;

static void *begin_thread(void *data)
{
	*(const void **)data = __builtin_return_address(0);
	return NULL;
}

/* A stripped C library has no names for the functions that threads begin in. */
static void test_start_of_a_thread(void **state)
{
	const void *address, *elsewhere[] = { dlsym(RTLD_DEFAULT, "qsort"),
					      dlsym(RTLD_DEFAULT, "getppid") };
	struct setup setup;
	struct pfl_dso libc;
	pthread_t thread;
	uint64_t offset;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, begin_thread, &address), 0);
	pthread_join(thread, NULL);
	start(&setup, &live, PFL_DEMANGLE_SIMPLE);
	assert_int_equal(pfl_symbols_set_debug_dirs(setup.symbols, "/nonexistent"), 0);
	for (int i = 0; i < 2; i++) {
		const void *begins[] = { address, caller_of_main };

		libc = dso_at(begins[i], &offset);
		/* A library that is not stripped, or one that is laid out another way, says the name. */
		if (!strcmp(name_at(&setup, &libc, offset, true), "-"))
			assert_true(pfl_symbols_start_here(setup.symbols, &libc, offset, true));
		libc = dso_at(elsewhere[i], &offset);
		assert_false(pfl_symbols_start_here(setup.symbols, &libc, offset, false));
	}
	end(&setup);
}

static void test_unknown(void **state)
{
	struct pfl_dso dso = { .kind = PFL_DSO_UNKNOWN, .path = "[unknown]", .name = "[unknown]" };
	struct setup setup;

	(void)state;
	start(&setup, &live, PFL_DEMANGLE_SIMPLE);
	assert_string_equal(name_at(&setup, &dso, 0, true), "-");
	assert_int_equal(setup.count, 0);
	end(&setup);
	pfl_symbols_free(NULL);
}

/* What files take together is bounded; after some that were too large none is read. */
static void test_no_room(void **state)
{
	char no_dirs[] = "";
	struct pfl_surroundings around = { .near = PFL_NEAR_LIVE, .debug_dirs = no_dirs };
	struct pfl_source *source;
	struct pfl_dso dso;
	uint64_t offset;

	(void)state;
	pthread_mutex_init(&around.large_lock, NULL);
	dso = dso_at((const void *)cxx_function, &offset);
	for (unsigned int refused = 0; refused < 20; refused++) {
		source = calloc(1, sizeof(*source));
		assert_non_null(source);
		source->dso = &dso;
		around.room.left = refused < 10 ? 1000 : 1 << 30;
		around.refused = refused;
		assert_int_equal(pfl_source_load(&around, source), 0);
		if (refused < 10 || refused >= 16) {
			assert_null(source->table);
			assert_null(source->own.names);
			assert_int_equal(around.refused, refused + 1);
			assert_int_equal(source->nmessages, 1);
			assert_non_null(strstr(source->messages[0].text.text,
					       "what was read before would take more than 2 GiB"));
		} else {
			assert_non_null(source->table);
			assert_true(around.room.left < 1 << 30);
		}
		pfl_source_free(source);
	}
	pthread_mutex_destroy(&around.large_lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_callee), cmocka_unit_test(test_demangle),
		cmocka_unit_test(test_caller), cmocka_unit_test(test_build_id),
		cmocka_unit_test(test_inode), cmocka_unit_test(test_deleted),
		cmocka_unit_test(test_elsewhere), cmocka_unit_test(test_no_files),
		cmocka_unit_test(test_message_limit), cmocka_unit_test(test_jit),
		cmocka_unit_test(test_kernel_padding), cmocka_unit_test(test_kernel), cmocka_unit_test(test_other_kernel),
		cmocka_unit_test(test_vdso), cmocka_unit_test(test_load),
		cmocka_unit_test(test_start_of_a_thread), cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_no_room),
	};

	caller_of_main = __builtin_return_address(0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
