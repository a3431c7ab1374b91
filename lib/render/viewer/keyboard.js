/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keys that work anywhere on the page, and the list of all of them.
 */
import { NOWHERE } from './app.js';
import { button, make, part } from './dom.js';
import { closeMenu } from './menu.js';

const KEYS = [
	['← → ↑ ↓', 'walk the frames'], ['Enter', 'focus the frame'], ['Escape', 'undo the last narrowing'],
	['/', 'search'], ['n, Shift+N', 'next, previous match'], ['m', 'menu of the frame'],
	['s', 'sandwich: callers and callees'], ['c', 'copy the name'], ['h', 'hide these frames'],
	['o', 'show only stacks with it'], ['g', 'collapse or expand the group'],
	['Space', 'details of the frame'], ['Home', 'to the frame in focus'],
	['i', 'flame or icicle'], ['w', 'siblings by name or by width'], ['r', 'merge recursion'],
	['1, 2, 3', 'flame graph, top table, call tree'], ['p', 'one pane or two'], ['x', 'swap the panes'],
	['a', 'start or end of long names'], ['t', 'light or dark'], ['0', 'back to the start'], ['?', 'this list'],
];

export class Help {
	/** @param {import('./app.js').App} app */
	constructor(app) {
		const theme = button({ icon: 'theme', title: 'Light or dark (T)' }, () =>
			app.set({ theme: app.dark ? 'light' : 'dark' }, true));

		this.dialog = make('dialog', { class: 'help', attributes: { 'aria-label': 'Keys' } }, [
			make('h2', { text: 'Keys' }),
			make('dl', {}, KEYS.map(([key, text]) => make('div', {}, [
				make('dt', {}, [make('kbd', { text: key })]), make('dd', { text }),
			]))),
			make('form', { attributes: { method: 'dialog' } }, [
				make('button', { class: 'button primary', text: 'Close', attributes: { type: 'submit' } }),
			]),
		]);
		this.dialog.addEventListener('click', (event) => {
			if (event.target === this.dialog)
				this.dialog.close();
		});
		document.body.append(this.dialog);
		part('actions').append(theme, button({ icon: 'help', title: 'Keys (?)' }, () => this.show()));
	}

	show() {
		closeMenu();
		this.dialog.showModal();
	}
}

export class Keyboard {
	/**
	 * @param {import('./app.js').App} app
	 * @param {import('./panes.js').Panes} panes
	 * @param {import('./searchbar.js').SearchBar} search
	 * @param {Help} help
	 */
	constructor(app, panes, search, help) {
		const toggle = (/** @type {string} */ key, /** @type {any} */ a, /** @type {any} */ b) => () =>
			app.set({ [key]: /** @type {any} */ (app.state)[key] === a ? b : a });

		/** @type {Record<string, () => void>} */
		this.keys = {
			'/': () => {
				search.input.focus();
				search.input.select();
			},
			n: () => search.jump(1), N: () => search.jump(-1),
			'?': () => help.show(), Escape: () => app.undo(),
			i: toggle('inverted', true, false), w: toggle('order', 'width', 'name'),
			r: toggle('recursion', true, false), a: toggle('align', 'right', 'left'),
			t: () => app.set({ theme: app.dark ? 'light' : 'dark' }, true),
			1: () => panes.show(0, 'flame'), 2: () => panes.show(0, 'table'),
			3: () => panes.show(0, 'tree'),
			p: () => app.state.panes.length === 1 ? panes.split() : panes.drop(1),
			x: () => panes.swap(),
			0: () => app.set({ ...NOWHERE, query: '', filters: [], recursion: false, root: '',
					   collapsed: false }),
		};
		window.addEventListener('keydown', (event) => this.onKey(event));
	}

	/** @param {KeyboardEvent} event */
	onKey(event) {
		const target = /** @type {HTMLElement} */ (event.target);
		const typing = target.closest && target.closest('input, select, textarea, dialog, [role=menu]');
		const find = (event.ctrlKey || event.metaKey) && event.key === 'f';
		const action = find ? this.keys['/'] : this.keys[event.key];

		if (!action || typing || event.altKey || (!find && (event.ctrlKey || event.metaKey)))
			return;
		event.preventDefault();
		action();
	}
}
