/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

int pfl_text_set(char **place, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(*place);
	*place = copy;
	return 0;
}

int pfl_text_own(const char **place)
{
	if (!*place)
		return 0;
	*place = strdup(*place);
	return *place ? 0 : -ENOMEM;
}
