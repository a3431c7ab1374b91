/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is made of a profile, beside loops over its stacks. */
import assert from 'node:assert/strict';
import test from 'node:test';
import {
	checkTree, makeRandom, nodesOf, profileOf, randomStacks, stacksOf, summed, threadedProfileOf,
} from './profiles.mjs';
import { Model } from '#viewer/model.js';
import { callees, callers } from '#viewer/sandwich.js';
import { collapse, findGroups } from '#viewer/groups.js';
import {
	ancestorAt, childCount, deepestRow, firstEndingAfter, isWithin, place, placeAt, rankNames, readingOf,
} from '#viewer/layout.js';
import { extent, frameAt, lowerBound, rowCount, rowOf, slotsOf } from '#viewer/geometry.js';
import { findHits, nextHit, searchKeys, sumWithin } from '#viewer/search.js';
import { initialState } from '#viewer/state.js';
import { reshape, rootChoices, taskName } from '#viewer/reshape.js';
import { sortRows, topRows } from '#viewer/top.js';
import { toFolded } from '#viewer/folded.js';
import { walk } from '#viewer/tree.js';

const SEEDS = Array.from({ length: 25 }, (_, i) => i + 1);
const NOTHING = { filters: [], recursion: false, root: '' };

test('a profile comes out of its text as it went in', () => {
	for (const seed of SEEDS) {
		const stacks = randomStacks(seed, 2);
		const { tree, frames } = profileOf(stacks);

		checkTree(tree);
		assert.deepEqual(stacksOf(tree, frames), summed(stacks));
		assert.equal(reshape(profileOf(stacks), NOTHING).size, tree.size);
	}
});

/** A list of stacks with each one's names changed. */
const changed = (stacks, change) => stacks.map(([names, values]) => [change(names), values]);

const SHAPES = [
	['hide', { filters: [{ kind: 'hide', text: '^beta$,std::' }] }, (stacks) => changed(stacks,
		(names) => names.filter((name) => name !== 'beta' && !name.startsWith('std::')))],
	['hide one name', { filters: [{ kind: 'hide', text: 'f', exact: true }] }, (stacks) =>
		changed(stacks, (names) => names.filter((name) => name !== 'f'))],
	['keep', { filters: [{ kind: 'keep', text: 'gamma' }] }, (stacks) =>
		stacks.filter(([names]) => names.includes('gamma'))],
	['keep both', { filters: [{ kind: 'keep', text: 'gamma' }, { kind: 'keep', text: 'alpha' }] }, (stacks) =>
		stacks.filter(([names]) => names.includes('gamma') && names.includes('alpha'))],
	['drop', { filters: [{ kind: 'drop', text: 'delta' }] }, (stacks) =>
		stacks.filter(([names]) => !names.includes('delta'))],
	['drop what is hidden', { filters: [{ kind: 'drop', text: 'delta' }, { kind: 'hide', text: 'delta' }] },
		(stacks) => stacks.filter(([names]) => !names.includes('delta'))],
	['merge runs', { filters: [{ kind: 'merge', text: '^alpha$,^f$' }] }, (stacks) => changed(stacks, (names) =>
		names.filter((name, i) => !(/^(alpha|f)$/.test(name) && /^(alpha|f)$/.test(names[i - 1] || ''))))],
	['recursion', { recursion: true }, (stacks) => changed(stacks,
		(names) => names.filter((name, i) => name !== names[i - 1]))],
	['process', { root: 'process' }, (stacks) => changed(stacks,
		([task, ...names]) => [task.replace(/\/.*/, ''), ...names])],
	['name', { root: 'name' }, (stacks) => changed(stacks,
		([task, ...names]) => [task.replace(/-.*/, ''), ...names])],
	['none', { root: 'none' }, (stacks) => changed(stacks, ([, ...names]) => names)],
];

for (const [what, shape, expected] of SHAPES)
	test(`${what}: what it should do to each stack`, () => {
		for (const seed of SEEDS) {
			const stacks = randomStacks(seed, 2);
			const profile = profileOf(stacks);
			const tree = reshape(profile, { ...NOTHING, ...shape });

			checkTree(tree);
			/* a run of merged frames is called as its first one in each stack; others agree */
			if (what !== 'merge runs')
				assert.deepEqual(stacksOf(tree, profile.frames), summed(expected(stacks)));
			else
				assert.deepEqual(totalsOf(tree), totalsOf(profileOf(stacks).tree));
		}
	});

const totalsOf = (tree) => tree.total.map((total) => total[0]);

test('roots are offered where tasks tell them', () => {
	assert.deepEqual(rootChoices(profileOf([[['db-1/2', 'f'], [1]]])), ['thread', 'process', 'name', 'none']);
	assert.deepEqual(rootChoices(profileOf([[['db-1', 'f'], [1]]])), ['process', 'name', 'none']);
	assert.deepEqual(rootChoices(profileOf([[['db', 'f'], [1]]])), ['name', 'none']);
	assert.equal(taskName('a-b-12/34', 'process'), 'a-b-12');
	assert.equal(taskName('a-b-12/34', 'name'), 'a-b');
	assert.equal(taskName('a-b-12', 'thread'), 'a-b-12');
});

test('threads that a page has beside its stacks are the stacks of each', () => {
	for (const seed of SEEDS) {
		const stacks = [...randomStacks(seed, 2), [['[irq]', 'alpha'], [3, 1]], [['db-9/9'], [5, 0]]];
		const profile = threadedProfileOf(stacks);
		const model = new Model(profile);
		const shaped = (shape) => model.tree({ ...initialState(), ...NOTHING, ...shape });

		assert.deepEqual(rootChoices(profile), ['thread', 'process', 'none']);
		assert.deepEqual(stacksOf(shaped({}), profile.frames), summed(changed(stacks,
			([task, ...names]) => [task.replace(/-.*/, ''), ...names])));
		for (const [root, pattern] of [['thread', /$/], ['process', /\/.*/]]) {
			const tree = shaped({ root });

			checkTree(tree);
			assert.deepEqual(stacksOf(tree, profile.frames), summed(changed(stacks,
				([task, ...names]) => [task.replace(pattern, ''), ...names])));
		}
		const hidden = shaped({ root: 'thread', filters: [{ kind: 'hide', text: '^beta$' }] });
		assert.deepEqual(stacksOf(hidden, profile.frames), summed(changed(stacks,
			(names) => names.filter((name) => name !== 'beta'))));
		/* each node can be gone back to by its number, in that shape and its own */
		const threads = shaped({ root: 'thread' });
		for (let node = 1; node < threads.size; node++) {
			assert.ok(threads.origin[node] >= profile.tree.size);
			assert.equal(model.nodeOf(threads, threads.origin[node]), node);
			assert.equal(model.nodeOf(profile.tree, threads.origin[node]), 0);
			assert.equal(model.nodeOf(threads, profile.tree.origin[node % profile.tree.size]), 0);
		}
		for (let node = 1; node < hidden.size; node++)
			assert.equal(model.nodeOf(hidden, hidden.origin[node]), node);
	}
});

test('a thread has the colours of what it had, where those are by node', () => {
	const stacks = [[['a-1/1', 'f'], [4]], [['a-1/2', 'f'], [2]], [['a-1/2', 'g', 'f'], [1]]];
	const profile = threadedProfileOf(stacks);

	profile.tree.color = profile.originColor = Uint8Array.from(profile.tree.frame, (_, node) => node);
	const model = new Model(profile);
	const tree = model.tree({ ...initialState(), root: 'process' });
	const { frames } = profile;
	for (let node = 1; node < tree.size; node++) {
		const name = frames.name[tree.frame[node]];
		const wanted = profile.tree.frame.findIndex((frame, at) => frames.name[frame] === name &&
			(name !== 'f' || frames.name[tree.frame[tree.parent[node]]] ===
				frames.name[profile.tree.frame[profile.tree.parent[at]]].replace('a', 'a-1')));

		if (tree.parent[node])
			assert.equal(tree.color[node], profile.tree.color[wanted]);
	}
});

test('a sandwich: what a function calls and what calls it, from its outermost call', () => {
	for (const seed of SEEDS) {
		const stacks = randomStacks(seed, 2);
		const profile = profileOf(stacks);
		const having = stacks.filter(([names]) => names.includes('alpha'));
		const key = profile.frames.keys.get('alpha');

		if (!having.length)
			continue;
		const down = callees(profile.tree, profile, key);
		const up = callers(profile.tree, profile, key);
		checkTree(down);
		checkTree(up);
		assert.deepEqual(stacksOf(down, profile.frames, 0), summed(changed(having,
			(names) => names.slice(names.indexOf('alpha')))));
		assert.deepEqual(stacksOf(up, profile.frames, 0), summed(changed(having,
			(names) => names.slice(0, names.indexOf('alpha') + 1).reverse())));
		assert.deepEqual(totalsOf(up), totalsOf(down));
	}
	const profile = profileOf([[['main', 'f'], [1]]]);
	assert.equal(callees(profile.tree, profile, 99), null);
	assert.equal(callers(profile.tree, profile, 99), null);
});

test('the table: recursion counts once', () => {
	for (const seed of SEEDS) {
		const stacks = randomStacks(seed, 2);
		const profile = profileOf(stacks);
		const rows = new Map(topRows(profile.tree, profile.frames).map(({ name, self, total }) =>
			[name, { self, total }]));

		for (const [name, { self, total }] of rows) {
			const sum = (list) => [0, 1].map((v) => list.reduce((all, [, values]) => all + values[v], 0));

			assert.deepEqual(total, sum(stacks.filter(([names]) => names.includes(name))));
			assert.deepEqual(self, sum(stacks.filter(([names]) => names[names.length - 1] === name)));
		}
	}
});

test('rows are sorted by any column, ties by total and name', () => {
	const row = (name, self, total) => ({ name, self, total });
	const rows = [row('a', [1, 9], [5, 9]), row('b', [7, 2], [7, 2]), row('c', [1, 1], [6, 1])];
	const order = (...how) => sortRows(rows, ...how).map(({ name }) => name).join('');

	assert.equal(order('self', true, 0), 'bca');
	assert.equal(order('self', false, 0), 'cab');
	assert.equal(order('total', true, 0), 'bca');
	assert.equal(order('name', false, 0), 'abc');
	assert.equal(order('name', true, 0), 'cba');
	assert.equal(order('change', true, 1), 'abc');
	assert.equal(order('totalChange', true, 1), 'bca');
	assert.equal(order('before', true, 1), 'bca');
	assert.equal(order('after', true, 1), 'abc');
});

test('groups are runs of one callee that takes nearly all', () => {
	const profile = profileOf([
		[['p', 'a', 'b', 'c'], [990]], [['p', 'a', 'b'], [5]], [['p', 'a'], [5]], [['p', 'x'], [1000]],
	]);
	const { tree, frames } = profile;
	const [total] = tree.total;
	const nodeOf = (name) => [...tree.frame].findIndex((frame) => frames.name[frame] === name);
	const head = findGroups(tree, total);

	assert.equal(head[nodeOf('c')], nodeOf('a'));
	assert.equal(head[nodeOf('x')], nodeOf('x'));
	const all = collapse(tree, total, true, new Set());
	assert.deepEqual(stacksOf(all, frames), new Map([['p;a', [1000]], ['p;x', [1000]]]));
	assert.deepEqual([...all.members], [0, 0, 2, 0]);
	assert.deepEqual([...all.total[0]], [2000, 2000, 1000, 1000]);
	assert.equal(collapse(tree, total, true, new Set([nodeOf('a')])).size, tree.size);
	assert.equal(collapse(tree, total, false, new Set([nodeOf('a')])).size, 4);
	assert.equal(collapse(tree, total, false, new Set()), tree);
});

/** Where each path should begin: siblings in order, none of no width. */
function placesOf(stacks, v, order) {
	const nodes = nodesOf(stacks);
	const starts = new Map([['', 0]]);
	const paths = [...nodes.keys()].filter((key) => nodes.get(key).total[v] > 0);

	for (let depth = 1; paths.some((key) => nodes.get(key).depth === depth); depth++) {
		const left = new Map();
		const row = paths.filter((key) => key && nodes.get(key).depth === depth);

		row.sort((a, b) => order === 'width' ?
			nodes.get(b).total[v] - nodes.get(a).total[v] : a < b ? -1 : 1);
		for (const key of row) {
			const parent = key.split(';').slice(0, -1).join(';');
			const at = left.has(parent) ? left.get(parent) : starts.get(parent);

			starts.set(key, at);
			left.set(parent, at + nodes.get(key).total[v]);
		}
	}
	return starts;
}

test('a layout puts siblings side by side, in order', () => {
	for (const seed of SEEDS) {
		const stacks = randomStacks(seed, 2);
		const { tree, frames } = profileOf(stacks);
		const starts = placesOf(stacks, 1, 'name');
		const layout = place(tree, frames, tree.total[1], 'name', rankNames(frames));
		const inOrder = place(tree, frames, tree.total[1], 'name', null);

		assert.equal(layout.size, starts.size);
		assert.deepEqual({ ...inOrder, reading: layout.reading }, layout);
		for (let at = 0; at < layout.size; at++) {
			const names = [];

			for (let up = at; up > 0; up = layout.parent[up])
				names.unshift(frames.name[tree.frame[layout.node[up]]]);
			assert.equal(layout.start[at], starts.get(names.join(';')));
			assert.equal(layout.width[at], tree.total[1][layout.node[at]]);
			assert.equal(layout.depth[at], names.length);
			assert.equal(layout.place[layout.node[at]], at);
			assert.equal(childCount(layout, at), [...layout.parent].filter((up) => up === at).length);
			if (at && childCount(layout, at))
				assert.equal(layout.parent[layout.first[at]], at);
		}
		const wide = place(tree, frames, tree.total[1], 'width', null);
		for (let at = 1; at < wide.size; at++)
			if (wide.parent[at] === wide.parent[at - 1])
				assert.ok(wide.width[at - 1] >= wide.width[at]);
	}
});

test('what lies at a point is found, and what lies beside it', () => {
	for (const seed of SEEDS.slice(0, 8)) {
		const { tree, frames } = profileOf(randomStacks(seed));
		const layout = place(tree, frames, tree.total[0], 'name', rankNames(frames));
		const all = layout.width[0];
		const random = makeRandom(seed);

		for (let i = 0; i < 200; i++) {
			const value = random(all * 4) / 4;
			const depth = random(layout.rows + 1);
			const there = [...layout.depth.keys()].slice(0, layout.size).find((at) =>
				layout.depth[at] === depth && layout.start[at] <= value &&
				value < layout.start[at] + layout.width[at]);

			assert.equal(placeAt(layout, depth, value), there === undefined ? -1 : there);
			if (depth < layout.rows) {
				const first = firstEndingAfter(layout, depth, value);
				for (let at = layout.row[depth]; at < layout.row[depth + 1]; at++)
					assert.equal(layout.start[at] + layout.width[at] > value, at >= first);
			}
		}
		for (let at = 0; at < layout.size; at++) {
			let deepest = layout.depth[at];

			for (let other = 0; other < layout.size; other++) {
				let up = other;

				while (layout.depth[up] > layout.depth[at])
					up = layout.parent[up];
				assert.equal(isWithin(layout, other, at), up === at);
				if (up === at)
					deepest = Math.max(deepest, layout.depth[other]);
			}
			assert.equal(deepestRow(layout, at), deepest);
			assert.equal(ancestorAt(layout, at, 0), 0);
		}
	}
});

test('rows of one graph and of a sandwich', () => {
	const profile = profileOf([[['p', 'a', 'b'], [6]], [['p', 'c', 'a'], [4]]]);
	const model = new Model(profile);
	const state = initialState();

	for (const inverted of [false, true]) {
		const [slot] = slotsOf(model.bands(state), inverted);
		assert.equal(slot.rows, 4);
		assert.equal(rowOf(slot, 0), inverted ? 0 : 3);
		assert.equal(rowOf(slot, 3), inverted ? 3 : 0);
	}
	const bands = model.bands({ ...state, sandwich: 'a' });
	const slots = slotsOf(bands, false);
	const nameAt = (row, x) => {
		const spot = frameAt(slots, x, row, 100, () => null);
		return spot && profile.frames.name[spot.slot.band.tree.frame[spot.slot.band.layout.node[spot.at]]];
	};

	assert.equal(rowCount(slots), 4);	/* p; c and p; a; b */
	assert.deepEqual([nameAt(0, 20), nameAt(1, 20), nameAt(1, 60), nameAt(2, 50), nameAt(3, 30), nameAt(3, 80)],
		['p', 'c', 'p', 'a', 'b', null]);
	assert.equal(frameAt(slots, -1, 2, 100, () => null), null);
	assert.equal(frameAt(slots, 1, 9, 100, () => null), null);
	assert.deepEqual(extent(bands[1], 1, 100), { x: 0, w: 60 });
});

test('a narrow match is found from some pixels away', () => {
	const profile = profileOf([[['p', 'needle'], [1]], [['p', 'wide'], [99999]]]);
	const model = new Model(profile);
	const state = { ...initialState(), query: 'needle' };
	const slots = slotsOf(model.bands(state), true);
	const at = (x) => {
		const spot = frameAt(slots, x, 2, 1000, (band) => model.hits(state, band).hits);
		return spot && profile.frames.name[spot.slot.band.tree.frame[spot.slot.band.layout.node[spot.at]]];
	};

	assert.equal(at(0), 'needle');
	assert.equal(at(2), 'wide');	/* which is wide enough to be meant */
	assert.equal(lowerBound(Int32Array.from([1, 3, 5]), 4), 2);
	assert.equal(lowerBound(Int32Array.from([]), 4), 0);
});

test('a search counts each stack once, within the zoom too', () => {
	for (const seed of SEEDS) {
		const stacks = randomStacks(seed);
		const profile = profileOf(stacks);
		const { tree, frames } = profile;
		const layout = place(tree, frames, tree.total[0], 'name', rankNames(frames));

		for (const text of ['alpha', 'a$', 'alpha,f', 'nothing']) {
			const match = searchKeys(frames, { text }).frames;
			const { hits, outer, sum } = findHits(layout, match);
			const patterns = text.split(',').map((term) => new RegExp(term, 'i'));
			const matches = (name) => patterns.some((pattern) => pattern.test(name));
			const worth = (prefix) => stacks.filter(([names]) => prefix.every((name, i) => names[i] === name) &&
				names.some(matches)).reduce((all, [, [value]]) => all + value, 0);

			assert.equal(sum, worth([]));
			assert.equal(hits.length, [...nodesOf(stacks).keys()].filter((key) =>
				key && matches(key.split(';').pop())).length);
			for (let at = 0; at < layout.size; at++) {
				const names = [];

				for (let up = at; up > 0; up = layout.parent[up])
					names.unshift(frames.name[layout.tree.frame[layout.node[up]]]);
				assert.equal(sumWithin(layout, match, outer, at), worth(names));
			}
			const readFrom = (order) => [...hits].sort((a, b) => order *
				(layout.start[a] - layout.start[b] || layout.depth[a] - layout.depth[b]));
			for (const by of [1, -1]) {
				let from = null;

				for (const hit of readFrom(by)) {
					assert.equal(nextHit(layout, hits, from, by), hit);
					from = readingOf(layout, hit);
				}
				assert.equal(nextHit(layout, hits, from ?? 0, by), -1);
			}
		}
	}
});

test('folded stacks are those of the profile, from the focus on', () => {
	for (const seed of SEEDS) {
		const stacks = randomStacks(seed, 2);
		const profile = profileOf(stacks);
		const lines = (root) => new Map(toFolded(profile.tree, profile, root, [0, 1]).split('\n')
			.filter(Boolean).map((line) => {
				const [, names, a, b] = /^(.*) (\d+) (\d+)$/.exec(line);
				return [names, [Number(a), Number(b)]];
			}));
		const below = (prefix) => new Map([...summed(stacks)].filter(([key]) =>
			`${key};`.startsWith(prefix)));

		assert.deepEqual(lines(0), new Map([...summed(stacks)].filter(([key]) => key)));
		for (let node = 1; node < Math.min(20, profile.tree.size); node++) {
			let prefix = '';

			for (let up = node; up > 0; up = profile.tree.parent[up])
				prefix = `${profile.frames.name[profile.tree.frame[up]]};${prefix}`;
			assert.deepEqual(lines(node), below(prefix));
		}
	}
});

test('a walk enters before it leaves, and comes everywhere', () => {
	const { tree } = profileOf(randomStacks(3));
	const open = [];
	let seen = 0;

	walk(tree, (node) => {
		assert.equal(tree.parent[node], open.length ? open[open.length - 1] : -1);
		open.push(node);
		seen++;
	}, (node) => assert.equal(open.pop(), node));
	assert.equal(seen, tree.size);
	assert.deepEqual(open, []);
});

test('a stack may be as deep as it likes', () => {
	const names = Array.from({ length: 5000 }, (_, i) => `f${i}`);
	const profile = profileOf([[names, [1]], [['g'], [1]]]);
	const model = new Model(profile);
	const [band] = model.bands({ ...initialState(), recursion: true, collapsed: true });

	assert.equal(band.layout.rows, 2);	/* all of it is one group */
	assert.equal(model.bands(initialState())[0].layout.rows, 5001);
	assert.equal(model.top(initialState()).length, 5001);
	const [up, down] = model.bands({ ...initialState(), sandwich: 'f2500' });
	assert.deepEqual([up.layout.rows, down.layout.rows], [2501, 2500]);
});

test('what is asked for again is not made again', () => {
	const model = new Model(profileOf(randomStacks(5)));
	const state = { ...initialState(), sandwich: 'alpha', query: 'f' };
	const first = model.bands(state);
	const again = model.bands({ ...state, align: 'right' });

	first.forEach((band, i) => assert.equal(band.layout, again[i].layout));
	assert.equal(model.hits(state, first[0]), model.hits(state, again[0]));
	assert.notEqual(model.bands({ ...state, order: 'width' })[0].layout, first[0].layout);
});

test('what is in focus stays so when frames around it go', () => {
	const profile = profileOf([[['p', 'a', 'b', 'c'], [5]], [['p', 'x'], [5]]]);
	const model = new Model(profile);
	const nodeOf = (name) => [...profile.tree.frame].findIndex((frame) => profile.frames.name[frame] === name);
	const focused = (more) => {
		const [band] = model.bands({ ...initialState(), focus: nodeOf('b'), ...more });
		return profile.frames.name[band.tree.frame[band.layout.node[band.zoom]]];
	};

	assert.equal(focused({}), 'b');
	assert.equal(focused({ filters: [{ kind: 'hide', text: 'a' }] }), 'b');
	assert.equal(focused({ filters: [{ kind: 'hide', text: '^b$' }] }), 'a');
	assert.equal(focused({ filters: [{ kind: 'drop', text: '^p$' }] }), 'all');
	assert.equal(focused({ focus: 99 }), 'all');
});
