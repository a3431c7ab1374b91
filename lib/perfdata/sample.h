/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a sample record holds, as its event's attr says. Source of the order of
 * the fields: "struct { ... } PERF_RECORD_SAMPLE" in <linux/perf_event.h>.
 */
#ifndef PFL_PERFDATA_SAMPLE_H
#define PFL_PERFDATA_SAMPLE_H

#include "perfdata/event.h"

/*
 * fold/shorten.h has taken registers and dump out, and put in what came of them, between two
 * words of this. No kernel says it: the first stands where PERF_SAMPLE_REGS_ABI_ does, the
 * other where a dump says how much of it there is.
 */
#define PFL_WALKED (1ULL << 32)
#define PFL_WALKED_WORDS 2

/* Pointers are into the record, at any alignment; NULL or 0 where the event does not record it. */
struct pfl_sample {
	const struct pfl_event *event;
	uint16_t misc;			/* of the record; its CPUMODE says where ip is */
	int32_t pid, tid;
	uint32_t cpu;			/* UINT32_MAX: not recorded */
	uint64_t ip, time, addr, id, period;
	const unsigned char *chain;	/* nchain 64-bit words, the innermost frame first */
	uint64_t nchain;
	bool cut;			/* the user part goes on, but what was dumped does not: fold/repair.h */
	bool rooted;			/* … nothing called its last frame */
	const unsigned char *raw;
	uint32_t raw_size;
	uint64_t user_abi;		/* PERF_SAMPLE_REGS_ABI_ */
	const unsigned char *dump, *dump_end;	/* the fields from user_abi to user_stack_size */
	const unsigned char *user_regs;	/* a word for each bit of attr.sample_regs_user */
	const unsigned char *walked;	/* PFL_WALKED_WORDS words */
	const unsigned char *user_stack;
	uint64_t user_stack_size;	/* bytes of user_stack that were really copied */
	uint64_t page_size;		/* of the page at addr */
};

/* Whether it was taken while the kernel ran. */
static inline bool pfl_sample_in_kernel(const struct pfl_sample *sample)
{
	return (sample->misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_KERNEL;
}

/* Whether it brings what its user stack can be walked by, or what came of that. */
static inline bool pfl_sample_walkable(const struct pfl_sample *sample)
{
	return sample->user_stack || sample->walked;
}

/* 0, or -EILSEQ where the record is too short for what its event says it holds. */
int pfl_sample_parse(const struct pfl_event *event, const struct perf_event_header *record,
		     struct pfl_sample *sample);

#endif
