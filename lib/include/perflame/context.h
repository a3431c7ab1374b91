/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The context: where messages go. Every other object of the library is made
 * with one and borrows it; it must outlive them all.
 *
 * The library never prints, never exits and reads no options. What went wrong,
 * where, and what to do about it goes to the log function as one line of text
 * without a line end, in which nothing from outside stands unescaped. What the
 * caller gets back is 0 or a negative errno.
 */
#ifndef PERFLAME_CONTEXT_H
#define PERFLAME_CONTEXT_H

#ifdef __cplusplus
extern "C" {
#endif

struct pfl_ctx;

enum pfl_level {
	PFL_ERROR,	/* the call fails, and this is why */
	PFL_WARNING,	/* something was lost or left out; the rest goes on */
	PFL_NOTE,	/* what was chosen, where the user might expect otherwise */
	PFL_DEBUG,	/* for whoever looks for a fault in perflame itself */
};

/*
 * Makes a context that drops every message. 0, or -ENOMEM.
 */
int pfl_ctx_new(struct pfl_ctx **out);

/*
 * Frees @ctx, which no other object may use any more. NULL is fine.
 */
void pfl_ctx_free(struct pfl_ctx *ctx);

/*
 * Sends every message of @level or more urgent to @log, which gets @data and
 * text that is valid during the call only. A NULL @log drops messages again.
 * @log may be called from any thread that the library runs, one at a time.
 */
void pfl_ctx_set_log(struct pfl_ctx *ctx, enum pfl_level level,
		     void (*log)(void *data, enum pfl_level level, const char *text), void *data);

/*
 * Puts '?' for each byte of @text that belongs to a control character (C0, DEL,
 * C1 in UTF-8), in place: what the library does to its messages, for callers that
 * print names from outside themselves.
 */
void pfl_text_defuse(char *text);

/*
 * The version of the library that runs, "MAJOR.MINOR.PATCH"; never freed.
 */
const char *pfl_version(void);

#ifdef __cplusplus
}
#endif

#endif
