/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "symbol/debugfile.h"
#include "symbol/source.h"
#include "util/array.h"
#include "util/cpus.h"
#include "util/text.h"

/* On a box full of containers hundreds of files may be missing, each for the same reason. */
#define MAX_MESSAGES 10

/* What the names of all files may take, debug information included, which may be compressed. */
#define MAX_TABLES ((size_t)2 << 30)

struct pfl_symbols {
	struct pfl_ctx *ctx;
	struct pfl_surroundings around;
	struct pfl_source **sources;
	uint32_t nsources, sources_room;
	struct pfl_table by_dso;	/* address of the pfl_dso -> number of the source */
	bool kernel_told, kernel_expected;
	pthread_t kernel_reader;	/* where kernel_expected */
	unsigned int messages;
};

static void compare_hosts(struct pfl_surroundings *around, const struct pfl_symbols_origin *origin)
{
	struct utsname here;

	around->near = pfl_nearness_of(origin);
	around->same_host = origin->hostname && origin->osrelease && !uname(&here) &&
			    !strcmp(origin->hostname, here.nodename) &&
			    !strcmp(origin->osrelease, here.release);
}

int pfl_symbols_new(struct pfl_ctx *ctx, const struct pfl_symbols_origin *origin,
		    enum pfl_demangle demangle, struct pfl_symbols **out)
{
	struct pfl_symbols *symbols = calloc(1, sizeof(*symbols));

	if (!symbols)
		return -ENOMEM;
	symbols->ctx = ctx;
	symbols->around.demangle = demangle;
	atomic_init(&symbols->around.room.left, MAX_TABLES);
	pthread_mutex_init(&symbols->around.kernel_lock, NULL);
	pthread_mutex_init(&symbols->around.large_lock, NULL);
	symbols->around.debug_dirs = strdup(PFL_DEBUG_DIRS);
	if (!symbols->around.debug_dirs || pfl_symbols_set_origin(symbols, origin)) {
		pfl_symbols_free(symbols);
		return -ENOMEM;
	}
	*out = symbols;
	return 0;
}

int pfl_symbols_set_origin(struct pfl_symbols *symbols, const struct pfl_symbols_origin *origin)
{
	free(symbols->around.osrelease);
	symbols->around.osrelease = origin->osrelease ? strdup(origin->osrelease) : NULL;
	compare_hosts(&symbols->around, origin);
	return origin->osrelease && !symbols->around.osrelease ? -ENOMEM : 0;
}

static void *read_kernel(void *around)
{
	pfl_source_read_kernel(around);
	return NULL;
}

void pfl_symbols_expect_kernel(struct pfl_symbols *symbols, const struct pfl_dso *kernel)
{
	struct pfl_surroundings *around = &symbols->around;

	if (symbols->kernel_expected || !pfl_source_is_running(around, kernel))
		return;
	symbols->kernel_expected = !pthread_create(&symbols->kernel_reader, NULL, read_kernel,
						   around);
}

int pfl_symbols_set_debug_dirs(struct pfl_symbols *symbols, const char *dirs)
{
	return pfl_text_set(&symbols->around.debug_dirs, dirs);
}

void pfl_symbols_set_debug(struct pfl_symbols *symbols, bool inlines, bool lines)
{
	symbols->around.dwarf = (inlines ? PFL_DWARF_INLINES : 0) | (lines ? PFL_DWARF_LINES : 0);
}

int pfl_symbols_use_debuginfod(struct pfl_symbols *symbols)
{
	return pfl_debuginfod_new(symbols->ctx, &symbols->around.debuginfod);
}

void pfl_symbols_free(struct pfl_symbols *symbols)
{
	if (!symbols)
		return;
	if (symbols->kernel_expected)
		pthread_join(symbols->kernel_reader, NULL);
	if (symbols->messages > MAX_MESSAGES)
		pfl_note(symbols->ctx, "%u more files without symbols",
			 symbols->messages - MAX_MESSAGES);
	for (uint32_t i = 0; i < symbols->nsources; i++)
		pfl_source_free(symbols->sources[i]);
	free(symbols->sources);
	pfl_table_free(&symbols->by_dso);
	pfl_kernel_free(&symbols->around.kernel);
	pfl_table_free(&symbols->around.jitdumps);
	pfl_strings_free(&symbols->around.jitdump_paths);
	pthread_mutex_destroy(&symbols->around.kernel_lock);
	pthread_mutex_destroy(&symbols->around.large_lock);
	pfl_debuginfod_free(symbols->around.debuginfod);
	free(symbols->around.debug_dirs);
	free(symbols->around.osrelease);
	free(symbols);
}

static void tell_about_kernel(struct pfl_symbols *symbols, int err)
{
	symbols->kernel_told = true;
	if (err == -EPERM)
		pfl_warn(symbols->ctx,
			 "kernel frames stay without names: /proc/kallsyms hides the addresses; run as root (CAP_SYSLOG) with kernel.kptr_restrict at most 1, or: sysctl -w kernel.kptr_restrict=0 kernel.perf_event_paranoid=1");
	else
		pfl_warn(symbols->ctx,
			 "kernel frames stay without names: /proc/kallsyms: %s; is /proc mounted? A kernel without CONFIG_KALLSYMS needs its vmlinux as /usr/lib/debug/boot/vmlinux-%s, and recordings that name its build-id",
			 strerror(-err), symbols->around.osrelease ? symbols->around.osrelease :
								     "RELEASE");
}

/* Tells what has come up with @source. Each message is told once. */
static void tell(struct pfl_symbols *symbols, struct pfl_source *source)
{
	for (unsigned int i = 0; i < source->nmessages; i++) {
		struct pfl_message *message = &source->messages[i];

		if (message->always || symbols->messages++ < MAX_MESSAGES)
			pfl_log(symbols->ctx, message->level, "%s", message->text.text);
		pfl_strbuf_free(&message->text);
	}
	source->nmessages = 0;
	if (source->kernel_failed && !symbols->kernel_told)
		tell_about_kernel(symbols, symbols->around.kernel_error);
}

/* The source for @dso, made where it is new, and not loaded. NULL: out of memory. */
static struct pfl_source *make_source(struct pfl_symbols *symbols, const struct pfl_dso *dso)
{
	uint32_t number = pfl_table_get(&symbols->by_dso, (uintptr_t)dso), *slot;
	struct pfl_source **sources, *source;

	if (number != PFL_NONE)
		return symbols->sources[number];
	sources = pfl_array_grow(symbols->sources, symbols->nsources, &symbols->sources_room,
				 sizeof(*sources));
	if (!sources)
		return NULL;
	symbols->sources = sources;
	slot = pfl_table_put(&symbols->by_dso, (uintptr_t)dso);
	source = slot ? pfl_source_new(dso) : NULL;
	if (!source)
		return NULL;
	*slot = symbols->nsources;
	sources[symbols->nsources++] = source;
	return source;
}

int pfl_symbols_fetch(struct pfl_symbols *symbols, const struct pfl_dso *dso)
{
	struct pfl_source *source = make_source(symbols, dso);

	if (!source)
		return -ENOMEM;
	source->fetch = true;
	return 0;
}

/* The source for @dso, loaded when it is asked for first. NULL: out of memory. */
static struct pfl_source *source_of(struct pfl_symbols *symbols, const struct pfl_dso *dso)
{
	struct pfl_source *source = make_source(symbols, dso);

	if (!source || source->loaded)
		return source;
	source->loaded = true;
	if (pfl_source_load(&symbols->around, source))
		return NULL;
	tell(symbols, source);
	return source;
}

int pfl_symbols_frames(struct pfl_symbols *symbols, const struct pfl_dso *dso, uint64_t offset,
		       bool caller, struct pfl_symbol *out)
{
	struct pfl_source *source = source_of(symbols, dso);
	int count;

	if (!source)
		return -ENOMEM;
	count = pfl_source_find(&symbols->around, source, offset, caller, out);
	tell(symbols, source);
	return count;
}

int pfl_symbols_find(struct pfl_symbols *symbols, const struct pfl_dso *dso, uint64_t offset,
		     bool caller, struct pfl_symbol *out)
{
	struct pfl_symbol frames[PFL_SYMBOL_FRAMES];
	int count = pfl_symbols_frames(symbols, dso, offset, caller, frames);

	if (count <= 0)
		return count ? count : -ENOENT;
	*out = frames[count - 1];
	return 0;
}

int pfl_symbols_callee(struct pfl_symbols *symbols, const struct pfl_dso *dso, uint64_t offset,
		       struct pfl_symbol *out)
{
	const struct pfl_source *source = source_of(symbols, dso);
	uint64_t target;

	if (!source)
		return -ENOMEM;
	target = pfl_source_call_target(&symbols->around, source, offset);
	return target ? pfl_symbols_find(symbols, dso, target, false, out) : -ENOENT;
}

/* The running kernel, where the names of @dso are its; its own addresses are @slide further. */
static const struct pfl_kernel *running_kernel(struct pfl_symbols *symbols,
					       const struct pfl_dso *dso, uint64_t *slide)
{
	const struct pfl_source *source = source_of(symbols, dso);
	const struct pfl_kernel *kernel = &symbols->around.kernel;

	if (!source || dso->kind != PFL_DSO_KERNEL || source->table != &kernel->table)
		return NULL;
	*slide = source->slide;
	return kernel;
}

const char *pfl_symbols_variable(struct pfl_symbols *symbols, const struct pfl_dso *dso,
				 uint64_t address, uint64_t *offset)
{
	uint64_t slide;
	const struct pfl_kernel *kernel = running_kernel(symbols, dso, &slide);

	return kernel ? pfl_variables_find(&kernel->variables, kernel->table.names, address + slide,
					   offset) : NULL;
}

bool pfl_symbols_in_lock_code(struct pfl_symbols *symbols, const struct pfl_dso *dso,
			      uint64_t offset)
{
	uint64_t addr;
	const struct pfl_kernel *kernel = running_kernel(symbols, dso, &addr);

	if (!kernel)
		return false;
	addr += offset;
	return (addr >= kernel->sched_start && addr < kernel->sched_end) ||
	       (addr >= kernel->lock_start && addr < kernel->lock_end);
}

bool pfl_symbols_start_here(struct pfl_symbols *symbols, const struct pfl_dso *dso,
			    uint64_t offset, bool caller)
{
	const struct pfl_source *source = source_of(symbols, dso);

	return source && pfl_source_starts_here(source, offset, caller);
}

/* What several threads load: each takes the next one. */
struct loading {
	struct pfl_surroundings *around;
	struct pfl_source **sources;
	uint32_t count;
	atomic_uint next;
	atomic_int error;
};

static void *load_sources(void *data)
{
	struct loading *loading = data;
	uint32_t i;

	while ((i = atomic_fetch_add(&loading->next, 1)) < loading->count)
		if (pfl_source_load(loading->around, loading->sources[i]))
			atomic_store(&loading->error, -ENOMEM);
	return NULL;
}

#define MAX_THREADS 16

/* This thread is one of them: what no other could be started for is done as well. */
static void load_at_once(struct loading *loading)
{
	unsigned int wanted = pfl_cpus_ours(), started = 0;
	pthread_t threads[MAX_THREADS];

	if (wanted > loading->count)
		wanted = loading->count;
	if (wanted > MAX_THREADS)
		wanted = MAX_THREADS;
	while (started + 1 < wanted &&
	       !pthread_create(&threads[started], NULL, load_sources, loading))
		started++;
	load_sources(loading);
	while (started)
		pthread_join(threads[--started], NULL);
}

int pfl_symbols_note(struct pfl_symbols *symbols, const struct pfl_dso *dso)
{
	struct pfl_surroundings *around = &symbols->around;
	uint32_t path, *slot;

	if (dso->kind != PFL_DSO_FILE || !pfl_jitdump_is_path(dso->path))
		return 0;
	path = pfl_strings_add(&around->jitdump_paths, dso->path, strlen(dso->path));
	slot = pfl_table_put(&around->jitdumps, dso->pid);
	if (path == PFL_NONE || !slot)
		return -ENOMEM;
	*slot = path;
	return 0;
}

static int queue(struct pfl_symbols *symbols, const struct pfl_dso *dso, struct loading *loading)
{
	struct pfl_source *source = make_source(symbols, dso);

	if (!source)
		return -ENOMEM;
	if (!source->loaded)
		loading->sources[loading->count++] = source;
	source->loaded = true;
	return 0;
}

/* The kernel first: it takes longest, and its modules wait for it. */
static int queue_all(struct pfl_symbols *symbols, const struct pfl_dso *const *dsos, size_t count,
		     struct loading *loading)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++)
		if (dsos[i]->kind == PFL_DSO_KERNEL)
			err = queue(symbols, dsos[i], loading);
	for (size_t i = 0; i < count && !err; i++)
		err = queue(symbols, dsos[i], loading);
	return err;
}

int pfl_symbols_load(struct pfl_symbols *symbols, const struct pfl_dso *const *dsos, size_t count)
{
	struct loading loading = { .around = &symbols->around };
	int err;

	loading.sources = calloc(count + 1, sizeof(*loading.sources));
	if (!loading.sources)
		return -ENOMEM;
	err = queue_all(symbols, dsos, count, &loading);
	if (!err)
		load_at_once(&loading);
	for (uint32_t i = 0; i < loading.count && !err; i++)
		tell(symbols, loading.sources[i]);
	free(loading.sources);
	return err ? err : atomic_load(&loading.error);
}
