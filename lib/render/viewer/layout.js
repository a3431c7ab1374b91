/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where each node of a tree lies. Places are numbered row by row, from the left:
 * a row is a range of numbers with rising starts, so that what lies under a point
 * or within a window is found by bisection, and only that is looked at. A node
 * without width has no place.
 */
import { link } from './tree.js';

/**
 * @typedef {object} Layout
 * @property {import('./tree.js').Tree} tree
 * @property {number} size
 * @property {number} rows
 * @property {Int32Array} row     by depth, and one more: its first place
 * @property {Int32Array} node    by place
 * @property {Int32Array} place   by node; -1: none
 * @property {Int32Array} parent  by place; -1: the root's
 * @property {Int32Array} first   by place: of the children, if there are any
 * @property {Int32Array} children  by place: how many
 * @property {Int32Array} depth
 * @property {Int32Array} key     of the name
 * @property {Float64Array} start
 * @property {Float64Array} width
 */

/** @typedef {'name' | 'width'} Order */

const byCode = (/** @type {string} */ a, /** @type {string} */ b) => {
	if (a === b)
		return 0;
	return a < b ? -1 : 1;
};

/**
 * The place of each key among all names.
 * @param {import('./data.js').Frames} frames
 */
export function rankNames(frames) {
	const names = frames.first.map((frame) => frames.name[frame]);
	const keys = names.map((_, key) => key).sort((a, b) => byCode(names[a], names[b]));
	const rank = new Int32Array(names.length);

	keys.forEach((key, i) => {
		rank[key] = i;
	});
	return rank;
}

/**
 * Sorts children[from..to) by what @compare says; most are one or two.
 * @param {Int32Array} nodes
 * @param {number} from
 * @param {number} to
 * @param {(a: number, b: number) => number} compare
 */
function sortRange(nodes, from, to, compare) {
	if (to - from < 2)
		return;
	if (to - from > 8) {
		nodes.subarray(from, to).sort(compare);
		return;
	}
	for (let i = from + 1; i < to; i++) {
		const node = nodes[i];
		let at = i;

		for (; at > from && compare(nodes[at - 1], node) > 0; at--)
			nodes[at] = nodes[at - 1];
		nodes[at] = node;
	}
}

/**
 * @param {import('./tree.js').Tree} tree
 * @param {import('./data.js').Frames} frames
 * @param {Float64Array} total  the width of each node
 * @param {Order} order
 * @param {Int32Array | null} rank  of the names; null: siblings are in order already
 * @returns {Layout}
 */
export function place(tree, frames, total, order, rank) {
	const { first: firstChild, next } = link(tree);
	const { size } = tree;
	const node = new Int32Array(size);
	const places = new Int32Array(size).fill(-1);
	const parent = new Int32Array(size);
	const first = new Int32Array(size);
	const children = new Int32Array(size);
	const depth = new Int32Array(size);
	const key = new Int32Array(size);
	const start = new Float64Array(size);
	const width = new Float64Array(size);
	const row = [0];
	const keyOf = (/** @type {number} */ n) => frames.key[tree.frame[n]];
	const byName = rank && ((/** @type {number} */ a, /** @type {number} */ b) =>
		rank[keyOf(a)] - rank[keyOf(b)]);
	const byWidth = (/** @type {number} */ a, /** @type {number} */ b) => total[b] - total[a];
	const compare = order === 'width' ? byWidth : byName;
	let used = 0;

	node[used++] = 0;
	places[0] = 0;
	parent[0] = -1;
	key[0] = keyOf(0);
	width[0] = total[0];
	for (let at = 0, end = 1; at < used; at++) {
		if (at === end) {
			row.push(at);
			end = used;
		}
		const from = used;
		for (let child = firstChild[node[at]]; child >= 0; child = next[child])
			if (total[child] > 0)
				node[used++] = child;
		first[at] = from;
		children[at] = used - from;
		if (compare)
			sortRange(node, from, used, compare);
		let left = start[at];
		for (let i = from; i < used; i++) {
			const n = node[i];

			places[n] = i;
			parent[i] = at;
			depth[i] = depth[at] + 1;
			key[i] = keyOf(n);
			start[i] = left;
			width[i] = total[n];
			left += total[n];
		}
	}
	row.push(used);
	return {
		tree, size: used, rows: row.length - 1, row: Int32Array.from(row), node,
		place: places, parent, first, children, depth, key, start, width,
	};
}

/**
 * The number of each place in the order of reading: from the left, and outer
 * frames before inner ones.
 * @param {Layout} layout
 */
export function readingOrder({ size, parent, first, children }) {
	const below = new Int32Array(size).fill(1);	/* places of the subtree */
	const rank = new Int32Array(size);

	for (let at = size - 1; at > 0; at--)
		below[parent[at]] += below[at];
	for (let at = 0; at < size; at++) {
		let next = rank[at] + 1;

		for (let child = first[at]; child < first[at] + children[at]; child++) {
			rank[child] = next;
			next += below[child];
		}
	}
	return rank;
}

/**
 * The first place of a row that ends behind @value; the row's end if none does.
 * @param {Layout} layout
 * @param {number} depth
 * @param {number} value
 * @param {number} [from]  the place to begin with
 */
export function firstEndingAfter(layout, depth, value, from = layout.row[depth]) {
	const { start, width } = layout;
	let low = from;
	let high = layout.row[depth + 1];

	while (low < high) {
		const middle = (low + high) >>> 1;

		if (start[middle] + width[middle] > value)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/**
 * The place at @depth that holds @value, or -1.
 * @param {Layout} layout
 * @param {number} depth
 * @param {number} value
 */
export function placeAt(layout, depth, value) {
	if (depth < 0 || depth >= layout.rows)
		return -1;
	const at = firstEndingAfter(layout, depth, value);

	return at < layout.row[depth + 1] && layout.start[at] <= value ? at : -1;
}

/**
 * The ancestor of @at in row @depth.
 * @param {Layout} layout
 * @param {number} at
 * @param {number} depth
 */
export function ancestorAt(layout, at, depth) {
	while (layout.depth[at] > depth)
		at = layout.parent[at];
	return at;
}

/**
 * Whether @at lies in the subtree of @zoom.
 * @param {Layout} layout
 * @param {number} at
 * @param {number} zoom
 */
export function isWithin(layout, at, zoom) {
	return layout.depth[at] >= layout.depth[zoom] &&
		ancestorAt(layout, at, layout.depth[zoom]) === zoom;
}

/**
 * The deepest row of the subtree at @zoom: a row's places within it are a range.
 * @param {Layout} layout
 * @param {number} zoom
 */
export function deepestRow(layout, zoom) {
	const { start, width, row } = layout;
	const end = start[zoom] + width[zoom];
	let depth = layout.depth[zoom];

	for (let next = depth + 1; next < layout.rows; next++) {
		const at = firstEndingAfter(layout, next, start[zoom]);

		if (at >= row[next + 1] || start[at] >= end)
			break;
		depth = next;
	}
	return depth;
}
