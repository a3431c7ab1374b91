/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a profile and what the reader chose to what is drawn, each step kept until
 * what it depends on changes: shape, sandwich, groups, layout, colours, matches.
 */
import { callees, callers } from './sandwich.js';
import { collapse } from './groups.js';
import { colorBy } from './colors.js';
import { findHits, searchKeys, sumWithin } from './search.js';
import { place, rankNames } from './layout.js';
import { needsThreads, reshape } from './reshape.js';
import { threadTree } from './tasks.js';
import { topRows } from './top.js';

/** @typedef {import('./state.js').State} State */

/**
 * A tree as it is drawn. Of a sandwich there are two, else one.
 * @typedef {object} Band
 * @property {'all' | 'callers' | 'callees'} what
 * @property {import('./tree.js').Tree} tree
 * @property {import('./layout.js').Layout} layout
 * @property {Float64Array} total  what the widths are
 * @property {number} zoom         a place of the layout
 */

/** Keeps the last value that @make made, for as long as the key stays the same. */
export class Memo {
	constructor() {
		/** @type {Map<string, {key: any[], value: any}>} */
		this.kept = new Map();
	}

	/**
	 * @template T
	 * @param {string} name
	 * @param {any[]} key
	 * @param {() => T} make
	 * @returns {T}
	 */
	of(name, key, make) {
		const kept = this.kept.get(name);

		if (kept && kept.key.length === key.length && kept.key.every((k, i) => k === key[i]))
			return kept.value;
		const value = make();
		this.kept.set(name, { key, value });
		return value;
	}
}

/**
 * What the frames are as wide as.
 * @param {import('./tree.js').Tree} tree
 * @param {import('./data.js').Profile} profile
 * @param {State} state
 */
export function widths(tree, profile, state) {
	if (!profile.differential)
		return tree.total[valueOf(profile, state)];
	if (state.width === 'both')
		return tree.total[0].map((before, node) => before + tree.total[1][node]);
	return tree.total[state.width === 'before' ? 0 : 1];
}

/**
 * Which of the profile's values is shown.
 * @param {import('./data.js').Profile} profile
 * @param {State} state
 */
export function valueOf(profile, state) {
	if (profile.differential)
		return state.width === 'before' ? 0 : 1;
	return state.value >= 0 && state.value < profile.values.length ? state.value : profile.main;
}

export class Model {
	/** @param {import('./data.js').Profile} profile */
	constructor(profile) {
		this.profile = profile;
		this.memo = new Memo();
	}

	/** The tree of the profile's threads. */
	threads() {
		const { profile } = this;

		return this.memo.of('threads', [], () => {
			const threads = threadTree(profile);

			if (profile.tree.color && threads.color)
				profile.originColor = Uint8Array.from([...profile.tree.color,
								       ...threads.color.subarray(1)]);
			return threads;
		});
	}

	/**
	 * The tree with filters, root and recursion as they were chosen.
	 * @param {State} state
	 */
	tree(state) {
		const { profile } = this;
		const { filters, recursion, root } = state;

		return this.memo.of('tree', [JSON.stringify(filters), recursion, root],
				    () => reshape(profile, { filters, recursion, root },
						  needsThreads(profile, root) ? this.threads() : profile.tree));
	}

	ranks() {
		const { frames } = this.profile;

		return this.memo.of('ranks', [frames.first.length], () => rankNames(frames));
	}

	/**
	 * @param {State} state
	 * @param {Band['what']} what
	 * @param {import('./tree.js').Tree} tree
	 */
	layout(state, what, tree) {
		const { profile } = this;
		const total = this.memo.of(`total ${what}`, [tree, valueOf(profile, state), state.width],
					   () => widths(tree, profile, state));
		const grouped = this.memo.of(`grouped ${what}`,
			[tree, total, state.collapsed, state.toggled.join()], () =>
				collapse(tree, total, state.collapsed, new Set(state.toggled)));
		return this.memo.of(`layout ${what}`, [grouped, total, state.order], () => {
			const drawn = grouped === tree ? total : widths(grouped, profile, state);
			const ordered = state.order === 'name' && grouped === profile.tree;
			const ranks = ordered ? null : this.ranks();

			return { total: drawn, layout: place(grouped, profile.frames, drawn,
							     state.order, ranks) };
		});
	}

	/**
	 * @param {State} state
	 * @param {Band['what']} what
	 * @param {import('./tree.js').Tree} tree
	 * @param {(tree: import('./tree.js').Tree) => number} focus  the node in focus
	 * @returns {Band}
	 */
	band(state, what, tree, focus) {
		const { layout, total } = this.layout(state, what, tree);
		const node = focus(layout.tree);
		const zoom = node >= 0 && node < layout.tree.size ? layout.place[node] : 0;

		return { what, tree: layout.tree, layout, total, zoom: Math.max(0, zoom) };
	}

	/**
	 * What is drawn: callers and callees of one function, or everything.
	 * @param {State} state
	 * @returns {Band[]}
	 */
	bands(state) {
		const { profile } = this;
		const tree = this.tree(state);
		const key = state.sandwich ? profile.frames.keys.get(state.sandwich) : undefined;

		if (key === undefined)
			return [this.band(state, 'all', tree, (drawn) =>
				this.nodeOf(drawn, state.focus))];
		const up = this.memo.of('callers', [tree, key], () => callers(tree, profile, key));
		const down = this.memo.of('callees', [tree, key], () => callees(tree, profile, key));
		if (!up || !down)
			return [this.band(state, 'all', tree, () => 0)];
		return [
			this.band(state, 'callers', up, () => state.up),
			this.band(state, 'callees', down, () => state.down),
		];
	}

	/**
	 * The node of @tree that stands for node @origin of the profile, or 0.
	 * @param {import('./tree.js').Tree} tree
	 * @param {number} origin
	 */
	nodeOf(tree, origin) {
		const { profile } = this;
		const isThreads = origin >= profile.tree.size && profile.tasks.length > 0;
		const own = isThreads ? this.threads() : profile.tree;
		const skipped = isThreads ? profile.tree.size - 1 : 0;

		if (origin < 0 || origin - skipped >= own.size)
			return 0;
		if (tree === own)
			return origin - skipped;
		const index = this.memo.of(`origins ${tree.members ? 'grouped' : ''}`, [tree, own], () => {
			const nodes = new Int32Array(own.size);

			for (let node = 1; node < tree.size; node++)
				nodes[tree.origin[node] - skipped] = node;
			return nodes;
		});
		for (let node = origin - skipped; node > 0; node = own.parent[node])
			if (index[node])
				return index[node];
		return 0;
	}

	/**
	 * @param {State} state
	 * @param {Band} band
	 * @param {boolean} dark
	 */
	coloring(state, band, dark) {
		const { colors, basis, normalized, threshold, deltas } = state;

		return this.memo.of(`colors ${band.what}`,
			[band.layout, colors, basis, normalized, threshold, deltas, dark],
			() => colorBy(this.profile, band.tree, band.total, state, dark));
	}

	/**
	 * What the search matches: null where nothing is searched for.
	 * @param {State} state
	 */
	match(state) {
		const { query, caseSensitive, literal } = state;
		const { frames } = this.profile;

		if (!query.trim())
			return null;
		this.tree(state);	/* which may need names that the profile has not */
		return this.memo.of('match', [query, caseSensitive, literal, frames.name.length],
				    () => searchKeys(frames, { text: query, caseSensitive, literal }));
	}

	/**
	 * @param {State} state
	 * @param {Band} band
	 */
	hits(state, band) {
		const match = this.match(state);

		return match && this.memo.of(`hits ${band.what}`, [match, band.layout],
					     () => findHits(band.layout, match.frames));
	}

	/**
	 * The hits of each band; the function of a sandwich, which both have, once.
	 * @param {State} state
	 * @param {Band[]} bands
	 */
	hitLists(state, bands) {
		return bands.map((band) => {
			const hits = this.hits(state, band)?.hits || new Int32Array(0);

			return band.what === 'callers' && hits[0] === 0 ? hits.subarray(1) : hits;
		});
	}

	/**
	 * What the matches are worth within the zoom.
	 * @param {State} state
	 * @param {Band} band
	 */
	hitsWithin(state, band) {
		const match = this.match(state);
		const hits = this.hits(state, band);

		if (!match || !hits)
			return 0;
		return band.zoom ? sumWithin(band.layout, match.frames, hits.outer, band.zoom) : hits.sum;
	}

	/** @param {State} state */
	top(state) {
		const tree = this.tree(state);

		return this.memo.of('top', [tree], () => topRows(tree, this.profile.frames));
	}
}
