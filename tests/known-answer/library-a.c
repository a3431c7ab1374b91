/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls -shared -fPIC */
/* The first of the two libraries that libraries.c loads. */
#include "work.h"

void alpha_run(struct place *place);

static FUNCTION void alpha_step(struct place *place)
{
	work(place, 70);
}

FUNCTION void alpha_run(struct place *place)
{
	alpha_step(place);
}
