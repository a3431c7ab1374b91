/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mappings against a model: an array with one entry for each address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "machine/maps.h"
#include "util/table.h"

#define SPACE 512
#define SPACES 6

struct model {
	uint32_t dso[SPACE];	/* PFL_NONE: nothing */
	uint64_t offset[SPACE];
};

/* An address space, and what is in it. */
struct pair {
	struct pfl_maps *maps;
	struct model model;
};

static struct pfl_maps_room no_limit(void)
{
	return (struct pfl_maps_room){ .limit = SIZE_MAX };
}

static void clear(struct model *model)
{
	for (int at = 0; at < SPACE; at++)
		model->dso[at] = PFL_NONE;
}

static void put(struct pair *pair, const struct pfl_map *map)
{
	assert_int_equal(pfl_maps_put(&pair->maps, map), 0);
	for (uint64_t at = map->start; at < map->end; at++) {
		pair->model.dso[at] = map->dso;
		pair->model.offset[at] = map->offset + at - map->start;
	}
}

static void compare(const struct pair *pair)
{
	const struct pfl_map *below = NULL;

	for (uint64_t at = 0; at < SPACE; at++) {
		const struct pfl_map *map = pfl_maps_find(pair->maps, at);

		assert_int_equal(map ? map->dso : PFL_NONE, pair->model.dso[at]);
		if (map)
			assert_int_equal(at - map->start + map->offset, pair->model.offset[at]);
	}
	for (uint64_t at = 0; pfl_maps_from(pair->maps, at); at = below->end) {
		const struct pfl_map *map = pfl_maps_from(pair->maps, at);

		assert_true(map->start < map->end && map->start >= at);
		assert_ptr_equal(pfl_maps_below(pair->maps, map->start), below);
		below = map;
	}
	assert_ptr_equal(pfl_maps_below(pair->maps, UINT64_MAX), below);
}

static uint64_t count(const struct pfl_maps *maps)
{
	const struct pfl_map *map = pfl_maps_from(maps, 0);
	uint64_t number = 0;

	for (; map; number++)
		map = pfl_maps_from(maps, map->end);
	return number;
}

static struct pfl_map any_map(uint64_t longest)
{
	struct pfl_map map = { .start = random() % SPACE };
	uint64_t room = SPACE - map.start;

	map.end = map.start + random() % ((longest < room ? longest : room) + 1);
	map.offset = random() % 1000;
	map.dso = random() % 4 ? (uint32_t)(random() % 5) : PFL_NONE;
	return map;
}

/* Mostly short ones, so that there are several blocks; now and then one that clears some. */
static void any_sequence_of_mappings(void **state)
{
	(void)state;
	srandom(2);
	for (int round = 0; round < 60; round++) {
		struct pfl_maps_room room = no_limit();
		struct pair pair = { .maps = pfl_maps_new(&room) };

		clear(&pair.model);
		for (int step = 0; step < 400; step++) {
			struct pfl_map map = any_map(random() % 50 ? 3 : SPACE);

			put(&pair, &map);
			if (step % 8 == 0)
				compare(&pair);
		}
		compare(&pair);
		pfl_maps_drop(pair.maps);
		assert_int_equal(room.used, 0);
	}
}

/* Processes fork, map and end; none sees anything of another. */
static void any_sequence_of_forks(void **state)
{
	struct pfl_maps_room room = no_limit();
	struct pair pairs[SPACES];

	(void)state;
	srandom(3);
	for (int i = 0; i < SPACES; i++) {
		pairs[i].maps = pfl_maps_new(&room);
		clear(&pairs[i].model);
	}
	for (int step = 0; step < 12000; step++) {
		struct pair *pair = &pairs[random() % SPACES];
		const struct pair *parent = &pairs[random() % SPACES];
		struct pfl_map map = any_map(random() % 100 ? 3 : SPACE);

		if (random() % 20) {
			put(pair, &map);
		} else if (pair != parent) {
			pfl_maps_drop(pair->maps);
			pair->maps = pfl_maps_hold(parent->maps);
			pair->model = parent->model;
		}
		for (int i = 0; i < SPACES && step % 16 == 0; i++)
			compare(&pairs[i]);
	}
	for (int i = 0; i < SPACES; i++)
		pfl_maps_drop(pairs[i].maps);
	assert_int_equal(room.used, 0);
}

static void a_shared_one_is_copied_when_it_changes(void **state)
{
	const struct pfl_map first = { .start = 0, .end = 10, .dso = 1 };
	const struct pfl_map second = { .start = 5, .end = 10, .dso = 2 };
	struct pfl_maps_room room = no_limit();
	struct pfl_maps *parent = pfl_maps_new(&room), *child;
	const struct pfl_map *seen;
	uint64_t version;

	(void)state;
	assert_int_equal(pfl_maps_put(&parent, &first), 0);
	version = parent->version;
	seen = pfl_maps_find(parent, 7);
	child = pfl_maps_hold(parent);
	assert_int_equal(pfl_maps_put(&child, &second), 0);
	assert_ptr_not_equal(parent, child);
	assert_int_equal(parent->version, version);
	assert_int_not_equal(child->version, version);
	assert_ptr_equal(pfl_maps_find(parent, 7), seen);	/* somebody may be reading it */
	assert_int_equal(seen->end, 10);
	assert_int_equal(seen->dso, 1);
	assert_int_equal(pfl_maps_find(child, 7)->dso, 2);
	assert_int_equal(pfl_maps_find(child, 3)->dso, 1);
	pfl_maps_drop(child);
	pfl_maps_drop(parent);
	assert_int_equal(room.used, 0);
}

static void fill(struct pfl_maps **maps, uint64_t count, bool downwards)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = downwards ? count - 1 - i : i;
		struct pfl_map map = { .start = 2 * at, .end = 2 * at + 1, .dso = 1 };

		assert_int_equal(pfl_maps_put(maps, &map), 0);
	}
}

#define MANY 9000
#define FORKS 1000

/* Each child changes one mapping. A copy of them all for each would take 288 MB. */
static void forks_share(void **state)
{
	struct pfl_maps_room room = no_limit();
	struct pfl_maps *parent = pfl_maps_new(&room), *children[FORKS];
	size_t alone;

	(void)state;
	fill(&parent, MANY, false);
	alone = room.used;
	/* 32 bytes each, in blocks that are full, and a little for the list of those */
	assert_in_range(alone, MANY * sizeof(struct pfl_map), MANY * sizeof(struct pfl_map) * 5 / 4);
	for (int i = 0; i < FORKS; i++)
		children[i] = pfl_maps_hold(parent);
	assert_int_equal(room.used, alone);
	for (uint64_t i = 0; i < FORKS; i++) {
		struct pfl_map map = { .start = 16 * i, .end = 16 * i + 1, .dso = 2 };

		assert_int_equal(pfl_maps_put(&children[i], &map), 0);
	}
	/* one block of at most 64 mappings each, and a list of 141, with room to 256, of 16 bytes */
	assert_true(room.used - alone < FORKS * 8000);
	for (uint64_t i = 0; i < FORKS; i++) {
		assert_int_equal(count(children[i]), MANY);
		assert_int_equal(pfl_maps_find(children[i], 16 * i)->dso, 2);
		assert_int_equal(pfl_maps_find(children[i], 16 * i + 2)->dso, 1);
		assert_int_equal(pfl_maps_find(parent, 16 * i)->dso, 1);
		pfl_maps_drop(children[i]);
	}
	assert_int_equal(room.used, alone);
	pfl_maps_drop(parent);
	assert_int_equal(room.used, 0);
}

/* As /proc has them, and as the dynamic linker maps them: no block is left half empty. */
static void in_order_they_are_dense(void **state)
{
	struct pfl_maps_room room = no_limit();

	(void)state;
	for (int downwards = 0; downwards < 2; downwards++) {
		struct pfl_maps *maps = pfl_maps_new(&room);

		fill(&maps, 640, downwards);
		assert_int_equal(count(maps), 640);
		assert_int_equal(maps->count, 10);
		pfl_maps_drop(maps);
	}
}

static void no_more_than_there_is_room_for(void **state)
{
	const struct pfl_map more = { .start = 0, .end = UINT64_MAX, .dso = 2 };
	struct pfl_maps_room room = { .limit = 100000 };
	struct pfl_maps *maps = pfl_maps_new(&room), *other = pfl_maps_new(&room);
	uint64_t version, number = 0;

	(void)state;
	for (;; number++) {
		struct pfl_map map = { .start = 2 * number, .end = 2 * number + 1, .dso = 1 };

		if (pfl_maps_put(&maps, &map))
			break;
	}
	assert_in_range(number, 100000 / sizeof(struct pfl_map) / 2, 100000 / sizeof(struct pfl_map));
	version = maps->version;
	assert_int_equal(pfl_maps_put(&maps, &more), -ENOSPC);
	assert_int_equal(pfl_maps_put(&other, &more), -ENOSPC);
	assert_int_equal(maps->version, version);
	assert_int_equal(count(maps), number);
	pfl_maps_drop(maps);
	assert_int_equal(pfl_maps_put(&other, &more), 0);
	pfl_maps_drop(other);
	assert_int_equal(room.used, 0);
}

static void the_last_address_of_all(void **state)
{
	const struct pfl_map map = { .start = UINT64_MAX - 15, .end = UINT64_MAX, .dso = 1 };
	struct pfl_maps_room room = no_limit();
	struct pfl_maps *maps = pfl_maps_new(&room);

	(void)state;
	assert_int_equal(pfl_maps_put(&maps, &map), 0);
	assert_non_null(pfl_maps_find(maps, UINT64_MAX - 1));
	assert_null(pfl_maps_find(maps, UINT64_MAX));
	assert_null(pfl_maps_find(maps, 0));
	pfl_maps_drop(maps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_sequence_of_mappings),
		cmocka_unit_test(any_sequence_of_forks),
		cmocka_unit_test(a_shared_one_is_copied_when_it_changes),
		cmocka_unit_test(forks_share),
		cmocka_unit_test(in_order_they_are_dense),
		cmocka_unit_test(no_more_than_there_is_room_for),
		cmocka_unit_test(the_last_address_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
