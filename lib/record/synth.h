/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records of what was there before recording started: tasks, their mappings, the
 * kernel and its modules. They carry time 0, so that what the kernel told since
 * comes after them.
 */
#ifndef PFL_RECORD_SYNTH_H
#define PFL_RECORD_SYNTH_H

#include <stdbool.h>
#include <stdint.h>

#include "record/kerneltext.h"
#include "record/ring.h"
#include "record/sys.h"
#include "util/context.h"
#include "util/strbuf.h"

struct pfl_synth {
	struct pfl_ctx *ctx;
	const struct pfl_sys *sys;
	uint64_t id;		/* of an event that tells of mappings */
	pfl_ring_sink *sink;
	void *data;
	struct pfl_strbuf records;	/* not handed on yet */
	int err;		/* of the sink */
	unsigned int hidden;	/* processes whose mappings we may not read */
	bool data_too;		/* tell of files mapped as data, not only as code */
	bool all_mappings;	/* … and of memory of no file */
	/* Called after each of many processes, with ->data, if not NULL: the rings fill meanwhile. */
	int (*between)(void *data);
};

void pfl_synth_init(struct pfl_synth *synth, struct pfl_ctx *ctx, const struct pfl_sys *sys,
		    uint64_t id, pfl_ring_sink *sink, void *data);
void pfl_synth_free(struct pfl_synth *synth);

/* The kernel's text, where it is known, and its modules. 0, -ENOMEM, or what the sink said. */
int pfl_synth_kernel(struct pfl_synth *synth, const struct pfl_kernel_text *text);

/* The threads of process @pid and what it maps. One that ends meanwhile is fine. */
int pfl_synth_process(struct pfl_synth *synth, int32_t pid);

/*
 * What descends from @pids: a child that was born while the events were being opened
 * is recorded, and the kernel had no ring yet to tell of it.
 */
int pfl_synth_descendants(struct pfl_synth *synth, const int32_t *pids, unsigned int npids);

/* Every process of the box. */
int pfl_synth_all(struct pfl_synth *synth);

/* Hands on what is left. */
int pfl_synth_flush(struct pfl_synth *synth);

#endif
