/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fomit-frame-pointer -fno-optimize-sibling-calls */
/*
 * C++ exceptions: where they are thrown, where they are caught, in between while
 * the runtime unwinds, and in the destructors that it runs.
 */
#include "work.h"

static struct place places[] = {
	{ "main;catcher", 0 },
	{ "main;catcher;thrower", 0 },
	{ "main;catcher;between;~guard", 0 },
};

struct guard {
	FUNCTION ~guard() { work(&places[2], 100); ENDS; }
};

static FUNCTION void thrower(int what)
{
	if (what)
		throw what;
	ENDS;
}

static FUNCTION void between(int what)
{
	guard one;

	thrower(what);
}

/*
 * The runtime's frames are below the thrower's, but for a moment: while it gives the
 * catcher its registers back, nothing tells how far up SP will go (1 sample in 100 of
 * those in here).
 */
static FUNCTION int catcher(int rounds)
{
	int caught = 0;

	for (int i = 1; i <= rounds; i++) {
		try {
			thrower(i);
		} catch (int what) {
			caught += what;
		}
	}
	try {
		between(1);
	} catch (int what) {
		work(&places[0], 100);
		caught += what;
	}
	return caught;
}

int main()
{
	wait_for_start();
	if (!catcher(30000))
		return 1;
	for (const place &place : places)
		expect(&place);
	spent();
}
