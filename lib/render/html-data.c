/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A profile, packed for viewer/data.js: every node that has a value, about nine
 * bytes each.
 *
 * First, as JSON, what the numbers mean, the colours, and the frames that occur,
 * in the order of their first use: their names, or instead of one that stands there
 * already the number of its frame; their kinds, a digit each; the
 * numbers of their DSOs (0: none) and, unless the colours are by node, of their
 * colours, as packed numbers (pack.h) in a string. The colours of a difference stay here.
 * Of the names of threads, how many characters each has in common with the one before, and
 * the rest of it, which ends at the slash where the thread has the number of its process.
 *
 * Then the nodes, depth first, from the left, as packed numbers. Of each node:
 * how many levels it stands above a child of the node before it, the number of
 * its frame, its self values (one, or both), and if the colours are by node the
 * colour.
 *
 * Then, of a recording, which thread had how much: of each node that has such shares, how
 * many nodes lie between it and the last one that had; twice how many shares there are but one,
 * and one more if the last of them is what the others leave; of each share how many threads,
 * in the order of their names in the JSON, lie between it and the one before, and its values.
 *
 * Not compressed: 600,000 frames are 8 MB with their names, unpacked in about 0.1 s of
 * the 0.4 s that a browser works until it shows them; and what would unpack something
 * smaller in a browser (DecompressionStream) answers late, is missing before 2023, and
 * makes a file that nothing else can read.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"
#include "render/html.h"
#include "render/pack.h"
#include "render/palette.h"
#include "util/table.h"

struct pack {
	struct pfl_out *out;
	const struct pfl_profile *profile;
	const struct pfl_profile_info *info;
	const struct pfl_graph *graph;
	const struct pfl_node *nodes;
	struct pfl_palette palette;
	struct pfl_swatch swatches[PFL_SWATCHES];	/* of colours by node: what they stand for */
	unsigned int nswatches;
	uint64_t scale[PFL_VALUES];
	uint32_t *number;	/* by frame: its place in used */
	uint32_t *used;		/* the frames that occur */
	uint32_t nused;
	uint32_t count;		/* nodes that have a value */
	struct pfl_strings dsos;
};

/* A place in the walk over the tree, depth first. */
struct place {
	uint32_t node;
	uint32_t depth;
};

static int has_value(const struct pfl_node *node)
{
	return node->total[0] || node->total[1];
}

/* The next node that has a value; its number is PFL_NODE_NONE at the end. */
static struct place next_place(const struct pfl_node *nodes, struct place at)
{
	uint32_t next = nodes[at.node].first;

	at.depth++;
	for (;;) {
		while (next != PFL_NODE_NONE && !has_value(&nodes[next]))
			next = nodes[next].next;
		if (next != PFL_NODE_NONE || at.node == PFL_NODE_NONE)
			break;
		next = nodes[at.node].next;
		at.node = nodes[at.node].parent;
		at.depth--;
	}
	at.node = at.node == PFL_NODE_NONE ? PFL_NODE_NONE : next;
	return at;
}

/* Changes are coloured by the viewer, since there what counts as one can be chosen. */
static int colors_by_node(const struct pack *pack)
{
	return pack->palette.by_node && !pack->info->differential;
}

static int colors_by_frame(const struct pack *pack)
{
	return !pack->palette.by_node;
}

/* Numbers the frames that occur. */
static void count_nodes(struct pack *pack)
{
	memset(pack->number, 0xff, pfl_profile_frames(pack->profile) * sizeof(*pack->number));
	for (struct place at = { 0, 0 }; at.node != PFL_NODE_NONE;
	     at = next_place(pack->nodes, at)) {
		uint32_t frame = pack->nodes[at.node].frame;

		pack->count++;
		if (pack->number[frame] == UINT32_MAX) {
			pack->number[frame] = pack->nused;
			pack->used[pack->nused++] = frame;
		}
	}
}

static const struct pfl_frame *used_frame(const struct pack *pack, uint32_t i)
{
	return pfl_profile_frame_at(pack->profile, pack->used[i]);
}

static void put_key(struct pack *pack, const char *key)
{
	pfl_out_format(pack->out, ",\n\"%s\":", key);
}

static void put_text(struct pack *pack, const char *key, const char *text)
{
	put_key(pack, key);
	pfl_out_json(pack->out, text ? text : "", text ? strlen(text) : 0);
}

static void put_values(struct pack *pack)
{
	const struct pfl_profile_info *info = pack->info;

	put_key(pack, "values");
	for (unsigned int v = 0; v < info->nvalues; v++) {
		pfl_out_format(pack->out, "%c{\"scale\":%llu,\"name\":", v ? ',' : '[',
			       (unsigned long long)pack->scale[v]);
		pfl_out_json(pack->out, info->values[v].name, strlen(info->values[v].name));
		pfl_out_text(pack->out, ",\"unit\":");
		pfl_out_json(pack->out, info->values[v].unit, strlen(info->values[v].unit));
		pfl_out_format(pack->out, ",\"foldedDiv\":%llu}",
			       (unsigned long long)info->values[v].folded_div);
	}
	pfl_out_char(pack->out, ']');
}

static void put_colors(struct pack *pack)
{
	put_key(pack, "colors");
	pfl_out_char(pack->out, '[');
	for (unsigned int i = 0; i < pack->palette.count; i++)
		pfl_out_format(pack->out, "%s\"#%06x\"", i ? "," : "", pack->palette.color[i]);
	pfl_out_char(pack->out, ']');
}

/* Where colours are by node the page cannot know what they stand for: label and number of each. */
static void put_legend(struct pack *pack)
{
	unsigned int color;

	put_key(pack, "legend");
	pfl_out_char(pack->out, '[');
	for (unsigned int i = 0; i < pack->nswatches; i++) {
		for (color = 0; pack->palette.color[color] != pack->swatches[i].color; color++)
			;
		pfl_out_text(pack->out, i ? ",[" : "[");
		pfl_out_json(pack->out, pack->swatches[i].label,
			     strlen(pack->swatches[i].label));
		pfl_out_format(pack->out, ",%u]", color);
	}
	pfl_out_char(pack->out, ']');
}

/* A profile keeps each name once: frames of one name are told by where it stands. */
static int put_names(struct pack *pack)
{
	struct pfl_table first = { 0 };	/* by name: the frame that has it first */
	int err = 0;

	put_key(pack, "names");
	for (uint32_t i = 0; i < pack->nused && !err; i++) {
		const char *name = used_frame(pack, i)->name;
		uint32_t *frame = pfl_table_put(&first, (uintptr_t)name);

		pfl_out_char(pack->out, i ? ',' : '[');
		if (!frame) {
			err = -ENOMEM;
		} else if (*frame == PFL_NONE) {
			*frame = i;
			pfl_out_json(pack->out, name, strlen(name));
		} else {
			pfl_out_format(pack->out, "%u", *frame);
		}
	}
	pfl_out_char(pack->out, ']');
	pfl_table_free(&first);
	return err;
}

/* The number alphabet has one character that JSON escapes. */
static void put_number(struct pack *pack, uint64_t value)
{
	for (; value >= 32; value >>= 5)
		pfl_out_char(pack->out, PFL_PACK_ZERO + 32 + (value & 31));
	if (PFL_PACK_ZERO + value == '\\')
		pfl_out_char(pack->out, '\\');
	pfl_out_char(pack->out, PFL_PACK_ZERO + value);
}

static int put_dsos(struct pack *pack)
{
	put_key(pack, "frameDsos");
	pfl_out_char(pack->out, '"');
	for (uint32_t i = 0; i < pack->nused; i++) {
		const char *dso = used_frame(pack, i)->dso;
		uint32_t id = dso ? pfl_strings_add(&pack->dsos, dso, strlen(dso)) + 1 : 0;

		if (dso && !id)
			return -ENOMEM;
		put_number(pack, id);
	}
	pfl_out_char(pack->out, '"');
	put_key(pack, "dsos");
	pfl_out_char(pack->out, '[');
	for (uint32_t i = 0; i < pack->dsos.count; i++) {
		const char *dso = pfl_strings_get(&pack->dsos, i);

		if (i)
			pfl_out_char(pack->out, ',');
		pfl_out_json(pack->out, dso, strlen(dso));
	}
	pfl_out_char(pack->out, ']');
	return 0;
}

static int put_frames(struct pack *pack)
{
	int err = put_names(pack);

	if (err)
		return err;
	put_key(pack, "kinds");
	pfl_out_char(pack->out, '"');
	for (uint32_t i = 0; i < pack->nused; i++)
		pfl_out_char(pack->out, '0' + used_frame(pack, i)->kind);
	pfl_out_char(pack->out, '"');
	put_key(pack, "frameColors");
	pfl_out_char(pack->out, '"');
	for (uint32_t i = 0; i < pack->nused && colors_by_frame(pack); i++)
		put_number(pack, pack->palette.of[pack->used[i]]);
	pfl_out_char(pack->out, '"');
	return put_dsos(pack);
}

/* As much of "name-7/7" as is written: "name-7/". */
static size_t written_len(const char *task)
{
	const char *slash = strrchr(task, '/');
	const char *dash = slash ? memrchr(task, '-', slash - task) : NULL;
	size_t digits = dash ? slash - dash - 1 : 0;

	return dash && strlen(slash + 1) == digits && !memcmp(dash + 1, slash + 1, digits) ?
	       (size_t)(slash + 1 - task) : strlen(task);
}

/* Characters of ASCII, of which JavaScript counts as many. */
static size_t shared_len(const char *a, const char *b)
{
	size_t len = 0;

	while (a[len] == b[len] && a[len] > 0)
		len++;
	return len;
}

/* Short-lived processes have many names, nearly the same ones. */
static void put_tasks(struct pack *pack)
{
	const struct pfl_strings *tasks = &pfl_profile_shares(pack->profile)->tasks;
	const char *before = "";
	size_t before_len = 0;

	put_key(pack, "tasks");
	pfl_out_char(pack->out, '[');
	for (uint32_t i = 0; i < tasks->count; i++) {
		const char *task = pfl_strings_get(tasks, i);
		size_t len = written_len(task);
		size_t shared = shared_len(before, task);

		if (shared > before_len)
			shared = before_len;
		if (shared > len)
			shared = len;
		pfl_out_format(pack->out, "%s%zu,", i ? "," : "", shared);
		pfl_out_json(pack->out, task + shared, len - shared);
		before = task;
		before_len = len;
	}
	pfl_out_char(pack->out, ']');
}

static int put_head(struct pack *pack)
{
	const struct pfl_profile_info *info = pack->info;
	int err;

	pfl_out_format(pack->out, "<script type=\"application/json\" class=\"profile\">{"
		       "\"nodes\":%u", pack->count);
	put_text(pack, "name", pack->graph->name);
	put_text(pack, "about", info->title);
	put_text(pack, "type", info->type);
	put_key(pack, "main");
	pfl_out_format(pack->out, "%u", pack->graph->value);
	put_key(pack, "differential");
	pfl_out_format(pack->out, "%u", info->differential);
	put_key(pack, "decimals");
	pfl_out_format(pack->out, "%u", info->decimals);
	put_key(pack, "byNode");
	pfl_out_format(pack->out, "%d", colors_by_node(pack));
	put_values(pack);
	put_colors(pack);
	put_legend(pack);
	put_tasks(pack);
	err = put_frames(pack);
	pfl_out_text(pack->out, "}</script>\n");
	return err;
}

static void put_nodes(struct pack *pack)
{
	uint32_t above = UINT32_MAX;	/* the depth of the node before; 0 follows */

	pfl_out_text(pack->out, "<script type=\"text/plain\" class=\"nodes\">");
	for (struct place at = { 0, 0 }; at.node != PFL_NODE_NONE;
	     at = next_place(pack->nodes, at)) {
		const struct pfl_node *node = &pack->nodes[at.node];

		pfl_pack_number(pack->out, above + 1 - at.depth);
		pfl_pack_number(pack->out, pack->number[node->frame]);
		for (unsigned int v = 0; v < pack->info->nvalues; v++)
			pfl_pack_number(pack->out,
					pfl_pack_scaled(node->self[v], pack->scale[v]));
		if (colors_by_node(pack))
			pfl_pack_number(pack->out, pack->palette.of[at.node]);
		above = at.depth;
	}
	pfl_out_text(pack->out, "</script>\n");
}

static bool is_whole(const struct pfl_node *node, const struct pfl_share *list, uint32_t count)
{
	uint64_t sum[PFL_VALUES] = { 0 };

	for (uint32_t i = 0; i < count; i++)
		for (int v = 0; v < PFL_VALUES; v++)
			sum[v] = pfl_add_saturated(sum[v], list[i].values[v]);
	return !memcmp(sum, node->self, sizeof(sum));
}

/* The @count shares of one node. */
static void put_shares_of(struct pack *pack, const struct pfl_share *list, uint32_t count)
{
	bool whole = is_whole(&pack->nodes[list->node], list, count);
	uint32_t next = 0;

	pfl_pack_number(pack->out, 2 * (uint64_t)(count - 1) + whole);
	for (uint32_t i = 0; i < count; i++) {
		pfl_pack_number(pack->out, list[i].task - next);
		next = list[i].task + 1;
		for (unsigned int v = 0; v < pack->info->nvalues && !(whole && i == count - 1); v++)
			pfl_pack_number(pack->out, pfl_pack_scaled(list[i].values[v], pack->scale[v]));
	}
}

/* Where the shares of each node begin, and one more; the caller's to free. */
static uint32_t *index_shares(const struct pack *pack, const struct pfl_shares *shares)
{
	uint32_t size = pfl_profile_size(pack->profile);
	uint32_t *first = calloc((size_t)size + 1, sizeof(*first));

	for (uint32_t i = 0; first && i < shares->count; i++)
		first[shares->list[i].node + 1]++;
	for (uint32_t n = 0; first && n < size; n++)
		first[n + 1] += first[n];
	return first;
}

static int put_shares(struct pack *pack)
{
	const struct pfl_shares *shares = pfl_profile_shares(pack->profile);
	uint32_t *first = index_shares(pack, shares);
	uint32_t number = 0, next = 0;

	if (!first)
		return -ENOMEM;
	pfl_out_text(pack->out, "<script type=\"text/plain\" class=\"shares\">");
	for (struct place at = { 0, 0 }; at.node != PFL_NODE_NONE;
	     at = next_place(pack->nodes, at), number++) {
		uint32_t count = first[at.node + 1] - first[at.node];

		if (!count)
			continue;
		pfl_pack_number(pack->out, number - next);
		put_shares_of(pack, &shares->list[first[at.node]], count);
		next = number + 1;
	}
	pfl_out_text(pack->out, "</script>\n");
	free(first);
	return 0;
}

/* Both sides of a difference have one scale: they are compared. */
static void find_scales(struct pack *pack)
{
	bool together = pack->info->differential;

	for (unsigned int v = 0; v < PFL_VALUES && v < pack->info->nvalues; v++)
		pack->scale[v] = together ? pfl_pack_scale(pack->profile, 0, PFL_VALUES - 1) :
					    pfl_pack_scale(pack->profile, v, v);
}

int pfl_html_write_data(struct pfl_out *out, const struct pfl_graph *graph,
			const struct pfl_html_opts *opts)
{
	struct pack pack = {
		.out = out,
		.graph = graph,
		.profile = graph->profile,
		.info = pfl_profile_info(graph->profile),
		.nodes = pfl_profile_node(graph->profile, 0),
	};
	const struct pfl_layout layout = { .profile = graph->profile, .nodes = pack.nodes };
	uint32_t frames = pfl_profile_frames(graph->profile);
	const struct pfl_coloring coloring = {
		.palette = opts->palette ? opts->palette : pack.info->palette,
		.diff = opts->diff,
	};
	int err = pfl_palette_new(&pack.palette, &layout, &coloring);

	if (!err && colors_by_node(&pack))
		pack.nswatches = pfl_palette_legend(&pack.palette, &layout, &coloring.diff, pack.swatches);
	if (err)
		return err;
	pack.number = calloc(frames, sizeof(*pack.number));
	pack.used = calloc(frames, sizeof(*pack.used));
	err = pack.number && pack.used ? 0 : -ENOMEM;
	if (!err) {
		find_scales(&pack);
		count_nodes(&pack);
		err = put_head(&pack);
		put_nodes(&pack);
	}
	if (!err)
		err = put_shares(&pack);
	free(pack.number);
	free(pack.used);
	pfl_strings_free(&pack.dsos);
	pfl_palette_free(&pack.palette);
	return err;
}
