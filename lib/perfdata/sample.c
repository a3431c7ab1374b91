/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "perfdata/format.h"
#include "perfdata/sample.h"
#include "util/bytes.h"

/* @count words, guarded against a count whose bytes would not fit 64 bits. */
static const unsigned char *take_words(struct pfl_bytes *bytes, uint64_t count)
{
	if (count > pfl_bytes_left(bytes) / 8) {
		bytes->bad = true;
		return NULL;
	}
	return pfl_bytes_take(bytes, count * 8);
}

/* PERF_SAMPLE_READ: counters that we do not use, of a size that read_format decides. */
static void skip_read(struct pfl_bytes *bytes, uint64_t format)
{
	unsigned int per_value = 1 + !!(format & PERF_FORMAT_ID) + !!(format & (1U << 4));
	unsigned int times = !!(format & PERF_FORMAT_TOTAL_TIME_ENABLED) +
			     !!(format & PERF_FORMAT_TOTAL_TIME_RUNNING);
	uint64_t values = format & PERF_FORMAT_GROUP ? pfl_bytes_u64(bytes) : 1;

	if (values > pfl_bytes_left(bytes) / 8)
		bytes->bad = true;
	else
		take_words(bytes, times + values * per_value);
}

/* The fields of fixed size that come first. */
static void parse_fixed(struct pfl_bytes *bytes, uint64_t type, struct pfl_sample *sample)
{
	if (type & PERF_SAMPLE_IDENTIFIER)
		sample->id = pfl_bytes_u64(bytes);
	if (type & PERF_SAMPLE_IP)
		sample->ip = pfl_bytes_u64(bytes);
	if (type & PERF_SAMPLE_TID) {
		sample->pid = pfl_bytes_u32(bytes);
		sample->tid = pfl_bytes_u32(bytes);
	}
	if (type & PERF_SAMPLE_TIME)
		sample->time = pfl_bytes_u64(bytes);
	if (type & PERF_SAMPLE_ADDR)
		sample->addr = pfl_bytes_u64(bytes);
	if (type & PERF_SAMPLE_ID)
		sample->id = pfl_bytes_u64(bytes);
	if (type & PERF_SAMPLE_STREAM_ID)
		pfl_bytes_u64(bytes);
	if (type & PERF_SAMPLE_CPU) {
		sample->cpu = pfl_bytes_u32(bytes);
		pfl_bytes_u32(bytes);
	}
	if (type & PERF_SAMPLE_PERIOD)
		sample->period = pfl_bytes_u64(bytes);
}

static void skip_branches(struct pfl_bytes *bytes, uint64_t branch_type)
{
	uint64_t count = pfl_bytes_u64(bytes);
	uint64_t words = branch_type & PFL_BRANCH_COUNTERS ? 4 : 3;

	if (branch_type & PERF_SAMPLE_BRANCH_HW_INDEX)
		pfl_bytes_u64(bytes);
	if (count > pfl_bytes_left(bytes) / (8 * words))
		bytes->bad = true;
	else
		take_words(bytes, count * words);
}

static void parse_user_stack(struct pfl_bytes *bytes, struct pfl_sample *sample)
{
	uint64_t size = pfl_bytes_u64(bytes);

	if (!size || sample->walked)
		return;
	sample->user_stack = size > pfl_bytes_left(bytes) ? NULL : pfl_bytes_take(bytes, size);
	sample->user_stack_size = pfl_bytes_u64(bytes);
	if (!sample->user_stack || sample->user_stack_size > size)
		bytes->bad = true;
}

/* What stands behind the dump, as far as the size of the page. */
static void parse_page_size(struct pfl_bytes *bytes, const struct perf_event_attr *attr,
			    struct pfl_sample *sample)
{
	static const uint64_t before = PERF_SAMPLE_WEIGHT_TYPE | PERF_SAMPLE_DATA_SRC |
				       PERF_SAMPLE_TRANSACTION;
	static const uint64_t behind = PERF_SAMPLE_PHYS_ADDR | PERF_SAMPLE_CGROUP;

	if (!(attr->sample_type & PERF_SAMPLE_DATA_PAGE_SIZE))
		return;
	take_words(bytes, __builtin_popcountll(attr->sample_type & before));
	if (attr->sample_type & PERF_SAMPLE_REGS_INTR && pfl_bytes_u64(bytes))
		take_words(bytes, __builtin_popcountll(attr->sample_regs_intr));
	take_words(bytes, __builtin_popcountll(attr->sample_type & behind));
	sample->page_size = pfl_bytes_u64(bytes);
}

int pfl_sample_parse(const struct pfl_event *event, const struct perf_event_header *record,
		     struct pfl_sample *sample)
{
	const struct perf_event_attr *attr = &event->attr;
	uint64_t type = attr->sample_type;
	struct pfl_bytes bytes = pfl_bytes(record + 1, record->size - sizeof(*record), false);

	*sample = (struct pfl_sample){ .event = event, .misc = record->misc, .cpu = UINT32_MAX,
				       .pid = -1, .tid = -1 };
	sample->period = attr->freq ? 1 : attr->sample_period;
	parse_fixed(&bytes, type, sample);
	if (type & PERF_SAMPLE_READ)
		skip_read(&bytes, attr->read_format);
	if (type & PERF_SAMPLE_CALLCHAIN) {
		sample->nchain = pfl_bytes_u64(&bytes);
		sample->chain = take_words(&bytes, sample->nchain);
	}
	if (type & PERF_SAMPLE_RAW) {
		sample->raw_size = pfl_bytes_u32(&bytes);
		sample->raw = pfl_bytes_take(&bytes, sample->raw_size);
	}
	if (type & PERF_SAMPLE_BRANCH_STACK)
		skip_branches(&bytes, attr->branch_sample_type);
	sample->dump = bytes.at;
	if (type & PERF_SAMPLE_REGS_USER) {
		sample->user_abi = pfl_bytes_u64(&bytes);
		if (sample->user_abi == PFL_WALKED)
			sample->walked = take_words(&bytes, PFL_WALKED_WORDS);
		else if (sample->user_abi)
			sample->user_regs = take_words(&bytes, event->user_regs);
	}
	if (type & PERF_SAMPLE_STACK_USER)
		parse_user_stack(&bytes, sample);
	sample->dump_end = bytes.at;
	parse_page_size(&bytes, attr, sample);
	return bytes.bad ? -EILSEQ : 0;
}
