/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which events of a recording go into the profile, and as what. What was asked
 * for decides: --event, then --type, then the type that the events imply, then
 * the first event that samples at all.
 */
#include <errno.h>
#include <string.h>

#include "fold/state.h"
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

static const struct pfl_event *first_taken(const struct pfl_fold *fold,
					   bool (*takes)(const struct pfl_event *event))
{
	for (unsigned int i = 0; i < fold->events.count; i++)
		if (takes(fold->events.list[i]))
			return fold->events.list[i];
	return NULL;
}

static const struct pfl_event *first_called(const struct pfl_fold *fold, const char *name)
{
	for (unsigned int i = 0; i < fold->events.count; i++)
		if (is_called(fold->events.list[i], name))
			return fold->events.list[i];
	return NULL;
}

static void implied(struct pfl_fold *fold)
{
	for (unsigned int i = 0; i < fold->events.count && !fold->selected; i++) {
		fold->type = pfl_type_of(fold->events.list[i]);
		if (fold->type)
			fold->selected = fold->events.list[i];
	}
	if (fold->selected)
		return;
	fold->type = &pfl_type_raw;
	fold->selected = first_taken(fold, pfl_type_raw.takes);
}

void pfl_select(struct pfl_fold *fold)
{
	if (fold->opts.event) {
		fold->type = &pfl_type_raw;
		fold->selected = first_called(fold, fold->opts.event);
	} else if (fold->opts.type) {
		fold->type = pfl_type_named(fold->opts.type);
		fold->selected = first_taken(fold, fold->type->takes);
	} else {
		implied(fold);
	}
}

/*
 * With --event every event of that name. Otherwise the selected one and those
 * that count the same on another kind of CPU (hybrid machines): two different
 * clocks would count the same time twice.
 */
bool pfl_select_takes(const struct pfl_fold *fold, const struct pfl_event *event)
{
	const struct pfl_event *selected = fold->selected;

	if (event == selected)
		return true;
	if (!selected)
		return false;
	if (fold->opts.event)
		return is_called(event, fold->opts.event);
	return event->attr.type == selected->attr.type &&
	       (event->attr.type == PERF_TYPE_HARDWARE ?
		(uint32_t)event->attr.config == (uint32_t)selected->attr.config :
		event->attr.config == selected->attr.config);
}

static void list_others(const struct pfl_fold *fold, struct pfl_strbuf *list)
{
	for (unsigned int i = 0; i < fold->events.count; i++) {
		const struct pfl_event *event = fold->events.list[i];

		if (pfl_select_takes(fold, event) || !pfl_type_raw.takes(event))
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
			       "no event here makes an '%s' profile; the recording has: %s",
			       fold->opts.type, others.len ? others.text : "none");
	else if (fold->selected && fold->stats.folded && others.len && !fold->opts.event)
		pfl_note(fold->ctx, "folded the samples of %s; the recording also has %s: --event NAME folds those",
			 fold->selected->name, others.text);
	pfl_strbuf_free(&others);
	return err;
}
