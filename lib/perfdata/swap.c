/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <byteswap.h>
#include <errno.h>

#include "perfdata/format.h"
#include "perfdata/swap.h"
#include "util/bytes.h"

void pfl_swap_header(struct perf_event_header *header)
{
	header->type = bswap_32(header->type);
	header->misc = bswap_16(header->misc);
	header->size = bswap_16(header->size);
}

static void swap32(void *at)
{
	uint32_t value = bswap_32(pfl_load32(at));

	memcpy(at, &value, sizeof(value));
}

static void swap64(void *at)
{
	uint64_t value = bswap_64(pfl_load64(at));

	memcpy(at, &value, sizeof(value));
}

/* What is left of the record to turn. */
struct rest {
	unsigned char *at;
	unsigned char *end;
	bool bad;
};

static bool has(struct rest *rest, uint64_t size)
{
	if (size > (size_t)(rest->end - rest->at))
		rest->bad = true;
	return !rest->bad;
}

static void skip(struct rest *rest, uint64_t size)
{
	if (has(rest, size))
		rest->at += size;
}

static void halves(struct rest *rest, uint64_t count)
{
	if (count > UINT16_MAX || !has(rest, count * 4)) {
		rest->bad = true;
		return;
	}
	for (; count--; rest->at += 4)
		swap32(rest->at);
}

static void words(struct rest *rest, uint64_t count)
{
	if (count > UINT16_MAX || !has(rest, count * 8)) {
		rest->bad = true;
		return;
	}
	for (; count--; rest->at += 8)
		swap64(rest->at);
}

/* A word that the caller needs to know, to find its way through what follows. */
static uint64_t word(struct rest *rest)
{
	words(rest, 1);
	return rest->bad ? 0 : pfl_load64(rest->at - 8);
}

static void swap_read(struct rest *rest, uint64_t format)
{
	unsigned int per_value = 1 + !!(format & PERF_FORMAT_ID) + !!(format & (1U << 4));
	unsigned int times = !!(format & PERF_FORMAT_TOTAL_TIME_ENABLED) +
			     !!(format & PERF_FORMAT_TOTAL_TIME_RUNNING);
	uint64_t values = format & PERF_FORMAT_GROUP ? word(rest) : 1;

	words(rest, values > UINT16_MAX ? UINT64_MAX : times + values * per_value);
}

static void swap_raw(struct rest *rest)
{
	halves(rest, 1);
	if (!rest->bad)
		skip(rest, pfl_load32(rest->at - 4));
}

static void swap_branches(struct rest *rest, uint64_t branch_type)
{
	uint64_t count = word(rest);

	if (branch_type & PERF_SAMPLE_BRANCH_HW_INDEX)
		words(rest, 1);
	words(rest, count > UINT16_MAX ? UINT64_MAX :
	      count * (branch_type & PFL_BRANCH_COUNTERS ? 4 : 3));
}

static void swap_user(struct rest *rest, const struct perf_event_attr *attr)
{
	uint64_t size;

	if (attr->sample_type & PERF_SAMPLE_REGS_USER && word(rest))
		words(rest, __builtin_popcountll(attr->sample_regs_user));
	if (!(attr->sample_type & PERF_SAMPLE_STACK_USER))
		return;
	size = word(rest);
	if (!size)
		return;
	skip(rest, size);
	words(rest, 1);
}

/* Up to the size of the page; what is between is only passed over. */
static void swap_page_size(struct rest *rest, const struct perf_event_attr *attr)
{
	static const uint64_t before = PERF_SAMPLE_WEIGHT_TYPE | PERF_SAMPLE_DATA_SRC |
				       PERF_SAMPLE_TRANSACTION;
	static const uint64_t behind = PERF_SAMPLE_PHYS_ADDR | PERF_SAMPLE_CGROUP |
				       PERF_SAMPLE_DATA_PAGE_SIZE;

	if (!(attr->sample_type & PERF_SAMPLE_DATA_PAGE_SIZE))
		return;
	words(rest, __builtin_popcountll(attr->sample_type & before));
	if (attr->sample_type & PERF_SAMPLE_REGS_INTR && word(rest))
		words(rest, __builtin_popcountll(attr->sample_regs_intr));
	words(rest, __builtin_popcountll(attr->sample_type & behind));
}

/* As far as pfl_sample_parse() reads; the fields behind are not looked at. */
static void swap_sample(struct rest *rest, const struct perf_event_attr *attr)
{
	static const uint64_t before_tid = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP;
	static const uint64_t before_cpu = PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR | PERF_SAMPLE_ID |
					   PERF_SAMPLE_STREAM_ID;
	uint64_t type = attr->sample_type;

	words(rest, __builtin_popcountll(type & before_tid));
	halves(rest, type & PERF_SAMPLE_TID ? 2 : 0);
	words(rest, __builtin_popcountll(type & before_cpu));
	halves(rest, type & PERF_SAMPLE_CPU ? 2 : 0);
	words(rest, !!(type & PERF_SAMPLE_PERIOD));
	if (type & PERF_SAMPLE_READ)
		swap_read(rest, attr->read_format);
	if (type & PERF_SAMPLE_CALLCHAIN)
		words(rest, word(rest));
	if (type & PERF_SAMPLE_RAW)
		swap_raw(rest);
	if (type & PERF_SAMPLE_BRANCH_STACK)
		swap_branches(rest, attr->branch_sample_type);
	swap_user(rest, attr);
	swap_page_size(rest, attr);
}

/* The end that sample_id_all adds to every record but samples; cut off @rest. */
static void swap_trailer(struct rest *rest, const struct perf_event_attr *attr)
{
	static const uint64_t in_words = PERF_SAMPLE_TIME | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID;
	uint64_t type = attr->sample_type;
	unsigned int tid = type & PERF_SAMPLE_TID ? 2 : 0;
	unsigned int middle = __builtin_popcountll(type & in_words);
	unsigned int cpu = type & PERF_SAMPLE_CPU ? 2 : 0;
	unsigned int last = type & PERF_SAMPLE_IDENTIFIER ? 1 : 0;
	unsigned int size = 4 * tid + 8 * middle + 4 * cpu + 8 * last;
	struct rest trailer;

	if (!attr->sample_id_all || !has(rest, size))
		return;
	rest->end -= size;
	trailer = (struct rest){ .at = rest->end, .end = rest->end + size };
	halves(&trailer, tid);
	words(&trailer, middle);
	halves(&trailer, cpu);
	words(&trailer, last);
}

static void swap_mmap2(struct rest *rest, bool build_id)
{
	halves(rest, 2);
	words(rest, 3);
	if (build_id) {
		skip(rest, 24);
	} else {
		halves(rest, 2);
		words(rest, 2);
	}
	halves(rest, 2);
}

static void swap_body(struct rest *rest, const struct perf_event_header *record, bool build_ids)
{
	switch (record->type) {
	case PERF_RECORD_MMAP:
		halves(rest, 2);
		words(rest, 3);
		break;
	case PERF_RECORD_MMAP2:
		swap_mmap2(rest, build_ids && record->misc & PERF_RECORD_MISC_MMAP_BUILD_ID);
		break;
	case PERF_RECORD_COMM:
		halves(rest, 2);
		break;
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
		halves(rest, 4);
		words(rest, 1);
		break;
	case PERF_RECORD_LOST:
		words(rest, 2);
		break;
	case PERF_RECORD_LOST_SAMPLES:
		words(rest, 1);
		break;
	case PERF_RECORD_READ:
		halves(rest, 2);
		words(rest, (rest->end - rest->at) / 8);
		break;
	case PERF_RECORD_THROTTLE:
	case PERF_RECORD_UNTHROTTLE:
		words(rest, 3);
		break;
	default:
		break;	/* not looked at, but for its trailer */
	}
}

int pfl_swap_record(const struct pfl_events *events, struct perf_event_header *record)
{
	unsigned char *start = (unsigned char *)record;
	struct rest rest = { .at = start + sizeof(*record), .end = start + record->size };
	const struct pfl_event *event;

	event = pfl_events_of_swapped(events, record);
	if (!event && (record->type == PERF_RECORD_SAMPLE || !events->count))
		return -EILSEQ;
	if (record->type == PERF_RECORD_SAMPLE) {
		swap_sample(&rest, &event->attr);
	} else {
		if (event)
			swap_trailer(&rest, &event->attr);
		swap_body(&rest, record, events->build_ids);
	}
	return rest.bad ? -EILSEQ : 0;
}

/* The flags are single bits packed into bytes, which each machine fills from its own end. */
static uint64_t mirror_bits_in_bytes(uint64_t flags)
{
	flags = (flags & 0x0f0f0f0f0f0f0f0fULL) << 4 | (flags >> 4 & 0x0f0f0f0f0f0f0f0fULL);
	flags = (flags & 0x3333333333333333ULL) << 2 | (flags >> 2 & 0x3333333333333333ULL);
	return (flags & 0x5555555555555555ULL) << 1 | (flags >> 1 & 0x5555555555555555ULL);
}

void pfl_swap_attr(struct perf_event_attr *attr)
{
	/* type and size; config to read_format; the flags; wakeup and bp_type; six words … */
	char *start = (char *)attr;
	char *flags = start + offsetof(struct perf_event_attr, read_format) + 8;
	uint64_t mirrored = mirror_bits_in_bytes(pfl_load64(flags));
	struct rest head = { .at = (unsigned char *)start, .end = (unsigned char *)flags };
	struct rest tail = { .at = (unsigned char *)flags + 8, .end = (unsigned char *)(attr + 1) };

	halves(&head, 2);
	words(&head, 4);
	memcpy(flags, &mirrored, sizeof(mirrored));
	halves(&tail, 2);
	words(&tail, 4);	/* config1, config2, branch_sample_type, sample_regs_user */
	halves(&tail, 2);	/* sample_stack_user, clockid */
	words(&tail, 1);	/* sample_regs_intr */
	halves(&tail, 1);	/* aux_watermark */
	swap32(&attr->aux_sample_size);
}
