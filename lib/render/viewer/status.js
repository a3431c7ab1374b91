/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The status bar: what all of it is, a pill for everything that narrows it, each
 * with a way back, and what the colours mean.
 */
import { FILTERS } from './reshape.js';
import { UNPLACED } from './app.js';
import { amount, inUnits } from './describe.js';
import { button, make, part } from './dom.js';
import { formatBoth, share } from './format.js';
import { shortened } from './names.js';
import { valueOf } from './model.js';

const PILL_MAX = 60;

export class StatusBar {
	/** @param {import('./app.js').App} app */
	constructor(app) {
		this.app = app;
	}

	/**
	 * @param {string} what
	 * @param {string} text
	 * @param {string} title  of taking it away
	 * @param {Partial<import('./state.js').State>} without
	 */
	pill(what, text, title, without) {
		const { app } = this;

		return make('span', { class: 'pill', attributes: { title: text.slice(0, 500) } }, [
			make('span', { class: 'what', text: what }),
			make('span', { class: 'text', text: shortened(text, PILL_MAX) }),
			button({ icon: 'close', class: 'small', title }, () => {
				app.set(without);
				/** @type {HTMLElement} */ (document.querySelector('.pill button') ||
					part('pane').querySelector('[tabindex="0"]')).focus();
			}),
		]);
	}

	update() {
		part('status').replaceChildren(this.total(), ...this.pills(), this.gone(), this.legend());
	}

	total() {
		const { profile, state, model } = this.app;
		const v = valueOf(profile, state);
		const { unit } = profile.values[v];
		const all = model.tree(state).total[v][0];
		const whole = profile.tree.total[v][0];
		const part_ = all === whole ? '' : `, ${share(all, whole)} of the profile`;

		return make('span', { class: 'total' }, [
			make('strong', { text: formatBoth(amount(profile, all), unit) }),
			`${part_}${profile.differential ? ` ${state.width === 'before' ? 'before' : 'after'}` : ''}`,
		]);
	}

	pills() {
		const { app } = this;
		const { state, profile } = app;
		const pills = [];
		const bands = app.bands();
		const { frames } = profile;

		if (state.sandwich && bands.length === 2)
			pills.push(this.pill('Sandwich', state.sandwich, 'Leave the sandwich',
					     { sandwich: '', up: 0, down: 0 }));
		for (const band of bands) {
			const node = band.layout.node[band.zoom];
			const key = band.what === 'all' ? 'focus' : band.what === 'callers' ? 'up' : 'down';

			if (!band.zoom)
				continue;
			pills.push(this.pill('Focus', `${frames.name[band.tree.frame[node]]}, ${
				share(band.layout.width[band.zoom], band.layout.width[0])}`,
			'Leave the focus', { [key]: 0 }));
		}
		if (state.query)
			pills.push(this.pill('Search', state.query, 'Clear the search', { query: '' }));
		state.filters.forEach((filter, i) => pills.push(this.pill(FILTERS[filter.kind],
			filter.exact ? filter.text : `/${filter.text}/`, 'Remove this filter',
			{ filters: state.filters.filter((_, at) => at !== i) })));
		if (state.recursion)
			pills.push(this.pill('Merged', 'recursion', 'Show recursion', { recursion: false }));
		if (state.root)
			pills.push(this.pill('Root', state.root, 'As recorded', { ...UNPLACED, root: '' }));
		if (state.collapsed || state.toggled.length)
			pills.push(this.pill('Groups', 'collapsed', 'Expand all groups',
					     { collapsed: false, toggled: [] }));
		return pills;
	}

	/** What stood only on the side that has no width. */
	gone() {
		const { app } = this;
		const { profile, state, model } = app;

		if (!profile.differential || state.width === 'both')
			return '';
		const [other, shown] = state.width === 'after' ? [0, 1] : [1, 0];
		const tree = model.tree(state);
		let sum = 0;

		for (let node = 0; node < tree.size; node++)
			if (!tree.total[shown][node])
				sum += tree.self[other][node];
		if (!sum)
			return '';
		return button({ text: `Not drawn: ${inUnits(profile, other, sum)} ${
			other ? 'new' : 'gone'}`, class: 'link', title: 'Draw both sides' },
		() => app.set({ width: 'both' }));
	}

	legend() {
		const { model, state, dark } = this.app;
		const bands = this.app.bands();
		const { legend } = model.coloring(state, bands[bands.length - 1], dark);

		return make('span', { class: 'legend' }, legend.map(({ label, fill }) => {
			const swatch = make('span', { class: 'swatch' });

			swatch.style.background = fill;
			return make('span', {}, [swatch, label]);
		}));
	}
}
