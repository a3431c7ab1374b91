/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a profile travels to the scripts of the viewer: numbers without
 * separators, and texts as JSON.
 *
 * A number is written five bits a character, the lowest first, as the characters
 * '?' to '~', of which those with 32 added go on. None of them means anything to
 * XML or to HTML.
 *
 * A script's numbers are exact up to 2^53. Values are therefore written divided
 * by a scale: by what divides them all, which changes nothing, or where the total
 * would not fit by what brings it below, which rounds each of them.
 */
#ifndef PFL_RENDER_PACK_H
#define PFL_RENDER_PACK_H

#include <perflame/profile.h>

#include "util/out.h"

#define PFL_PACK_ZERO '?'	/* the character of the number 0 */

void pfl_pack_number(struct pfl_out *out, uint64_t value);

/*
 * What the values @from to @to of @profile are divided by, the same for all of
 * them; 0 where all are 0.
 */
uint64_t pfl_pack_scale(const struct pfl_profile *profile, unsigned int from, unsigned int to);

static inline uint64_t pfl_pack_scaled(uint64_t value, uint64_t scale)
{
	return scale <= 1 ? value : value / scale + (value % scale >= scale - scale / 2);
}

/* How many bytes of @text are shown where at most @limit may be: whole characters. */
size_t pfl_pack_shortened(const char *text, size_t limit);

#endif
