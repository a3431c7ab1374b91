/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Profiles out of folded text, and what is written of them as text. */
#ifndef TESTS_FOLDED_INPUT_H
#define TESTS_FOLDED_INPUT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <perflame/folded.h>
#include <perflame/input.h>

/* The messages of the test at hand, a line each. */
static char said[4096];

static void keep_message(void *data, enum pfl_level level, const char *text)
{
	size_t len = strlen(said);

	(void)data;
	(void)level;
	snprintf(said + len, sizeof(said) - len, "%s\n", text);
}

static struct pfl_ctx *new_context(void)
{
	struct pfl_ctx *ctx;

	said[0] = '\0';
	assert_int_equal(pfl_ctx_new(&ctx), 0);
	pfl_ctx_set_log(ctx, PFL_DEBUG, keep_message, NULL);
	return ctx;
}

/* What pfl_folded_read() makes of @len bytes at @text, which it knows as "in". */
static inline int read_bytes(struct pfl_ctx *ctx, const char *text, size_t len,
			     struct pfl_folded_read *read, struct pfl_profile **profile)
{
	int fd = memfd_create("folded", MFD_CLOEXEC);
	struct pfl_input *input;
	int err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(pfl_input_from_fd(fd, "in", &input), 0);
	err = pfl_folded_read(ctx, input, read, profile);
	pfl_input_close(input);
	close(fd);
	return err;
}

/* The profile of @text, all of whose lines are good; @type may be NULL. */
static inline struct pfl_profile *profile_of(struct pfl_ctx *ctx, const char *text,
					     const char *type)
{
	struct pfl_folded_read read = { .type = type };
	struct pfl_profile *profile;

	assert_int_equal(read_bytes(ctx, text, strlen(text), &read, &profile), 0);
	assert_int_equal(read.bad, 0);
	return profile;
}

/* A stream that fills *@text, which is the test's to free(). */
static inline FILE *open_text(char **text)
{
	static size_t size;
	FILE *file = open_memstream(text, &size);

	assert_non_null(file);
	return file;
}

/* Writes a profile, as its options of whichever kind say. */
typedef int draw_fn(struct pfl_ctx *ctx, const struct pfl_profile *profile, const void *opts,
		    FILE *file);

/* What @draw makes of folded text, which is the test's to free(). */
static inline char *drawn(const char *folded, const char *type, draw_fn *draw, const void *opts)
{
	struct pfl_ctx *ctx = new_context();
	struct pfl_profile *profile = profile_of(ctx, folded, type);
	char *text;
	FILE *file = open_text(&text);

	assert_int_equal(draw(ctx, profile, opts, file), 0);
	fclose(file);
	pfl_profile_free(profile);
	pfl_ctx_free(ctx);
	return text;
}

/* The number of times that @what stands in @text. */
static inline int count(const char *text, const char *what)
{
	int found = 0;

	for (text = strstr(text, what); text; text = strstr(text + 1, what))
		found++;
	return found;
}

#endif
