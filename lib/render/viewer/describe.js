/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What there is to say of a frame, for the tooltip and for those who hear it.
 */
import { formatBoth, formatSigned, formatValue, share, signedPercent } from './format.js';
import { INLINED, JIT, KERNEL } from './data.js';
import { sourceLine } from './names.js';
import { valueOf } from './model.js';

/** @typedef {[string, string][]} Lines  label and text */

const KINDS = /** @type {Record<number, string>} */ ({
	[KERNEL]: 'kernel', [INLINED]: 'inlined', [JIT]: 'compiled at run time',
});

/**
 * In multiples of the unit, which folded input with fractions does not count in.
 * @param {import('./data.js').Profile} profile
 * @param {number} value
 */
export const amount = (profile, value) => value / 10 ** profile.decimals;

/**
 * @param {import('./data.js').Profile} profile
 * @param {number} v
 * @param {number} value
 */
export const inUnits = (profile, v, value) =>
	formatValue(amount(profile, value), profile.values[v].unit);

/** What a value is called beside another. @param {import('./data.js').Value} value */
export const valueLabel = ({ name, unit }) => {
	if (name === 'count')
		return unit ? unit[0].toUpperCase() + unit.slice(1) : 'Count';
	return name[0].toUpperCase() + name.slice(1);
};

/**
 * @param {import('./model.js').Model} model
 * @param {import('./state.js').State} state
 * @param {import('./model.js').Band} band
 * @param {number} at
 * @returns {Lines}
 */
function ofOne(model, state, band, at) {
	const { profile } = model;
	const { tree, layout, zoom } = band;
	const node = layout.node[at];
	const all = model.tree(state).total;
	/** @type {Lines} */
	const lines = [];

	const main = valueOf(profile, state);
	const order = [main, ...profile.values.keys()].filter((v, i) => i === 0 || v !== main);
	for (const v of order) {
		const of = (/** @type {number} */ value) =>
			formatBoth(amount(profile, value), profile.values[v].unit);
		const label = order.length > 1 && v !== main ? ` (${profile.values[v].name})` : '';
		const total = tree.total[v][node];
		const shares = [`${share(total, all[v][0])} of all`];

		if (zoom && layout.depth[at] >= layout.depth[zoom])
			shares.push(`${share(total, tree.total[v][layout.node[zoom]])} of the zoom`);
		lines.push([`Total${label}`, `${of(total)}, ${shares.join(', ')}`]);
		lines.push([`Self${label}`, `${of(tree.self[v][node])}, ${share(tree.self[v][node],
										all[v][0])}`]);
	}
	return lines;
}

/**
 * @param {import('./model.js').Model} model
 * @param {import('./state.js').State} state
 * @param {import('./model.js').Band} band
 * @param {number} at
 * @returns {Lines}
 */
function ofDifference(model, state, band, at) {
	const { profile } = model;
	const { tree, layout } = band;
	const node = layout.node[at];
	const all = model.tree(state).total;
	const { unit } = profile.values[0];
	const side = (/** @type {number} */ v) =>
		`${inUnits(profile, v, tree.total[v][node])}, ${share(tree.total[v][node], all[v][0])}` +
		` (self ${inUnits(profile, v, tree.self[v][node])})`;
	const change = (/** @type {Float64Array[]} */ of) =>
		formatSigned(amount(profile, of[1][node] - of[0][node]), unit);
	const percent = (/** @type {number} */ v) =>
		all[v][0] ? 100 * tree.total[v][node] / all[v][0] : 0;

	return [
		['Before', side(0)], ['After', side(1)],
		['Change', `${change(tree.total)}, ${signedPercent(percent(1) - percent(0))} of all` +
			   ` (self ${change(tree.self)})`],
	];
}

/**
 * Whether a node is only on one side of a difference: 'new', 'gone' or ''.
 * @param {import('./data.js').Profile} profile
 * @param {import('./tree.js').Tree} tree
 * @param {number} node
 */
export function sideOf(profile, tree, node) {
	if (!profile.differential)
		return '';
	if (!tree.total[0][node])
		return 'new';
	return tree.total[1][node] ? '' : 'gone';
}

/**
 * The name of the frame, and everything else as labelled lines.
 * @param {import('./model.js').Model} model
 * @param {import('./state.js').State} state
 * @param {import('./model.js').Band} band
 * @param {number} at
 */
export function describe(model, state, band, at) {
	const { profile } = model;
	const { frames } = profile;
	const { tree, layout } = band;
	const node = layout.node[at];
	const frame = tree.frame[node];
	const name = frames.name[frame];
	const lines = profile.differential ? ofDifference(model, state, band, at) :
		ofOne(model, state, band, at);
	const side = sideOf(profile, tree, node);
	const line = sourceLine(name);

	if (side)
		lines.push(['Note', side === 'new' ? 'new: not there before' : 'gone: not there after']);
	if (frames.dso[frame])
		lines.push(['File', frames.dso[frame]]);
	if (line)
		lines.push(['Source', line]);
	if (KINDS[frames.kind[frame]])
		lines.push(['Code', KINDS[frames.kind[frame]]]);
	if (tree.members && tree.members[node])
		lines.push(['Group', `${tree.members[node] + 1} frames, each nearly all of its caller`]);
	return { name, lines };
}

/**
 * The same in one sentence.
 * @param {import('./model.js').Model} model
 * @param {import('./state.js').State} state
 * @param {import('./model.js').Band} band
 * @param {number} at
 */
export function sentence(model, state, band, at) {
	const { name, lines } = describe(model, state, band, at);

	return [name, ...lines.map(([label, text]) => `${label}: ${text}`)].join('; ');
}

/**
 * @param {import('./model.js').Model} model
 * @param {import('./model.js').Band} band
 * @param {number} at
 */
export function labelOf(model, band, at) {
	const { profile } = model;
	const { tree, layout } = band;
	const node = layout.node[at];
	const name = profile.frames.name[tree.frame[node]];
	const side = sideOf(profile, tree, node);
	const more = tree.members && tree.members[node] ? ` (+${tree.members[node]})` : '';

	return `${side ? `${side}: ` : ''}${name}${more}`;
}
