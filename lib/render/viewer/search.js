/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Patterns and what they find. A comma is "or" ("\," is a comma, and one within
 * brackets belongs to the expression); each term is a regular expression, or
 * taken literally where it is none.
 */

import { readingOf } from './layout.js';

/** @typedef {{text: string, exact?: boolean, caseSensitive?: boolean, literal?: boolean}} Query */

/**
 * The terms of a query.
 * @param {string} text
 */
export function splitTerms(text) {
	const terms = [];
	let depth = 0;
	let term = '';

	for (let i = 0; i < text.length; i++) {
		const c = text[i];

		if (c === '\\' && i + 1 < text.length) {
			term += text[i + 1] === ',' ? ',' : c + text[i + 1];
			i++;
			continue;
		}
		if (c === ',' && depth === 0) {
			terms.push(term);
			term = '';
			continue;
		}
		if ('([{<'.includes(c))
			depth++;
		else if (')]}>'.includes(c) && depth)
			depth--;
		term += c;
	}
	terms.push(term);
	if (depth && text.includes(','))	/* brackets that never close bind nothing */
		return text.split(',').map((t) => t.trim()).filter(Boolean);
	return terms.map((t) => t.trim()).filter(Boolean);
}

/** @param {string} text */
export const escapePattern = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * The pattern of a term, and why it is taken literally if it had to be.
 * @param {string} term
 * @param {Query} query
 */
function compileTerm(term, query) {
	const flags = query.caseSensitive ? '' : 'i';
	let error = '';

	if (!query.literal)
		try {
			return { pattern: new RegExp(term, flags), error };
		} catch (problem) {
			error = /** @type {Error} */ (problem).message;
		}
	return { pattern: new RegExp(escapePattern(term), flags), error };
}

/**
 * What a term that matches nothing may have meant: its words, in their order. One
 * word alone has no looser meaning.
 * @param {string} term
 * @returns {(name: string) => boolean}
 */
function looser(term) {
	const words = term.toLowerCase().match(/[\p{L}\p{N}_]+/gu) || [];

	return (name) => {
		const text = name.toLowerCase();
		let at = 0;

		for (const word of words) {
			at = text.indexOf(word, at);
			if (at < 0)
				return false;
			at += word.length;
		}
		return words.length > 1;
	};
}

/**
 * Marks in @keys the names that pass. How many.
 * @param {import('./frames.js').Frames} frames
 * @param {Uint8Array} keys
 * @param {(name: string) => boolean} test
 */
function mark(frames, keys, test) {
	let count = 0;

	for (let key = 0; key < keys.length; key++)
		if (test(frames.name[frames.first[key]])) {
			keys[key] = 1;
			count++;
		}
	return count;
}

/**
 * @typedef {object} Match
 * @property {Uint8Array} keys   1 for each name, by key, that matches
 * @property {Uint8Array} frames and for each frame
 * @property {string} error      why a term is taken literally, or ''
 * @property {boolean} loose     a term matched nothing, and what is like it was taken
 */

/**
 * What a search finds.
 * @param {import('./frames.js').Frames} frames
 * @param {Query} query
 * @returns {Match}
 */
export function searchKeys(frames, query) {
	const keys = new Uint8Array(frames.first.length);
	let loose = false;
	let wrong = '';

	for (const term of splitTerms(query.text)) {
		const { pattern, error } = compileTerm(term, query);
		const found = mark(frames, keys, (name) => pattern.test(name));

		wrong ||= error;
		if (!found && !query.literal && mark(frames, keys, looser(term)))
			loose = true;
	}
	const found = new Uint8Array(frames.key.length);	/* from() takes ten times as long */
	for (let frame = 0; frame < found.length; frame++)
		found[frame] = keys[frames.key[frame]];
	return { keys, frames: found, error: wrong, loose };
}

/**
 * 1 for each name, by key, that a filter matches: exactly what it says, whatever
 * the case of a search.
 * @param {import('./frames.js').Frames} frames
 * @param {Query} query
 */
export function matchKeys(frames, query) {
	const keys = new Uint8Array(frames.first.length);

	if (query.exact) {
		mark(frames, keys, (name) => name === query.text);
		return keys;
	}
	for (const term of splitTerms(query.text)) {
		const { pattern } = compileTerm(term, { caseSensitive: true, ...query });

		mark(frames, keys, (name) => pattern.test(name));
	}
	return keys;
}

/**
 * The places of a layout whose names match, in the order of the layout, and what
 * their stacks are worth together: below a match nothing is added.
 * @param {import('./layout.js').Layout} layout
 * @param {Uint8Array} match  by frame
 */
export function findHits(layout, match) {
	const { size, parent, node, width } = layout;
	const { frame } = layout.tree;
	const covered = new Uint8Array(size);
	const hits = new Int32Array(size);
	const outer = new Int32Array(size);
	let found = 0;
	let outermost = 0;
	let sum = 0;

	for (let at = 0; at < size; at++) {
		const above = parent[at] >= 0 ? covered[parent[at]] : 0;
		const hit = match[frame[node[at]]];

		if (hit) {
			hits[found++] = at;
			if (!above) {
				outer[outermost++] = at;
				sum += width[at];
			}
		}
		covered[at] = above | hit;
	}
	return { hits: hits.slice(0, found), outer: outer.slice(0, outermost), sum };
}

/**
 * What the stacks with a match in them are worth within the subtree at @zoom: all
 * of it below a match, and what its outermost matches are worth otherwise.
 * @param {import('./layout.js').Layout} layout
 * @param {Uint8Array} match  by frame
 * @param {Int32Array} outer  the outermost hits
 * @param {number} zoom
 */
export function sumWithin(layout, match, outer, zoom) {
	const { parent, node, width, start, depth, tree } = layout;
	const end = start[zoom] + width[zoom];
	let sum = 0;

	for (let at = zoom; at >= 0; at = parent[at])
		if (match[tree.frame[node[at]]])
			return width[zoom];
	for (const at of outer)
		if (depth[at] > depth[zoom] && start[at] >= start[zoom] && start[at] < end)
			sum += width[at];
	return sum;
}

/**
 * Of some places the next one in the order of reading, or the one before; -1: none.
 * @param {import('./layout.js').Layout} layout
 * @param {Int32Array} hits
 * @param {number | null} from  the number in that order to go on from; null: all of it
 * @param {number} by    1 or -1
 */
export function nextHit(layout, hits, from, by) {
	const start = from ?? (by > 0 ? -1 : layout.tree.size);
	let nearest = Infinity;
	let next = -1;

	for (let i = 0; i < hits.length; i++) {
		const ahead = (readingOf(layout, hits[i]) - start) * by;

		if (ahead > 0 && ahead < nearest) {
			nearest = ahead;
			next = hits[i];
		}
	}
	return next;
}
