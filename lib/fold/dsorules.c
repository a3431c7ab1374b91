/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fold/dsorules.h"
#include "symbol/buildid.h"
#include "symbol/debugfile.h"
#include "symbol/dsofile.h"
#include "symbol/vdso.h"

/* Pages never move, so that walks read while more are added. What is beyond them has no rules. */
#define PAGE_ENTRIES 256u
#define PAGES 65536u

/*
 * What the rules of all DSOs may take: libLLVM 14, of 126 MB, takes 8. Processes may
 * map one file after the other that was made to take more.
 */
#define MAX_RULES (256u << 20)
/* After so many that were too large nothing is read any more: each takes a while. */
#define MAX_REFUSED 16u

struct entry {
	struct pfl_dso dso;	/* as it was when it was noted */
	atomic_bool asked;
	int err;		/* why there are no rules */
	struct pfl_rules *rules;
};

struct pfl_dsorules {
	enum pfl_nearness near;
	uint32_t count;
	struct entry *pages[PAGES];
	/* One file at a time, however many threads: what unpacking one takes is bounded, too. */
	pthread_mutex_t lock;
	size_t size;			/* of all rules */
	unsigned int refused;
	const struct entry *first_refused;
	pfl_fold_aside *aside;
	void *aside_data;
};

static struct entry *entry_of(const struct pfl_dsorules *all, uint32_t number)
{
	return &all->pages[number / PAGE_ENTRIES][number % PAGE_ENTRIES];
}

int pfl_dsorules_new(const struct pfl_symbols_origin *origin, struct pfl_dsorules **out)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	pthread_mutex_init(&(*out)->lock, NULL);
	(*out)->near = pfl_nearness_of(origin);
	return 0;
}

void pfl_dsorules_aside(struct pfl_dsorules *all, pfl_fold_aside *aside, void *data)
{
	all->aside = aside;
	all->aside_data = data;
}

void pfl_dsorules_free(struct pfl_dsorules *all)
{
	if (!all)
		return;
	for (uint32_t i = 0; i < all->count; i++)
		pfl_rules_free(entry_of(all, i)->rules);
	for (uint32_t i = 0; i < PAGES && all->pages[i]; i++)
		free(all->pages[i]);
	pthread_mutex_destroy(&all->lock);
	free(all);
}

int pfl_dsorules_note(struct pfl_dsorules *all, const struct pfl_machine *machine)
{
	for (; all->count < machine->ndsos && all->count < PAGES * PAGE_ENTRIES; all->count++) {
		struct entry **page = &all->pages[all->count / PAGE_ENTRIES];

		if (!*page)
			*page = calloc(PAGE_ENTRIES, sizeof(**page));
		if (!*page)
			return -ENOMEM;
		entry_of(all, all->count)->dso = machine->dsos[all->count];
	}
	return 0;
}

static int read_file(const struct pfl_dso *dso, enum pfl_nearness near, struct pfl_rules **rules)
{
	struct pfl_debug_query query = {
		.dso = dso, .near = near, .dirs = PFL_DEBUG_DIRS, .section = ".debug_frame",
	};
	int debug_fd = -1, err;

	query.fd = pfl_dsofile_open(dso, near);
	if (query.fd < 0)
		query.fd = pfl_debugfile_open_copy(dso);
	if (query.fd < 0)
		return query.fd;
	err = pfl_rules_read(query.fd, -1, rules);
	if (err == -ENODATA) {
		debug_fd = pfl_debugfile_open(&query);
		if (debug_fd >= 0)
			err = pfl_rules_read(query.fd, debug_fd, rules);
	}
	if (debug_fd >= 0)
		close(debug_fd);
	close(query.fd);
	return err;
}

static int read_vdso(const struct pfl_dso *dso, enum pfl_nearness near, struct pfl_rules **rules)
{
	struct pfl_build_id id;
	size_t size;
	char *image;
	int err = pfl_vdso_copy(&image, &size, &id);

	if (err)
		return err;
	err = -ESTALE;
	if (near == PFL_NEAR_LIVE || pfl_build_id_equal(&id, &dso->build_id) ||
	    (near == PFL_NEAR_HERE && !dso->build_id.size))
		err = pfl_rules_read_image(image, size, rules);
	free(image);
	return err;
}

/* Keeps them, unless there are too many already: 0 or -E2BIG. */
static int keep(struct pfl_dsorules *all, const struct entry *entry)
{
	size_t size = entry->rules ? pfl_rules_size(entry->rules) : 0;

	if (all->size + size <= MAX_RULES) {
		all->size += size;
		return 0;
	}
	pfl_rules_free(entry->rules);
	if (!all->refused++)
		all->first_refused = entry;
	return -E2BIG;
}

static void read_rules(struct pfl_dsorules *all, struct entry *entry)
{
	if (all->refused == MAX_REFUSED)
		entry->err = -E2BIG;
	else if (entry->dso.kind == PFL_DSO_FILE)
		entry->err = read_file(&entry->dso, all->near, &entry->rules);
	else if (entry->dso.kind == PFL_DSO_VDSO)
		entry->err = read_vdso(&entry->dso, all->near, &entry->rules);
	if (!entry->err)
		entry->err = keep(all, entry);
	if (entry->err)
		entry->rules = NULL;
}

struct reading {
	struct pfl_dsorules *all;
	struct entry *entry;
};

static void read_now(void *data)
{
	struct reading *reading = data;

	read_rules(reading->all, reading->entry);
}

static void read_aside(struct pfl_dsorules *all, struct entry *entry)
{
	struct reading reading = { all, entry };

	if (all->aside)
		all->aside(all->aside_data, read_now, &reading);
	else
		read_rules(all, entry);
}

/* Code without rules is walked by frame pointer, so only memory running out is an error. */
int pfl_dsorules_get(struct pfl_dsorules *all, uint32_t number, const struct pfl_rules **rules)
{
	struct entry *entry;

	*rules = NULL;
	if (number >= PAGES * PAGE_ENTRIES)
		return 0;
	entry = entry_of(all, number);
	if (!atomic_load_explicit(&entry->asked, memory_order_acquire)) {
		pthread_mutex_lock(&all->lock);
		if (!atomic_load_explicit(&entry->asked, memory_order_relaxed))
			read_aside(all, entry);
		atomic_store_explicit(&entry->asked, true, memory_order_release);
		pthread_mutex_unlock(&all->lock);
	}
	*rules = entry->rules;
	return entry->err == -ENOMEM ? -ENOMEM : 0;
}

void pfl_dsorules_tell(const struct pfl_dsorules *all, struct pfl_ctx *ctx)
{
	for (uint32_t i = 0; i < all->count; i++) {
		const struct entry *entry = entry_of(all, i);

		if (entry->err)
			pfl_debug(ctx, "%s: no unwind data: %s", entry->dso.path,
				  strerror(-entry->err));
	}
	if (all->refused)
		pfl_warn(ctx, "%s: its unwind data and what was read before would take more than %u MiB: its code, and that of others as large, is walked by frame pointers",
			 all->first_refused->dso.path, MAX_RULES >> 20);
}
