/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking up: the functions that one place of a DSO is in, and their names as shown. */
#include <errno.h>
#include <string.h>

#include "symbol/demangle.h"
#include "symbol/source.h"

/*
 * Code that is "returned" to without ever having been left by a call: the
 * address on the stack is its first byte.
 */
static bool is_trampoline(const char *name)
{
	static const char *const names[] = {
		"__restore_rt", "__restore", "__kernel_rt_sigreturn", "__kernel_sigreturn",
		"__default_rt_sa_restorer", "__default_sa_restorer",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/*
 * Padding before a function of the kernel, which nothing ever runs: a call that
 * does not come back stands before it.
 */
static bool is_padding(const struct pfl_source *source, const struct pfl_entry *entry)
{
	return entry && (source->dso->kind == PFL_DSO_KERNEL ||
			 source->dso->kind == PFL_DSO_MODULE) &&
	       !strncmp(pfl_symtab_name(source->table, entry), "__pfx_", 6);
}

/* The symbol of *@addr, which becomes the byte before if the call that ends there is meant. */
static const struct pfl_entry *find(const struct pfl_source *source, uint64_t *addr, bool caller)
{
	const struct pfl_entry *entry, *before;

	if (!source->table) {
		*addr -= caller && *addr;
		return NULL;
	}
	entry = pfl_symtab_find(source->table, *addr);
	/* of the kernel, frames are looked up as perf does: as they are */
	caller |= is_padding(source, entry) && entry->start == *addr;
	if (caller && *addr) {
		before = pfl_symtab_find(source->table, *addr - 1);
		/* without a function before it there is no call to come back from */
		if (!entry || entry->start != *addr ||
		    (before && !is_trampoline(pfl_symtab_name(source->table, entry)))) {
			entry = before;
			--*addr;
		}
	}
	/* The kernel moves as a whole, modules do not move with it. */
	if (entry && source->dso->kind == PFL_DSO_KERNEL && source->slide && entry->group)
		return NULL;
	return entry;
}

static bool may_be_mangled(const char *name)
{
	return name[0] == '_' && (name[1] == 'Z' || name[1] == 'R' || name[1] == 'D');
}

/*
 * Of what cannot be demangled, and of paths. Debug information may have each of a million
 * functions begin its name a byte later in one text of megabytes.
 */
#define MAX_SHOWN 8192

/* Keeps the name that @raw is shown by under *@slot. NULL: out of memory. */
static const char *keep_shown(enum pfl_demangle demangle, struct pfl_source *source,
			      uint32_t *slot, const char *raw, const char *suffix)
{
	struct pfl_strbuf name = { 0 };

	if (!slot)
		return NULL;
	if (*slot != PFL_NONE)
		return pfl_strings_get(&source->names, *slot);
	if (!pfl_demangle_name(demangle, raw, &name) || !name.len)
		pfl_strbuf_add(&name, raw, strnlen(raw, MAX_SHOWN));
	pfl_strbuf_adds(&name, suffix);
	if (!name.error)
		*slot = pfl_strings_add(&source->names, name.text, name.len);
	pfl_strbuf_free(&name);
	return *slot == PFL_NONE ? NULL : pfl_strings_get(&source->names, *slot);
}

/* Most names are shown as they are; the others are made when they are first asked for. */
static const char *symbol_name(enum pfl_demangle demangle, struct pfl_source *source,
			       const struct pfl_entry *entry)
{
	const char *raw = pfl_symtab_name(source->table, entry);
	bool plt = entry->flags & PFL_ENTRY_PLT;

	if (!plt && !may_be_mangled(raw))
		return raw;
	return keep_shown(demangle, source,
			  pfl_table_put(&source->shown, entry - source->table->entries), raw,
			  plt ? "@plt" : "");
}

static const char *debug_name(enum pfl_demangle demangle, struct pfl_source *source,
			      const char *raw)
{
	return keep_shown(demangle, source,
			  pfl_table_put(&source->debug_shown, (uintptr_t)raw), raw, "");
}

static enum pfl_frame_kind kind_of(const struct pfl_dso *dso)
{
	switch (dso->kind) {
	case PFL_DSO_KERNEL:
	case PFL_DSO_MODULE:
		return PFL_FRAME_KERNEL;
	case PFL_DSO_ANON:
		return PFL_FRAME_JIT;
	default:
		return PFL_FRAME_USER;
	}
}

static int set_symbol(enum pfl_demangle demangle, struct pfl_source *source,
		      const struct pfl_entry *entry, struct pfl_symbol *out)
{
	out->name = symbol_name(demangle, source, entry);
	out->kind = kind_of(source->dso);
	out->start = entry->start - source->slide;
	return out->name ? 0 : -ENOMEM;
}

/* What the debug information knows of @addr, of the table's terms. */
static int find_debug(const struct pfl_surroundings *around, struct pfl_source *source,
		      uint64_t addr, struct pfl_dwarf_frame *frames)
{
	const char *trouble;
	int count;

	if (!source->debug || !pfl_segments_addr(&source->code, addr, &addr))
		return 0;
	count = pfl_dwarf_find(source->debug, addr, around->dwarf, frames,
			       PFL_SYMBOL_FRAMES);
	trouble = pfl_dwarf_trouble(source->debug);
	if (trouble)
		pfl_source_tell(source, PFL_NOTE, "%s: %s", source->dso->path, trouble);
	return count;
}

/* Where the compiler was and what it was given: "/build" and "lib/a.c". */
static const char *file_name(struct pfl_source *source, const struct pfl_dwarf_frame *frame)
{
	uint32_t *slot = pfl_table_put(&source->debug_shown, (uintptr_t)frame->file);
	struct pfl_strbuf path = { 0 };

	if (!slot)
		return NULL;
	if (*slot == PFL_NONE) {
		if (frame->file[0] != '/' && frame->dir)
			pfl_strbuf_addf(&path, "%.*s/", MAX_SHOWN, frame->dir);
		pfl_strbuf_add(&path, frame->file, strnlen(frame->file, MAX_SHOWN));
		if (!path.error)
			*slot = pfl_strings_add(&source->names, path.text, path.len);
		pfl_strbuf_free(&path);
	}
	return *slot == PFL_NONE ? NULL : pfl_strings_get(&source->names, *slot);
}

static int set_place(struct pfl_source *source, const struct pfl_dwarf_frame *frame,
		     struct pfl_symbol *out)
{
	if (!frame->file)
		return 0;
	out->file = file_name(source, frame);
	out->line = frame->line;
	return out->file ? 0 : -ENOMEM;
}

/* One whose name is not told is left out: -ENOENT. */
static int set_function(enum pfl_demangle demangle, struct pfl_source *source,
			const struct pfl_dwarf_frame *frame, struct pfl_symbol *out)
{
	if (!frame->name)
		return -ENOENT;
	out->name = debug_name(demangle, source, frame->name);
	out->kind = frame->inlined ? PFL_FRAME_INLINED : PFL_FRAME_USER;
	return out->name ? 0 : -ENOMEM;
}

/*
 * The function that is there as such. The symbol table names it, where it can:
 * a clone's name says that it is one, and frames with and without inlined
 * functions agree.
 */
static int set_outermost(enum pfl_demangle demangle, struct pfl_source *source,
			 const struct pfl_entry *entry, const struct pfl_dwarf_frame *frame,
			 struct pfl_symbol *out)
{
	if (frame && set_place(source, frame, out))
		return -ENOMEM;
	if (entry)
		return set_symbol(demangle, source, entry, out);
	return frame ? set_function(demangle, source, frame, out) : -ENOENT;
}

static void set_jit_place(const struct pfl_source *source, const struct pfl_entry *entry,
			  uint64_t addr, struct pfl_symbol *out)
{
	const struct pfl_jit_line *line = pfl_jit_lines_find(&source->jit_lines, entry, addr);

	if (!line)
		return;
	out->file = source->own.names + line->file;
	out->line = line->line;
}

int pfl_source_find(const struct pfl_surroundings *around, struct pfl_source *source,
		    uint64_t offset, bool caller, struct pfl_symbol *out)
{
	struct pfl_dwarf_frame frames[PFL_SYMBOL_FRAMES];
	uint64_t addr = offset + source->slide;
	const struct pfl_entry *entry = find(source, &addr, caller);
	int known = find_debug(around, source, addr, frames);
	int inlined, count = 0, err = 0;

	if (known < 0)
		return known;
	memset(out, 0, PFL_SYMBOL_FRAMES * sizeof(*out));
	for (inlined = 0; inlined < known && frames[inlined].inlined; inlined++) {
		if (inlined == PFL_SYMBOL_FRAMES - 1)
			break;
		err = set_function(around->demangle, source, &frames[inlined], &out[count]);
		if (!err)
			err = set_place(source, &frames[inlined], &out[count++]);
		if (err == -ENOMEM)
			return err;
	}
	err = set_outermost(around->demangle, source, entry,
			    inlined < known ? &frames[inlined] : NULL, &out[count]);
	if (err == -ENOMEM)
		return err;
	if (entry && around->dwarf & PFL_DWARF_LINES)
		set_jit_place(source, entry, addr, &out[count]);
	count += !err;
	return count ? count : -ENOENT;
}

/* start_thread() of glibc 2.36 has 1,166 bytes, and no version much more. */
#define START_MAX 4096

/*
 * glibc calls main() from __libc_start_call_main() and thread functions from
 * start_thread(), which are local to it: a stripped one has no names for them.
 * But both stand right before the function of the same source that uses them.
 */
bool pfl_source_starts_here(const struct pfl_source *source, uint64_t offset, bool caller)
{
	uint64_t addr = offset + source->slide - caller;
	const struct pfl_entry *next;
	const char *name;

	if (source->dso->kind != PFL_DSO_FILE || !source->table ||
	    pfl_symtab_find(source->table, addr))
		return false;
	next = pfl_symtab_next(source->table, addr);
	if (!next || next->start - addr > START_MAX)
		return false;
	name = pfl_symtab_name(source->table, next);
	return !strcmp(name, "__libc_start_main") || !strcmp(name, "pthread_create");
}
