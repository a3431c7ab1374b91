/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mappings against a model: an array with one entry for each address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "machine/maps.h"
#include "util/table.h"

#define SPACE 64

struct model {
	uint32_t dso[SPACE];	/* PFL_NONE: nothing */
	uint64_t offset[SPACE];
};

static void put(struct model *model, const struct pfl_map *map)
{
	for (uint64_t at = map->start; at < map->end; at++) {
		model->dso[at] = map->dso;
		model->offset[at] = map->offset + at - map->start;
	}
}

static void compare(const struct model *model, const struct pfl_maps *maps)
{
	for (uint64_t at = 0; at < SPACE; at++) {
		const struct pfl_map *map = pfl_maps_find(maps, at);

		assert_int_equal(map ? map->dso : PFL_NONE, model->dso[at]);
		if (map)
			assert_int_equal(at - map->start + map->offset, model->offset[at]);
	}
	for (uint32_t i = 1; i < maps->count; i++)
		assert_true(maps->list[i - 1].end <= maps->list[i].start);
}

static void any_sequence_of_mappings(void **state)
{
	(void)state;
	srandom(2);
	for (int round = 0; round < 2000; round++) {
		struct pfl_maps *maps = pfl_maps_new();
		struct model model;

		for (int at = 0; at < SPACE; at++)
			model.dso[at] = PFL_NONE;
		for (int step = 0; step < 12; step++) {
			struct pfl_map map = { .start = random() % SPACE };

			map.end = map.start + random() % (SPACE - map.start + 1);
			map.offset = random() % 1000;
			map.dso = random() % 4 ? (uint32_t)(random() % 5) : PFL_NONE;
			assert_int_equal(pfl_maps_put(&maps, &map), 0);
			put(&model, &map);
			compare(&model, maps);
		}
		pfl_maps_drop(maps);
	}
}

static void a_shared_one_is_copied_when_it_changes(void **state)
{
	const struct pfl_map first = { .start = 0, .end = 10, .dso = 1 };
	const struct pfl_map second = { .start = 5, .end = 10, .dso = 2 };
	struct pfl_maps *parent = pfl_maps_new(), *child;
	uint64_t version;

	(void)state;
	assert_int_equal(pfl_maps_put(&parent, &first), 0);
	version = parent->version;
	child = pfl_maps_hold(parent);
	assert_int_equal(pfl_maps_put(&child, &second), 0);
	assert_ptr_not_equal(parent, child);
	assert_int_equal(parent->version, version);
	assert_int_not_equal(child->version, version);
	assert_int_equal(pfl_maps_find(parent, 7)->dso, 1);
	assert_int_equal(pfl_maps_find(child, 7)->dso, 2);
	assert_int_equal(pfl_maps_find(child, 3)->dso, 1);
	pfl_maps_drop(child);
	pfl_maps_drop(parent);
}

static void the_last_address_of_all(void **state)
{
	const struct pfl_map map = { .start = UINT64_MAX - 15, .end = UINT64_MAX, .dso = 1 };
	struct pfl_maps *maps = pfl_maps_new();

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
		cmocka_unit_test(a_shared_one_is_copied_when_it_changes),
		cmocka_unit_test(the_last_address_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
