/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "profile/profile.h"
#include "render/pack.h"

#define DIGIT_MORE 32
#define EXACT_MAX (1ULL << 53)

void pfl_pack_number(struct pfl_out *out, uint64_t value)
{
	for (; value >= DIGIT_MORE; value >>= 5)
		pfl_out_char(out, PFL_PACK_ZERO + DIGIT_MORE + (value & (DIGIT_MORE - 1)));
	pfl_out_char(out, PFL_PACK_ZERO + value);
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

uint64_t pfl_pack_scale(const struct pfl_profile *profile, unsigned int from, unsigned int to)
{
	const struct pfl_node *nodes = pfl_profile_node(profile, 0);
	const struct pfl_shares *shares = pfl_profile_shares(profile);
	uint32_t size = pfl_profile_size(profile);
	uint64_t largest = 0;
	uint64_t scale = 0;

	for (unsigned int v = from; v <= to; v++) {
		if (nodes[0].total[v] > largest)
			largest = nodes[0].total[v];
		for (uint32_t n = 0; n < size && scale != 1; n++)
			scale = gcd(nodes[n].self[v], scale);
		for (uint32_t i = 0; i < shares->count && scale != 1; i++)
			scale = gcd(shares->list[i].values[v], scale);
	}
	if (largest / EXACT_MAX >= scale)
		scale = largest / EXACT_MAX + 1;
	return scale;
}

size_t pfl_pack_shortened(const char *text, size_t limit)
{
	size_t len = strlen(text);
	size_t fit = len < limit ? len : limit;

	while (fit < len && (text[fit] & 0xc0) == 0x80)
		fit--;	/* not within a character */
	return fit;
}
