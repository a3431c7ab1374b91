/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing pprof. Every name with its file is a function and a location of the same
 * number; a sample is a node that something was charged to, and its way to the root.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <perflame/exchange.h>

#include "format/folded.h"
#include "format/pprof.h"
#include "format/protobuf.h"
#include "profile/profile.h"
#include "profile/value.h"
#include "util/gzip.h"
#include "util/table.h"

struct writer {
	const struct pfl_profile *profile;
	const struct pfl_profile_info *info;
	const struct pfl_node *nodes;
	struct pfl_gzip *gzip;
	struct pfl_strings strings;	/* the table of strings; 0 is "" */
	struct pfl_strings files;	/* mapping N + 1 is of file N */
	struct pfl_strbuf message;	/* at hand, */
	struct pfl_strbuf part;		/* and a message in it */
	int err;
};

static uint32_t string(struct writer *w, const char *text)
{
	uint32_t id = pfl_strings_add(&w->strings, text, strlen(text));

	if (id == PFL_NONE) {
		w->err = -ENOMEM;
		return 0;
	}
	return id;
}

/* Writes @message as the value of @field of the profile, and empties it. */
static void put_message(struct writer *w, uint32_t field)
{
	struct pfl_strbuf head = { 0 };

	pfl_proto_put_varint(&head, (uint64_t)field << 3 | PFL_WIRE_BYTES);
	pfl_proto_put_varint(&head, w->message.len);
	if (head.error || w->message.error)
		w->err = -ENOMEM;
	if (!w->err) {
		pfl_gzip_put(w->gzip, head.text, head.len);
		pfl_gzip_put(w->gzip, w->message.text, w->message.len);
	}
	pfl_strbuf_free(&head);
	pfl_strbuf_cut(&w->message, 0);
}

/* A number of the profile itself. */
static void put_number(struct writer *w, uint32_t field, uint64_t number)
{
	pfl_proto_put_number(&w->message, field, number);
	if (w->message.error)
		w->err = -ENOMEM;
	else
		pfl_gzip_put(w->gzip, w->message.text, w->message.len);
	pfl_strbuf_cut(&w->message, 0);
}

/* What pprof calls a value: what is counted is its type there, and "count" the unit. */
static const char *type_of(const struct writer *w, unsigned int v)
{
	const struct pfl_value *value = &w->info->values[v];

	if (w->info->differential)
		return v ? PPROF_AFTER : PPROF_BEFORE;
	if (strcmp(value->name, "count"))
		return value->name;
	return *value->unit ? value->unit : "samples";
}

static const char *unit_of(const struct writer *w, unsigned int v)
{
	const struct pfl_value *value = &w->info->values[v];

	if (!strcmp(value->unit, "ns"))
		return "nanoseconds";
	return !strcmp(value->name, "count") || !*value->unit ? "count" : value->unit;
}

static void put_types(struct writer *w, unsigned int shown)
{
	const char *type = w->info->type;
	struct pfl_strbuf comment = { 0 };

	for (unsigned int v = 0; v < w->info->nvalues; v++) {
		pfl_proto_put_number(&w->message, PPROF_VALUE_TYPE, string(w, type_of(w, v)));
		pfl_proto_put_number(&w->message, PPROF_VALUE_UNIT, string(w, unit_of(w, v)));
		put_message(w, PPROF_SAMPLE_TYPE);
	}
	put_number(w, PPROF_DEFAULT_SAMPLE_TYPE, string(w, type_of(w, shown)));
	if (!type)
		return;
	pfl_strbuf_adds(&comment, PPROF_TYPE_COMMENT);
	pfl_strbuf_adds(&comment, type);
	if (comment.error)
		w->err = -ENOMEM;
	else
		put_number(w, PPROF_COMMENT, string(w, comment.text));
	pfl_strbuf_free(&comment);
}

/* Rounds what was charged to @node; false where all of it rounds to nothing. */
static bool round_values(const struct writer *w, const struct pfl_node *node, uint64_t *values)
{
	uint64_t any = 0;

	for (unsigned int v = 0; v < w->info->nvalues; v++) {
		values[v] = pfl_round_once(node->self[v], pfl_power_of_ten(w->info->decimals));
		values[v] = values[v] < INT64_MAX ? values[v] : INT64_MAX;
		any |= values[v];
	}
	return any;
}

static void put_part(struct writer *w, uint32_t field)
{
	if (w->part.error)
		w->err = -ENOMEM;
	else
		pfl_proto_put_bytes(&w->message, field, w->part.text, w->part.len);
	pfl_strbuf_cut(&w->part, 0);
}

/* A stack of the root alone is one without locations. */
static void put_sample(struct writer *w, uint32_t node)
{
	uint64_t values[PFL_VALUES] = { 0 };

	if (!round_values(w, &w->nodes[node], values))
		return;
	for (uint32_t at = node; at; at = w->nodes[at].parent)
		pfl_proto_put_varint(&w->part, (uint64_t)w->nodes[at].frame + 1);
	if (node)
		put_part(w, PPROF_SAMPLE_LOCATION);
	for (unsigned int v = 0; v < w->info->nvalues; v++)
		pfl_proto_put_varint(&w->part, values[v]);
	put_part(w, PPROF_SAMPLE_VALUE);
	put_message(w, PPROF_SAMPLE);
}

/* The number of the mapping of @dso; 0: none. */
static uint32_t mapping(struct writer *w, const char *dso)
{
	uint32_t id = dso ? pfl_strings_add(&w->files, dso, strlen(dso)) : PFL_NONE;

	if (dso && id == PFL_NONE)
		w->err = -ENOMEM;
	return id == PFL_NONE ? 0 : id + 1;
}

/*
 * Where the kind of code has a suffix in folded stacks, the name of the system is the
 * name with it: the kind is not lost. Anything but the name itself also keeps pprof
 * from shortening what is demangled already.
 */
static uint32_t raw_name(struct writer *w, const struct pfl_frame *frame)
{
	const char *suffix = pfl_folded_suffix(frame->kind);
	uint32_t id = 0;

	if (*suffix) {
		pfl_strbuf_adds(&w->part, frame->name);
		pfl_strbuf_adds(&w->part, suffix);
		if (w->part.error)
			w->err = -ENOMEM;
		else
			id = string(w, w->part.text);
		pfl_strbuf_cut(&w->part, 0);
	}
	return id;
}

static void put_frame(struct writer *w, uint32_t number)
{
	const struct pfl_frame *frame = pfl_profile_frame_at(w->profile, number);
	uint64_t id = (uint64_t)number + 1;
	uint32_t name = string(w, frame->name);
	uint32_t raw = raw_name(w, frame);

	pfl_proto_put_number(&w->message, PPROF_FUNCTION_ID, id);
	pfl_proto_put_number(&w->message, PPROF_FUNCTION_NAME, name);
	pfl_proto_put_number(&w->message, PPROF_FUNCTION_SYSTEM_NAME, raw);
	put_message(w, PPROF_FUNCTION);

	pfl_proto_put_number(&w->message, PPROF_LOCATION_ID, id);
	pfl_proto_put_number(&w->message, PPROF_LOCATION_MAPPING, mapping(w, frame->dso));
	pfl_proto_put_number(&w->part, PPROF_LINE_FUNCTION, id);
	put_part(w, PPROF_LOCATION_LINE);
	put_message(w, PPROF_LOCATION);
}

/* Those of the nodes but the root's: that is where all samples meet anyway. */
static void put_frames(struct writer *w)
{
	uint32_t size = pfl_profile_size(w->profile);
	bool *seen = calloc(pfl_profile_frames(w->profile), sizeof(*seen));

	if (!seen)
		w->err = -ENOMEM;
	for (uint32_t n = 1; n < size && !w->err; n++) {
		uint32_t frame = w->nodes[n].frame;

		if (!seen[frame])
			put_frame(w, frame);
		seen[frame] = true;
	}
	free(seen);
}

/* They have their functions' names already: nobody needs to look for their files. */
static void put_mappings(struct writer *w)
{
	for (uint32_t id = 0; id < w->files.count && !w->err; id++) {
		pfl_proto_put_number(&w->message, PPROF_MAPPING_ID, (uint64_t)id + 1);
		pfl_proto_put_number(&w->message, PPROF_MAPPING_FILENAME,
				     string(w, pfl_strings_get(&w->files, id)));
		pfl_proto_put_number(&w->message, PPROF_MAPPING_HAS_FUNCTIONS, 1);
		put_message(w, PPROF_MAPPING);
	}
}

static void put_strings(struct writer *w)
{
	for (uint32_t id = 0; id < w->strings.count && !w->err; id++) {
		pfl_strbuf_add(&w->message, pfl_strings_get(&w->strings, id), pfl_strings_len(&w->strings, id));
		put_message(w, PPROF_STRING_TABLE);
	}
}

static void put_all(struct writer *w, unsigned int value)
{
	string(w, "");
	put_types(w, value);
	for (uint32_t n = 0; n != PFL_NODE_NONE && !w->err; n = pfl_node_after(w->nodes, n))
		put_sample(w, n);
	put_frames(w);
	put_mappings(w);
	put_strings(w);
}

int pfl_pprof_write(const struct pfl_profile *profile, unsigned int value, FILE *out)
{
	struct writer w = {
		.profile = profile,
		.info = pfl_profile_info(profile),
		.nodes = pfl_profile_node(profile, 0),
	};
	int err;

	if (value >= w.info->nvalues)
		return -EINVAL;
	err = pfl_gzip_new(out, &w.gzip);
	if (err)
		return err;
	put_all(&w, value);
	err = pfl_gzip_close(w.gzip);
	pfl_strings_free(&w.strings);
	pfl_strings_free(&w.files);
	pfl_strbuf_free(&w.message);
	pfl_strbuf_free(&w.part);
	return w.err ? w.err : err;
}
