/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls */
/* What a child of processes.c becomes. */
#include "work.h"

static struct place place = { "main;after_exec", 0 };

static FUNCTION void after_exec(void)
{
	work(&place, 25);
}

int main(void)
{
	for (int i = 0; i < 4; i++)
		after_exec();
	expect(&place);
	spent();
	return 0;
}
