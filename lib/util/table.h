/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A hash table from 64-bit keys to 32-bit numbers, and numbers for strings.
 * Keys come from outside (addresses, ids): a mixed hash and a bounded load keep
 * probes short.
 */
#ifndef PFL_UTIL_TABLE_H
#define PFL_UTIL_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PFL_NONE UINT32_MAX

struct pfl_table_slot {
	uint64_t key;
	uint32_t value;	/* PFL_NONE: free */
};

/* All zero is an empty table. */
struct pfl_table {
	struct pfl_table_slot *slots;
	uint32_t mask;
	uint32_t used;
};

/* Spreads all 64 bits (the finaliser of MurmurHash3, public domain). */
static inline uint64_t pfl_mix64(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdULL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ULL;
	return x ^ x >> 33;
}

uint64_t pfl_hash_bytes(const void *bytes, size_t len);

void pfl_table_free(struct pfl_table *table);

/* The number of @key, or PFL_NONE. */
uint32_t pfl_table_get(const struct pfl_table *table, uint64_t key);

/*
 * The place of @key's number, PFL_NONE in it when the key is new: the caller
 * must then set it before the next call. NULL: out of memory.
 */
uint32_t *pfl_table_put(struct pfl_table *table, uint64_t key);

/*
 * A place for a string: a lookup that finds another hash there need not look at the
 * string itself, which is somewhere else in memory.
 */
struct pfl_strings_slot {
	uint32_t hash;
	uint32_t id;	/* PFL_NONE: free */
};

/* Strings of any bytes, each kept once, numbered from 0. All zero is empty. */
struct pfl_strings {
	struct pfl_strings_chunk *chunks;
	char **text;	/* by number; NUL-terminated, and the length stands in front */
	struct pfl_strings_slot *slots;
	uint32_t mask;
	uint32_t count;
	uint32_t room;
};

void pfl_strings_free(struct pfl_strings *strings);

/* The number of these @len bytes, or PFL_NONE: out of memory. */
uint32_t pfl_strings_add(struct pfl_strings *strings, const char *text, size_t len);

/*
 * The same where many will be asked for: the hash of each, with which the memory that all
 * of them are compared with is fetched at once, not one after the other.
 */
static inline uint32_t pfl_strings_hash(const char *text, size_t len)
{
	return pfl_hash_bytes(text, len);
}

void pfl_strings_expect(const struct pfl_strings *strings, const uint32_t *hashes,
			unsigned int count);
uint32_t pfl_strings_add_hashed(struct pfl_strings *strings, uint32_t hash, const char *text,
				size_t len);

/* String number @id; valid as long as @strings. */
static inline const char *pfl_strings_get(const struct pfl_strings *strings, uint32_t id)
{
	return strings->text[id];
}

/* Its length. */
static inline uint32_t pfl_strings_len(const struct pfl_strings *strings, uint32_t id)
{
	uint32_t len;

	memcpy(&len, strings->text[id] - sizeof(len), sizeof(len));
	return len;
}

#endif
