/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/context.h"
#include "util/version.h"

struct pfl_ctx {
	pthread_mutex_t lock;
	enum pfl_level level;
	void (*log)(void *data, enum pfl_level level, const char *text);
	void *data;
};

int pfl_ctx_new(struct pfl_ctx **out)
{
	struct pfl_ctx *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return -ENOMEM;
	pthread_mutex_init(&ctx->lock, NULL);
	*out = ctx;
	return 0;
}

void pfl_ctx_free(struct pfl_ctx *ctx)
{
	if (!ctx)
		return;
	pthread_mutex_destroy(&ctx->lock);
	free(ctx);
}

void pfl_ctx_set_log(struct pfl_ctx *ctx, enum pfl_level level,
		     void (*log)(void *data, enum pfl_level level, const char *text), void *data)
{
	ctx->level = level;
	ctx->log = log;
	ctx->data = data;
}

const char *pfl_version(void)
{
	return PFL_VERSION;
}

/*
 * Whoever names a process or a file must not steer the terminal that shows the
 * message: C0 codes do, and C1, which are two bytes in UTF-8.
 */
void pfl_text_defuse(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p; p++)
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
		else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
			p[0] = p[1] = '?';
}

void pfl_log(struct pfl_ctx *ctx, enum pfl_level level, const char *format, ...)
{
	char text[4096 + 256];	/* a path and what is said of it */
	va_list args;

	if (!ctx->log || level > ctx->level)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	pfl_text_defuse(text);
	pthread_mutex_lock(&ctx->lock);
	ctx->log(ctx->data, level, text);
	pthread_mutex_unlock(&ctx->lock);
}
