/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers as programs read them; for people there is pfl_format_value().
 */
#ifndef PFL_PROFILE_VALUE_H
#define PFL_PROFILE_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "util/out.h"

#define PFL_NUMBER_LEN 24	/* 20 digits, a point, a NUL */

uint64_t pfl_power_of_ten(unsigned int n);

/*
 * Writes @value, in multiples of 10^-@decimals, to @buf without closing
 * zeroes: "12", "1.5". Returns its length; there is no NUL.
 */
size_t pfl_format_number(char buf[PFL_NUMBER_LEN], uint64_t value, unsigned int decimals);

/* The same to @out. */
void pfl_out_number(struct pfl_out *out, uint64_t value, unsigned int decimals);

/* @value in units of @div, rounded to the next. */
static inline uint64_t pfl_round_once(uint64_t value, uint64_t div)
{
	return value / div + (value % div >= div - div / 2);
}

#endif
