/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A reader over bytes that nobody vouches for. Every access is checked against
 * the end; the first that does not fit sets ->bad, and from then on all read as
 * zero, so that a caller may read a whole struct and ask once.
 */
#ifndef PFL_UTIL_BYTES_H
#define PFL_UTIL_BYTES_H

#include <byteswap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pfl_bytes {
	const unsigned char *at;
	const unsigned char *end;
	bool swap;	/* the numbers are in the other byte order */
	bool bad;
};

static inline struct pfl_bytes pfl_bytes(const void *start, size_t len, bool swap)
{
	const unsigned char *at = start;

	/* Even adding 0 to NULL is undefined. */
	return (struct pfl_bytes){ .at = at, .end = at ? at + len : at, .swap = swap };
}

static inline size_t pfl_bytes_left(const struct pfl_bytes *bytes)
{
	return bytes->end - bytes->at;
}

/* The next @len bytes, or NULL. */
static inline const void *pfl_bytes_take(struct pfl_bytes *bytes, size_t len)
{
	const void *at = bytes->at;

	if (bytes->bad || len > pfl_bytes_left(bytes)) {
		bytes->bad = true;
		return NULL;
	}
	bytes->at += len;
	return at;
}

static inline uint64_t pfl_load64(const void *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint32_t pfl_load32(const void *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint64_t pfl_bytes_u64(struct pfl_bytes *bytes)
{
	const void *at = pfl_bytes_take(bytes, 8);

	if (!at)
		return 0;
	return bytes->swap ? bswap_64(pfl_load64(at)) : pfl_load64(at);
}

static inline uint32_t pfl_bytes_u32(struct pfl_bytes *bytes)
{
	const void *at = pfl_bytes_take(bytes, 4);

	if (!at)
		return 0;
	return bytes->swap ? bswap_32(pfl_load32(at)) : pfl_load32(at);
}

/*
 * The next @len bytes as a string: NULL where they do not hold a NUL (or do not
 * fit), so that what comes back always ends inside them.
 */
static inline const char *pfl_bytes_string(struct pfl_bytes *bytes, size_t len)
{
	const char *text = pfl_bytes_take(bytes, len);

	if (text && memchr(text, '\0', len))
		return text;
	bytes->bad = true;
	return NULL;
}

#endif
