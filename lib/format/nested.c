/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing the nested set that Grafana's flame graph panel takes: columns of equal
 * length, a row for each node, depth first, the root's level 0. Labels are numbers
 * into a list of names. A difference has its left side, before, in the columns that
 * any graph has, and its right side in two more.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <perflame/exchange.h>

#include "profile/profile.h"
#include "profile/value.h"
#include "util/out.h"
#include "util/table.h"

#define ROOT_NAME "total"

struct writer {
	struct pfl_out out;
	const struct pfl_profile *profile;
	const struct pfl_profile_info *info;
	const struct pfl_node *nodes;
	uint32_t *order, *level;	/* of the rows: node, and how deep it lies */
	uint32_t count;
	struct pfl_strings names;
	uint32_t *label;		/* by frame; PFL_NONE: not seen yet */
};

static bool has_value(const struct writer *w, const struct pfl_node *node, unsigned int value)
{
	return w->info->differential ? node->total[0] || node->total[1] : node->total[value];
}

/* Rows of nodes without a value would have no width. The root stays, whatever it has. */
static int order_rows(struct writer *w, unsigned int value)
{
	uint32_t size = pfl_profile_size(w->profile);
	uint32_t *depth = calloc(size, sizeof(*depth));

	w->order = calloc(size, sizeof(*w->order));
	w->level = calloc(size, sizeof(*w->level));
	if (!depth || !w->order || !w->level) {
		free(depth);
		return -ENOMEM;
	}
	for (uint32_t n = 0; n != PFL_NODE_NONE; n = pfl_node_after(w->nodes, n)) {
		if (n)
			depth[n] = depth[w->nodes[n].parent] + 1;
		if (n && !has_value(w, &w->nodes[n], value))
			continue;
		w->order[w->count] = n;
		w->level[w->count++] = depth[n];
	}
	free(depth);
	return 0;
}

/* The same name has one label, whatever files it comes from. */
static int number_labels(struct writer *w)
{
	uint32_t frames = pfl_profile_frames(w->profile);

	w->label = malloc(frames * sizeof(*w->label));
	if (!w->label || pfl_strings_add(&w->names, ROOT_NAME, strlen(ROOT_NAME)) == PFL_NONE)
		return -ENOMEM;
	memset(w->label, 0xff, frames * sizeof(*w->label));
	for (uint32_t i = 1; i < w->count; i++) {
		uint32_t frame = w->nodes[w->order[i]].frame;
		const char *name = pfl_profile_frame_at(w->profile, frame)->name;

		if (w->label[frame] != PFL_NONE)
			continue;
		w->label[frame] = pfl_strings_add(&w->names, name, strlen(name));
		if (w->label[frame] == PFL_NONE)
			return -ENOMEM;
	}
	return 0;
}

static void open_field(struct writer *w, const char *name, const char *type)
{
	pfl_out_format(&w->out, "%s\n{\"name\":\"%s\",\"type\":\"%s\",\"values\":[",
		       strcmp(name, "level") ? "," : "", name, type);
}

static void put_levels(struct writer *w)
{
	open_field(w, "level", "number");
	for (uint32_t i = 0; i < w->count; i++) {
		pfl_out_text(&w->out, i ? "," : "");
		pfl_out_number(&w->out, w->level[i], 0);
	}
	pfl_out_text(&w->out, "],\"config\":{}}");
}

/* Grafana's names of units. */
static const char *unit_name(const char *unit)
{
	return !strcmp(unit, "ns") ? "ns" : !strcmp(unit, "bytes") ? "bytes" : "short";
}

static void put_values(struct writer *w, const char *name, unsigned int value, bool self)
{
	open_field(w, name, "number");
	for (uint32_t i = 0; i < w->count; i++) {
		const struct pfl_node *node = &w->nodes[w->order[i]];

		pfl_out_text(&w->out, i ? "," : "");
		pfl_out_number(&w->out, self ? node->self[value] : node->total[value],
			       w->info->decimals);
	}
	pfl_out_format(&w->out, "],\"config\":{\"unit\":\"%s\"}}",
		       unit_name(w->info->values[value].unit));
}

static void put_labels(struct writer *w)
{
	open_field(w, "label", "enum");
	for (uint32_t i = 0; i < w->count; i++) {
		pfl_out_text(&w->out, i ? "," : "");
		pfl_out_number(&w->out, i ? w->label[w->nodes[w->order[i]].frame] : 0, 0);
	}
	pfl_out_text(&w->out, "],\n\"config\":{\"type\":{\"enum\":{\"text\":[");
	for (uint32_t id = 0; id < w->names.count; id++) {
		pfl_out_text(&w->out, id ? "," : "");
		pfl_out_json(&w->out, pfl_strings_get(&w->names, id), pfl_strings_len(&w->names, id));
	}
	pfl_out_text(&w->out, "]}}}}");
}

static int put_all(struct writer *w, unsigned int value)
{
	pfl_out_text(&w->out, "{\"meta\":{\"preferredVisualisationType\":\"flamegraph\"},\"fields\":[");
	put_levels(w);
	put_values(w, "value", value, false);
	put_values(w, "self", value, true);
	put_labels(w);
	if (w->info->differential) {
		put_values(w, "valueRight", 1, false);
		put_values(w, "selfRight", 1, true);
	}
	pfl_out_text(&w->out, "]}\n");
	return pfl_out_finish(&w->out);
}

int pfl_nested_write(const struct pfl_profile *profile, unsigned int value, FILE *file)
{
	struct writer *w;
	int err;

	if (value >= pfl_profile_info(profile)->nvalues)
		return -EINVAL;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->out.file = file;
	w->profile = profile;
	w->info = pfl_profile_info(profile);
	w->nodes = pfl_profile_node(profile, 0);
	if (w->info->differential)
		value = 0;
	err = order_rows(w, value);
	if (!err)
		err = number_labels(w);
	if (!err)
		err = put_all(w, value);
	pfl_strings_free(&w->names);
	free(w->label);
	free(w->order);
	free(w->level);
	free(w);
	return err;
}
