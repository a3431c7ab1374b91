/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "profile/profile.h"
#include "render/layout.h"

/* Parents have the smaller numbers: one pass places all. */
static void place(struct pfl_layout *layout)
{
	uint32_t size = pfl_profile_size(layout->profile);

	for (uint32_t n = 0; n < size; n++) {
		uint32_t child = layout->nodes[n].first;
		uint64_t start = layout->start[n];

		while (child != PFL_NODE_NONE) {
			layout->start[child] = start;
			layout->depth[child] = layout->depth[n] + 1;
			start = pfl_add_saturated(start, pfl_layout_total(layout, child));
			child = layout->nodes[child].next;
		}
	}
}

/* The node that follows @node where its children are passed over. */
static uint32_t after(const struct pfl_node *nodes, uint32_t node)
{
	while (node != PFL_NODE_NONE && nodes[node].next == PFL_NODE_NONE)
		node = nodes[node].parent;
	return node == PFL_NODE_NONE ? node : nodes[node].next;
}

static void put_in_order(struct pfl_layout *layout)
{
	const struct pfl_node *nodes = layout->nodes;
	uint32_t node = 0;

	while (node != PFL_NODE_NONE) {
		uint32_t first = nodes[node].first;

		if (!pfl_layout_total(layout, node)) {
			node = after(nodes, node);
			continue;
		}
		layout->order[layout->count++] = node;
		if (layout->depth[node] >= layout->rows)
			layout->rows = layout->depth[node] + 1;
		node = first != PFL_NODE_NONE ? first : after(nodes, node);
	}
}

int pfl_layout_new(struct pfl_layout *layout, const struct pfl_profile *profile,
		   unsigned int value)
{
	uint32_t size = pfl_profile_size(profile);

	*layout = (struct pfl_layout){
		.profile = profile,
		.nodes = pfl_profile_node(profile, 0),	/* an array by number */
		.value = value,
	};
	if (value >= pfl_profile_info(profile)->nvalues)
		return -EINVAL;
	layout->total = pfl_layout_total(layout, 0);
	if (!layout->total)
		return -ENODATA;
	layout->start = calloc(size, sizeof(*layout->start));
	layout->depth = calloc(size, sizeof(*layout->depth));
	layout->order = calloc(size, sizeof(*layout->order));
	if (!layout->start || !layout->depth || !layout->order) {
		pfl_layout_free(layout);
		return -ENOMEM;
	}
	place(layout);
	put_in_order(layout);
	return 0;
}

void pfl_layout_free(struct pfl_layout *layout)
{
	free(layout->start);
	free(layout->depth);
	free(layout->order);
	*layout = (struct pfl_layout){ 0 };
}
