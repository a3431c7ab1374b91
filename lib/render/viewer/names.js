/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names as they are shown. The writer has taken out what is no character at all
 * (U+FFFD stands there); what is one but cannot be seen, or turns the writing
 * round, shows as its number.
 */

/* ZWNJ and ZWJ belong into words of many scripts, and into emoji. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u034f\u115f\u1160\u3164\uffa0]/u;
const UNSEEN_ALL = new RegExp(UNSEEN.source, 'gu');
const JOINERS = '\u200c\u200d';

/** @param {string} name */
export function shown(name) {
	if (!UNSEEN.test(name))
		return name;
	return name.replace(UNSEEN_ALL, (character) => JOINERS.includes(character) ? character :
		`‹U+${/** @type {number} */ (character.codePointAt(0)).toString(16)
			.toUpperCase().padStart(4, '0')}›`);
}

/**
 * The source line that --srcline put behind the name of a function, or ''.
 * @param {string} name
 */
export function sourceLine(name) {
	const match = /^.+ \(([^()]+:\d+)\)$/.exec(name);

	return match ? match[1] : '';
}

/**
 * @param {string} name
 * @param {number} limit
 */
export function shortened(name, limit) {
	if (name.length <= limit)
		return name;
	const head = Array.from(name.slice(0, limit)).slice(0, -1).join('');

	return `${head}…`;
}

/** @param {string} path */
export const baseName = (path) => path.slice(path.lastIndexOf('/') + 1);
