/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "fold/unwind.h"
#include "perfdata/format.h"
#include "symbol/buildid.h"
#include "symbol/debugfile.h"
#include "symbol/dsofile.h"
#include "symbol/vdso.h"
#include "util/bytes.h"

/*
 * What the rules of all DSOs may take: libLLVM 14, of 126 MB, takes 8. Processes may
 * map one file after the other that was made to take more.
 */
#define MAX_RULES (256u << 20)
/* After so many that were too large nothing is read any more: each takes a while. */
#define MAX_REFUSED 16

/* The rules of each DSO, read when a walk first comes through it. */
struct pfl_unwinding {
	struct pfl_unwinder *unwinder;
	const struct pfl_arch *arch;	/* NULL: not one that we unwind */
	enum pfl_nearness near;
	struct pfl_rules **rules;	/* by number of the DSO; NULL: it has none */
	bool *asked;
	uint32_t room;
	size_t size;			/* of all rules */
	unsigned int refused;
	uint64_t pcs[PFL_UNWIND_FRAMES_MAX];
};

void pfl_unwinding_free(struct pfl_unwinding *unwinding)
{
	if (!unwinding)
		return;
	pfl_unwinder_free(unwinding->unwinder);
	for (uint32_t i = 0; i < unwinding->room; i++)
		pfl_rules_free(unwinding->rules[i]);
	free(unwinding->rules);
	free(unwinding->asked);
	free(unwinding);
}

/* A recording that does not say where it was made was most likely made here. */
static const struct pfl_arch *arch_of(const struct pfl_symbols_origin *origin)
{
	struct utsname here;

	if (origin->arch)
		return pfl_arch_of_name(origin->arch);
	return uname(&here) ? NULL : pfl_arch_of_name(here.machine);
}

static struct pfl_unwinding *new_unwinding(const struct pfl_fold *fold)
{
	struct pfl_unwinding *unwinding = calloc(1, sizeof(*unwinding));

	if (!unwinding || pfl_unwinder_new(&unwinding->unwinder)) {
		free(unwinding);
		return NULL;
	}
	unwinding->arch = arch_of(&fold->origin);
	unwinding->near = pfl_nearness_of(&fold->origin);
	if (!unwinding->arch)
		pfl_warn(fold->ctx, "recorded on %s, whose stacks cannot be unwound: user stacks are as the kernel walked them",
			 fold->origin.arch ? fold->origin.arch : "an unknown machine");
	return unwinding;
}

static int make_room(struct pfl_unwinding *unwinding, uint32_t dso)
{
	uint32_t room = unwinding->room ? unwinding->room : 64;
	struct pfl_rules **rules;
	bool *asked;

	if (dso < unwinding->room)
		return 0;
	while (room <= dso)
		room *= 2;
	rules = realloc(unwinding->rules, room * sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	unwinding->rules = rules;
	asked = realloc(unwinding->asked, room * sizeof(*asked));
	if (!asked)
		return -ENOMEM;
	unwinding->asked = asked;
	for (; unwinding->room < room; unwinding->room++) {
		rules[unwinding->room] = NULL;
		asked[unwinding->room] = false;
	}
	return 0;
}

static int read_file(const struct pfl_unwinding *unwinding, const struct pfl_dso *dso,
		     struct pfl_rules **rules)
{
	struct pfl_debug_query query = {
		.dso = dso, .near = unwinding->near, .dirs = PFL_DEBUG_DIRS,
		.section = ".debug_frame",
	};
	int debug_fd = -1, err;

	query.fd = pfl_dsofile_open(dso, unwinding->near);
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

static int read_vdso(const struct pfl_unwinding *unwinding, const struct pfl_dso *dso,
		     struct pfl_rules **rules)
{
	struct pfl_build_id id;
	size_t size;
	char *image;
	int err = pfl_vdso_copy(&image, &size, &id);

	if (err)
		return err;
	err = -ESTALE;
	if (unwinding->near == PFL_NEAR_LIVE || pfl_build_id_equal(&id, &dso->build_id) ||
	    (unwinding->near == PFL_NEAR_HERE && !dso->build_id.size))
		err = pfl_rules_read_image(image, size, rules);
	free(image);
	return err;
}

/* Keeps them, unless there are too many already: 0 or -E2BIG. */
static int keep(struct pfl_fold *fold, const struct pfl_dso *dso, struct pfl_rules **rules)
{
	struct pfl_unwinding *unwinding = fold->unwinding;
	size_t size = *rules ? pfl_rules_size(*rules) : 0;

	if (unwinding->size + size <= MAX_RULES) {
		unwinding->size += size;
		return 0;
	}
	pfl_rules_free(*rules);
	*rules = NULL;
	if (!unwinding->refused++)
		pfl_warn(fold->ctx, "%s: its unwind data and what was read before would take more than %u MiB: its code, and that of others as large, is walked by frame pointers",
			 dso->path, MAX_RULES >> 20);
	return -E2BIG;
}

/* Code without rules is walked by frame pointer, so only memory running out is an error. */
static int read_rules(struct pfl_fold *fold, uint32_t number)
{
	struct pfl_unwinding *unwinding = fold->unwinding;
	const struct pfl_dso *dso = &fold->machine.dsos[number];
	struct pfl_rules *rules = NULL;
	int err = 0;

	if (unwinding->refused == MAX_REFUSED)
		err = -E2BIG;
	else if (dso->kind == PFL_DSO_FILE)
		err = read_file(unwinding, dso, &rules);
	else if (dso->kind == PFL_DSO_VDSO)
		err = read_vdso(unwinding, dso, &rules);
	if (!err)
		err = keep(fold, dso, &rules);
	if (err && err != -ENOMEM)
		pfl_debug(fold->ctx, "%s: no unwind data: %s", dso->path, strerror(-err));
	unwinding->asked[number] = true;
	unwinding->rules[number] = rules;
	return err == -ENOMEM ? err : 0;
}

/* What a walk needs to find its way. */
struct way {
	struct pfl_fold *fold;
	const struct pfl_maps *maps;
	int err;
};

static bool locate(void *data, uint64_t address, struct pfl_place *place)
{
	struct way *way = data;
	struct pfl_unwinding *unwinding = way->fold->unwinding;
	const struct pfl_map *map = pfl_maps_find(way->maps, address);

	if (!map || way->err)
		return false;
	way->err = make_room(unwinding, map->dso);
	if (!way->err && !unwinding->asked[map->dso])
		way->err = read_rules(way->fold, map->dso);
	if (way->err)
		return false;
	place->rules = unwinding->rules[map->dso];
	place->offset = address - map->start + map->offset;
	return true;
}

static bool can_walk(const struct pfl_fold *fold, const struct pfl_task *task,
		     const struct pfl_sample *sample)
{
	return fold->unwinding->arch && sample->user_stack && sample->user_regs &&
	       sample->user_abi == PERF_SAMPLE_REGS_ABI_64 && task->process;
}

/* What the kernel found of the user part along frame pointers: *@count words. */
static const unsigned char *user_part(const struct pfl_sample *sample, size_t *count)
{
	uint64_t first = 0, end;

	while (first < sample->nchain &&
	       pfl_load64(sample->chain + 8 * first) != (uint64_t)PERF_CONTEXT_USER)
		first++;
	end = ++first;
	while (end < sample->nchain && pfl_load64(sample->chain + 8 * end) < PFL_CONTEXT_MAX)
		end++;
	*count = first < sample->nchain ? end - first : 0;
	return *count ? sample->chain + 8 * first : NULL;
}

int pfl_unwind_sample(struct pfl_fold *fold, const struct pfl_task *task,
		      const struct pfl_sample *sample, struct pfl_walk *walk)
{
	struct way way = { .fold = fold };
	const unsigned char *chain;
	size_t count;
	struct pfl_walk_from from = {
		.stack = sample->user_stack, .stack_size = sample->user_stack_size,
		.locate = locate, .data = &way,
	};

	*walk = (struct pfl_walk){ .room = PFL_UNWIND_FRAMES_MAX };
	if (!fold->unwinding)
		fold->unwinding = new_unwinding(fold);
	if (!fold->unwinding)
		return -ENOMEM;
	if (!can_walk(fold, task, sample))
		return 0;
	way.maps = task->process->maps;
	from.arch = fold->unwinding->arch;
	walk->pcs = fold->unwinding->pcs;
	if (!pfl_regs_load(from.arch, sample->event->attr.sample_regs_user, sample->user_regs,
			   &from.regs))
		return 0;
	pfl_unwinder_walk(fold->unwinding->unwinder, &from, walk);
	chain = user_part(sample, &count);
	if (count)
		pfl_unwinder_join(fold->unwinding->unwinder, &from, chain, count, walk);
	return way.err;
}
