/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls */
/* C++: methods, templates, operators and lambdas, as people say them: without parameters. */
#include "work.h"

namespace shapes {

static struct place method_place = { "main;shapes::Square::draw", 0 };
static struct place template_place = { "main;shapes::twice<int>", 0 };
static struct place operator_place = { "main;shapes::Square::operator()", 0 };

class Square {
public:
	FUNCTION void draw(int) const
	{
		work(&method_place, 50);
	}
	FUNCTION void operator()(const char *) const
	{
		work(&operator_place, 20);
	}
};

template <class T> FUNCTION T twice(T value)
{
	work(&template_place, 30);
	return value + value;
}

} // namespace shapes

int main()
{
	shapes::Square square;

	wait_for_start();
	for (int i = 0; i < ROUNDS; i++) {
		square.draw(i);
		square("");
		if (shapes::twice(i) != 2 * i)
			return 1;
	}
	expect(&shapes::method_place);
	expect(&shapes::template_place);
	expect(&shapes::operator_place);
	spent();
	return 0;
}
