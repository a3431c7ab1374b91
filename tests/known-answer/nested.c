/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls -fPIE -pie */
/*
 * Functions that call each other: 70, 20 and 10 percent, as position independent
 * code; nested-nopie.c and nested-static.c are the same at fixed addresses and
 * without a dynamic linker. One function is called from two places.
 */
#include "work.h"

static struct place outer_place = { "main;outer", 0 };
static struct place middle_place = { "main;outer;middle", 0 };
static struct place inner_place = { "main;outer;middle;inner", 0 };
static struct place other_place = { "main;outer;inner", 0 };

static FUNCTION void inner(struct place *place, unsigned int ms)
{
	work(place, ms);
}

static FUNCTION void middle(void)
{
	work(&middle_place, 10);
	inner(&inner_place, 55);
	work(&middle_place, 10);
}

static FUNCTION void outer(void)
{
	work(&outer_place, 5);
	middle();
	inner(&other_place, 15);
	work(&outer_place, 5);
}

int main(void)
{
	wait_for_start();
	for (int i = 0; i < ROUNDS; i++)
		outer();
	expect(&outer_place);
	expect(&middle_place);
	expect(&inner_place);
	expect(&other_place);
	spent();
	return 0;
}
