/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the harnesses share. Each hands the bytes that libFuzzer makes up to one
 * of the ways in which files of others come in.
 *
 * What is tried must not depend on the machine: between box_enter() and
 * box_leave() there is one file, /bin/program (tests/fuzz/seeds/elf/program),
 * and nothing else: no /proc, no kernel, no other process. fd 0 to 2 and what
 * was opened before stay.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include <perflame/context.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

void box_enter(void);
void box_leave(void);

/* A file of memory that holds @data, from its beginning. One at a time; not to be closed. */
int file_of(const uint8_t *data, size_t size);

/* A context whose messages are checked: one line each, nothing that moves a terminal. */
struct pfl_ctx *checked_context(void);

/* What must hold whatever the bytes are. */
#define must(what) ((what) ? (void)0 : __builtin_trap())

#endif
