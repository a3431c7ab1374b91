/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing speedscope's own format. A sample is a node that something was charged to;
 * they come in the order of the tree, so that equal stacks stand side by side.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <perflame/exchange.h>

#include "profile/profile.h"
#include "profile/value.h"
#include "util/array.h"
#include "util/out.h"
#include "util/strbuf.h"
#include "util/table.h"
#include "util/version.h"

/* What a graph's frames are in the table that all graphs share, by number. */
struct frames {
	uint32_t *number;
};

struct writer {
	struct pfl_out out;
	struct pfl_strings keys;	/* of the table: file, NUL, name */
	struct pfl_strbuf key;
	uint32_t *path;		/* frames from the root to the node at hand */
	uint32_t room;
	bool first;		/* of the elements of an array */
};

static void put_text(struct writer *w, const char *text)
{
	pfl_out_json(&w->out, text, strlen(text));
}

static void separate(struct writer *w)
{
	if (!w->first)
		pfl_out_char(&w->out, ',');
	w->first = false;
}

/* The same name of the same file is one frame, whatever kind of code it was. */
static int number_frames(struct writer *w, const struct pfl_profile *profile,
			 struct frames *frames)
{
	uint32_t count = pfl_profile_frames(profile);

	frames->number = calloc(count, sizeof(*frames->number));
	if (!frames->number)
		return -ENOMEM;
	for (uint32_t f = 0; f < count; f++) {
		const struct pfl_frame *frame = pfl_profile_frame_at(profile, f);

		pfl_strbuf_cut(&w->key, 0);
		pfl_strbuf_adds(&w->key, frame->dso ? frame->dso : "");
		pfl_strbuf_addc(&w->key, '\0');
		pfl_strbuf_adds(&w->key, frame->name);
		if (w->key.error)
			return -ENOMEM;
		frames->number[f] = pfl_strings_add(&w->keys, w->key.text, w->key.len);
		if (frames->number[f] == PFL_NONE)
			return -ENOMEM;
	}
	return 0;
}

static void put_frames(struct writer *w)
{
	for (uint32_t id = 0; id < w->keys.count; id++) {
		const char *dso = pfl_strings_get(&w->keys, id);
		size_t len = strlen(dso);

		pfl_out_text(&w->out, id ? ",\n{\"name\":" : "\n{\"name\":");
		put_text(w, dso + len + 1);
		if (len) {
			pfl_out_text(&w->out, ",\"file\":");
			put_text(w, dso);
		}
		pfl_out_char(&w->out, '}');
	}
}

/* The root first. */
static int put_stack(struct writer *w, const struct pfl_node *nodes, uint32_t node,
		     const struct frames *frames)
{
	uint32_t *path, depth = 0;

	for (uint32_t at = node; at; at = nodes[at].parent) {
		path = pfl_array_grow(w->path, depth, &w->room, sizeof(*path));
		if (!path)
			return -ENOMEM;
		w->path = path;
		path[depth++] = frames->number[nodes[at].frame];
	}
	separate(w);
	pfl_out_text(&w->out, "\n[");
	while (depth) {
		pfl_out_number(&w->out, w->path[--depth], 0);
		pfl_out_text(&w->out, depth ? "," : "");
	}
	pfl_out_char(&w->out, ']');
	return 0;
}

static int put_samples(struct writer *w, const struct pfl_profile *profile, unsigned int value,
		       const struct frames *frames)
{
	const struct pfl_node *nodes = pfl_profile_node(profile, 0);
	unsigned int decimals = pfl_profile_info(profile)->decimals;

	w->first = true;
	pfl_out_text(&w->out, ",\"samples\":[");
	for (uint32_t n = 0; n != PFL_NODE_NONE; n = pfl_node_after(nodes, n))
		if (nodes[n].self[value] && put_stack(w, nodes, n, frames))
			return -ENOMEM;
	w->first = true;
	pfl_out_text(&w->out, "],\"weights\":[");
	for (uint32_t n = 0; n != PFL_NODE_NONE; n = pfl_node_after(nodes, n)) {
		if (!nodes[n].self[value])
			continue;
		separate(w);
		pfl_out_number(&w->out, nodes[n].self[value], decimals);
	}
	pfl_out_text(&w->out, "]}");
	return 0;
}

/* Other units than these it knows not. */
static const char *unit_name(const char *unit)
{
	return !strcmp(unit, "ns") ? "nanoseconds" : !strcmp(unit, "bytes") ? "bytes" : "none";
}

static int put_profile(struct writer *w, const struct pfl_graph *graph, unsigned int value,
		       const char *prefix, const struct frames *frames)
{
	const struct pfl_profile_info *info = pfl_profile_info(graph->profile);
	const char *name = graph->name ? graph->name : info->title ? info->title : "profile";

	separate(w);
	pfl_out_text(&w->out, "\n{\"type\":\"sampled\",\"name\":");
	if (*prefix)
		put_text(w, prefix);
	else
		put_text(w, name);
	pfl_out_format(&w->out, ",\"unit\":\"%s\",\"startValue\":0,\"endValue\":",
		       unit_name(info->values[value].unit));
	pfl_out_number(&w->out, pfl_profile_node(graph->profile, 0)->total[value], info->decimals);
	return put_samples(w, graph->profile, value, frames);
}

/* A difference is two profiles, of one table of frames. */
static int put_graph(struct writer *w, const struct pfl_graph *graph, const struct frames *frames)
{
	int err;

	if (!pfl_profile_info(graph->profile)->differential)
		return put_profile(w, graph, graph->value, "", frames);
	err = put_profile(w, graph, 0, "before", frames);
	w->first = false;
	return err ? err : put_profile(w, graph, 1, "after", frames);
}

static int put_all(struct writer *w, const struct pfl_graph *graphs, unsigned int count,
		   const char *title, struct frames *frames)
{
	struct pfl_out *out = &w->out;
	unsigned int shown = pfl_profile_info(graphs[0].profile)->differential;
	int err = 0;

	for (unsigned int i = 0; i < count && !err; i++)
		err = number_frames(w, graphs[i].profile, &frames[i]);
	if (err)
		return err;
	pfl_out_text(out, "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n"
		     "\"exporter\":\"perflame " PFL_VERSION "\",\"name\":");
	put_text(w, title);
	pfl_out_format(out, ",\"activeProfileIndex\":%u,\n\"shared\":{\"frames\":[", shown);
	put_frames(w);
	pfl_out_text(out, "]},\n\"profiles\":[");
	for (unsigned int i = 0; i < count && !err; i++) {
		w->first = !i;
		err = put_graph(w, &graphs[i], &frames[i]);
	}
	pfl_out_text(out, "]}\n");
	return err ? err : pfl_out_finish(out);
}

int pfl_speedscope_write(const struct pfl_graph *graphs, unsigned int count, const char *title,
			 FILE *file)
{
	struct frames *frames;
	struct writer *w;
	int err = -ENOMEM;

	if (!count)
		return -EINVAL;
	for (unsigned int i = 0; i < count; i++)
		if (graphs[i].value >= pfl_profile_info(graphs[i].profile)->nvalues)
			return -EINVAL;
	w = calloc(1, sizeof(*w));
	frames = calloc(count, sizeof(*frames));
	if (w && frames) {
		w->out.file = file;
		if (!title)
			title = pfl_profile_info(graphs[0].profile)->title;
		err = put_all(w, graphs, count, title ? title : "perflame", frames);
		pfl_strings_free(&w->keys);
		pfl_strbuf_free(&w->key);
		free(w->path);
	}
	for (unsigned int i = 0; frames && i < count; i++)
		free(frames[i].number);
	free(frames);
	free(w);
	return err;
}
