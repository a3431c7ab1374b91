/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fomit-frame-pointer -fno-optimize-sibling-calls -shared -fPIC -Wl,-z,lazy */
/* What shapes-dlopen.c loads. Others might interpose what it exports: calls lead through the PLT. */
#include "work.h"

void library_run(struct place *places, void (*back)(void *));
void library_step(struct place *place);
void library_loop(void);
void library_nothing(unsigned int i);

FUNCTION void library_step(struct place *place)
{
	work(place, 100);
	ENDS;
}

FUNCTION void library_nothing(unsigned int i)
{
	for (i = 6; i; i--)
		__asm__ volatile("" : "+r"(i));
}

/* Some of the time is spent in the PLT's entry. */
FUNCTION void library_loop(void)
{
	for (unsigned int i = 0; i < 100 * (TURNS_PER_MS / 12); i++)
		library_nothing(i);
	ENDS;
}

FUNCTION void library_run(struct place *places, void (*back)(void *))
{
	library_step(&places[0]);
	back(&places[1]);
	library_loop();
	ENDS;
}
