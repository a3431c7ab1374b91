/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A static program loads no shared object: what dlopen(3) found on the machine
 * would bring a second libc. libtraceevent (plugins) and libdw (debuginfod) do
 * without, as they do where there is nothing to load. Linked with --wrap=dlopen.
 */
#include <stddef.h>

void *__wrap_dlopen(const char *file, int mode);

void *__wrap_dlopen(const char *file, int mode)
{
	(void)file;
	(void)mode;
	return NULL;
}
