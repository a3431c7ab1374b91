/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All that calls a function and all that it calls, each as one tree with the
 * function at its root. What counts is its outermost occurrence in each stack:
 * recursion is not counted twice, and both trees have the same total.
 */
import { Grower } from './tree.js';

/**
 * The outermost nodes of that name, marked.
 * @param {import('./tree.js').Tree} tree
 * @param {import('./frames.js').Frames} frames
 * @param {number} key
 */
function outermost(tree, frames, key) {
	const inside = new Uint8Array(tree.size);
	const found = [];

	for (let node = 0; node < tree.size; node++) {
		const parent = tree.parent[node];
		const above = parent >= 0 ? inside[parent] : 0;
		const here = frames.key[tree.frame[node]] === key ? 1 : 0;

		if (here && !above)
			found.push(node);
		inside[node] = above | here;
	}
	return found;
}

/**
 * @param {import('./tree.js').Tree} tree
 * @param {import('./data.js').Profile} profile
 * @param {number} key
 * @returns {import('./tree.js').Tree | null}  null: nothing is called so
 */
export function callees(tree, profile, key) {
	const { frames } = profile;
	const roots = outermost(tree, frames, key);
	const grower = new Grower(frames, tree.self.length, tree.size + 1);
	const target = new Int32Array(tree.size).fill(-1);

	if (!roots.length)
		return null;
	grower.add(-1, tree.frame[roots[0]], tree.origin[roots[0]]);
	for (const node of roots)
		target[node] = 0;
	for (let node = 0; node < tree.size; node++) {
		const parent = tree.parent[node];

		if (target[node] < 0 && parent >= 0 && target[parent] >= 0)
			target[node] = grower.child(target[parent], tree.frame[node],
						    tree.origin[node]);
		for (let v = 0; v < tree.self.length && target[node] >= 0; v++)
			grower.self[v][target[node]] += tree.self[v][node];
	}
	return grower.finish(profile.originColor);
}

/**
 * The root's children are its callers, and so on outwards.
 * @param {import('./tree.js').Tree} tree
 * @param {import('./data.js').Profile} profile
 * @param {number} key
 * @returns {import('./tree.js').Tree | null}
 */
export function callers(tree, profile, key) {
	const { frames } = profile;
	const roots = outermost(tree, frames, key);
	let room = 1;

	if (!roots.length)
		return null;
	for (const root of roots)
		for (let node = tree.parent[root]; node > 0; node = tree.parent[node])
			room++;
	const grower = new Grower(frames, tree.self.length, room);
	grower.add(-1, tree.frame[roots[0]], tree.origin[roots[0]]);
	for (const root of roots) {
		let at = 0;

		for (let node = tree.parent[root]; node > 0; node = tree.parent[node])
			at = grower.child(at, tree.frame[node], tree.origin[node]);
		for (let v = 0; v < tree.self.length; v++)
			grower.self[v][at] += tree.total[v][root];
	}
	return grower.finish(profile.originColor);
}
