/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tree of weighted stacks.
 *
 * Names, frames and nodes are numbers into arrays that only grow. Most nodes
 * have one child, and most folded input is sorted: so long as the children of a
 * node came in the order of their names, the last of them answers whether the
 * next is new, and they need no sorting. The first one out of order puts all of
 * them into a table of (parent, name), so that neither a fan-out of a million
 * nor a depth of a million costs more than its nodes.
 *
 * Finishing is linear: names are ranked once, and the children that are out of
 * order are put in order by counting those ranks.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "profile/name.h"
#include "profile/profile.h"
#include "profile/value.h"
#include "util/context.h"
#include "util/table.h"
#include "util/text.h"

#define DSO_BITS 29		/* of a frame's key, beside 32 for the name and 3 for the kind */

/* What is known of a node's children while the tree grows. */
struct children {
	uint32_t last;
	uint32_t indexed;	/* they are in child_of, and came out of order */
};

struct pfl_profile {
	struct pfl_profile_info info;
	struct pfl_strings names;
	struct pfl_strings dsos;
	struct pfl_strbuf cleaned;	/* scratch */
	struct pfl_shares shares;
	bool keeps_order;

	struct pfl_table frame_of;	/* by name, DSO and kind */
	struct pfl_frame *frames;
	uint32_t *frame_name;		/* number of the frame's name */
	uint32_t nframes;
	uint32_t frame_room;

	struct pfl_table child_of;	/* by parent and name, where the parent is indexed */
	struct pfl_node *nodes;
	struct children *children;	/* by node; NULL once finished */
	uint32_t nnodes;
	uint32_t node_room;
};

/* Room for one more of @size bytes behind @count; 32-bit numbers are the limit. */
static int grow(void **array, size_t size, uint32_t room)
{
	void *bigger = reallocarray(*array, room, size);

	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	return 0;
}

static uint32_t next_room(uint32_t room)
{
	if (room >= PFL_NODE_NONE / 2)
		return room == PFL_NODE_NONE ? 0 : PFL_NODE_NONE;
	return room ? room * 2 : 256;
}

static int grow_nodes(struct pfl_profile *profile)
{
	uint32_t room = next_room(profile->node_room);

	if (!room || grow((void **)&profile->nodes, sizeof(*profile->nodes), room) ||
	    grow((void **)&profile->children, sizeof(*profile->children), room))
		return -ENOMEM;
	profile->node_room = room;
	return 0;
}

static int grow_frames(struct pfl_profile *profile)
{
	uint32_t room = next_room(profile->frame_room);

	if (!room || grow((void **)&profile->frames, sizeof(*profile->frames), room) ||
	    grow((void **)&profile->frame_name, sizeof(*profile->frame_name), room))
		return -ENOMEM;
	profile->frame_room = room;
	return 0;
}

static uint32_t add_node(struct pfl_profile *profile, uint32_t parent, uint32_t frame)
{
	if (profile->nnodes == profile->node_room && grow_nodes(profile))
		return PFL_NODE_NONE;
	profile->nodes[profile->nnodes] = (struct pfl_node){
		.parent = parent,
		.frame = frame,
		.first = PFL_NODE_NONE,
		.next = PFL_NODE_NONE,
	};
	profile->children[profile->nnodes] = (struct children){ .last = PFL_NODE_NONE };
	return profile->nnodes++;
}

static int makes_sense(const struct pfl_profile_info *info)
{
	if (info->nvalues < 1 || info->nvalues > PFL_VALUES || info->main_value >= info->nvalues)
		return 0;
	if (info->differential && info->nvalues != 2)
		return 0;
	if (info->decimals > PFL_DECIMALS_MAX)
		return 0;
	for (unsigned int i = 0; i < info->nvalues; i++) {
		const struct pfl_value *value = &info->values[i];

		if (!value->name || !value->unit || !value->folded_div)
			return 0;
	}
	return 1;
}

/* Leaves NULL in each string that could not be copied. */
static int copy_info(struct pfl_profile_info *to, const struct pfl_profile_info *from)
{
	int err;

	*to = *from;
	err = pfl_text_own(&to->type) | pfl_text_own(&to->title) | pfl_text_own(&to->palette);
	for (unsigned int i = 0; i < to->nvalues; i++)
		err |= pfl_text_own(&to->values[i].name) | pfl_text_own(&to->values[i].unit);
	return err ? -ENOMEM : 0;
}

static void free_info(struct pfl_profile_info *info)
{
	free((char *)info->type);
	free((char *)info->title);
	free((char *)info->palette);
	for (unsigned int i = 0; i < info->nvalues; i++) {
		free((char *)info->values[i].name);
		free((char *)info->values[i].unit);
	}
}

int pfl_profile_new(struct pfl_ctx *ctx, const struct pfl_profile_info *info,
		    struct pfl_profile **out)
{
	struct pfl_profile *profile;
	uint32_t frame;

	if (!makes_sense(info))
		return pfl_fail(ctx, -EINVAL, "profile of type %s: its values make no sense",
				info->type ? info->type : "(none)");
	profile = calloc(1, sizeof(*profile));
	if (!profile)
		return -ENOMEM;
	if (copy_info(&profile->info, info))
		goto no_memory;
	frame = pfl_profile_frame(profile, "all", 3, NULL, PFL_FRAME_MARK);
	if (frame == PFL_NODE_NONE || add_node(profile, PFL_NODE_NONE, frame) == PFL_NODE_NONE)
		goto no_memory;
	*out = profile;
	return 0;

no_memory:
	pfl_profile_free(profile);
	return -ENOMEM;
}

void pfl_profile_free(struct pfl_profile *profile)
{
	if (!profile)
		return;
	free_info(&profile->info);
	pfl_strings_free(&profile->names);
	pfl_strings_free(&profile->dsos);
	pfl_strbuf_free(&profile->cleaned);
	pfl_shares_free(&profile->shares);
	pfl_table_free(&profile->frame_of);
	free(profile->frames);
	free(profile->frame_name);
	pfl_table_free(&profile->child_of);
	free(profile->nodes);
	free(profile->children);
	free(profile);
}

/* The number of @text among @strings, cleaned where that is needed. */
static uint32_t intern_clean(struct pfl_profile *profile, struct pfl_strings *strings,
			     const char *text, size_t len)
{
	struct pfl_strbuf *cleaned = &profile->cleaned;

	if (!len)
		return pfl_strings_add(strings, "[unknown]", strlen("[unknown]"));
	if (pfl_name_clean_len(text, len) == len)
		return pfl_strings_add(strings, text, len);
	pfl_strbuf_cut(cleaned, 0);
	pfl_name_clean(cleaned, text, len);
	if (cleaned->error)
		return PFL_NONE;
	return pfl_strings_add(strings, cleaned->text, cleaned->len);
}

static uint32_t add_frame(struct pfl_profile *profile, uint32_t name, const char *dso,
			  enum pfl_frame_kind kind)
{
	if (profile->nframes == profile->frame_room && grow_frames(profile))
		return PFL_NODE_NONE;
	profile->frames[profile->nframes] = (struct pfl_frame){
		.name = pfl_strings_get(&profile->names, name),
		.dso = dso,
		.kind = kind,
	};
	profile->frame_name[profile->nframes] = name;
	return profile->nframes++;
}

uint32_t pfl_profile_frame(struct pfl_profile *profile, const char *name, size_t len,
			   const char *dso, enum pfl_frame_kind kind)
{
	uint32_t dso_id = 0;
	uint32_t name_id;
	uint32_t *frame;

	name_id = intern_clean(profile, &profile->names, name, len);
	if (name_id == PFL_NONE)
		return PFL_NODE_NONE;
	if (dso) {
		dso_id = intern_clean(profile, &profile->dsos, dso, strlen(dso));
		if (dso_id >= (1u << DSO_BITS) - 1)
			return PFL_NODE_NONE;
		dso = pfl_strings_get(&profile->dsos, dso_id++);
	}
	frame = pfl_table_put(&profile->frame_of,
			      ((uint64_t)name_id << DSO_BITS | dso_id) << 3 | kind);
	if (!frame)
		return PFL_NODE_NONE;
	if (*frame == PFL_NONE)
		*frame = add_frame(profile, name_id, dso, kind);
	return *frame;
}

static uint32_t name_of(const struct pfl_profile *profile, uint32_t node)
{
	return profile->frame_name[profile->nodes[node].frame];
}

static uint32_t append_child(struct pfl_profile *profile, uint32_t parent, uint32_t frame)
{
	uint32_t node = add_node(profile, parent, frame);
	uint32_t last = profile->children[parent].last;

	if (node == PFL_NODE_NONE)
		return PFL_NODE_NONE;
	if (last == PFL_NODE_NONE)
		profile->nodes[parent].first = node;
	else
		profile->nodes[last].next = node;
	profile->children[parent].last = node;
	return node;
}

static uint32_t *child_slot(struct pfl_profile *profile, uint32_t parent, uint32_t name)
{
	return pfl_table_put(&profile->child_of, (uint64_t)parent << 32 | name);
}

static int index_children(struct pfl_profile *profile, uint32_t parent)
{
	uint32_t node = profile->nodes[parent].first;

	for (; node != PFL_NODE_NONE; node = profile->nodes[node].next) {
		uint32_t *slot = child_slot(profile, parent, name_of(profile, node));

		if (!slot)
			return -ENOMEM;
		*slot = node;
	}
	profile->children[parent].indexed = 1;
	return 0;
}

static uint32_t indexed_child(struct pfl_profile *profile, uint32_t parent, uint32_t frame)
{
	uint32_t *slot = child_slot(profile, parent, profile->frame_name[frame]);

	if (!slot)
		return PFL_NODE_NONE;
	if (*slot == PFL_NONE)
		*slot = append_child(profile, parent, frame);
	return *slot;
}

uint32_t pfl_profile_child(struct pfl_profile *profile, uint32_t parent, uint32_t frame)
{
	const struct children *children = &profile->children[parent];
	uint32_t last = children->last;

	if (last == PFL_NODE_NONE)
		return append_child(profile, parent, frame);
	if (name_of(profile, last) == profile->frame_name[frame])
		return last;
	if (profile->keeps_order)
		return append_child(profile, parent, frame);
	if (!children->indexed) {
		const char *name = profile->frames[frame].name;

		if (strcmp(profile->frames[profile->nodes[last].frame].name, name) < 0)
			return append_child(profile, parent, frame);
		if (index_children(profile, parent))
			return PFL_NODE_NONE;
	}
	return indexed_child(profile, parent, frame);
}

void pfl_profile_charge(struct pfl_profile *profile, uint32_t node, const uint64_t *values)
{
	uint64_t *self = profile->nodes[node].self;

	for (int i = 0; i < PFL_VALUES; i++)
		self[i] = pfl_add_saturated(self[i], values[i]);
}

int pfl_profile_share(struct pfl_profile *profile, uint32_t node, const char *task, size_t len,
		      const uint64_t *values)
{
	struct pfl_share share = { .node = node };

	share.task = intern_clean(profile, &profile->shares.tasks, task, len);
	if (share.task == PFL_NONE)
		return -ENOMEM;
	memcpy(share.values, values, sizeof(share.values));
	return pfl_shares_add(&profile->shares, &share);
}

const struct pfl_shares *pfl_profile_shares(const struct pfl_profile *profile)
{
	return &profile->shares;
}

uint32_t pfl_profile_set_decimals(struct pfl_profile *profile, unsigned int decimals)
{
	uint32_t saturated = 0;
	uint64_t factor = 1;

	for (; profile->info.decimals < decimals; profile->info.decimals++)
		factor *= 10;
	for (uint32_t n = 0; n < profile->nnodes; n++)
		for (int i = 0; i < PFL_VALUES; i++) {
			uint64_t *self = &profile->nodes[n].self[i];

			if (__builtin_mul_overflow(*self, factor, self)) {
				*self = UINT64_MAX;
				saturated++;
			}
		}
	return saturated;
}

void pfl_profile_keep_order(struct pfl_profile *profile, bool keep)
{
	profile->keeps_order = keep;
}

bool pfl_profile_keeps_order(const struct pfl_profile *profile)
{
	return profile->keeps_order;
}

void pfl_profile_multiply(struct pfl_profile *profile, uint64_t factor, unsigned int decimals)
{
	uint64_t over;

	for (; decimals && profile->info.decimals < PFL_DECIMALS_MAX; decimals--)
		profile->info.decimals++;
	over = pfl_power_of_ten(decimals);
	for (uint32_t n = 0; n < profile->nnodes; n++)
		for (int i = 0; i < PFL_VALUES; i++) {
			uint64_t *self = &profile->nodes[n].self[i];
			unsigned __int128 product = (unsigned __int128)*self * factor + over / 2;

			product /= over;
			*self = product > UINT64_MAX ? UINT64_MAX : product;
		}
}

uint32_t *pfl_profile_copy_frames(const struct pfl_profile *from, struct pfl_profile *to)
{
	uint32_t *copy = calloc(from->nframes, sizeof(*copy));

	for (uint32_t f = 0; copy && f < from->nframes; f++) {
		const struct pfl_frame *frame = &from->frames[f];

		copy[f] = pfl_profile_frame(to, frame->name, strlen(frame->name), frame->dso,
					    frame->kind);
		if (copy[f] == PFL_NODE_NONE) {
			free(copy);
			copy = NULL;
		}
	}
	return copy;
}

int pfl_profile_set_differential(struct pfl_profile *profile)
{
	struct pfl_profile_info *info = &profile->info;
	struct pfl_value after = info->values[0];

	if (pfl_text_own(&after.name))
		return -ENOMEM;
	if (pfl_text_own(&after.unit)) {
		free((char *)after.name);
		return -ENOMEM;
	}
	info->values[1] = after;
	info->nvalues = 2;
	info->main_value = 1;
	info->differential = 1;
	return 0;
}

/* A child's number is larger than its parent's: from the back, each total is ready to be added. */
static void sum_totals(struct pfl_profile *profile)
{
	struct pfl_node *nodes = profile->nodes;

	for (uint32_t n = 0; n < profile->nnodes; n++)
		memcpy(nodes[n].total, nodes[n].self, sizeof(nodes[n].total));
	for (uint32_t n = profile->nnodes - 1; n > 0; n--) {
		uint64_t *total = nodes[nodes[n].parent].total;

		for (int i = 0; i < PFL_VALUES; i++)
			total[i] = pfl_add_saturated(total[i], nodes[n].total[i]);
	}
}

/* A name beside its first eight bytes, which decide most comparisons without another look. */
struct ranked {
	uint64_t prefix;
	const char *name;
	uint32_t id;
};

static uint64_t name_prefix(const char *name)
{
	uint64_t prefix = 0;

	for (int i = 0; i < 8; i++) {
		prefix = prefix << 8 | (unsigned char)*name;
		name += *name != '\0';
	}
	return prefix;
}

static int compare_names(const void *pa, const void *pb)
{
	const struct ranked *a = pa;
	const struct ranked *b = pb;

	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* rank[name] is the place of the name among all names, in byte order. */
static uint32_t *rank_names(const struct pfl_strings *names)
{
	struct ranked *sorted = calloc(names->count, sizeof(*sorted));
	uint32_t *rank = calloc(names->count, sizeof(*rank));

	if (!sorted || !rank) {
		free(rank);
		rank = NULL;
		goto out;
	}
	for (uint32_t id = 0; id < names->count; id++) {
		const char *name = pfl_strings_get(names, id);

		sorted[id] = (struct ranked){ name_prefix(name), name, id };
	}
	qsort(sorted, names->count, sizeof(*sorted), compare_names);
	for (uint32_t i = 0; i < names->count; i++)
		rank[sorted[i].id] = i;
out:
	free(sorted);
	return rank;
}

static bool out_of_order(const struct pfl_profile *profile, uint32_t node)
{
	return profile->children[profile->nodes[node].parent].indexed;
}

/* Nodes by falling rank go in front of their siblings one by one: the lists come out rising. */
static void sort_siblings(struct pfl_profile *profile, const uint32_t *rank, uint32_t *start,
			  uint32_t *order)
{
	struct pfl_node *nodes = profile->nodes;
	uint32_t count = 0;

	for (uint32_t n = 1; n < profile->nnodes; n++)
		if (out_of_order(profile, n))
			start[rank[name_of(profile, n)]]++;
	for (uint32_t r = 0; r < profile->names.count; r++)
		count = start[r] += count;
	for (uint32_t n = 1; n < profile->nnodes; n++)
		if (out_of_order(profile, n)) {
			order[--start[rank[name_of(profile, n)]]] = n;
			nodes[nodes[n].parent].first = PFL_NODE_NONE;
		}
	while (count--) {
		struct pfl_node *node = &nodes[order[count]];

		node->next = nodes[node->parent].first;
		nodes[node->parent].first = order[count];
	}
}

static int order_siblings(struct pfl_profile *profile)
{
	uint32_t *rank = rank_names(&profile->names);
	uint32_t *start = calloc(profile->names.count, sizeof(*start));
	uint32_t *order = calloc(profile->nnodes, sizeof(*order));
	int err = -ENOMEM;

	if (rank && start && order) {
		sort_siblings(profile, rank, start, order);
		err = 0;
	}
	free(order);
	free(start);
	free(rank);
	return err;
}

int pfl_profile_finish(struct pfl_profile *profile)
{
	int err = profile->child_of.used ? order_siblings(profile) : 0;

	if (err)
		return err;
	sum_totals(profile);
	pfl_shares_finish(&profile->shares);
	pfl_table_free(&profile->child_of);
	free(profile->children);
	profile->children = NULL;
	return 0;
}

const struct pfl_profile_info *pfl_profile_info(const struct pfl_profile *profile)
{
	return &profile->info;
}

uint32_t pfl_profile_size(const struct pfl_profile *profile)
{
	return profile->nnodes;
}

const struct pfl_node *pfl_profile_node(const struct pfl_profile *profile, uint32_t node)
{
	return &profile->nodes[node];
}

const struct pfl_frame *pfl_profile_frame_at(const struct pfl_profile *profile, uint32_t frame)
{
	return &profile->frames[frame];
}

uint32_t pfl_profile_frames(const struct pfl_profile *profile)
{
	return profile->nframes;
}
