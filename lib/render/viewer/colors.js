/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Colours: the type's own palette, which the file brings, or by DSO, by package,
 * by value; and for differences by how much a frame changed. What is drawn on
 * light ground with dark writing has its counterpart on dark ground with light
 * writing.
 */
import { baseName } from './names.js';
import { packageOf } from './package.js';

/** @typedef {{of: (node: number) => number, fill: string[], legend: Swatch[]}} Coloring */
/** @typedef {{label: string, fill: string}} Swatch */

const HUES = 24;
const STEPS = 12;	/* of growth, and as many of shrinking */

/**
 * @param {number} hue
 * @param {number} saturation  per cent
 * @param {number} light
 */
const hsl = (hue, saturation, light) => `hsl(${hue} ${saturation}% ${light}%)`;

/**
 * Hue, saturation and lightness of '#rrggbb'.
 * @param {string} color
 */
export function toHsl(color) {
	const [r, g, b] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16) / 255);
	const max = Math.max(r, g, b);
	const range = max - Math.min(r, g, b);
	const light = max - range / 2;
	let hue = 0;

	if (range && max === r)
		hue = (g - b) / range;
	else if (range && max === g)
		hue = (b - r) / range + 2;
	else if (range)
		hue = (r - g) / range + 4;
	return {
		hue: Math.round((hue * 60 + 360) % 360),
		saturation: range ? Math.round(100 * range / (1 - Math.abs(2 * light - 1))) : 0,
		light: Math.round(100 * light),
	};
}

/**
 * A colour for light ground, as it is on dark ground: below white writing.
 * @param {string} color
 */
export function darkened(color) {
	const { hue, saturation, light } = toHsl(color);
	/* the eye takes yellow for lighter than blue of the same lightness */
	const yellow = Math.max(0, 1 - Math.abs(hue - 75) / 90);

	return hsl(hue, Math.round(saturation * 0.56), Math.round(36 - 8 * yellow + (light - 72) * 0.5));
}

/** @param {string} text */
export function hash(text) {
	let value = 0x811c9dc5;

	for (let i = 0; i < text.length; i++)
		value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
	value = Math.imul(value ^ value >>> 15, 0x2c1b3c6d);
	return (value ^ value >>> 12) >>> 0;
}

/** @param {boolean} dark */
const grey = (dark) => dark ? hsl(220, 6, 32) : hsl(220, 8, 84);

/**
 * A colour for the number that a hash makes.
 * @param {number} i
 * @param {boolean} dark
 */
function categoryFill(i, dark) {
	const hue = Math.round((i % HUES) * 360 / HUES);
	const lifted = i >= HUES;

	if (dark)
		return hsl(hue, lifted ? 34 : 46, lifted ? 38 : 32);
	return hsl(hue, lifted ? 48 : 68, lifted ? 82 : 74);
}

/**
 * A colour for each name, that of its hash: the same in every graph, but where a
 * heavier one has it already.
 * @param {string[]} ranked  the heaviest first
 * @param {number} count     of colours
 */
function apart(ranked, count) {
	/** @type {Map<string, number>} */
	const slots = new Map();
	const taken = new Set();

	for (const name of ranked) {
		let slot = hash(name) % count;

		while (taken.has(slot) && taken.size < count)
			slot = (slot + 7) % count;	/* comes by all of them */
		taken.add(slot);
		slots.set(name, slot);
	}
	return slots;
}

/**
 * @param {import('./data.js').Profile} profile
 * @param {import('./tree.js').Tree} shown
 * @param {boolean} dark
 * @param {(frame: number) => string} categoryOf
 * @returns {Coloring}
 */
function byCategory(profile, shown, dark, categoryOf) {
	const { frames, tree } = profile;	/* all of it: what is hidden moves no colour */
	const fill = Array.from({ length: 2 * HUES }, (_, i) => categoryFill(i, dark));
	const none = fill.push(grey(dark)) - 1;
	/** What the calls into each category are worth. @type {Map<string, number>} */
	const entered = new Map();
	const color = new Uint8Array(frames.name.length);
	const category = frames.name.map((_, frame) => categoryOf(frame));

	for (let node = 1; node < tree.size; node++) {
		const name = category[tree.frame[node]];

		if (name && name !== category[tree.frame[tree.parent[node]]])
			entered.set(name, (entered.get(name) || 0) + tree.total[profile.main][node]);
	}
	const ranked = [...entered].sort((a, b) => b[1] - a[1]).map(([name]) => name);
	const slots = apart(ranked, none);
	category.forEach((name, frame) => {
		color[frame] = name ? slots.get(name) ?? hash(name) % none : none;
	});
	const legend = ranked.slice(0, 8).map((name) => ({
		label: baseName(name) || name, fill: fill[/** @type {number} */ (slots.get(name))],
	}));
	return { of: (node) => color[shown.frame[node]], fill, legend };
}

/** By kind. */
const KIND_LABELS = ['user', 'kernel', 'inlined', 'JIT'];

/**
 * @param {import('./data.js').Profile} profile
 * @param {import('./tree.js').Tree} tree
 * @param {boolean} dark
 * @returns {Coloring}
 */
function byType(profile, tree, dark) {
	const { frames, colors } = profile;
	const fill = dark ? colors.map(darkened) : colors;
	const of = tree.color ? (/** @type {number} */ node) =>
		/** @type {Uint8Array} */ (tree.color)[node] :
		(/** @type {number} */ node) => frames.color[tree.frame[node]];
	/** @type {Swatch[]} */
	const legend = tree.color ? profile.legend.map(([label, color]) => ({ label, fill: fill[color] })) : [];
	const shades = KIND_LABELS.map(() => /** @type {Set<number>} */ (new Set()));

	for (let frame = 0; frame < frames.kind.length; frame++)
		shades[frames.kind[frame]]?.add(frames.color[frame]);
	KIND_LABELS.forEach((label, kind) => {
		const sorted = [...shades[kind]].sort((a, b) => a - b);

		if (sorted.length && !tree.color)
			legend.push({ label, fill: fill[sorted[sorted.length >> 1]] });
	});
	return { of, fill, legend: legend.length > 1 ? legend : [] };
}

/**
 * From pale to strong as the share of all grows.
 * @param {Float64Array} total
 * @param {boolean} dark
 * @returns {Coloring}
 */
function byValue(total, dark) {
	const fill = Array.from({ length: STEPS }, (_, i) => {
		const t = i / (STEPS - 1);

		return dark ? hsl(Math.round(230 - 200 * t), Math.round(20 + 45 * t), Math.round(28 + 8 * t)) :
			hsl(Math.round(54 - 40 * t), Math.round(60 + 32 * t), Math.round(93 - 30 * t));
	});
	const of = (/** @type {number} */ node) => Math.min(STEPS - 1, Math.floor(
		Math.cbrt(total[node] / total[0]) * STEPS));

	return { of, fill, legend: [
		{ label: 'little', fill: fill[0] }, { label: 'much', fill: fill[STEPS - 1] },
	] };
}

/**
 * Hue and saturation of what grew, what shrank, what is new and what is gone. The
 * second four are told apart by everyone (Okabe and Ito).
 */
const DELTA_HUES = {
	redblue: [[4, 90], [212, 90], [42, 96], [172, 55]],
	safe: [[26, 95], [202, 85], [54, 90], [322, 46]],
};

/**
 * @typedef {object} DeltaOptions
 * @property {'self' | 'total'} basis
 * @property {boolean} normalized  as if both sides had the same total
 * @property {number} threshold    per cent of all below which a change is noise
 * @property {'redblue' | 'safe'} deltas
 */

/**
 * By node: how much its value changed, in units of the second side.
 * @param {import('./tree.js').Tree} tree
 * @param {DeltaOptions} options
 */
export function deltaOf(tree, options) {
	const [before, after] = options.basis === 'self' ? tree.self : tree.total;
	const factor = options.normalized && tree.total[0][0] ?
		tree.total[1][0] / tree.total[0][0] : 1;

	return (/** @type {number} */ node) => after[node] - before[node] * factor;
}

/**
 * @param {import('./tree.js').Tree} tree
 * @param {DeltaOptions} options
 * @param {boolean} dark
 * @returns {Coloring}
 */
function byDelta(tree, options, dark) {
	const [grew, shrank, isNew, isGone] = DELTA_HUES[options.deltas];
	const [before, after] = tree.total;
	const delta = deltaOf(tree, options);
	const all = Math.max(tree.total[0][0], tree.total[1][0]);
	const noise = all * options.threshold / 100;
	const shade = (/** @type {number[]} */ [hue, saturation], /** @type {number} */ i) => dark ?
		hsl(hue, Math.round((30 + 4 * i) * saturation / 90), Math.round(26 + 1.2 * i)) :
		hsl(hue, saturation, Math.round(93 - 2.6 * i));
	const fill = [dark ? hsl(220, 5, 30) : hsl(220, 6, 90)];
	const seen = [false, false];	/* new, gone */
	let largest = 0;

	for (let i = 1; i <= STEPS; i++)
		fill.push(shade(grew, i));
	for (let i = 1; i <= STEPS; i++)
		fill.push(shade(shrank, i));
	fill.push(dark ? hsl(isNew[0], 62, 27) : hsl(isNew[0], isNew[1], 62));
	fill.push(dark ? hsl(isGone[0], 42, 34) : hsl(isGone[0], isGone[1], 68));
	for (let node = 1; node < tree.size; node++) {
		largest = Math.max(largest, Math.abs(delta(node)));
		seen[0] ||= !before[node];
		seen[1] ||= !after[node];
	}
	const of = (/** @type {number} */ node) => {
		const change = delta(node);
		const size = Math.abs(change);

		if ((!before[node] || !after[node]) && before[node] + after[node] >= noise)
			return 2 * STEPS + (before[node] ? 2 : 1);
		if (size < noise || size === 0)
			return 0;
		const step = Math.max(1, Math.min(STEPS, Math.ceil(Math.sqrt(size / largest) * STEPS)));
		return change > 0 ? step : STEPS + step;
	};
	return { of, fill, legend: [
		{ label: options.basis === 'self' ? 'self grew' : 'total grew', fill: fill[STEPS] },
		{ label: 'as before', fill: fill[0] },
		{ label: 'shrank', fill: fill[2 * STEPS] },
		...['new', 'gone'].map((label, i) => ({ label, fill: fill[2 * STEPS + 1 + i] }))
			.filter((_, i) => seen[i]),
	] };
}

/**
 * @param {import('./data.js').Profile} profile
 * @param {import('./tree.js').Tree} tree
 * @param {Float64Array} total
 * @param {DeltaOptions & {colors: string}} options
 * @param {boolean} dark
 * @returns {Coloring}
 */
export function colorBy(profile, tree, total, options, dark) {
	const { frames } = profile;

	switch (options.colors) {
	case 'dso':
		return byCategory(profile, tree, dark, (frame) => frames.dso[frame]);
	case 'package':
		return byCategory(profile, tree, dark, (frame) =>
			packageOf(frames.name[frame], frames.dso[frame], frames.kind[frame]));
	case 'value':
		return byValue(total, dark);
	default:
		return profile.differential ? byDelta(tree, options, dark) :
			byType(profile, tree, dark);
	}
}
