/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values as people read them. viewer/svg.js says the same numbers the same way.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <perflame/profile.h>

#include "profile/value.h"

struct scale {
	const char *unit;
	uint64_t size;
};

/* The largest first; the last one is shown without a fraction. */
static const struct scale times[] = {
	{ "s", 1000000000 }, { "ms", 1000000 }, { "µs", 1000 }, { "ns", 1 }, { NULL, 0 },
};

static const struct scale sizes[] = {
	{ "TiB", 1ULL << 40 }, { "GiB", 1ULL << 30 }, { "MiB", 1ULL << 20 }, { "KiB", 1ULL << 10 },
	{ "B", 1 }, { NULL, 0 },
};

uint64_t pfl_power_of_ten(unsigned int n)
{
	uint64_t power = 1;

	while (n--)
		power *= 10;
	return power;
}

/* The digits end at @end; returns where they start. */
static char *digits_before(char *end, uint64_t value)
{
	do {
		*--end = '0' + value % 10;
		value /= 10;
	} while (value);
	return end;
}

size_t pfl_format_number(char buf[PFL_NUMBER_LEN], uint64_t value, unsigned int decimals)
{
	char digits[PFL_NUMBER_LEN];
	char *end = digits + sizeof(digits);
	char *start;
	size_t len, whole;

	for (; decimals && value % 10 == 0; decimals--)
		value /= 10;
	start = digits_before(end, value);
	while ((size_t)(end - start) <= decimals)
		*--start = '0';
	len = end - start;
	whole = len - decimals;
	memcpy(buf, start, whole);
	if (!decimals)
		return len;
	buf[whole] = '.';
	memcpy(buf + whole + 1, start + whole, decimals);
	return len + 1;
}

void pfl_out_number(struct pfl_out *out, uint64_t value, unsigned int decimals)
{
	char number[PFL_NUMBER_LEN];

	pfl_out_bytes(out, number, pfl_format_number(number, value, decimals));
}

/* @value with a comma after each three digits; @buf has room for 27 bytes. */
static const char *group_digits(char *buf, uint64_t value)
{
	char *p = buf + 26;
	int digits = 0;

	*p = '\0';
	do {
		if (digits && digits % 3 == 0)
			*--p = ',';
		*--p = '0' + value % 10;
		digits++;
		value /= 10;
	} while (value);
	return p;
}

/* @value in tenths of @unit. */
static uint64_t to_tenths(uint64_t value, uint64_t unit)
{
	return ((unsigned __int128)value * 10 + unit / 2) / unit;
}

/*
 * The largest unit that the value reaches as it is written in the next smaller
 * one: 999,950 ns are not 1000.0 µs but 1.0 ms.
 */
static const struct scale *find_scale(uint64_t value, uint64_t point, const struct scale *scale)
{
	for (; scale[1].unit; scale++) {
		uint64_t smaller = scale[1].size * point;
		unsigned __int128 written = (unsigned __int128)to_tenths(value, smaller) * smaller;

		if (smaller == 1)
			written = (unsigned __int128)value * 10;
		if (written >= (unsigned __int128)scale->size * point * 10)
			break;
	}
	return scale;
}

static void format_scaled(char *buf, size_t size, uint64_t value, uint64_t point,
			  const struct scale *scale)
{
	char digits[27];
	uint64_t tenths;

	scale = find_scale(value, point, scale);
	tenths = to_tenths(value, scale->size * point);
	if (scale->size == 1 && point == 1)
		snprintf(buf, size, "%s %s", group_digits(digits, value), scale->unit);
	else
		snprintf(buf, size, "%s.%u %s", group_digits(digits, tenths / 10),
			 (unsigned int)(tenths % 10), scale->unit);
}

/* "1 sample", "1 switch": how many letters of @unit one of them keeps. */
static int singular_len(const char *unit)
{
	size_t len = strlen(unit);

	if (len < 2 || unit[len - 1] != 's' || unit[len - 2] == 's')
		return len;
	if (len > 3 && unit[len - 2] == 'e' && strchr("shx", unit[len - 3]))
		return len - 2;
	return len - 1;
}

static void format_plain(char *buf, size_t size, uint64_t value, const char *unit,
			 unsigned int decimals)
{
	uint64_t point = pfl_power_of_ten(decimals);
	uint64_t fraction = value % point;
	int unit_len = value == point ? singular_len(unit) : (int)strlen(unit);
	const char *gap = *unit ? " " : "";
	char digits[27];
	const char *whole = group_digits(digits, value / point);

	for (; decimals && fraction % 10 == 0; decimals--)
		fraction /= 10;
	if (decimals)
		snprintf(buf, size, "%s.%0*" PRIu64 "%s%s", whole, (int)decimals, fraction, gap,
			 unit);
	else
		snprintf(buf, size, "%s%s%.*s", whole, gap, unit_len, unit);
}

char *pfl_format_value(char *buf, size_t size, uint64_t value, const char *unit,
		       unsigned int decimals)
{
	if (!strcmp(unit, "ns"))
		format_scaled(buf, size, value, pfl_power_of_ten(decimals), times);
	else if (!strcmp(unit, "bytes"))
		format_scaled(buf, size, value, pfl_power_of_ten(decimals), sizes);
	else
		format_plain(buf, size, value, unit, decimals);
	return buf;
}
