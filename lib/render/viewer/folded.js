/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is seen as folded stacks, for every program that reads them; with the
 * suffixes that tell kinds of code apart, so that they can be drawn again.
 */
import { INLINED, JIT, KERNEL, TASK } from './data.js';
import { walk } from './tree.js';

const SUFFIX = { [KERNEL]: '_[k]', [INLINED]: '_[i]', [JIT]: '_[j]' };

/** @param {string} name @param {number} kind */
const folded = (name, kind) => (kind === TASK ? name.replaceAll(' ', '_') : name)
	.replaceAll(';', ':').replace(/[\n\r]/g, ' ');

/**
 * Rounded half up to whole units, as perf-fold writes them.
 * @param {number} value
 * @param {number} unit
 */
const rounded = (value, unit) => Math.floor(value / unit + 0.5);

/**
 * A line for each stack that ends somewhere: from @root on, with the frames above
 * it, the one or two @values as "before after".
 * @param {import('./tree.js').Tree} tree
 * @param {import('./data.js').Profile} profile
 * @param {number} root
 * @param {number[]} values
 */
export function toFolded(tree, profile, root, values) {
	const { frames, decimals } = profile;
	const units = values.map((v) => profile.values[v].foldedDiv * 10 ** decimals);
	const stack = /** @type {string[]} */ ([]);
	const lines = /** @type {string[]} */ ([]);
	const above = new Set();
	/* the root of all is no frame of a stack, that of a sandwich is */
	const unnamed = tree.frame[0] === profile.tree.frame[0] ? 0 : -1;
	let inside = 0;

	for (let node = tree.parent[root]; node > 0; node = tree.parent[node])
		above.add(node);
	walk(tree, (node) => {
		const frame = tree.frame[node];
		const suffix = /** @type {any} */ (SUFFIX)[frames.kind[frame]] || '';

		inside += node === root ? 1 : 0;
		if (node === unnamed || (!inside && !above.has(node)))
			return;
		stack.push(folded(frames.name[frame], frames.kind[frame]) + suffix);
		const counts = values.map((v, i) => decimals ?
			tree.self[v][node] / 10 ** decimals : rounded(tree.self[v][node], units[i]));
		if (inside && counts.some(Boolean))
			lines.push(`${stack.join(';')} ${counts.join(' ')}`);
	}, (node) => {
		if (node !== unnamed && (inside || above.has(node)))
			stack.pop();
		inside -= node === root ? 1 : 0;
	});
	return lines.map((line) => `${line}\n`).join('');
}
