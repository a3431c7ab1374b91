/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A tree of weighted stacks. Node 0 is the root, and every node's number is
 * larger than its parent's: sums run from the back, paths from the front, and
 * nothing recurses however deep a stack is.
 */

/**
 * @typedef {object} Tree
 * @property {number} size
 * @property {Int32Array} parent  -1: the root's
 * @property {Int32Array} frame   of Frames
 * @property {Int32Array} origin  the profile's own node that this one stands for; behind those,
 *                                the node of its threads (tasks.js)
 * @property {Float64Array[]} self   one for each value
 * @property {Float64Array[]} total
 * @property {Uint8Array | null} color  where colours are by node
 * @property {Int32Array | null} members  how many more frames a node stands for
 */

/** @param {Tree} tree */
export function sumTotals(tree) {
	tree.total = tree.self.map((self) => {
		const total = self.slice();

		for (let node = total.length - 1; node > 0; node--)
			total[tree.parent[node]] += total[node];
		return total;
	});
}

/**
 * First child and next sibling, in the order of the numbers; -1: none.
 * @param {Tree} tree
 */
export function link(tree) {
	const first = new Int32Array(tree.size).fill(-1);
	const next = new Int32Array(tree.size).fill(-1);

	for (let node = tree.size - 1; node > 0; node--) {
		const parent = tree.parent[node];

		next[node] = first[parent];
		first[parent] = node;
	}
	return { first, next };
}

/**
 * Calls enter(node) on the way down and leave(node) on the way up.
 * @param {Tree} tree
 * @param {(node: number) => void} enter
 * @param {(node: number) => void} leave
 */
export function walk(tree, enter, leave) {
	const { first, next } = link(tree);
	let node = 0;

	if (!tree.size)
		return;
	enter(0);
	while (node >= 0) {
		if (first[node] >= 0) {
			node = first[node];
			enter(node);
			continue;
		}
		leave(node);
		while (next[node] < 0) {
			node = tree.parent[node];
			if (node < 0)
				return;
			leave(node);
		}
		node = next[node];
		enter(node);
	}
}

/**
 * Grows a tree: one child for each name under a parent. Children are found by
 * a table of (parent, name) with linear probing.
 */
export class Grower {
	/**
	 * @param {import('./frames.js').Frames} frames
	 * @param {number} values
	 * @param {number} room  how many nodes there will be at most
	 */
	constructor(frames, values, room) {
		let slots = 16;

		while (slots < 2 * room)
			slots *= 2;
		this.key = frames.key;
		this.table = new Int32Array(slots);	/* 1 + node; 0: free */
		this.mask = slots - 1;
		this.size = 0;
		this.parent = new Int32Array(room);
		this.frame = new Int32Array(room);
		this.origin = new Int32Array(room);
		this.self = Array.from({ length: values }, () => new Float64Array(room));
	}

	/**
	 * @param {number} parent
	 * @param {number} frame
	 * @param {number} origin
	 */
	add(parent, frame, origin) {
		this.parent[this.size] = parent;
		this.frame[this.size] = frame;
		this.origin[this.size] = origin;
		return this.size++;
	}

	/**
	 * The child of @parent that is named like @frame.
	 * @param {number} parent
	 * @param {number} frame
	 * @param {number} origin
	 */
	child(parent, frame, origin) {
		const key = this.key[frame];
		let at = Math.imul(parent + 1, 0x9e3779b1) ^ Math.imul(key + 1, 0x85ebca6b);

		for (at ^= at >>> 15; ; at++) {
			const node = this.table[at & this.mask] - 1;

			if (node < 0)
				break;
			if (this.parent[node] === parent && this.key[this.frame[node]] === key)
				return node;
		}
		this.table[at & this.mask] = this.size + 1;
		return this.add(parent, frame, origin);
	}

	/**
	 * What has grown, without the nodes of no value.
	 * @param {Uint8Array | null} color  by origin
	 * @returns {Tree}
	 */
	finish(color) {
		const grown = {
			size: this.size, parent: this.parent, frame: this.frame,
			origin: this.origin, self: this.self, total: [], color: null,
			members: null,
		};

		sumTotals(grown);
		const tree = without(grown, (node) => grown.total.every((total) => !total[node]));
		tree.color = color && Uint8Array.from(tree.origin, (node) => color[node]);
		return tree;
	}
}

/**
 * @tree without the nodes that are @gone, whose children must be gone too.
 * @param {Tree} tree
 * @param {(node: number) => boolean} gone
 * @returns {Tree}
 */
function without(tree, gone) {
	const kept = new Int32Array(tree.size);
	const place = new Int32Array(tree.size).fill(-1);
	let size = 0;

	for (let node = 0; node < tree.size; node++) {
		if (node && gone(node))
			continue;
		place[node] = size;
		kept[size++] = node;
	}
	const pick = (/** @type {Float64Array} */ from) =>
		Float64Array.from({ length: size }, (_, i) => from[kept[i]]);
	const pickInt = (/** @type {Int32Array} */ from) => {
		const to = new Int32Array(size);

		for (let i = 0; i < size; i++)
			to[i] = from[kept[i]];
		return to;
	};
	const parent = pickInt(tree.parent);
	for (let node = 1; node < size; node++)
		parent[node] = place[parent[node]];
	parent[0] = -1;
	return {
		size, parent, frame: pickInt(tree.frame), origin: pickInt(tree.origin),
		self: tree.self.map(pick), total: tree.total.map(pick), color: null, members: null,
	};
}
