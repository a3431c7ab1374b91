/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls -shared -fPIC */
/* The second of the two libraries that libraries.c loads. */
#include "work.h"

void beta_run(struct place *place);

static FUNCTION void beta_step(struct place *place)
{
	work(place, 30);
}

FUNCTION void beta_run(struct place *place)
{
	beta_step(place);
}
