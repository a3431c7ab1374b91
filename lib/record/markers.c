/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "perfdata/marker.h"
#include "record/markers.h"

/* The kernel counts its ids from 1: it will not come so far. */
#define MARKER_ID (1ULL << 62)

/* perf's bit of the register that DWARF calls @reg. */
static unsigned int perf_bit(const struct pfl_arch *arch, uint8_t reg)
{
	unsigned int bit = 0;

	while (arch->perf[bit] != reg)
		bit++;
	return bit;
}

void pfl_markers_init(struct pfl_markers *markers, const char *type,
		      const struct perf_event_attr *clock, pfl_ring_sink *sink, void *data)
{
	const struct pfl_arch *arch = pfl_arch_native();

	*markers = (struct pfl_markers){
		.attr = {
			.type = PERF_TYPE_SOFTWARE,
			.size = clock->size,
			.config = PERF_COUNT_SW_BPF_OUTPUT,
			.sample_period = 1,
			.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |
				       PERF_SAMPLE_TIME | PERF_SAMPLE_CPU | PERF_SAMPLE_CALLCHAIN |
				       PERF_SAMPLE_RAW,
			.read_format = clock->read_format,
			.disabled = 1,
			.sample_id_all = clock->sample_id_all,
			.use_clockid = clock->use_clockid,
			.clockid = clock->clockid,
		},
		.id = MARKER_ID,
		.arch = arch,
		.sink = sink,
		.data = data,
	};
	snprintf(markers->name, sizeof(markers->name), PFL_MARKER_EVENT ":%s", type);
	if (!arch)
		return;
	markers->attr.sample_type |= PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
	markers->attr.sample_regs_user = 1ULL << perf_bit(arch, arch->sp) |
					 1ULL << perf_bit(arch, arch->pc);
}

void pfl_markers_free(struct pfl_markers *markers)
{
	pfl_strbuf_free(&markers->record);
	pfl_strbuf_free(&markers->text);
}

static void add_u32(struct pfl_strbuf *out, uint32_t value)
{
	pfl_strbuf_add(out, (char *)&value, sizeof(value));
}

static void add_u64(struct pfl_strbuf *out, uint64_t value)
{
	pfl_strbuf_add(out, (char *)&value, sizeof(value));
}

static void add_zeroes(struct pfl_strbuf *out, size_t count)
{
	static const char zeroes[8];

	pfl_strbuf_add(out, zeroes, count);
}

static void add_chain(struct pfl_strbuf *out, const struct pfl_sleeper *sleeper)
{
	bool user = sleeper->pc != 0;

	add_u64(out, (sleeper->nkernel ? sleeper->nkernel + 1 : 0) + 2 * user);
	if (sleeper->nkernel)
		add_u64(out, (uint64_t)PERF_CONTEXT_KERNEL);
	pfl_strbuf_add(out, (const char *)sleeper->kernel,
		       sleeper->nkernel * sizeof(*sleeper->kernel));
	if (user) {
		add_u64(out, (uint64_t)PERF_CONTEXT_USER);
		add_u64(out, sleeper->pc);
	}
}

/* The size and the text, up to a multiple of 8: so does the kernel. */
static void add_text(struct pfl_strbuf *out, const struct pfl_strbuf *text)
{
	size_t room = (sizeof(uint32_t) + text->len + 8) & ~(size_t)7;

	add_u32(out, room - sizeof(uint32_t));
	pfl_strbuf_add(out, text->text, text->len);
	add_zeroes(out, room - sizeof(uint32_t) - text->len);
}

static void add_dump(const struct pfl_markers *markers, struct pfl_strbuf *out,
		     const struct pfl_sleeper *sleeper)
{
	const struct pfl_arch *arch = markers->arch;
	bool sp_first = perf_bit(arch, arch->sp) < perf_bit(arch, arch->pc);
	size_t size = sleeper->pc ? sleeper->stack_size & ~(size_t)7 : 0;

	add_u64(out, sleeper->pc ? PERF_SAMPLE_REGS_ABI_64 : PERF_SAMPLE_REGS_ABI_NONE);
	if (sleeper->pc) {
		add_u64(out, sp_first ? sleeper->sp : sleeper->pc);
		add_u64(out, sp_first ? sleeper->pc : sleeper->sp);
	}
	add_u64(out, size);
	if (!size)
		return;
	pfl_strbuf_add(out, sleeper->stack, size);
	add_u64(out, size);
}

/* What markers->text says, of @about. */
static int put(struct pfl_markers *markers, const struct pfl_sleeper *about)
{
	struct pfl_strbuf *out = &markers->record;
	struct perf_event_header header = {
		.type = PERF_RECORD_SAMPLE,
		.misc = about->nkernel ? PERF_RECORD_MISC_KERNEL : PERF_RECORD_MISC_USER,
	};
	struct iovec part;

	pfl_strbuf_cut(out, 0);
	pfl_strbuf_add(out, (char *)&header, sizeof(header));
	add_u64(out, markers->id);
	add_u64(out, about->nkernel ? about->kernel[0] : about->pc);
	add_u32(out, about->pid);
	add_u32(out, about->tid);
	add_u64(out, about->time);
	add_u64(out, 0);	/* CPU */
	add_chain(out, about);
	add_text(out, &markers->text);
	if (markers->arch)
		add_dump(markers, out, about);
	if (out->error || markers->text.error)
		return -ENOMEM;
	if (out->len > UINT16_MAX)
		return -E2BIG;
	header.size = out->len;
	memcpy(out->text, &header, sizeof(header));
	part = (struct iovec){ out->text, out->len };
	return markers->sink(markers->data, &part, 1);
}

static void say_ids(struct pfl_strbuf *text, const char *key, const int32_t *ids,
		    unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		pfl_strbuf_addf(text, "%s%d", i ? "," : key, ids[i]);
	if (count)
		pfl_strbuf_addc(text, '\n');
}

int pfl_markers_start(struct pfl_markers *markers, uint64_t time, const struct pfl_target *target)
{
	const struct pfl_sleeper about = { .pid = getpid(), .tid = getpid(), .time = time };
	struct pfl_strbuf *text = &markers->text;

	pfl_strbuf_cut(text, 0);
	pfl_strbuf_addf(text, PFL_MARKER_MAGIC "start\ntime %llu\nself %d\n",
			(unsigned long long)time, getpid());
	if (target->widened) {
		say_ids(text, "pids ", target->pids, target->npids);
		say_ids(text, "tids ", target->tids, target->ntids);
	}
	if (target->chosen_cpus)
		pfl_strbuf_addf(text, "cpus %s\n", target->chosen_cpus);
	return put(markers, &about);
}

int pfl_markers_end(struct pfl_markers *markers, uint64_t time, uint64_t left_out)
{
	const struct pfl_sleeper about = { .pid = getpid(), .tid = getpid(), .time = time };

	pfl_strbuf_cut(&markers->text, 0);
	pfl_strbuf_addf(&markers->text, PFL_MARKER_MAGIC "end\nasleep %llu\n",
			(unsigned long long)left_out);
	return put(markers, &about);
}

int pfl_markers_sleeper(struct pfl_markers *markers, const struct pfl_sleeper *sleeper)
{
	struct pfl_strbuf *text = &markers->text;

	pfl_strbuf_cut(text, 0);
	pfl_strbuf_addf(text, PFL_MARKER_MAGIC "sleeper\nstate %c\n", sleeper->state);
	if (sleeper->wchan)
		pfl_strbuf_addf(text, "wchan %s\n", sleeper->wchan);
	if (sleeper->in_futex)
		pfl_strbuf_addf(text, "futex %u\n", sleeper->futex_op);
	return put(markers, sleeper);
}
