/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing folded stacks: one walk over the tree, no stack but the tree itself,
 * and a line buffer that always holds the path from the root.
 */
#include <errno.h>
#include <string.h>

#include <perflame/folded.h>

#include "format/folded.h"
#include "profile/value.h"
#include "util/strbuf.h"

struct writer {
	const struct pfl_profile *profile;
	const struct pfl_profile_info *info;
	const struct pfl_folded_write *opts;
	FILE *out;
	struct pfl_strbuf line;	/* the path to the node at hand */
};

const char *pfl_folded_suffix(enum pfl_frame_kind kind)
{
	switch (kind) {
	case PFL_FRAME_KERNEL:
		return "_[k]";
	case PFL_FRAME_INLINED:
		return "_[i]";
	case PFL_FRAME_JIT:
		return "_[j]";
	default:
		return "";
	}
}

static void add_number(struct writer *w, uint64_t value)
{
	char number[PFL_NUMBER_LEN];

	pfl_strbuf_addc(&w->line, ' ');
	pfl_strbuf_add(&w->line, number, pfl_format_number(number, value, w->info->decimals));
}

/*
 * A name that ends in a space and a number would be read back as one column
 * more. Returns that space, to be written as '_', or NULL.
 */
static char *misleading_space(struct writer *w)
{
	char *p = w->line.text + w->line.len;

	while (p > w->line.text && (p[-1] == '.' || (p[-1] >= '0' && p[-1] <= '9')))
		p--;
	return p > w->line.text && p[-1] == ' ' ? p - 1 : NULL;
}

static int put_line(struct writer *w, const uint64_t *value, unsigned int columns)
{
	size_t len = w->line.len;
	char *space = misleading_space(w);
	size_t space_at = space ? (size_t)(space - w->line.text) : 0;

	for (unsigned int i = 0; i < columns; i++)
		add_number(w, value[i]);
	pfl_strbuf_addc(&w->line, '\n');
	if (w->line.error)
		return w->line.error;
	if (space)
		w->line.text[space_at] = '_';
	if (fwrite(w->line.text, 1, w->line.len, w->out) != w->line.len)
		return -errno;
	if (space)
		w->line.text[space_at] = ' ';
	pfl_strbuf_cut(&w->line, len);
	return 0;
}

/* The line of @node, if something was charged to it; the path stays in the buffer. */
static int write_line(struct writer *w, const struct pfl_node *node)
{
	unsigned int columns = w->info->differential ? 2 : 1;
	unsigned int first = w->info->differential ? 0 : w->opts->value;
	uint64_t value[PFL_VALUES];
	uint64_t any = 0;

	for (unsigned int i = 0; i < columns; i++) {
		value[i] = pfl_round_once(node->self[first + i],
				      w->info->values[first + i].folded_div);
		any |= value[i];
	}
	return any ? put_line(w, value, columns) : 0;
}

static const char *suffix_of(const struct writer *w, const struct pfl_frame *frame)
{
	return w->opts->annotate ? pfl_folded_suffix(frame->kind) : "";
}

static void push(struct writer *w, const struct pfl_node *node)
{
	const struct pfl_frame *frame = pfl_profile_frame_at(w->profile, node->frame);

	if (w->line.len)
		pfl_strbuf_addc(&w->line, ';');
	pfl_strbuf_adds(&w->line, frame->name);
	pfl_strbuf_adds(&w->line, suffix_of(w, frame));
}

static void pop(struct writer *w, const struct pfl_node *node)
{
	const struct pfl_frame *frame = pfl_profile_frame_at(w->profile, node->frame);
	size_t len = strlen(frame->name) + strlen(suffix_of(w, frame));

	len += w->line.len > len;	/* the ';' before all but the first */
	pfl_strbuf_cut(&w->line, w->line.len - len);
}

static int write_nodes(struct writer *w)
{
	const struct pfl_node *node = pfl_profile_node(w->profile, 0);
	uint32_t next = node->first;
	int err = 0;

	while (!err && next != PFL_NODE_NONE) {
		node = pfl_profile_node(w->profile, next);
		push(w, node);
		err = write_line(w, node);
		next = node->first;
		while (next == PFL_NODE_NONE && node->parent != PFL_NODE_NONE) {
			pop(w, node);
			next = node->next;
			node = pfl_profile_node(w->profile, node->parent);
		}
	}
	return err;
}

int pfl_folded_write(const struct pfl_profile *profile, const struct pfl_folded_write *opts,
		     FILE *out)
{
	struct writer w = {
		.profile = profile,
		.info = pfl_profile_info(profile),
		.opts = opts,
		.out = out,
	};
	int err;

	if (opts->value >= w.info->nvalues)
		return -EINVAL;
	err = write_nodes(&w);
	pfl_strbuf_free(&w.line);
	if (!err && fflush(out))
		err = -errno;
	return err;
}
