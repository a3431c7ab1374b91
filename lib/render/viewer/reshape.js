/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The profile as the reader wants it: frames hidden, stacks kept or dropped,
 * runs merged, recursion folded up, another root. What is taken out of a stack
 * leaves its value to its caller; only stacks that are not kept, or dropped, are
 * missing from the total.
 */
import { Grower } from './tree.js';
import { TASK } from './data.js';
import { matchKeys } from './search.js';

/** @typedef {'hide' | 'keep' | 'drop' | 'merge'} FilterKind */
/** @typedef {{kind: FilterKind, text: string, exact?: boolean}} Filter */
/** @typedef {{filters: Filter[], recursion: boolean, root: string}} Shape */

/** What each kind of filter does, for menus and pills. */
export const FILTERS = /** @type {const} */ ({
	hide: 'Hide frames',
	keep: 'Keep stacks with',
	drop: 'Drop stacks with',
	merge: 'Merge runs of',
});

const THREAD = /^(.*)-(\d+)\/(\d+)$/s;
const PROCESS = /^(.*)-(\d+)$/s;

/**
 * The roots that the tasks of a profile can be told apart by.
 * @param {import('./data.js').Profile} profile
 */
export function rootChoices(profile) {
	const { frames } = profile;
	const roots = frames.name.filter((_, frame) => frames.kind[frame] === TASK);
	const names = profile.tasks.map((task) => taskName(task, 'name'));

	if (!roots.length)
		return [];
	if (profile.tasks.length)	/* "worker-7" may be all of a name */
		return names.some((name) => roots.includes(name)) ? ['thread', 'process', 'none'] :
			['thread', 'process', 'name', 'none'];
	if (roots.some((name) => THREAD.test(name)))
		return ['thread', 'process', 'name', 'none'];
	return roots.some((name) => PROCESS.test(name)) ? ['process', 'name', 'none'] : ['name', 'none'];
}

/**
 * Whether stacks can only start so where threads are kept beside them.
 * @param {import('./data.js').Profile} profile
 * @param {string} root
 */
export const needsThreads = (profile, root) =>
	profile.tasks.length > 0 && (root === 'thread' || root === 'process');

/**
 * @param {string} name
 * @param {string} root
 */
export function taskName(name, root) {
	const thread = THREAD.exec(name);
	const process = thread || PROCESS.exec(name);

	if (root === 'process' && thread)
		return `${thread[1]}-${thread[2]}`;
	return root === 'name' && process ? process[1] : name;
}

/**
 * By frame: the frame that it is drawn as; -1: not at all.
 * @param {import('./frames.js').Frames} frames
 * @param {string} root
 */
function drawnAs(frames, root) {
	const count = frames.name.length;
	const as = Int32Array.from({ length: count }, (_, frame) => frame);

	if (!root || root === 'thread')
		return as;
	for (let frame = 0; frame < count; frame++) {
		if (frames.kind[frame] !== TASK)
			continue;
		as[frame] = root === 'none' ? -1 :
			frames.named(taskName(frames.name[frame], root), frame);
	}
	return as;
}

/**
 * Whether the stack that ends at a node counts, by node.
 * @param {import('./tree.js').Tree} tree
 * @param {import('./frames.js').Frames} frames
 * @param {Filter[]} filters
 */
function countedStacks(tree, frames, filters) {
	const counted = new Uint8Array(tree.size).fill(1);
	const inside = new Uint8Array(tree.size);

	for (const filter of filters) {
		const match = matchKeys(frames, filter);
		const wanted = filter.kind === 'keep' ? 1 : 0;

		for (let node = 0; node < tree.size; node++) {
			const parent = tree.parent[node];

			inside[node] = match[frames.key[tree.frame[node]]] ||
				(parent >= 0 ? inside[parent] : 0);
			if (inside[node] !== wanted)
				counted[node] = 0;
		}
	}
	return counted;
}

/**
 * By key: a bit for each filter that matches it.
 * @param {import('./frames.js').Frames} frames
 * @param {Filter[]} filters
 */
function matchBits(frames, filters) {
	const bits = new Int32Array(frames.first.length);

	filters.slice(0, 31).forEach((filter, i) => {
		const match = matchKeys(frames, filter);

		for (let key = 0; key < bits.length; key++)
			bits[key] |= match[key] << i;
	});
	return bits;
}

/**
 * @param {import('./data.js').Profile} profile
 * @param {Shape} shape
 * @param {import('./tree.js').Tree} [tree]  that of its threads, where they are needed
 * @returns {import('./tree.js').Tree}
 */
export function reshape(profile, shape, tree = profile.tree) {
	const { frames } = profile;
	const { filters, recursion, root } = shape;

	if (!filters.length && !recursion && (!root || root === 'thread'))
		return tree;
	const of = (/** @type {FilterKind[]} */ ...kinds) =>
		filters.filter(({ kind }) => kinds.includes(kind));
	const as = drawnAs(frames, root);
	const counted = countedStacks(tree, frames, of('keep', 'drop'));
	const hidden = matchBits(frames, of('hide'));
	const merged = matchBits(frames, of('merge'));
	const grower = new Grower(frames, tree.self.length, tree.size);
	const target = new Int32Array(tree.size);

	grower.add(-1, tree.frame[0], 0);
	for (let node = 0; node < tree.size; node++) {
		const frame = as[tree.frame[node]];

		if (node) {
			const parent = target[tree.parent[node]];
			const above = frames.key[grower.frame[parent]];
			const key = frame < 0 ? -1 : frames.key[frame];

			target[node] = key < 0 || hidden[key] || merged[key] & merged[above] ||
				(recursion && key === above && parent) ?
				parent : grower.child(parent, frame, tree.origin[node]);
		}
		if (counted[node])
			for (let v = 0; v < tree.self.length; v++)
				grower.self[v][target[node]] += tree.self[v][node];
	}
	return grower.finish(profile.originColor);
}
