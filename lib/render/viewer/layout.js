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
 * @property {Int32Array} first   by place: where its children begin, and one more; they
 *                                end where those of the next place begin
 * @property {Int32Array} depth
 * @property {Int32Array | null} reading  by node, if not its own: its number in the order of
 *                                reading, from the left, outer frames before inner ones
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
 * @param {import('./frames.js').Frames} frames
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
 * The nodes that have a width in the order of reading, siblings as @compare has them.
 * @param {import('./tree.js').Tree} tree
 * @param {Float64Array} total
 * @param {(a: number, b: number) => number} compare
 */
function inReadingOrder(tree, total, compare) {
	const { first, next } = link(tree);
	const read = new Int32Array(tree.size);
	const waiting = new Int32Array(tree.size);	/* the one to be read next is the last */
	let used = 0;
	let open = 1;

	while (open) {
		const node = read[used++] = waiting[--open];
		const from = open;

		for (let child = first[node]; child >= 0; child = next[child])
			if (total[child] > 0)
				waiting[open++] = child;
		sortRange(waiting, from, open, compare);
		waiting.subarray(from, open).reverse();
	}
	return read.subarray(0, used);
}

/**
 * How deep each node lies, and the first place of each row.
 * @param {import('./tree.js').Tree} tree
 * @param {Float64Array} total
 */
function rowsOf({ size, parent }, total) {
	const depth = new Int32Array(size);
	const row = [0, 1];

	for (let node = 1; node < size; node++) {
		const d = depth[node] = depth[parent[node]] + 1;

		if (!(total[node] > 0))
			continue;
		if (d + 1 === row.length)
			row.push(0);
		row[d + 1]++;
	}
	for (let d = 1; d < row.length; d++)
		row[d] += row[d - 1];
	return { depth, row: Int32Array.from(row) };
}

/**
 * @param {import('./tree.js').Tree} tree
 * @param {import('./frames.js').Frames} frames
 * @param {Float64Array} total  the width of each node
 * @param {Order} order
 * @param {Int32Array | null} rank  of the names; null: siblings are in order already, and
 *                                  nodes are numbered in the order of reading
 * @returns {Layout}
 */
export function place(tree, frames, total, order, rank) {
	const { depth: depthOf, row } = rowsOf(tree, total);
	const rows = row.length - 1;
	const size = row[rows];
	const keyOf = (/** @type {number} */ n) => frames.key[tree.frame[n]];
	const byName = rank && ((/** @type {number} */ a, /** @type {number} */ b) =>
		rank[keyOf(a)] - rank[keyOf(b)]);
	const byWidth = (/** @type {number} */ a, /** @type {number} */ b) => total[b] - total[a];
	const compare = order === 'width' ? byWidth : byName;
	const read = compare && inReadingOrder(tree, total, compare);
	const node = new Int32Array(size);
	const places = new Int32Array(tree.size).fill(-1);
	const parent = new Int32Array(size);
	const first = new Int32Array(size + 1);
	const depth = new Int32Array(size);
	const reading = read && new Int32Array(tree.size);
	const start = new Float64Array(size);
	const width = new Float64Array(size);
	const free = row.slice();			/* by row: the next place */
	const left = new Float64Array(rows + 1);	/* by row: where that begins */
	let used = 0;

	for (let i = 0; i < tree.size && used < size; i++) {
		const n = read ? read[i] : i;

		if (n && !(total[n] > 0))
			continue;
		const d = depthOf[n];
		const at = free[d]++;

		node[at] = n;
		places[n] = at;
		first[at] = free[d + 1];
		start[at] = left[d + 1] = left[d];
		width[at] = total[n];
		left[d] += total[n];
		parent[at] = d ? free[d - 1] - 1 : -1;
		if (reading)
			reading[n] = used;
		used++;
	}
	first[size] = size;
	for (let d = 0; d < rows; d++)
		depth.fill(d, row[d], row[d + 1]);
	return { tree, size, rows, row, node, place: places, parent, first, depth, reading, start, width };
}

/** @param {Layout} layout @param {number} at */
export const childCount = ({ first }, at) => first[at + 1] - first[at];

/**
 * Where a place stands in the order of reading.
 * @param {Layout} layout
 * @param {number} at
 */
export const readingOf = ({ reading, node }, at) => reading ? reading[node[at]] : node[at];

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
