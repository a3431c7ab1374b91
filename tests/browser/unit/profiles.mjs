/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Profiles for tests, and what should come of them: a profile is a list of
 * stacks here, and everything is a loop over it.
 */
import { unpack } from '#viewer/data.js';

const packed = (value) => value < 32 ? String.fromCharCode(63 + value) :
	String.fromCharCode(95 + value % 32) + packed(Math.floor(value / 32));

/** Numbers that look random and are the same every time. */
export function makeRandom(seed) {
	let state = seed >>> 0;

	return (below) => {
		state = Math.imul(state, 1664525) + 1013904223 >>> 0;
		return Math.floor(state / 2 ** 32 * below);
	};
}

/** Stacks of few names, so that they meet, recurse and repeat: [['main', 'f'], [1, 2]]. */
export function randomStacks(seed, values = 1) {
	const random = makeRandom(seed);
	const names = ['alpha', 'beta', 'gamma', 'delta', 'std::sort', 'f'];

	return Array.from({ length: 30 + random(40) }, () => [
		[['db-1/1', 'db-1/2', 'db-2/2', 'sh-7/7'][random(4)],
		 ...Array.from({ length: random(9) }, () => names[random(names.length)])],
		Array.from({ length: values }, () => random(4) ? 1 + random(100) : 0),
	]);
}

/** Equal stacks as one, without those of no value: a Map from "a;b" to values. */
export function summed(stacks) {
	const sums = new Map();

	for (const [names, values] of stacks) {
		const sum = sums.get(names.join(';')) || values.map(() => 0);

		sums.set(names.join(';'), sum.map((value, v) => value + values[v]));
	}
	for (const [key, values] of sums)
		if (!values.some(Boolean))
			sums.delete(key);
	return sums;
}

/** A node of each prefix of a stack: a Map from "a;b" to self and total values. */
export function nodesOf(stacks) {
	const nodes = new Map();
	const values = stacks.length ? stacks[0][1].length : 1;

	for (const [names, amounts] of stacks)
		for (let depth = 0; depth <= names.length; depth++) {
			const key = names.slice(0, depth).join(';');
			const node = nodes.get(key) ||
				{ self: new Array(values).fill(0), total: new Array(values).fill(0), depth };

			amounts.forEach((amount, v) => {
				node.total[v] += amount;
				node.self[v] += depth === names.length ? amount : 0;
			});
			nodes.set(key, node);
		}
	for (const [key, { total }] of nodes)
		if (key && !total.some(Boolean))
			nodes.delete(key);
	return nodes;
}

/** The paths of nodes in the order of a page: node N is number N - 1 of these. */
function pathsOf(nodes) {
	const byNames = (a, b) => {
		for (let i = 0; i < Math.min(a.length, b.length); i++)
			if (a[i] !== b[i])
				return a[i] < b[i] ? -1 : 1;
		return a.length - b.length;
	};

	return [...nodes.keys()].filter(Boolean).map((key) => key.split(';')).sort(byNames);
}

/** A profile of stacks, by way of the text that a page has of it. */
export function profileOf(stacks, more = {}, shares = '') {
	const nodes = nodesOf(stacks);
	const paths = pathsOf(nodes);
	const names = ['all', ...new Set(paths.flat())];
	const values = nodes.get('').total.length;
	let text = packed(0) + packed(0) + nodes.get('').self.map(packed).join('');
	let above = 0;

	for (const path of paths) {
		text += packed(above + 1 - path.length) + packed(names.indexOf(path[path.length - 1])) +
			nodes.get(path.join(';')).self.map(packed).join('');
		above = path.length;
	}
	const tasks = new Set(paths.map(([task]) => task));
	return unpack(JSON.stringify({
		nodes: paths.length + 1, name: '', about: 'Test', type: 'test', main: 0, differential: 0,
		decimals: 0, byNode: 0, colors: ['#ffcc88', '#88ccff'],
		values: Array.from({ length: values }, (_, v) => (
			{ scale: 1, name: v ? 'time' : 'count', unit: '', foldedDiv: 1 })),
		names, kinds: names.map((name) => tasks.has(name) ? 4 : 0).join(''),
		frameColors: names.map((_, i) => packed(i % 2)).join(''),
		frameDsos: names.map((_, i) => packed(i % 3)).join(''), dsos: ['/lib/a.so', '[kernel.kallsyms]'],
		tasks: [], ...more,
	}), text, false, shares);
}

const nameOf = (task) => task.replace(/-\d+\/\d+$/, '');

/** The same of stacks that start from threads, which it has by name, and beside that apart. */
export function threadedProfileOf(stacks) {
	const tasks = [...new Set(stacks.map(([[task]]) => task))].filter((task) => nameOf(task) !== task).sort();
	const named = stacks.map(([[task, ...names], values]) => [[nameOf(task), ...names], values]);
	const sums = summed(stacks);
	let text = '';
	let next = 0;

	['', ...pathsOf(nodesOf(named)).map((path) => path.join(';'))].forEach((key, node) => {
		const self = summed(named).get(key);
		const own = tasks.map((task) => sums.get(key.replace(/^[^;]*/, task)))
			.map((values, task) => ({ task, values }))
			.filter(({ task, values }) => values && nameOf(tasks[task]) === key.split(';')[0]);
		const whole = own.length && self.every((value, v) =>
			value === own.reduce((sum, { values }) => sum + values[v], 0));
		let after = 0;

		if (!own.length)
			return;
		text += packed(node - next) + packed(2 * (own.length - 1) + (whole ? 1 : 0));
		own.forEach(({ task, values }, i) => {
			text += packed(task - after);
			text += whole && i === own.length - 1 ? '' : values.map(packed).join('');
			after = task + 1;
		});
		next = node + 1;
	});
	const shared = tasks.map((task, i) => i && task[0] === tasks[i - 1][0] ? 1 : 0);
	return profileOf(named, { tasks: tasks.flatMap((task, i) => [shared[i],
		task.slice(shared[i]).replace(/-(\d+)\/\1$/, '-$1/')]) }, text);
}

/** The stacks of a tree, as summed() has them; @skip frames at the root are left out. */
export function stacksOf(tree, frames, skip = 1) {
	const sums = new Map();

	for (let node = 0; node < tree.size; node++) {
		const values = tree.self.map((self) => self[node]);
		const names = [];

		for (let up = node; up >= skip; up = tree.parent[up])
			names.unshift(frames.name[tree.frame[up]]);
		if (values.some(Boolean)) {
			if (sums.has(names.join(';')))
				throw new Error(`two nodes of ${names}`);
			sums.set(names.join(';'), values);
		}
	}
	return sums;
}

/** Sees that a tree is one: parents first, totals the sums of selves. */
export function checkTree(tree) {
	const totals = tree.self.map((self) => Array.from(self));

	for (let node = tree.size - 1; node > 0; node--) {
		if (!(tree.parent[node] >= 0 && tree.parent[node] < node))
			throw new Error(`node ${node} stands before its parent`);
		for (const total of totals)
			total[tree.parent[node]] += total[node];
	}
	totals.forEach((total, v) => total.forEach((value, node) => {
		if (tree.total[v][node] !== value)
			throw new Error(`node ${node}: ${tree.total[v][node]}, not ${value}`);
	}));
}
