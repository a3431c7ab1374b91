/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/kerneltext.h"

/* The start of the line that holds @at. */
static const char *line_start(const char *text, const char *at)
{
	while (at && at > text && at[-1] != '\n')
		at--;
	return at;
}

/* The address of @symbol, which is among the first lines of /proc/kallsyms. */
static uint64_t address_of(const char *kallsyms, const char *symbol)
{
	char pattern[16];
	const char *at;

	snprintf(pattern, sizeof(pattern), " %s\n", symbol);
	at = line_start(kallsyms, strstr(kallsyms, pattern));
	return at ? strtoull(at, NULL, 16) : 0;
}

/*
 * The symbol at the text's end is megabytes further on, where each line costs the
 * kernel a printf; the table of memory, which only shows numbers to
 * CAP_SYS_ADMIN, has it as well: "  01000000-022090c7 : Kernel code". 0: not there.
 */
static uint64_t text_size(const struct pfl_sys *sys)
{
	struct pfl_strbuf text = { 0 };
	uint64_t size = 0, start, end;
	const char *at = NULL;
	char *rest;

	if (!pfl_sys_read_file(sys, AT_FDCWD, "/proc/iomem", 1u << 20, &text) && text.len)
		at = line_start(text.text, strstr(text.text, " : Kernel code\n"));
	if (at) {
		start = strtoull(at, &rest, 16);
		end = *rest == '-' ? strtoull(rest + 1, NULL, 16) : 0;
		size = end > start ? end - start + 1 : 0;
	}
	pfl_strbuf_free(&text);
	return size;
}

void pfl_kernel_text_read(struct pfl_kernel_text *kernel, const struct pfl_sys *sys)
{
	struct pfl_strbuf text = { 0 };

	*kernel = (struct pfl_kernel_text){ .name = "[kernel.kallsyms]_text" };
	if (!pfl_sys_read_file(sys, AT_FDCWD, "/proc/kallsyms", 64u << 10, &text) && text.len)
		kernel->start = address_of(text.text, "_text");
	if (!kernel->start && text.len) {
		kernel->name = "[kernel.kallsyms]_stext";
		kernel->start = address_of(text.text, "_stext");
	}
	pfl_strbuf_free(&text);
	if (!kernel->start)
		return;
	kernel->size = text_size(sys);
	if (!kernel->size)
		kernel->size = UINT64_MAX - kernel->start;
}
