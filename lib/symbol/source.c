/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loading: which tables a DSO gets its names from, and what is told where it gets none. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbol/buildid.h"
#include "symbol/debugfile.h"
#include "symbol/elf.h"
#include "symbol/elf-file.h"
#include "symbol/perfmap.h"
#include "symbol/source.h"
#include "symbol/vdso.h"

struct pfl_source *pfl_source_new(const struct pfl_dso *dso)
{
	struct pfl_source *source = calloc(1, sizeof(*source));

	if (source)
		source->dso = dso;
	return source;
}

void pfl_source_free(struct pfl_source *source)
{
	if (!source)
		return;
	pfl_symtab_free(&source->own);
	pfl_segments_free(&source->code);
	pfl_dwarf_free(source->debug);
	pfl_jit_lines_free(&source->jit_lines);
	pfl_table_free(&source->shown);
	pfl_table_free(&source->debug_shown);
	pfl_strings_free(&source->names);
	for (unsigned int i = 0; i < source->nmessages; i++)
		pfl_strbuf_free(&source->messages[i].text);
	free(source);
}

__attribute__((format(printf, 4, 0)))
static void keep_message(struct pfl_source *source, enum pfl_level level, bool always,
			 const char *format, va_list args)
{
	struct pfl_message *message = &source->messages[source->nmessages];
	char *text;

	if (source->nmessages == sizeof(source->messages) / sizeof(*source->messages))
		return;
	if (vasprintf(&text, format, args) < 0)
		return;
	*message = (struct pfl_message){ .level = level, .always = always };
	pfl_strbuf_adds(&message->text, text);
	free(text);
	source->nmessages += !message->text.error;
}

void pfl_source_tell(struct pfl_source *source, enum pfl_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	keep_message(source, level, false, format, args);
	va_end(args);
}

/* For what concerns the kernel, or the box: too important to be one of too many. */
__attribute__((format(printf, 2, 3)))
static void warn_always(struct pfl_source *source, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	keep_message(source, PFL_WARNING, true, format, args);
	va_end(args);
}

static void tell_about_file(struct pfl_source *source, int err)
{
	const struct pfl_dso *dso = source->dso;
	char id[PFL_BUILD_ID_TEXT];

	switch (err) {
	case -ESTALE:
		pfl_source_tell(source, PFL_WARNING,
				"%s: replaced since it was recorded%s%s; its frames stay without names",
				dso->path, dso->build_id.size ? ", was build-id " : "",
				pfl_build_id_format(&dso->build_id, id));
		break;
	case -EXDEV:
		pfl_source_tell(source, PFL_WARNING,
				"%s: recorded on another machine and without a build-id, so that the file here may be another one; its frames stay without names",
				dso->path);
		break;
	case -ENODATA:
		pfl_source_tell(source, PFL_DEBUG,
				"%s: stripped; its frames stay without names", dso->path);
		break;
	case -EFBIG:
		pfl_source_tell(source, PFL_WARNING,
				"%s: more or longer symbols than any program has; its frames stay without names",
				dso->path);
		break;
	case -ENOEXEC:
		pfl_source_tell(source, PFL_WARNING,
				"%s: no readable ELF file; its frames stay without names",
				dso->path);
		break;
	default:
		pfl_source_tell(source, PFL_DEBUG, "%s: %s; its frames stay without names",
				dso->path, strerror(-err));
	}
}

static void tell_about_debug(struct pfl_source *source, int err)
{
	const char *why = "libdw cannot read it";

	if (!err || err == -ENOENT || err == -ENOMEM)
		return;
	if (err == -EFBIG)
		why = "it is too large";
	else if (err == -E2BIG)
		why = "with what was read before it would take more than 2 GiB";
	else if (err == -ENOLINK)
		why = "the file that it shares with others (.gnu_debugaltlink) is not here";
	pfl_source_tell(source, PFL_NOTE,
			"%s: its debug information is not used: %s; inlined functions are left out",
			source->dso->path, why);
}

/* Files of one DSO; -1: there is none. */
struct files {
	int own;
	int debug;	/* the separate file with its .symtab */
};

/* From a server, which is believed as little as any other place. @section: what it must have, or NULL. */
static int fetch_file(const struct pfl_surroundings *around, struct pfl_source *source, int own,
		      enum pfl_debuginfod_file which, const char *section)
{
	struct pfl_build_id id = source->dso->build_id, fetched;
	int fd;

	if (!around->debuginfod || !source->fetch)
		return -ENOENT;
	if (!id.size && (own < 0 || pfl_build_id_read(own, &id)))
		return -ENOENT;
	fd = pfl_debuginfod_fetch(around->debuginfod, &id, which);
	if (fd < 0 && fd != -ENOENT)
		pfl_source_tell(source, PFL_NOTE, "%s: asking for its symbols: %s", source->dso->path,
				strerror(-fd));
	if (fd < 0)
		return -ENOENT;
	if (!pfl_build_id_read(fd, &fetched) && pfl_build_id_equal(&fetched, &id) &&
	    (!section || pfl_debugfile_has(fd, section)))
		return fd;
	close(fd);
	return -ENOENT;
}

static int open_debug_file_here(const struct pfl_surroundings *around,
				const struct pfl_source *source, int own, const char *section)
{
	const struct pfl_debug_query query = {
		.dso = source->dso, .near = around->near, .fd = own, .dirs = around->debug_dirs,
		.section = section,
	};

	if (own >= 0 && pfl_debugfile_has(own, section))
		return -ENOENT;
	return pfl_debugfile_open(&query);
}

static int open_debug_file(const struct pfl_surroundings *around, struct pfl_source *source,
			   int own, const char *section)
{
	int fd = open_debug_file_here(around, source, own, section);

	if (fd != -ENOENT || (own >= 0 && pfl_debugfile_has(own, section)))
		return fd;
	return fetch_file(around, source, own, PFL_DEBUGINFOD_DEBUG, section);
}

static int read_segments(struct pfl_source *source, int fd)
{
	Elf *elf = pfl_elf_begin(fd);
	int err = elf ? pfl_segments_read(elf, &source->code) : -ENOEXEC;

	elf_end(elf);
	return err;
}

/* Opens the debug information in @fd, if any is there. 0 or -ENOMEM. */
static int read_debug(struct pfl_surroundings *around, struct pfl_source *source, int fd)
{
	int alt = pfl_debugfile_open_alt(fd, source->dso, around->near, around->debug_dirs);
	int err = pfl_dwarf_open(fd, alt, &around->room, &source->debug);

	if (alt >= 0)
		close(alt);
	tell_about_debug(source, err);
	return err == -ENOMEM ? err : 0;
}

/*
 * The debug information may be in the DSO's own file, where its separate symbols
 * are, or in a third one.
 */
static int find_debug(struct pfl_surroundings *around, struct pfl_source *source,
		      const struct files *files)
{
	static const char *const sections[] = { ".debug_info", ".zdebug_info" };
	int known[] = { files->own, files->debug };
	int err, fd;

	err = read_segments(source, files->own >= 0 ? files->own : files->debug);
	if (err)
		return err == -ENOMEM ? err : 0;
	for (size_t i = 0; i < 4; i++)
		if (known[i / 2] >= 0 && pfl_debugfile_has(known[i / 2], sections[i % 2]))
			return read_debug(around, source, known[i / 2]);
	fd = open_debug_file(around, source, files->own, sections[0]);
	if (fd < 0)
		return fd == -ENOMEM ? fd : 0;
	err = read_debug(around, source, fd);
	close(fd);
	return err;
}

static int read_files(struct pfl_surroundings *around, struct pfl_source *source,
		      const struct files *files)
{
	int err;

	if (files->debug == -ENOMEM)
		return -ENOMEM;
	if (files->own >= 0)
		err = pfl_elf_read(files->own, files->debug, PFL_ELF_OFFSETS, &source->own);
	else if (files->debug >= 0)
		err = pfl_elf_read(files->debug, -1, PFL_ELF_OFFSETS, &source->own);
	else
		return -ENOENT;
	if (!err)
		source->table = &source->own;
	if (around->dwarf && err != -ENOMEM && find_debug(around, source, files))
		err = -ENOMEM;
	return err;
}

/* What reading one takes in passing is several times what stays: not of many at once. */
#define LARGE (64 << 20)

static bool begin_large(struct pfl_surroundings *around, int fd)
{
	struct stat st;
	bool large = fd >= 0 && !fstat(fd, &st) && st.st_size >= LARGE;

	if (large)
		pthread_mutex_lock(&around->large_lock);
	return large;
}

static void end_large(struct pfl_surroundings *around, bool large)
{
	if (large)
		pthread_mutex_unlock(&around->large_lock);
}

/*
 * Of a binary that is gone, and that no server has a debug file of, the binary itself
 * may be had: it has at least the symbols that it exports.
 */
static void fetch_own(const struct pfl_surroundings *around, struct pfl_source *source,
		      struct files *files)
{
	files->own = fetch_file(around, source, -1, PFL_DEBUGINFOD_EXECUTABLE, NULL);
	if (files->own >= 0)
		files->debug = open_debug_file_here(around, source, files->own, ".symtab");
}

static int load_file(struct pfl_surroundings *around, struct pfl_source *source)
{
	struct files files;
	int missing, err;
	bool large;

	/* "[stack]", "inode:[4026]": nobody expects symbols. */
	if (source->dso->path[0] != '/')
		return 0;
	missing = files.own = pfl_dsofile_open(source->dso, around->near);
	if (files.own < 0)
		files.own = pfl_debugfile_open_copy(source->dso);
	files.debug = open_debug_file(around, source, files.own, ".symtab");
	if (files.own < 0 && files.debug == -ENOENT)
		fetch_own(around, source, &files);
	large = begin_large(around, files.own) || begin_large(around, files.debug);
	err = read_files(around, source, &files);
	end_large(around, large);
	if (err && err != -ENOMEM && !source->debug)
		tell_about_file(source, files.own < 0 && files.debug < 0 ? missing : err);
	if (files.own >= 0)
		close(files.own);
	if (files.debug >= 0)
		close(files.debug);
	return err == -ENOMEM ? err : 0;
}

int pfl_source_read_kernel(struct pfl_surroundings *around)
{
	pthread_mutex_lock(&around->kernel_lock);
	if (!around->kernel_read) {
		around->kernel_read = true;
		around->kernel_error = pfl_kernel_read(&around->kernel);
	}
	pthread_mutex_unlock(&around->kernel_lock);
	return around->kernel_error;
}

static int load_other_kernel(const struct pfl_surroundings *around, struct pfl_source *source)
{
	const char *release = around->osrelease ? around->osrelease : "RELEASE";
	char id[PFL_BUILD_ID_TEXT];
	int err = -ENOENT;

	if (source->dso->kind == PFL_DSO_MODULE) {
		pfl_source_tell(source, PFL_NOTE,
				"%s: not the module that is loaded here; its frames stay without names",
				source->dso->path);
		return 0;
	}
	if (around->osrelease)
		err = pfl_kernel_read_vmlinux(source->dso, release, &source->own, &source->slide);
	if (!err)
		source->table = &source->own;
	else if (err != -ENOMEM)
		warn_always(source,
			    "kernel frames stay without names: recorded on kernel %s (build-id %s), which does not run here; fold the recording there, or install that kernel's vmlinux as /usr/lib/debug/boot/vmlinux-%s",
			    around->osrelease ? release : "of unknown release",
			    source->dso->build_id.size ?
				    pfl_build_id_format(&source->dso->build_id, id) : "unknown",
			    release);
	return err == -ENOMEM ? err : 0;
}

bool pfl_source_is_running(const struct pfl_surroundings *around, const struct pfl_dso *kernel)
{
	return around->near == PFL_NEAR_LIVE ||
	       pfl_kernel_is_running(kernel, around->same_host);
}

/* The running kernel does not tell its symbols: its vmlinux does, where there is one. */
static bool read_own_vmlinux(const struct pfl_surroundings *around, struct pfl_source *source)
{
	if (source->dso->kind != PFL_DSO_KERNEL || !around->osrelease ||
	    pfl_kernel_read_vmlinux(source->dso, around->osrelease, &source->own, &source->slide))
		return false;
	source->table = &source->own;
	return true;
}

static int load_kernel(struct pfl_surroundings *around, struct pfl_source *source)
{
	bool live = around->near == PFL_NEAR_LIVE;
	int err;

	if (!pfl_source_is_running(around, source->dso))
		return load_other_kernel(around, source);
	err = pfl_source_read_kernel(around);
	if (err && err != -ENOMEM && read_own_vmlinux(around, source))
		return 0;
	source->kernel_failed = err;
	if (err)
		return err == -ENOMEM ? err : 0;
	if (!live && pfl_kernel_slide(&around->kernel, source->dso, &source->slide)) {
		warn_always(source,
			    "%s: recorded at %#llx, where it is not loaded now; its frames stay without names",
			    source->dso->path, (unsigned long long)source->dso->start);
		return 0;
	}
	if (!live && !source->dso->build_id.size && source->dso->kind == PFL_DSO_KERNEL)
		pfl_source_tell(source, PFL_NOTE,
				"%s: recorded without a build-id; the running kernel's names are taken, as host name, release and address of _text are the same",
				source->dso->path);
	source->table = &around->kernel.table;
	return 0;
}

/* The vdso is part of the kernel: without a build-id of its own the kernel's release tells. */
static int load_vdso(const struct pfl_surroundings *around, struct pfl_source *source)
{
	const struct pfl_build_id *recorded = &source->dso->build_id;
	struct pfl_build_id id;
	int err = pfl_vdso_read(&source->own, &id);

	if (err)
		return err == -ENOMEM ? err : 0;
	if (around->near == PFL_NEAR_LIVE ||
	    (recorded->size ? pfl_build_id_equal(&id, recorded) : around->same_host))
		source->table = &source->own;
	else
		tell_about_file(source, -ESTALE);
	return 0;
}

/*
 * @err: what came of a file, called @name, that tells the names of code made at run time, and
 * which is not what it should be, @no_such, if that is -ENOEXEC.
 */
static void tell_about_jit(struct pfl_source *source, const char *name, const char *no_such,
			   int err)
{
	if (err == -EPERM)
		pfl_source_tell(source, PFL_WARNING,
				"%s: belongs neither to the user of process %d nor to root; not used",
				name, source->dso->pid);
	else if (err && err != -ENOMEM)
		pfl_source_tell(source, PFL_WARNING, "%s: %s; not used", name,
				err == -ENOEXEC ? no_such : strerror(-err));
	else if (!err)
		source->table = &source->own;
}

static int load_perfmap(struct pfl_surroundings *around, struct pfl_source *source)
{
	const int32_t pid = source->dso->pid;
	int fd = pfl_perfmap_open(pid, around->near == PFL_NEAR_LIVE), err = fd;
	bool large = begin_large(around, fd);
	char name[32];
	uint64_t bad;

	/* Most memory without a file holds no code that anybody meant to name. */
	if (fd == -ENOENT)
		return 0;
	if (fd >= 0) {
		err = pfl_perfmap_read(fd, &source->own, &bad);
		close(fd);
	}
	end_large(around, large);
	snprintf(name, sizeof(name), "perf-%d.map", pid);
	tell_about_jit(source, name, "no regular file", err);
	if (!err && bad)
		pfl_source_tell(source, PFL_WARNING,
				"%s: %llu lines are no \"START SIZE NAME\"", name,
				(unsigned long long)bad);
	return err == -ENOMEM ? err : 0;
}

static int load_jitdump(struct pfl_surroundings *around, struct pfl_source *source,
			const char *path)
{
	bool live = around->near == PFL_NEAR_LIVE;
	int fd = pfl_jitdump_open(source->dso->pid, path, live), err = fd;
	bool large = begin_large(around, fd);
	uint64_t bad;

	if (fd >= 0) {
		err = pfl_jitdump_read(fd, &source->own, &source->jit_lines, &bad);
		close(fd);
	}
	end_large(around, large);
	tell_about_jit(source, path, "no jitdump of version 1", err);
	if (!err && bad)
		pfl_source_tell(source, PFL_WARNING, "%s: %llu records are broken", path,
				(unsigned long long)bad);
	return err == -ENOMEM ? err : 0;
}

/* A process that has mapped a jitdump says more in it than in a perf map. */
static int load_jit(struct pfl_surroundings *around, struct pfl_source *source)
{
	uint32_t path = pfl_table_get(&around->jitdumps, source->dso->pid);
	int err = 0;

	if (path != PFL_NONE)
		err = load_jitdump(around, source,
				   pfl_strings_get(&around->jitdump_paths, path));
	return err || source->table ? err : load_perfmap(around, source);
}

static int load(struct pfl_surroundings *around, struct pfl_source *source)
{
	switch (source->dso->kind) {
	case PFL_DSO_FILE:
		return load_file(around, source);
	case PFL_DSO_KERNEL:
	case PFL_DSO_MODULE:
		return load_kernel(around, source);
	case PFL_DSO_VDSO:
		return load_vdso(around, source);
	case PFL_DSO_ANON:
		return load_jit(around, source);
	case PFL_DSO_UNKNOWN:
		break;
	}
	return 0;
}

/* After so many tables that there was no room for none is read any more: each takes a while. */
#define MAX_REFUSED 16

/* Whether what was read may stay. */
static bool fits(struct pfl_surroundings *around, const struct pfl_source *source)
{
	return pfl_room_take(&around->room, pfl_symtab_size(&source->own) +
					    pfl_jit_lines_size(&source->jit_lines));
}

static void refuse(struct pfl_surroundings *around, struct pfl_source *source)
{
	const struct pfl_dso *dso = source->dso;
	char perfmap[32];

	pfl_symtab_free(&source->own);
	pfl_jit_lines_free(&source->jit_lines);
	source->table = NULL;
	atomic_fetch_add(&around->refused, 1);
	snprintf(perfmap, sizeof(perfmap), "perf-%d.map", dso->pid);
	pfl_source_tell(source, PFL_WARNING,
			"%s: its symbols and what was read before would take more than 2 GiB; its frames stay without names",
			dso->kind == PFL_DSO_ANON ? perfmap : dso->path);
}

int pfl_source_load(struct pfl_surroundings *around, struct pfl_source *source)
{
	int err = atomic_load(&around->refused) < MAX_REFUSED ? load(around, source) : -E2BIG;

	if (err == -E2BIG || (!err && !fits(around, source))) {
		refuse(around, source);
		err = 0;
	}
	return err;
}
