/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "profile/profile.h"
#include "profile/shares.h"
#include "util/array.h"

int pfl_shares_add(struct pfl_shares *shares, const struct pfl_share *share)
{
	struct pfl_share *list = pfl_array_grow(shares->list, shares->count, &shares->room,
						sizeof(*list));

	if (!list)
		return -ENOMEM;
	shares->list = list;
	list[shares->count++] = *share;
	return 0;
}

static int compare(const void *pa, const void *pb)
{
	const struct pfl_share *a = pa;
	const struct pfl_share *b = pb;

	if (a->node != b->node)
		return a->node < b->node ? -1 : 1;
	return a->task < b->task ? -1 : a->task > b->task;
}

void pfl_shares_finish(struct pfl_shares *shares)
{
	struct pfl_share *list = shares->list;
	uint32_t kept = 0;

	if (!shares->count)
		return;
	qsort(list, shares->count, sizeof(*list), compare);
	for (uint32_t i = 1; i < shares->count; i++) {
		if (compare(&list[kept], &list[i])) {
			list[++kept] = list[i];
			continue;
		}
		for (int v = 0; v < PFL_VALUES; v++)
			list[kept].values[v] = pfl_add_saturated(list[kept].values[v],
								 list[i].values[v]);
	}
	shares->count = kept + 1;
}

void pfl_shares_free(struct pfl_shares *shares)
{
	pfl_strings_free(&shares->tasks);
	free(shares->list);
	*shares = (struct pfl_shares){ 0 };
}
