/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The box: the linker puts the functions called __wrap_NAME here in the place of
 * libc's (the list is in the Makefile), for perflame, libdw and libelf alike.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "fuzz.h"

#define PROGRAM "/bin/program"
#define OWN_FDS "/proc/self/fd/"	/* what is open already may be opened once more */

int __real_open(const char *path, int flags, ...);
FILE *__real_fopen(const char *path, const char *mode);
long __real_syscall(long number, ...);
int __real_uname(struct utsname *name);
unsigned long __real_getauxval(unsigned long type);

int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);
long __wrap_syscall(long number, ...);
int __wrap_uname(struct utsname *name);
unsigned long __wrap_getauxval(unsigned long type);

extern const unsigned char box_program[];
extern const size_t box_program_size;

static atomic_bool in_box;

void box_enter(void)
{
	atomic_store(&in_box, true);
}

void box_leave(void)
{
	atomic_store(&in_box, false);
}

static int nothing_there(void)
{
	errno = ENOENT;
	return -1;
}

static int memory_file(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	must(fd >= 0);
	return fd;
}

static int program(void)
{
	static int fd = -1;

	if (fd < 0) {
		fd = memory_file("program");
		must(write(fd, box_program, box_program_size) == (ssize_t)box_program_size);
	}
	return fd;
}

int __wrap_open(const char *path, int flags, ...)
{
	char own[32];
	va_list args;
	int mode;

	va_start(args, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, int) : 0;
	va_end(args);
	if (!atomic_load(&in_box) || !strncmp(path, OWN_FDS, strlen(OWN_FDS)))
		return __real_open(path, flags, mode);
	if (strcmp(path, PROGRAM))
		return nothing_there();
	snprintf(own, sizeof(own), OWN_FDS "%d", program());
	return __real_open(own, flags & ~O_NOFOLLOW);
}

int __wrap_open64(const char *path, int flags, ...)
{
	va_list args;
	int mode;

	va_start(args, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, int) : 0;
	va_end(args);
	return __wrap_open(path, flags, mode);
}

/* libFuzzer itself, when something is found in the box, writes the input that did it. */
FILE *__wrap_fopen(const char *path, const char *mode)
{
	if (!atomic_load(&in_box) || *mode == 'w')
		return __real_fopen(path, mode);
	nothing_there();
	return NULL;
}

FILE *__wrap_fopen64(const char *path, const char *mode)
{
	return __wrap_fopen(path, mode);
}

/* openat2(2), for want of a function. */
long __wrap_syscall(long number, ...)
{
	long words[6];
	va_list args;

	if (atomic_load(&in_box))
		return nothing_there();
	va_start(args, number);
	for (int i = 0; i < 6; i++)
		words[i] = va_arg(args, long);
	va_end(args);
	return __real_syscall(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

int __wrap_uname(struct utsname *name)
{
	if (!atomic_load(&in_box))
		return __real_uname(name);
	*name = (struct utsname){ .nodename = "box", .release = "6.1.0-box",
				  .machine = "x86_64" };
	return 0;
}

/* No vdso. */
unsigned long __wrap_getauxval(unsigned long type)
{
	return atomic_load(&in_box) ? 0 : __real_getauxval(type);
}

int file_of(const uint8_t *data, size_t size)
{
	static int fd = -1;

	if (fd < 0)
		fd = memory_file("input");
	must(!ftruncate(fd, 0) && pwrite(fd, data, size, 0) == (ssize_t)size);
	must(!lseek(fd, 0, SEEK_SET));
	return fd;
}

static void check_message(void *data, enum pfl_level level, const char *text)
{
	(void)data;
	(void)level;
	for (; *text; text++)
		must((unsigned char)*text >= ' ' && *text != 0x7f);
}

struct pfl_ctx *checked_context(void)
{
	static struct pfl_ctx *ctx;

	if (!ctx) {
		must(!pfl_ctx_new(&ctx));
		pfl_ctx_set_log(ctx, PFL_DEBUG, check_message, NULL);
	}
	return ctx;
}
