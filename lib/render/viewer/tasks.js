/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads apart. A page of a recording has the stacks of all tasks of one name in one
 * tree, and beside it which thread had how much of each stack; only when a reader asks
 * for threads or processes does a tree with a root for each come of that.
 */
import { TASK, numbersOf } from './data.js';
import { sumTotals } from './tree.js';

/**
 * What one task (-1: none that is known) was charged itself, in one node.
 * @typedef {{node: number, task: number, values: number[]}} Share
 */

/**
 * The shares as html-data.c packs them, by node and task.
 * @param {import('./data.js').Profile} profile
 */
function unpackShares({ shares, tree, values }) {
	const numbers = numbersOf(shares);
	/** @type {Share[]} */
	const list = [];
	let at = 0;
	let node = -1;
	const take = () => values.map(({ scale }) => numbers[at++] * scale);
	const selves = () => tree.self.map((self) => self[node]);

	while (at < numbers.length) {
		node += 1 + numbers[at++];
		const left = selves();
		const count = (numbers[at] >>> 1) + 1;
		const whole = numbers[at++] & 1;	/* the last one has what is left */
		let task = -1;

		for (let i = 0; i < count; i++) {
			task += 1 + numbers[at++];
			const own = whole && i === count - 1 ? left.slice() : take();

			list.push({ node, task, values: own });
			for (let v = 0; v < own.length; v++)	/* roundings may add up to more */
				left[v] = Math.max(0, left[v] - own[v]);
		}
	}
	return list;
}

/**
 * The shares by task, those of the same one together; what is nobody's comes first.
 * @param {import('./data.js').Profile} profile
 */
function sharesByTask(profile) {
	const { tree } = profile;
	const list = unpackShares(profile);
	const left = tree.self.map((self) => self.slice());

	for (const { node, values } of list)
		values.forEach((value, v) => {
			left[v][node] -= value;
		});
	for (let node = 0; node < tree.size; node++) {
		const values = left.map((rest) => Math.max(0, rest[node]));

		if (values.some(Boolean))
			list.push({ node, task: -1, values });
	}
	return list.sort((a, b) => a.task - b.task || a.node - b.node);
}

/**
 * The way of a node to the root without the frame that names its tasks, the innermost first,
 * as far as @seen does not know it for @task already. It does then.
 * @param {import('./data.js').Profile} profile
 * @param {Share} share
 * @param {Int32Array} seen  by node: the task that passed last
 */
function wayUp({ tree, frames }, { node, task }, seen) {
	const way = [];

	for (; node > 0 && seen[node] !== task; node = tree.parent[node]) {
		if (task >= 0 && !tree.parent[node] && frames.kind[tree.frame[node]] === TASK)
			break;
		seen[node] = task;
		way.push(node);
	}
	return { way, above: node };
}

/**
 * The node below the root that @node is in, or is.
 * @param {import('./tree.js').Tree} tree
 * @param {number} node
 */
function topOf(tree, node) {
	while (tree.parent[node] > 0)
		node = tree.parent[node];
	return node;
}

/**
 * The profile's tree with a root for each thread. Its nodes are numbered behind the profile's
 * own: node N (but the root) is origin profile.tree.size - 1 + N.
 * @param {import('./data.js').Profile} profile
 * @returns {import('./tree.js').Tree}
 */
export function threadTree(profile) {
	const { tree, frames, tasks } = profile;
	const shares = sharesByTask(profile);
	const seen = new Int32Array(tree.size).fill(-2);
	const place = new Int32Array(tree.size);	/* by node: where it is for the task at hand */
	const parent = [-1];
	const frame = [tree.frame[0]];
	const from = [0];				/* the node that it was */
	const self = tree.self.map(() => [0]);
	let task = -1;
	let root = 0;

	const add = (/** @type {number} */ above, /** @type {number} */ shown, /** @type {number} */ node) => {
		self.forEach((of) => of.push(0));
		from.push(node);
		frame.push(shown);
		return parent.push(above) - 1;
	};

	for (const share of shares) {
		if (share.task !== task) {
			task = share.task;
			const top = topOf(tree, share.node);

			root = add(0, frames.addNamed(tasks[task], TASK, '', frames.color[tree.frame[top]]), top);
		}
		const { way, above } = wayUp(profile, share, seen);
		let at = above > 0 && seen[above] === task ? place[above] : root;

		for (const node of way.reverse())
			at = place[node] = add(at, tree.frame[node], node);
		share.values.forEach((value, v) => {
			self[v][at] += value;
		});
	}
	const { color } = tree;
	const threads = {
		size: parent.length, parent: Int32Array.from(parent), frame: Int32Array.from(frame),
		origin: Int32Array.from(parent, (_, node) => node && tree.size - 1 + node),
		self: self.map((of) => Float64Array.from(of)), total: [],
		color: color && Uint8Array.from(from, (node) => color[node]), members: null,
	};

	sumTotals(threads);
	return threads;
}
