/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All that the reader chose, and how it stands in the address: only what differs
 * from the start. An address may come from anywhere: what it must not say is
 * left out.
 */

/**
 * @typedef {object} State
 * @property {number} tab
 * @property {number} value      which of the values; of a difference always the second
 * @property {'after' | 'before' | 'both'} width  of the frames of a difference
 * @property {string[]} panes    what each pane shows: one or two
 * @property {boolean} inverted  an icicle
 * @property {number} focus      the profile's own number of a node; 0: all
 * @property {string} sandwich   the name of a function, or ''
 * @property {boolean} outward   the call tree shows who calls it
 * @property {number} up         the focus among its callers, by node
 * @property {number} down       the focus among its callees
 * @property {string} query
 * @property {boolean} caseSensitive
 * @property {boolean} literal   the query is no regular expression
 * @property {import('./reshape.js').Filter[]} filters
 * @property {boolean} recursion merged
 * @property {string} root       '': as the profile has it
 * @property {'name' | 'width'} order
 * @property {string} colors
 * @property {'self' | 'total'} basis  of a difference
 * @property {boolean} normalized
 * @property {number} threshold
 * @property {'redblue' | 'safe'} deltas
 * @property {'left' | 'right'} align
 * @property {'auto' | 'light' | 'dark'} theme
 * @property {boolean} collapsed groups are
 * @property {number[]} toggled  and these are not, or the other way round
 * @property {string} sort       column of the table
 * @property {boolean} descending
 */

/**
 * What a page opens with, where its address says nothing else.
 * @param {Partial<State>} [own]  what the page itself says
 * @returns {State}
 */
export const initialState = (own = {}) => ({
	tab: 0, value: -1, width: 'after', panes: ['flame'], inverted: false, focus: 0,
	sandwich: '', outward: false, up: 0, down: 0, query: '', caseSensitive: false, literal: false,
	filters: [], recursion: false, root: '', order: 'name', colors: 'type', basis: 'self',
	normalized: false, threshold: 0, deltas: 'redblue', align: 'left', theme: 'auto',
	collapsed: false, toggled: [], sort: 'self', descending: true, ...own,
});

/**
 * What the page says of itself: the options of the program that wrote it.
 * @param {DOMStringMap} data  of its body
 * @returns {Partial<State>}
 */
export const stateOfPage = (data) => ({
	inverted: data.inverted === '1',
	basis: data.basis === 'total' ? 'total' : 'self',
	threshold: Number(data.threshold) || 0,
});

/** What each word may be; the first letters of the keys are what the address has. */
const WORDS = /** @type {Record<string, string[]>} */ ({
	width: ['after', 'before', 'both'],
	root: ['', 'thread', 'process', 'name', 'none'],
	order: ['name', 'width'],
	colors: ['type', 'dso', 'package', 'value'],
	basis: ['self', 'total'],
	deltas: ['redblue', 'safe'],
	align: ['left', 'right'],
	theme: ['auto', 'light', 'dark'],
	sort: ['self', 'total', 'name', 'before', 'after', 'change', 'totalChange'],
});
const NUMBERS = ['tab', 'value', 'focus', 'up', 'down', 'threshold'];
const FLAGS = ['inverted', 'outward', 'caseSensitive', 'literal', 'recursion', 'normalized', 'collapsed',
	       'descending'];
const TEXTS = ['sandwich', 'query'];
const PANE_NAMES = ['flame', 'table', 'tree'];
const FILTER_KINDS = ['hide', 'keep', 'drop', 'merge'];

/**
 * @param {State} state
 * @param {State} start
 */
export function toAddress(state, start) {
	const said = new URLSearchParams();
	const have = /** @type {Record<string, any>} */ (state);
	const had = /** @type {Record<string, any>} */ (start);

	for (const key of [...NUMBERS, ...TEXTS, ...Object.keys(WORDS)])
		if (have[key] !== had[key])
			said.set(key, String(have[key]));
	for (const key of FLAGS)
		if (have[key] !== had[key])
			said.set(key, have[key] ? '1' : '0');
	if (state.panes.join() !== start.panes.join())
		said.set('panes', state.panes.join());
	if (state.toggled.length)
		said.set('toggled', state.toggled.join());
	for (const { kind, text, exact } of state.filters)
		said.append(exact ? `${kind}-name` : kind, text);
	return said.toString();
}

/**
 * @param {string} address
 * @param {State} start
 * @returns {State}
 */
export function fromAddress(address, start) {
	const said = new URLSearchParams(address);
	const state = /** @type {Record<string, any>} */ ({ ...start, filters: [], toggled: [] });

	for (const [key, value] of said) {
		const kind = key.replace(/-name$/, '');
		const number = Number(value);

		if (NUMBERS.includes(key) && Number.isFinite(number))
			state[key] = key === 'threshold' ? Math.max(0, number) :
				Math.max(-1, Math.trunc(number));
		else if (TEXTS.includes(key))
			state[key] = value;
		else if (FLAGS.includes(key))
			state[key] = value === '1';
		else if (Object.hasOwn(WORDS, key) && WORDS[key].includes(value))
			state[key] = value;
		else if (key === 'panes')
			state.panes = readPanes(value) || state.panes;
		else if (key === 'toggled')
			state.toggled = value.split(',').map(Number).filter((n) => n > 0);
		else if (FILTER_KINDS.includes(kind) && value)
			state.filters.push({ kind, text: value, exact: key !== kind });
	}
	return /** @type {State} */ (state);
}

/** @param {string} value */
function readPanes(value) {
	const panes = value.split(',');

	return panes.length <= 2 && panes.every((pane) => PANE_NAMES.includes(pane)) ? panes : null;
}

/**
 * What undoing takes back first.
 * @param {State} state
 * @returns {Partial<State> | null}
 */
export function undoing(state) {
	if (state.query)
		return { query: '' };
	if (state.up || state.down)
		return { up: 0, down: 0 };
	if (state.sandwich)
		return { sandwich: '' };
	if (state.focus)
		return { focus: 0 };
	if (state.filters.length)
		return { filters: state.filters.slice(0, -1) };
	return null;
}
