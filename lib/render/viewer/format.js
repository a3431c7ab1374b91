/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values as people read them: the same numbers in the same words as
 * lib/profile/value.c.
 */

/** @typedef {[string, number][]} Scale */
/** @type {Record<string, Scale>} */
const SCALES = {
	ns: [['s', 1e9], ['ms', 1e6], ['µs', 1e3], ['ns', 1]],
	bytes: [['TiB', 2 ** 40], ['GiB', 2 ** 30], ['MiB', 2 ** 20], ['KiB', 2 ** 10], ['B', 1]],
};

/** @param {string} unit */
function singular(unit) {
	if (unit.length < 2 || !unit.endsWith('s') || unit.endsWith('ss'))
		return unit;
	return unit.length > 3 && /[shx]es$/.test(unit) ? unit.slice(0, -2) : unit.slice(0, -1);
}

const group = (/** @type {number} */ value) => value.toLocaleString('en-US',
	{ maximumFractionDigits: 6, useGrouping: true });

/**
 * All digits, with the unit: "1,234 samples".
 * @param {number} value
 * @param {string} unit
 */
export function formatExact(value, unit) {
	const word = value === 1 ? singular(unit) : unit;

	return word ? `${group(value)} ${word}` : group(value);
}

/**
 * @param {number} value
 * @param {string} unit
 */
export function formatValue(value, unit) {
	const scale = SCALES[unit];

	if (!scale)
		return formatExact(value, unit);
	if (!value)
		return `0 ${scale[scale.length - 1][0]}`;
	let at = scale.findIndex(([, size]) => value >= size);

	if (at < 0)
		at = scale.length - 1;
	/* 999.96 of one unit is 1.0 of the next */
	if (at > 0 && Math.round(value / scale[at][1] * 10) * scale[at][1] >= scale[at - 1][1] * 10)
		at--;
	const [name, size] = scale[at];
	const amount = value / size;

	if (size === 1)
		return `${group(amount)} ${name}`;
	return `${amount.toLocaleString('en-US', { minimumFractionDigits: 1,
		maximumFractionDigits: 1 })} ${name}`;
}

/**
 * As people read it and, where that is rounded, exactly.
 * @param {number} value
 * @param {string} unit
 */
export function formatBoth(value, unit) {
	const short = formatValue(value, unit);

	return SCALES[unit] && value >= 1000 ? `${short} (${formatExact(value, unit)})` : short;
}

/**
 * @param {number} value
 * @param {number} total
 */
export function share(value, total) {
	return `${(total ? 100 * value / total : 0).toFixed(2)}%`;
}

/**
 * @param {number} value
 * @param {string} unit
 */
export function formatSigned(value, unit) {
	if (!value)
		return formatValue(0, unit);
	return `${value < 0 ? '−' : '+'}${formatValue(Math.abs(value), unit)}`;
}

/**
 * @param {number} percent
 */
export function signedPercent(percent) {
	if (Math.abs(percent) < 0.005)
		return '0.00%';
	return `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(2)}%`;
}

/** @param {number} count @param {string} word */
export const countOf = (count, word) => `${group(count)} ${count === 1 ? word : `${word}s`}`;
