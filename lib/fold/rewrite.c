/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fold/repair.h"
#include "fold/rewrite.h"
#include "fold/shorten.h"

#define RECORD_MAX 65528u	/* the largest multiple of 8 that header.size holds */
#define GATHERED ((size_t)4 * RECORD_MAX)
#define DUMP (PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER)

struct pfl_rewriting {
	pfl_fold_sink *sink;
	void *data;
	size_t used;
	unsigned char bytes[GATHERED] __attribute__((aligned(8)));
};

bool pfl_rewrites(const struct perf_event_attr *attr)
{
	return (attr->sample_type & DUMP) == DUMP && attr->sample_type & PERF_SAMPLE_CALLCHAIN &&
	       !attr->exclude_callchain_user;
}

void pfl_rewrite_attr(struct perf_event_attr *attr)
{
	attr->sample_type &= ~(uint64_t)DUMP;
	attr->sample_regs_user = 0;
	attr->sample_stack_user = 0;
}

int pfl_rewriting_new(pfl_fold_sink *sink, void *data, struct pfl_rewriting **out)
{
	*out = malloc(sizeof(**out));
	if (!*out)
		return -ENOMEM;
	(*out)->sink = sink;
	(*out)->data = data;
	(*out)->used = 0;
	return 0;
}

void pfl_rewriting_free(struct pfl_rewriting *rewriting)
{
	free(rewriting);
}

int pfl_rewrite_flush(struct pfl_fold *fold)
{
	struct pfl_rewriting *rewriting = fold->rewriting;
	struct iovec part = { rewriting->bytes, rewriting->used };

	rewriting->used = 0;
	return part.iov_len ? rewriting->sink(rewriting->data, &part, 1) : 0;
}

static int make_room(struct pfl_fold *fold, size_t size)
{
	return GATHERED - fold->rewriting->used < size ? pfl_rewrite_flush(fold) : 0;
}

static void add(struct pfl_rewriting *rewriting, const void *bytes, size_t size)
{
	memcpy(rewriting->bytes + rewriting->used, bytes, size);
	rewriting->used += size;
}

/* All of it but the last @left_out bytes. */
static int pass(struct pfl_fold *fold, const struct perf_event_header *record, size_t left_out)
{
	struct perf_event_header header = *record;
	int err;

	header.size -= left_out;
	err = make_room(fold, header.size);
	if (err)
		return err;
	add(fold->rewriting, &header, sizeof(header));
	add(fold->rewriting, record + 1, header.size - sizeof(header));
	return 0;
}

int pfl_rewrite_pass(struct pfl_fold *fold, const struct perf_event_header *record)
{
	return pass(fold, record, 0);
}

/* What stands before the chain, the chain, what stands between it and the dump, what follows. */
static int put(struct pfl_fold *fold, const struct perf_event_header *record,
	       const struct pfl_sample *sample, const unsigned char *chain, uint64_t nchain)
{
	struct pfl_rewriting *rewriting = fold->rewriting;
	const unsigned char *start = (const unsigned char *)record;
	const unsigned char *between = chain + 8 * nchain;
	struct perf_event_header header = *record;
	unsigned char *at;
	size_t size = record->size - (sample->dump_end - sample->dump) +
		      8 * (sample->nchain - nchain);
	int err;

	if (size > RECORD_MAX) {
		fold->stats.bad_samples++;
		return 0;
	}
	err = make_room(fold, size);
	if (err)
		return err;
	header.size = size;
	at = rewriting->bytes + rewriting->used;
	if (sample->chain == chain && sample->nchain == nchain) {
		add(rewriting, start, sample->dump - start);
	} else {
		add(rewriting, start, chain - 8 - start);
		add(rewriting, &sample->nchain, 8);
		add(rewriting, sample->chain, 8 * sample->nchain);
		add(rewriting, between, sample->dump - between);
	}
	memcpy(at, &header, sizeof(header));
	add(rewriting, sample->dump_end, start + record->size - sample->dump_end);
	return 0;
}

int pfl_rewrite_sample(struct pfl_fold *fold, const struct perf_event_header *record)
{
	const struct pfl_event *event = pfl_events_of(&fold->events, record);
	struct pfl_sample sample;
	const unsigned char *chain;
	struct pfl_task *task;
	uint64_t nchain;

	fold->stats.samples++;
	if (event && !pfl_rewrites(&event->attr))
		return pfl_rewrite_pass(fold, record);
	if (event && pfl_repaired_before(fold, event, record))
		return pass(fold, record, sizeof(struct pfl_walked));
	if (!event || pfl_sample_parse(event, record, &sample)) {
		fold->stats.bad_samples++;
		return 0;
	}
	task = pfl_machine_task(&fold->machine, sample.pid, sample.tid);
	if (!task)
		return -ENOMEM;
	chain = sample.chain;
	nchain = sample.nchain;
	if (pfl_sample_walkable(&sample) && pfl_repair(fold, task, &sample))
		return -ENOMEM;
	return put(fold, record, &sample, chain, nchain);
}
