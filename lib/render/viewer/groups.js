/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Groups: where a frame has one callee that takes nearly all of its value, and
 * that one again, one row can stand for all of them.
 */

const NEARLY = 0.99;

/**
 * By node: the head of the group it is in, which is itself where there is none.
 * @param {import('./tree.js').Tree} tree
 * @param {Float64Array} total
 */
export function findGroups(tree, total) {
	const { size, parent } = tree;
	const children = new Int32Array(size);
	const head = new Int32Array(size);

	for (let node = 1; node < size; node++)
		if (total[node] > 0)
			children[parent[node]]++;
	for (let node = 1; node < size; node++) {
		const above = parent[node];

		head[node] = above && children[above] === 1 && total[node] >= NEARLY * total[above] ?
			head[above] : node;
	}
	return head;
}

/**
 * The tree with one node for each group that is collapsed.
 * @param {import('./tree.js').Tree} tree
 * @param {Float64Array} total
 * @param {boolean} all  groups are collapsed unless they are in @toggled, else only those
 * @param {Set<number>} toggled  by the profile's own number of the head
 * @returns {import('./tree.js').Tree}
 */
export function collapse(tree, total, all, toggled) {
	if (!all && !toggled.size)
		return tree;
	const head = findGroups(tree, total);
	const place = new Int32Array(tree.size);
	const kept = [];

	for (let node = 0; node < tree.size; node++) {
		const folded = head[node] !== node &&
			all !== toggled.has(tree.origin[head[node]]);

		place[node] = folded ? place[head[node]] : kept.push(node) - 1;
	}
	return fold(tree, place, kept);
}

/**
 * @param {import('./tree.js').Tree} tree
 * @param {Int32Array} place  by node: of the node that stands for it
 * @param {number[]} kept     by place
 * @returns {import('./tree.js').Tree}
 */
function fold(tree, place, kept) {
	const size = kept.length;
	const pick = (/** @type {Int32Array} */ from) =>
		Int32Array.from(kept, (node) => from[node]);
	const parent = pick(tree.parent);
	const members = new Int32Array(size).fill(-1);
	const self = tree.self.map(() => new Float64Array(size));

	for (let i = 1; i < size; i++)
		parent[i] = place[parent[i]];
	for (let node = 0; node < tree.size; node++) {
		members[place[node]]++;
		for (let v = 0; v < self.length; v++)
			self[v][place[node]] += tree.self[v][node];
	}
	return {
		size, parent, frame: pick(tree.frame), origin: pick(tree.origin), self,
		total: tree.total.map((total) => Float64Array.from(kept, (node) => total[node])),
		color: tree.color && Uint8Array.from(kept, (node) =>
			/** @type {Uint8Array} */ (tree.color)[node]),
		members,
	};
}
