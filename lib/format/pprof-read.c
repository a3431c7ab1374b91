/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading pprof: its tables first (pprof-file.c), then each sample as a stack of
 * frames, which are made when a sample needs them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <perflame/exchange.h>
#include <perflame/type.h>

#include "format/folded.h"
#include "format/pprof-file.h"
#include "format/pprof.h"
#include "format/protobuf.h"
#include "profile/name.h"
#include "util/array.h"
#include "util/context.h"
#include "util/gzip.h"
#include "util/input.h"

#define FILE_MAX ((size_t)256 << 20)	/* as it is, and */
#define UNPACKED_MAX ((size_t)512 << 20) /* unpacked */
#define CHUNK ((size_t)64 << 10)

struct reader {
	struct pfl_ctx *ctx;
	struct pfl_pprof_read *read;
	const char *name;		/* of the input */
	struct pprof_file file;
	struct pfl_profile *profile;
	uint32_t value[PFL_VALUES];	/* numbers of the file's types */
	uint64_t factor[PFL_VALUES];	/* of the profile's unit in theirs */
	unsigned int nvalues;
	uint64_t saturated;
	uint32_t *frame_of;		/* by line of the file, and then by location without any */
	uint64_t *path;			/* ids of a sample's locations */
	uint32_t room;
	uint64_t nodes_max, frames_left;	/* see limit_stacks() */
};

int pfl_pprof_is(struct pfl_input *input)
{
	ssize_t have = pfl_input_peek(input);
	const unsigned char *head = input->head;

	if (have < 4)
		return have < 0 ? have : 0;
	/* gzip; or a sample type, which begins with its name's number */
	return (head[0] == 0x1f && head[1] == 0x8b) ||
	       (head[0] == (PPROF_SAMPLE_TYPE << 3 | PFL_WIRE_BYTES) &&
		head[2] == (PPROF_VALUE_TYPE << 3 | PFL_WIRE_VARINT));
}

static int read_bytes(struct pfl_input *input, char **bytes, size_t *len)
{
	size_t room = 0;
	ssize_t got;

	*bytes = NULL;
	*len = 0;
	do {
		if (*len == room) {
			char *bigger = room < FILE_MAX ? realloc(*bytes, room ? room * 2 : CHUNK) :
							 NULL;

			if (!bigger)
				return room < FILE_MAX ? -ENOMEM : -EFBIG;
			room = room ? room * 2 : CHUNK;
			*bytes = bigger;
		}
		got = pfl_input_read(input, *bytes + *len, room - *len);
		if (got < 0)
			return got;
		*len += got;
	} while (got);
	return 0;
}

/* Replaces packed bytes by what they hold. */
static int unpack(char **bytes, size_t *len)
{
	char *packed = *bytes;
	int err;

	if (*len < 2 || packed[0] != 0x1f || (unsigned char)packed[1] != 0x8b)
		return 0;
	err = pfl_gunzip(packed, *len, UNPACKED_MAX, bytes, len);
	if (!err)
		free(packed);
	return err;
}

static bool equals(struct pprof_span span, const char *text)
{
	return span.len == strlen(text) && !memcmp(span.text, text, span.len);
}

static struct pprof_span type_name(const struct reader *r, uint32_t number)
{
	return pprof_file_string(&r->file, r->file.types[number].type);
}

static bool is_difference(const struct reader *r)
{
	return r->file.ntypes == 2 && equals(type_name(r, 0), PPROF_BEFORE) &&
	       equals(type_name(r, 1), PPROF_AFTER);
}

/* A unit in which times are kept: how many ns it is; 0 for all others. */
static uint64_t nanoseconds(struct pprof_span unit)
{
	return equals(unit, "nanoseconds") ? 1 : equals(unit, "microseconds") ? 1000 :
	       equals(unit, "milliseconds") ? 1000000 : equals(unit, "seconds") ? 1000000000 : 0;
}

/* What the file calls a count is the unit of one here: see pprof-write.c. */
static bool is_count(const struct reader *r, uint32_t number)
{
	return equals(pprof_file_string(&r->file, r->file.types[number].unit), "count");
}

static bool is_called(const struct reader *r, uint32_t number, const char *name)
{
	return equals(type_name(r, number), name) || (is_count(r, number) && !strcmp(name, "count"));
}

/* The one that was asked for, or the file's own; by pprof's rule else the last. */
static uint32_t main_type(const struct reader *r)
{
	const struct pprof_file *file = &r->file;
	struct pprof_span shown = pprof_file_string(file, file->shown);

	for (uint32_t t = 0; r->read->value && t < file->ntypes; t++)
		if (is_called(r, t, r->read->value))
			return t;
	for (uint32_t t = 0; file->shown && t < file->ntypes; t++)
		if (file->types[t].type == file->shown ||
		    (shown.len == type_name(r, t).len &&
		     !memcmp(shown.text, type_name(r, t).text, shown.len)))
			return t;
	return file->ntypes - 1;
}

static void choose_values(struct reader *r)
{
	uint32_t main = main_type(r);

	r->nvalues = r->file.ntypes > 1 ? 2 : 1;
	if (is_difference(r)) {
		r->value[1] = 1;
	} else if (r->nvalues == 2) {
		/* the first of the others, and the two in the order of the file */
		uint32_t other = main ? 0 : 1;

		r->value[0] = main < other ? main : other;
		r->value[1] = main < other ? other : main;
	}
}

/* The strings of a value, cleaned, which the info borrows. */
struct value_names {
	struct pfl_strbuf type, unit;
};

static int describe_value(struct reader *r, unsigned int v, struct value_names *names,
			  struct pfl_value *value)
{
	struct pprof_span unit = pprof_file_string(&r->file, r->file.types[r->value[v]].unit);
	struct pprof_span type = type_name(r, r->value[v]);
	bool count = is_count(r, r->value[v]);

	pfl_name_clean(&names->type, type.text, type.len);
	pfl_name_clean(&names->unit, unit.text, unit.len);
	if (names->type.error || names->unit.error)
		return -ENOMEM;
	r->factor[v] = nanoseconds(unit) ? nanoseconds(unit) : 1;
	*value = (struct pfl_value){
		.name = names->type.len ? names->type.text : "value",
		.unit = nanoseconds(unit) ? "ns" : names->unit.len ? names->unit.text : "",
		.folded_div = 1,
	};
	if (count) {
		bool asked = r->read->value && equals(type, r->read->value);

		value->unit = names->type.len ? names->type.text : "samples";
		value->name = asked ? value->unit : "count";
	}
	return 0;
}

static int find_type(struct reader *r, const struct pfl_profile_info **type)
{
	char name[32];

	*type = NULL;
	if (r->read->type) {
		*type = pfl_type_find(r->read->type);
		return *type ? 0 : pfl_fail(r->ctx, -EINVAL, "there is no profile type %s",
					    r->read->type);
	}
	if (r->file.type.len < sizeof(name)) {
		memcpy(name, r->file.type.text ? r->file.type.text : "", r->file.type.len);
		name[r->file.type.len] = '\0';
		*type = pfl_type_find(name);
	}
	return 0;
}

/* A value of the type is written as the type's own is: times as µs, for one. */
static void adopt_type(struct pfl_profile_info *info, const struct pfl_profile_info *type)
{
	info->type = type->type;
	info->title = type->title;
	info->palette = type->palette;
	for (unsigned int v = 0; v < info->nvalues; v++)
		for (unsigned int t = 0; t < type->nvalues; t++)
			if (!strcmp(info->values[v].unit, type->values[t].unit))
				info->values[v].folded_div = type->values[t].folded_div;
}

static int describe(struct reader *r, struct pfl_profile_info *info, struct value_names *names)
{
	const struct pfl_profile_info *type;
	int err = find_type(r, &type);

	*info = (struct pfl_profile_info){
		.title = "Flame Graph",
		.palette = "hot",
		.nvalues = r->nvalues,
		.differential = is_difference(r),
	};
	for (unsigned int v = 0; v < r->nvalues && !err; v++)
		err = describe_value(r, v, &names[v], &info->values[v]);
	if (err)
		return err;
	if (info->differential) {
		info->main_value = 1;
		/* its types say which side it is, and not what was counted */
		for (unsigned int v = 0; v < 2; v++)
			if (is_count(r, v)) {
				info->values[v].name = "count";
				info->values[v].unit = "";
			}
	} else if (r->nvalues == 2) {
		info->main_value = r->value[1] == main_type(r);
		if (!strcmp(info->values[0].name, info->values[1].name))
			info->values[1].name = names[1].type.len ? names[1].type.text : "value";
	}
	if (type)
		adopt_type(info, type);
	return 0;
}

static int new_profile(struct reader *r)
{
	struct value_names names[PFL_VALUES] = { 0 };
	struct pfl_profile_info info;
	int err;

	choose_values(r);
	err = describe(r, &info, names);
	if (!err)
		err = pfl_profile_new(r->ctx, &info, &r->profile);
	for (unsigned int v = 0; v < PFL_VALUES; v++) {
		pfl_strbuf_free(&names[v].type);
		pfl_strbuf_free(&names[v].unit);
	}
	return err;
}

/* Files of code are paths; perf puts what the kernel runs into brackets, and some others. */
static bool is_kernel(const char *dso)
{
	static const char *const others[] = { "[vdso", "[vsyscall", "[heap", "[stack", "[anon",
					      "[unknown" };
	size_t len = strlen(dso);

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (!strncmp(dso, others[i], strlen(others[i])))
			return false;
	return dso[0] == '[' || (len > 3 && !strcmp(dso + len - 3, ".ko"));
}

/* A name as it is shown, and as the system has it: ours tells the kind there. */
struct names {
	struct pprof_span shown, raw;
};

static enum pfl_frame_kind kind_told(const struct names *names)
{
	size_t len = names->raw.len;

	if (len != names->shown.len + PFL_SUFFIX_LEN ||
	    memcmp(names->raw.text, names->shown.text, names->shown.len))
		return PFL_FRAME_USER;
	return pfl_folded_kind(names->raw.text, &len, false);
}

/* A frame, of code of @dso or of none; PFL_NODE_NONE: out of memory. */
static uint32_t make_frame(struct reader *r, const struct names *names, const char *dso, bool root,
			   bool inlined)
{
	size_t len = names->shown.len;
	enum pfl_frame_kind kind = kind_told(names);

	if (kind == PFL_FRAME_USER)
		kind = pfl_folded_kind(names->shown.text, &len, root && !*dso);
	if (kind == PFL_FRAME_USER && *dso && is_kernel(dso))
		kind = PFL_FRAME_KERNEL;
	else if (kind == PFL_FRAME_USER && inlined)
		kind = PFL_FRAME_INLINED;
	return pfl_profile_frame(r->profile, names->shown.text, len, *dso ? dso : NULL, kind);
}

/* The last part of @dso in brackets, as code without a symbol is called everywhere. */
static uint32_t unnamed_frame(struct reader *r, const char *dso)
{
	const char *slash = strrchr(dso, '/');
	const char *base = slash && slash[1] ? slash + 1 : dso;
	struct pfl_strbuf name = { 0 };
	uint32_t frame = PFL_NODE_NONE;

	pfl_strbuf_adds(&name, *base == '[' ? "" : "[");
	pfl_strbuf_adds(&name, *base ? base : "unknown");
	pfl_strbuf_adds(&name, *base == '[' ? "" : "]");
	if (!name.error)
		frame = make_frame(r, &(struct names){ { name.text, name.len }, { "", 0 } }, dso,
				   false, false);
	pfl_strbuf_free(&name);
	return frame;
}

static struct names names_of(const struct reader *r, uint64_t function)
{
	struct pprof_function of = pprof_file_function(&r->file, function);
	struct pprof_span name = pprof_file_string(&r->file, of.name);
	struct pprof_span raw = pprof_file_string(&r->file, of.system_name);

	return (struct names){ name.len ? name : raw, raw };
}

/* Line @line of @location, where it has one. */
static uint32_t frame_at(struct reader *r, const struct pprof_location *location, uint32_t line,
			 bool root)
{
	struct pprof_span file = pprof_file_mapping(&r->file, location->mapping);
	struct names names = { { "", 0 }, { "", 0 } };
	struct pfl_strbuf dso = { 0 };
	bool outermost = line + 1 >= location->count;
	uint32_t frame = PFL_NODE_NONE;

	pfl_strbuf_add(&dso, file.text, file.len);	/* which ends it, as a C string */
	if (location->count)
		names = names_of(r, r->file.lines[location->first + line]);
	if (!dso.error)
		frame = names.shown.len ?
			make_frame(r, &names, dso.text, root && outermost, !outermost) :
			unnamed_frame(r, dso.text);
	pfl_strbuf_free(&dso);
	return frame;
}

/* The same, made once. What a stack starts with may be of another kind: not kept. */
static uint32_t known_frame(struct reader *r, uint32_t number, uint32_t line, bool root)
{
	const struct pprof_location *location = &r->file.locations[number];
	uint32_t *known = location->count ? &r->frame_of[location->first + line] :
					    &r->frame_of[r->file.nlines + number];

	if (root)
		return frame_at(r, location, line, true);
	if (*known == PFL_NODE_NONE)
		*known = frame_at(r, location, line, false);
	return *known;
}

/*
 * A location is a byte in a sample, and may have millions of functions that are inlined
 * into each other; of real ones it has a few.
 */
static void limit_stacks(struct reader *r, size_t len)
{
	r->nodes_max = 8 * (uint64_t)len + (64u << 10);
	r->frames_left = 16 * (uint64_t)len + (1u << 20);
}

/* Below *@node, the functions of location @number. 0, -EFBIG or -ENOMEM. */
static int add_location(struct reader *r, uint32_t number, bool root, uint32_t *node)
{
	uint32_t count = r->file.locations[number].count;

	for (uint32_t line = count ? count : 1; line-- > 0;) {
		uint32_t frame = known_frame(r, number, line, root);

		*node = frame == PFL_NODE_NONE ? PFL_NODE_NONE :
						 pfl_profile_child(r->profile, *node, frame);
		if (*node == PFL_NODE_NONE)
			return -ENOMEM;
		if (!r->frames_left-- || *node > r->nodes_max)
			return -EFBIG;
	}
	return 0;
}

/* A sample as it stands in the file. */
struct sample {
	uint32_t depth;				/* of the path */
	uint64_t values[PFL_VALUES];
	uint64_t nvalues;			/* of the file */
	bool negative;
};

static int push(struct reader *r, struct sample *sample, uint64_t id)
{
	uint64_t *path = pfl_array_grow(r->path, sample->depth, &r->room, sizeof(*path));

	if (!path)
		return -ENOMEM;
	r->path = path;
	path[sample->depth++] = id;
	return 0;
}

static void take_value(struct reader *r, struct sample *sample, uint64_t value)
{
	for (unsigned int v = 0; v < r->nvalues; v++) {
		if (sample->nvalues != r->value[v])
			continue;
		sample->negative |= value > INT64_MAX;
		if (__builtin_mul_overflow(value, r->factor[v], &sample->values[v])) {
			sample->values[v] = UINT64_MAX;
			r->saturated += value <= INT64_MAX;
		}
	}
	sample->nvalues++;
}

static int parse_sample(struct reader *r, struct pfl_bytes from, struct sample *sample)
{
	struct pfl_proto_field field;
	uint64_t number;
	int err = 0;

	*sample = (struct sample){ 0 };
	while (!err && pfl_proto_next(&from, &field))
		for (bool first = true; !err && pfl_proto_number(&field, first, &number);
		     first = false) {
			if (field.number == PPROF_SAMPLE_LOCATION)
				err = push(r, sample, number);
			if (field.number == PPROF_SAMPLE_VALUE)
				take_value(r, sample, number);
		}
	return err;
}

/* The numbers of the locations in place of their ids; false where one does not exist. */
static bool find_locations(struct reader *r, const struct sample *sample)
{
	for (uint32_t i = 0; i < sample->depth; i++) {
		uint32_t number = pfl_table_get(&r->file.location_of, r->path[i]);

		if (number == PFL_NONE)
			return false;
		r->path[i] = number;
	}
	return true;
}

static int add_sample(struct reader *r, struct pfl_bytes from)
{
	struct sample sample;
	uint32_t node = 0;
	int err = parse_sample(r, from, &sample);

	if (err)
		return err;
	if (sample.negative || sample.nvalues != r->file.ntypes || !find_locations(r, &sample)) {
		r->read->bad++;
		return 0;
	}
	r->read->samples++;
	if (!sample.values[0] && !sample.values[1])
		return 0;
	for (uint32_t i = sample.depth; i-- > 0 && !err;)
		err = add_location(r, r->path[i], i + 1 == sample.depth, &node);
	if (!err)
		pfl_profile_charge(r->profile, node, sample.values);
	return err;
}

static int add_samples(struct reader *r)
{
	size_t frames = (size_t)r->file.nlines + r->file.nlocations;
	struct pfl_bytes from = r->file.bytes;
	struct pfl_proto_field field;
	int err = 0;

	r->frame_of = malloc((frames + 1) * sizeof(*r->frame_of));
	if (!r->frame_of)
		return -ENOMEM;
	memset(r->frame_of, 0xff, frames * sizeof(*r->frame_of));
	while (!err && pfl_proto_next(&from, &field))
		if (field.number == PPROF_SAMPLE)
			err = add_sample(r, field.bytes);
	return err;
}

static int finish(struct reader *r)
{
	if (r->read->bad)
		pfl_warn(r->ctx, "%s: %" PRIu64 " samples left out, which have values below 0, too few, "
			 "or places that are not in the file", r->name, r->read->bad);
	if (r->saturated)
		pfl_warn(r->ctx, "%s: %" PRIu64 " value(s) do not fit and stand for 2^64-1",
			 r->name, r->saturated);
	if (!r->read->samples)
		return pfl_fail(r->ctx, -ENODATA, "%s: no samples in it", r->name);
	return pfl_profile_finish(r->profile);
}

static int make_profile(struct reader *r, const char *bytes, size_t len)
{
	int err = pprof_file_parse(&r->file, bytes, len);

	if (err == -EILSEQ)
		return pfl_fail(r->ctx, err, "%s: no pprof, or damaged: what is packed with gzip is taken "
				"for that", r->name);
	if (err == -EFBIG)
		return pfl_fail(r->ctx, err, "%s: it has more places, functions or strings than any "
				"program", r->name);
	if (!err)
		err = new_profile(r);
	limit_stacks(r, len);
	if (!err)
		err = add_samples(r);
	if (err == -EFBIG)
		return pfl_fail(r->ctx, err, "%s: its stacks are out of all proportion to its size",
				r->name);
	return err ? err : finish(r);
}

static int say_unreadable(struct pfl_ctx *ctx, const char *name, int err)
{
	if (err == -EFBIG)
		return pfl_fail(ctx, err, "%s: larger than %zu MiB, or than %zu MiB unpacked", name,
				FILE_MAX >> 20, UNPACKED_MAX >> 20);
	return pfl_fail(ctx, err, "%s: cannot be read: %s", name,
			err == -EILSEQ ? "its gzip is damaged" : strerror(-err));
}

int pfl_pprof_read(struct pfl_ctx *ctx, struct pfl_input *input, struct pfl_pprof_read *read,
		   struct pfl_profile **out)
{
	struct reader r = { .ctx = ctx, .read = read, .name = input->name };
	char *bytes;
	size_t len;
	int err;

	read->samples = read->bad = 0;
	err = read_bytes(input, &bytes, &len);
	if (!err)
		err = unpack(&bytes, &len);
	err = err ? say_unreadable(ctx, r.name, err) : make_profile(&r, bytes, len);
	if (!err)
		*out = r.profile;
	else
		pfl_profile_free(r.profile);
	pprof_file_drop(&r.file);
	free(r.frame_of);
	free(r.path);
	free(bytes);
	return err;
}
