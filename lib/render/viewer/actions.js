/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What can be done with a frame, by menu, key and button alike.
 */
import { findGroups } from './groups.js';
import { escapePattern } from './search.js';
import { widths } from './model.js';

/** @typedef {import('./app.js').App} App */
/** @typedef {import('./model.js').Band} Band */

/** @param {Band} band @param {number} at */
const originOf = (band, at) => band.tree.origin[band.layout.node[at]];

/** @param {App} app @param {Band} band @param {number} at */
export const nameOf = (app, band, at) =>
	app.profile.frames.name[band.tree.frame[band.layout.node[at]]];

/**
 * The whole width for one frame. Focusing what is in focus already takes it back.
 * @param {App} app
 * @param {Band} band
 * @param {number} at
 */
export function focusOn(app, band, at) {
	const node = band.layout.node[at];

	if (band.what === 'callers')
		app.set({ up: node });
	else if (band.what === 'callees')
		app.set({ down: node });
	else
		app.set({ focus: node ? originOf(band, at) : 0 });
}

/** @param {App} app @param {string} name */
export const sandwich = (app, name) => app.set({ sandwich: name, up: 0, down: 0 });

/**
 * @param {App} app
 * @param {import('./reshape.js').FilterKind} kind
 * @param {string} text
 * @param {boolean} exact
 */
export function addFilter(app, kind, text, exact) {
	const { filters } = app.state;

	if (text && !filters.some((f) => f.kind === kind && f.text === text && !!f.exact === exact))
		app.set({ filters: [...filters, { kind, text, exact }], up: 0, down: 0 });
}

/** @param {App} app @param {string} name */
export const searchFor = (app, name) => app.set({
	query: `^${escapePattern(name).replaceAll(',', '\\,')}$`, literal: false,
	caseSensitive: true,
});

/**
 * The head of the group a frame is in, by the profile's own number; 0: no group.
 * @param {App} app
 * @param {Band} band
 * @param {number} at
 */
export function groupOf(app, band, at) {
	const { state, profile, model } = app;
	const node = band.layout.node[at];

	if (band.what !== 'all')
		return 0;
	if (band.tree.members && band.tree.members[node] > 0)
		return band.tree.origin[node];
	const whole = model.tree(state);
	const own = model.nodeOf(whole, band.tree.origin[node]);
	const head = findGroups(whole, widths(whole, profile, state));
	const group = head[own];
	const next = head.indexOf(group, group + 1);

	return group && next >= 0 ? whole.origin[group] : 0;
}

/** @param {App} app @param {number} head */
export function toggleGroup(app, head) {
	const { toggled } = app.state;

	app.set({ toggled: toggled.includes(head) ? toggled.filter((n) => n !== head) :
		[...toggled, head] });
}

/** @param {App} app @param {boolean} collapsed */
export const setGroups = (app, collapsed) => app.set({ collapsed, toggled: [] });

/**
 * @param {App} app
 * @param {Band} band
 * @param {number} at
 * @returns {import('./menu.js').Item[]}
 */
export function frameItems(app, band, at) {
	const name = nameOf(app, band, at);
	const { state } = app;
	const head = groupOf(app, band, at);
	const isCollapsed = state.collapsed !== state.toggled.includes(head);
	const isRoot = band.what === 'all' && !band.layout.node[at];
	/** @type {import('./menu.js').Item[]} */
	const items = [
		{ text: 'Focus', key: 'Enter', action: () => focusOn(app, band, at) },
	];

	if (!isRoot)
		items.push(
			{ text: 'Sandwich: callers and callees', key: 's',
			  action: () => sandwich(app, name) },
			{ text: 'Search for this name', action: () => searchFor(app, name) });
	items.push({ text: 'Copy name', key: 'c', action: () => app.copy(name) });
	if (!isRoot)
		items.push(null,
			{ text: 'Hide these frames', key: 'h',
			  action: () => addFilter(app, 'hide', name, true) },
			{ text: 'Show only stacks with it', key: 'o',
			  action: () => addFilter(app, 'keep', name, true) },
			{ text: 'Drop stacks with it', action: () => addFilter(app, 'drop', name, true) });
	items.push(null);
	if (head)
		items.push({ text: isCollapsed ? 'Expand group' : 'Collapse group', key: 'g',
			     action: () => toggleGroup(app, head) });
	items.push(
		{ text: 'Collapse all groups', action: () => setGroups(app, true) },
		{ text: 'Expand all groups', action: () => setGroups(app, false) });
	return items;
}

/**
 * What can be done with a function, wherever it occurs.
 * @param {App} app
 * @param {string} name
 * @returns {import('./menu.js').Item[]}
 */
export const nameItems = (app, name) => [
	{ text: 'Sandwich: callers and callees', key: 's', action: () => sandwich(app, name) },
	{ text: 'Search for this name', action: () => searchFor(app, name) },
	{ text: 'Copy name', key: 'c', action: () => app.copy(name) },
	null,
	{ text: 'Hide these frames', key: 'h', action: () => addFilter(app, 'hide', name, true) },
	{ text: 'Show only stacks with it', key: 'o',
	  action: () => addFilter(app, 'keep', name, true) },
	{ text: 'Drop stacks with it', action: () => addFilter(app, 'drop', name, true) },
];
