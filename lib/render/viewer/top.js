/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of functions: what was charged to each one itself, and to it and all
 * that it called; a function that calls itself counts once.
 */
import { walk } from './tree.js';

/**
 * @typedef {object} TopRow
 * @property {number} key
 * @property {string} name
 * @property {number} frame
 * @property {number[]} self   one for each value
 * @property {number[]} total
 */

/**
 * A row for each name but the root's.
 * @param {import('./tree.js').Tree} tree
 * @param {import('./frames.js').Frames} frames
 * @returns {TopRow[]}
 */
export function topRows(tree, frames) {
	const values = tree.self.length;
	const open = new Int32Array(frames.first.length);
	/** @type {(TopRow | undefined)[]} */
	const rows = new Array(frames.first.length);

	walk(tree, (node) => {
		const key = frames.key[tree.frame[node]];
		let row = rows[key];

		if (!node)
			return;
		if (!row)
			row = rows[key] = {
				key, name: frames.name[tree.frame[node]], frame: tree.frame[node],
				self: new Array(values).fill(0), total: new Array(values).fill(0),
			};
		for (let v = 0; v < values; v++) {
			row.self[v] += tree.self[v][node];
			if (!open[key])
				row.total[v] += tree.total[v][node];
		}
		open[key]++;
	}, (node) => {
		if (node)
			open[frames.key[tree.frame[node]]]--;
	});
	return /** @type {TopRow[]} */ (rows.filter(Boolean));
}

/**
 * @param {TopRow[]} rows
 * @param {string} column  'name', 'self', 'total', 'before', 'after', 'change', 'totalChange'
 * @param {boolean} descending
 * @param {number} v  the value that 'self' and 'total' mean
 */
export function sortRows(rows, column, descending, v) {
	/** @type {Record<string, (row: TopRow) => number>} */
	const numbers = {
		self: (row) => row.self[v],
		total: (row) => row.total[v],
		before: (row) => row.total[0],
		after: (row) => row.total[1],
		/* the largest movers, whichever way they went */
		change: (row) => Math.abs(row.self[1] - row.self[0]),
		totalChange: (row) => Math.abs(row.total[1] - row.total[0]),
	};
	const sign = descending ? -1 : 1;
	const of = numbers[column];
	const byTotal = (/** @type {TopRow} */ a, /** @type {TopRow} */ b) => b.total[v] - a.total[v];
	const byName = (/** @type {TopRow} */ a, /** @type {TopRow} */ b) => {
		if (a.name === b.name)
			return 0;
		return a.name < b.name ? -1 : 1;
	};

	return rows.slice().sort((a, b) => of ? sign * (of(a) - of(b)) || byTotal(a, b) || byName(a, b) :
		sign * byName(a, b));
}
