/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DSOs: the files (and other things) that code is mapped from. Each is kept
 * once, however many processes map it; frames are interned as (DSO, offset).
 */
#ifndef PFL_MACHINE_DSO_H
#define PFL_MACHINE_DSO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/build-id.h"

enum pfl_dso_kind {
	PFL_DSO_UNKNOWN,	/* no mapping covers the address; offsets mean nothing and are 0 */
	PFL_DSO_FILE,		/* ELF file; offset: in the file */
	PFL_DSO_KERNEL,		/* the kernel's own text; offset: the address */
	PFL_DSO_MODULE,		/* a kernel module; offset: the address */
	PFL_DSO_VDSO,		/* offset: from the start of the image */
	PFL_DSO_ANON,		/* memory of a process, maybe code of a JIT; offset: the address */
};

struct pfl_dso {
	enum pfl_dso_kind kind;
	const char *path;	/* as the recording names it */
	const char *name;	/* for people: the path's last part */
	struct pfl_build_id build_id;	/* as the recording or the kernel says */
	uint32_t maj, min;	/* of the file, where the recording tells; else 0 */
	uint64_t ino, ino_gen;
	int32_t pid;		/* the first process that mapped it; ANON: the one it belongs to */
	int file;		/* the file, held open since it was mapped: its descriptor + 1; 0: none */
	uint64_t start;		/* KERNEL: address of _text as recorded, MODULE: load address; else 0 */
};

#endif
