/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which events of a recording go into the profile, and as what. What was asked
 * for decides: --event, then --type, then the type that the events imply, then
 * the first event that samples at all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fold/state.h"
#include "perfdata/marker.h"
#include "util/strbuf.h"

/* "cycles" names "cycles:u" and "cycles:P" too; "sched:sched_switch" only itself. */
static bool is_called(const struct pfl_event *event, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(event->name, name, len))
		return false;
	return !event->name[len] ||
	       (event->name[len] == ':' && event->attr.type != PERF_TYPE_TRACEPOINT);
}

static const struct pfl_event *first_called(const struct pfl_fold *fold, const char *name)
{
	for (unsigned int i = 0; i < fold->events.count; i++)
		if (is_called(fold->events.list[i], name))
			return fold->events.list[i];
	return NULL;
}

/* What the recorder says that it recorded. */
static const struct pfl_type *recorded_type(const struct pfl_fold *fold)
{
	const struct pfl_type *type = NULL;

	for (unsigned int i = 0; i < fold->events.count && !type; i++) {
		const char *name = pfl_marker_type(fold->events.list[i]);

		type = name ? pfl_type_named(name) : NULL;
	}
	return type;
}

static void choose_type(struct pfl_fold *fold)
{
	if (fold->opts.event)
		fold->type = &pfl_type_raw;
	else if (fold->opts.type)
		fold->type = pfl_type_named(fold->opts.type);
	else
		fold->type = recorded_type(fold);
	if (!fold->type)
		fold->type = pfl_type_of(&fold->events);
	if (!fold->type)
		fold->type = &pfl_type_raw;
	fold->selected = fold->opts.event ? first_called(fold, fold->opts.event) :
			 pfl_type_lead(fold->type, &fold->events);
}

/* The same on another kind of CPU: hybrid machines. */
static bool are_alike(const struct pfl_event *a, const struct pfl_event *b)
{
	if (a->attr.type != b->attr.type)
		return false;
	return a->attr.type == PERF_TYPE_HARDWARE ?
	       (uint32_t)a->attr.config == (uint32_t)b->attr.config :
	       a->attr.config == b->attr.config;
}

/*
 * With --event every event of that name. Otherwise the first one for each role
 * and those that count the same on another kind of CPU: two different clocks
 * would count the same time twice.
 */
static bool goes_along(const struct pfl_fold *fold, const struct pfl_event *event, int role)
{
	int leader = pfl_type_role(fold->type, fold->selected);
	uint32_t together = fold->type->together;

	return are_alike(event, fold->selected) || (together >> role & together >> leader & 1);
}

static int role_of(struct pfl_fold *fold, const struct pfl_event *event)
{
	const struct pfl_event **first;
	int role;

	if (fold->opts.event)
		return is_called(event, fold->opts.event) ? 0 : -1;
	role = fold->selected ? pfl_type_role(fold->type, event) : -1;
	if (role < 0)
		return -1;
	/* of several that could lead, the one that does, and its companions */
	if ((unsigned int)role < fold->type->leads && !goes_along(fold, event, role))
		return -1;
	first = &fold->books.events[role];
	if (!*first)
		*first = event;
	return are_alike(event, *first) ? role : -1;
}

static int assign_roles(struct pfl_fold *fold)
{
	unsigned int count = fold->events.count;
	int8_t *roles = realloc(fold->roles, count + 1);

	if (!roles)
		return -ENOMEM;
	fold->roles = roles;
	for (; fold->nroles < count; fold->nroles++)
		roles[fold->nroles] = role_of(fold, fold->events.list[fold->nroles]);
	return 0;
}

int pfl_select(struct pfl_fold *fold)
{
	if (!fold->type)
		choose_type(fold);
	return fold->nroles < fold->events.count ? assign_roles(fold) : 0;
}

static void list_others(const struct pfl_fold *fold, struct pfl_strbuf *list)
{
	for (unsigned int i = 0; i < fold->events.count; i++) {
		const struct pfl_event *event = fold->events.list[i];

		if (fold->roles[i] >= 0 || pfl_type_role(&pfl_type_raw, event) < 0)
			continue;
		pfl_strbuf_addf(list, "%s%s", list->len ? ", " : "", event->name);
	}
}

int pfl_select_explain(const struct pfl_fold *fold)
{
	struct pfl_strbuf others = { 0 };
	int err = 0;

	list_others(fold, &others);
	if (!fold->selected && fold->opts.event)
		err = pfl_fail(fold->ctx, -EINVAL,
			       "no event is called '%s' here; the recording has: %s",
			       fold->opts.event, others.len ? others.text : "none");
	else if (!fold->selected && fold->opts.type)
		err = pfl_fail(fold->ctx, -EINVAL,
			       "no event here makes a profile of type %s; the recording has: %s",
			       fold->opts.type, others.len ? others.text : "none");
	else if (fold->selected && fold->stats.folded && others.len && !fold->opts.event)
		pfl_note(fold->ctx, "folded the samples of %s; the recording also has %s: --event NAME folds those",
			 fold->selected->name, others.text);
	pfl_strbuf_free(&others);
	return err;
}
