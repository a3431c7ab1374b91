/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One or two panes, each with the graph, the table or the call tree.
 */
import { button, make, part } from './dom.js';
import { CallTreeView } from './calltree.js';
import { FlameView } from './flame.js';
import { TableView } from './table.js';

export const PANES = [['flame', 'Flame graph'], ['table', 'Top table'], ['tree', 'Call tree']];
const VIEWS = /** @type {Record<string, any>} */ ({
	flame: FlameView, table: TableView, tree: CallTreeView,
});

export class Panes {
	/** @param {import('./app.js').App} app */
	constructor(app) {
		this.app = app;
		/** @type {any[]} */
		this.views = [];
		this.shown = '';
	}

	/** The first pane with a graph. @returns {FlameView | undefined} */
	get flame() {
		return this.views.find((view) => view instanceof FlameView);
	}

	update() {
		const { panes } = this.app.state;

		if (panes.join() !== this.shown) {
			this.shown = panes.join();
			for (const view of this.views)
				view.close();
			this.views = panes.map((what) => new VIEWS[what](this.app));
			part('panes').replaceChildren(...this.views.map((view, i) =>
				make('div', { class: 'pane' }, [this.head(i), view.element])));
			part('panes').classList.toggle('two', panes.length === 2);
		}
		for (const view of this.views)
			view.update();
	}

	/** @param {number} i */
	head(i) {
		const { panes } = this.app.state;
		const choose = PANES.map(([what, label]) => button({
			text: label, class: 'choice',
			attributes: { 'aria-pressed': String(panes[i] === what) },
		}, () => this.show(i, what)));
		const more = panes.length === 1 ?
			[button({ icon: 'split', title: 'Open a second pane' }, () => this.split())] :
			[button({ icon: 'swap', title: 'Swap the panes' }, () => this.swap()),
			 button({ icon: 'close', title: 'Close this pane' }, () => this.drop(i))];

		return make('div', { class: 'pane-head' }, [
			make('div', { class: 'choices', attributes: { role: 'group',
								      'aria-label': 'What this pane shows' } },
			     choose),
			make('div', { class: 'pane-actions' }, more),
		]);
	}

	/** @param {number} i @param {string} what */
	show(i, what) {
		const panes = this.app.state.panes.slice();

		panes[i] = what;
		this.set(panes, `.pane:nth-child(${i + 1}) [aria-pressed=true]`);
	}

	split() {
		const [first] = this.app.state.panes;

		this.set([first, first === 'flame' ? 'table' : 'flame'], '.pane:last-child [aria-pressed=true]');
	}

	swap() {
		this.set(this.app.state.panes.slice().reverse(), '.pane-actions button');
	}

	/** @param {number} i */
	drop(i) {
		this.set(this.app.state.panes.filter((_, at) => at !== i), '.pane-actions button');
	}

	/**
	 * The buttons are made anew: what had the focus gets it back.
	 * @param {string[]} panes
	 * @param {string} focus
	 */
	set(panes, focus) {
		this.app.set({ panes });
		const next = /** @type {HTMLElement | null} */ (document.querySelector(focus));
		if (next)
			next.focus();
	}
}
