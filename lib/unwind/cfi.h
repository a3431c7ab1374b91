/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Call frame information: from the bytes of .eh_frame and .debug_frame to rules.
 * Source of the format: DWARF 5, section 6.4, and for what .eh_frame does
 * otherwise the Linux Standard Base Core, "Exception Frames".
 */
#ifndef PFL_UNWIND_CFI_H
#define PFL_UNWIND_CFI_H

#include <stdbool.h>

#include "unwind/builder.h"
#include "util/bytes.h"

/* Code of the file: where it is linked to, and where it stands. */
struct pfl_cfi_segment {
	uint64_t vaddr, offset, size;
};

struct pfl_cfi_section {
	const void *bytes;
	size_t size;
	uint64_t vaddr;		/* where it is linked to */
	bool eh;		/* .eh_frame */
	bool until_zero;	/* its end is not known: a length of 0 ends it */
};

struct pfl_cfi_file {
	const struct pfl_arch *arch;
	const struct pfl_cfi_segment *segments;
	size_t nsegments;
	const struct pfl_cfi_section *sections;	/* the first that covers an address wins */
	size_t nsections;
	uint64_t entry;		/* e_entry */
};

/* 0, -ENODATA or -ENOMEM. */
int pfl_cfi_decode(const struct pfl_cfi_file *file, struct pfl_rules **out);

/* What the functions of one source file have in common. */
struct pfl_cie {
	uint64_t at;		/* in its section */
	uint32_t section;
	bool usable;
	bool augmented;		/* its FDEs have augmentation data, and say how long */
	bool signal;
	uint8_t encoding;	/* DW_EH_PE_ of addresses */
	uint8_t ra;
	uint64_t code_align;
	int64_t data_align;
	struct pfl_cfi_state state;	/* that each function begins in */
};

/* A program that tells how the state changes along a function, and where it runs. */
struct pfl_cfi_program {
	struct pfl_builder *builder;
	const struct pfl_cie *cie;
	bool initial;		/* a CIE's: it covers no addresses */
	struct pfl_bytes code;
	uint64_t start, end;	/* of the function: offsets in the file */
	uint64_t start_vaddr;
	uint64_t section_vaddr;	/* of the section that ->code is in … */
	const unsigned char *section;	/* … and its bytes */
	uint64_t *budget;	/* instructions that may still be run for this file */
};

/*
 * Runs it and adds its rows; @state is the CIE's at first. 0; -EILSEQ where it
 * cannot be followed any further: rows up to there are kept; -E2BIG; -ENOMEM.
 */
int pfl_cfi_run(const struct pfl_cfi_program *program, struct pfl_cfi_state *state);

#endif
