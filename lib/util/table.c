/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "util/table.h"

#define FIRST_SLOTS 64u
#define MAX_SLOTS (1u << 31)

static uint32_t *find(const struct pfl_table *table, uint64_t key)
{
	uint32_t i = pfl_mix64(key) & table->mask;

	while (table->slots[i].value != PFL_NONE && table->slots[i].key != key)
		i = (i + 1) & table->mask;
	table->slots[i].key = key;
	return &table->slots[i].value;
}

static int grow(struct pfl_table *table)
{
	uint32_t old = table->slots ? table->mask + 1 : 0;
	uint32_t size = old ? old * 2 : FIRST_SLOTS;
	struct pfl_table bigger = { .mask = size - 1, .used = table->used };

	if (old >= MAX_SLOTS)
		return -1;
	bigger.slots = malloc((size_t)size * sizeof(*bigger.slots));
	if (!bigger.slots)
		return -1;
	for (uint32_t i = 0; i < size; i++)
		bigger.slots[i].value = PFL_NONE;
	for (uint32_t i = 0; i < old; i++)
		if (table->slots[i].value != PFL_NONE)
			*find(&bigger, table->slots[i].key) = table->slots[i].value;
	free(table->slots);
	*table = bigger;
	return 0;
}

void pfl_table_free(struct pfl_table *table)
{
	free(table->slots);
	*table = (struct pfl_table){ 0 };
}

uint32_t pfl_table_get(const struct pfl_table *table, uint64_t key)
{
	uint32_t i = pfl_mix64(key) & table->mask;

	if (!table->slots)
		return PFL_NONE;
	while (table->slots[i].value != PFL_NONE && table->slots[i].key != key)
		i = (i + 1) & table->mask;
	return table->slots[i].value;
}

uint32_t *pfl_table_put(struct pfl_table *table, uint64_t key)
{
	uint32_t *value;

	if ((!table->slots || table->used >= table->mask / 2) && grow(table))
		return NULL;
	value = find(table, key);
	if (*value == PFL_NONE)
		table->used++;
	return value;
}

/* Eight bytes a step, each step mixed: quick, and hard to drive into one slot by accident. */
uint64_t pfl_hash_bytes(const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	uint64_t hash = len * 0x9e3779b97f4a7c15ULL;
	uint64_t word;

	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&word, p, 8);
		hash = (hash ^ word) * 0x9fb21c651e98df25ULL;
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, p, len);
	return pfl_mix64(hash ^ word);
}

#define CHUNK_BYTES (64u << 10)

struct pfl_strings_chunk {
	struct pfl_strings_chunk *next;
	size_t used;
	size_t size;
	char text[];
};

void pfl_strings_free(struct pfl_strings *strings)
{
	struct pfl_strings_chunk *chunk, *next;

	for (chunk = strings->chunks; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(strings->text);
	free(strings->slots);
	*strings = (struct pfl_strings){ 0 };
}

static char *keep(struct pfl_strings *strings, const char *text, uint32_t len)
{
	struct pfl_strings_chunk *chunk = strings->chunks;
	size_t need = sizeof(len) + (size_t)len + 1;
	char *copy;

	if (!chunk || chunk->size - chunk->used < need) {
		size_t size = need > CHUNK_BYTES ? need : CHUNK_BYTES;

		chunk = malloc(sizeof(*chunk) + size);
		if (!chunk)
			return NULL;
		*chunk = (struct pfl_strings_chunk){ .next = strings->chunks, .size = size };
		strings->chunks = chunk;
	}
	copy = chunk->text + chunk->used + sizeof(len);
	memcpy(copy - sizeof(len), &len, sizeof(len));
	memcpy(copy, text, len);
	copy[len] = '\0';
	chunk->used += need;
	return copy;
}

/* The place of the string, or the free one where it belongs. */
static struct pfl_strings_slot *find_string(const struct pfl_strings *strings, uint32_t hash,
					    const char *text, size_t len)
{
	uint32_t i = hash & strings->mask;

	for (; strings->slots[i].id != PFL_NONE; i = (i + 1) & strings->mask) {
		uint32_t id = strings->slots[i].id;

		if (strings->slots[i].hash == hash && pfl_strings_len(strings, id) == len &&
		    !memcmp(strings->text[id], text, len))
			break;
	}
	return &strings->slots[i];
}

/* Puts what the old slots hold into the new ones. */
static void move_slots(struct pfl_strings *strings, const struct pfl_strings_slot *old,
		       size_t count)
{
	for (size_t k = 0; k < count; k++) {
		uint32_t i = old[k].hash & strings->mask;

		if (old[k].id == PFL_NONE)
			continue;
		while (strings->slots[i].id != PFL_NONE)
			i = (i + 1) & strings->mask;
		strings->slots[i] = old[k];
	}
}

/* Makes room for one more string: numbers and slots grow together, half of the slots stay free. */
static int grow_strings(struct pfl_strings *strings)
{
	uint32_t room = strings->room ? strings->room * 2 : FIRST_SLOTS;
	struct pfl_strings_slot *old = strings->slots;
	size_t used = strings->room * (size_t)2;
	struct pfl_strings_slot *slots;
	char **text;

	if (room > MAX_SLOTS / 2)
		return -1;
	text = realloc(strings->text, room * sizeof(*text));
	if (!text)
		return -1;
	strings->text = text;
	slots = malloc(2 * (size_t)room * sizeof(*slots));
	if (!slots)
		return -1;
	memset(slots, 0xff, 2 * (size_t)room * sizeof(*slots));
	strings->slots = slots;
	strings->mask = 2 * room - 1;
	strings->room = room;
	move_slots(strings, old, used);
	free(old);
	return 0;
}

/* What a search for @hash looks at first. */
static struct pfl_strings_slot *first_slot(const struct pfl_strings *strings, uint32_t hash)
{
	return &strings->slots[hash & strings->mask];
}

/* Step by step for all of them: what one step reads, the step before has sent for. */
void pfl_strings_expect(const struct pfl_strings *strings, const uint32_t *hashes,
			unsigned int count)
{
	if (!strings->slots)
		return;
	for (unsigned int i = 0; i < count; i++)
		__builtin_prefetch(first_slot(strings, hashes[i]));
	for (unsigned int i = 0; i < count; i++) {
		uint32_t id = first_slot(strings, hashes[i])->id;

		if (id != PFL_NONE)
			__builtin_prefetch(&strings->text[id]);
	}
	for (unsigned int i = 0; i < count; i++) {
		uint32_t id = first_slot(strings, hashes[i])->id;

		if (id != PFL_NONE)
			__builtin_prefetch(strings->text[id] - sizeof(uint32_t));
	}
}

uint32_t pfl_strings_add(struct pfl_strings *strings, const char *text, size_t len)
{
	return pfl_strings_add_hashed(strings, pfl_strings_hash(text, len), text, len);
}

uint32_t pfl_strings_add_hashed(struct pfl_strings *strings, uint32_t hash, const char *text,
				size_t len)
{
	struct pfl_strings_slot *slot;

	if (len >= UINT32_MAX || (strings->count == strings->room && grow_strings(strings)))
		return PFL_NONE;
	slot = find_string(strings, hash, text, len);
	if (slot->id != PFL_NONE)
		return slot->id;
	strings->text[strings->count] = keep(strings, text, len);
	if (!strings->text[strings->count])
		return PFL_NONE;
	*slot = (struct pfl_strings_slot){ hash, strings->count };
	return strings->count++;
}
