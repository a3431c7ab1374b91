/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the recorder itself says in a recording: which type it recorded, when,
 * and what of all that is in it was asked for. Whoever reads may ask for
 * something else.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fold/state.h"
#include "perfdata/marker.h"

static char *copy_value(const struct pfl_sample *sample, const char *key)
{
	size_t len;
	const char *value = pfl_marker_value(sample, key, &len);

	return value && len ? strndup(value, len) : NULL;
}

/* "1,2,3"; what is no number ends the list. */
static int copy_ids(const struct pfl_sample *sample, const char *key, const int32_t **ids,
		    unsigned int *count)
{
	size_t len;
	const char *text = pfl_marker_value(sample, key, &len);
	char *copy, *at, *end;
	int32_t *list;

	if (!text)
		return 0;
	copy = strndup(text, len);
	list = copy ? calloc(len / 2 + 2, sizeof(*list)) : NULL;
	if (!list) {
		free(copy);
		return -ENOMEM;
	}
	for (at = copy; *at >= '0' && *at <= '9'; at = end + (*end == ','))
		list[(*count)++] = strtol(at, &end, 10);
	free(copy);
	free((int32_t *)*ids);
	*ids = list;
	return 0;
}

static int take_tasks(struct pfl_fold *fold, const struct pfl_sample *sample)
{
	struct pfl_fold_opts *opts = &fold->opts;

	if (opts->npids || opts->ntids)
		return 0;
	if (copy_ids(sample, "pids", &opts->pids, &opts->npids) ||
	    copy_ids(sample, "tids", &opts->tids, &opts->ntids))
		return -ENOMEM;
	pfl_fold_choose(fold);
	return 0;
}

static int take_cpus(struct pfl_fold *fold, const struct pfl_sample *sample)
{
	char *list;

	if (fold->cpus)
		return 0;
	list = copy_value(sample, "cpus");
	if (!list)
		return 0;
	fold->cpus = perf_cpu_map__new(list);
	free(list);
	return fold->cpus ? 0 : -ENOMEM;
}

static int take_start(struct pfl_fold *fold, const struct pfl_sample *sample)
{
	int err;

	if (fold->books.start)
		return 0;
	fold->books.start = pfl_marker_number(sample, "time");
	fold->self = pfl_marker_number(sample, "self");
	err = take_tasks(fold, sample);
	return err ? err : take_cpus(fold, sample);
}

int pfl_fold_marker(struct pfl_fold *fold, const struct pfl_sample *sample)
{
	switch (pfl_marker_kind(sample)) {
	case PFL_MARKER_START:
		return take_start(fold, sample);
	case PFL_MARKER_END:
		fold->end = sample->time;
		fold->stats.asleep = pfl_marker_number(sample, "asleep");
		return 0;
	default:
		return 0;
	}
}
