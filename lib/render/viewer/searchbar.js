/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The search: as one types, with the number of matches and what their stacks are
 * worth, and from match to match, zooming where one is too narrow to see.
 */
import { button, debounced, make, part, setAttributes } from './dom.js';
import { countOf, share } from './format.js';
import { focusOn } from './actions.js';
import { nextHit } from './search.js';
import { readingOf } from './layout.js';

const DELAY = 60;	/* milliseconds after the last key */
const SEEN = 40;	/* pixels that a match has when it was jumped to */

export class SearchBar {
	/**
	 * @param {import('./app.js').App} app
	 * @param {import('./panes.js').Panes} panes
	 */
	constructor(app, panes) {
		this.app = app;
		this.panes = panes;
		/** Which of the matches was jumped to last. */
		this.at = -1;
		/** Where that is: its band, and its number in the order of reading. */
		this.spot = /** @type {{band: number, from: number} | null} */ (null);
		/** What was found when that was so. @type {any[]} */
		this.hits = [];
		this.input = make('input', {
			attributes: { type: 'search', placeholder: 'Search', 'aria-label':
				'Search for names: a regular expression, commas for "or"',
				spellcheck: 'false', autocomplete: 'off', autocapitalize: 'off',
				'aria-describedby': 'search-result' },
			on: { input: () => this.typed.later(), keydown: (event) => this.onKey(event) },
		});
		this.typed = debounced(() => this.search(), DELAY);
		this.result = make('output', { class: 'result', attributes: { id: 'search-result' } });
		this.previous = button({ icon: 'previous', title: 'Previous match (Shift+N)' },
				       () => this.jump(-1));
		this.next = button({ icon: 'next', title: 'Next match (N)' }, () => this.jump(1));
		this.caseButton = button({ text: 'Aa', class: 'toggle', title: 'Upper and lower case differ',
					   attributes: { 'aria-label': 'Match case' } },
					 () => app.set({ caseSensitive: !app.state.caseSensitive }));
		this.regexButton = button({ text: '.*', class: 'toggle', title: 'Regular expression',
					    attributes: { 'aria-label': 'Regular expression' } },
					  () => app.set({ literal: !app.state.literal }));
		part('search').append(make('div', { class: 'field' }, [
			this.input, this.result, this.caseButton, this.regexButton,
		]), this.previous, this.next);
	}

	search() {
		const before = this.app.state.query;

		this.forget();
		if (this.input.value !== before)
			this.app.set({ query: this.input.value }, before !== '');
	}

	forget() {
		this.at = -1;
		this.spot = null;
	}

	/** @param {KeyboardEvent} event */
	onKey(event) {
		if (event.key === 'Enter') {
			this.typed.flush();
			this.jump(event.shiftKey ? -1 : 1, false);
		} else if (event.key === 'Escape') {
			this.input.value = '';
			this.search();
			this.panes.views[0].element.focus();
		} else {
			return;
		}
		event.preventDefault();
		event.stopPropagation();
	}

	/** The matches of each band. */
	get matches() {
		const { app } = this;

		return app.model.hitLists(app.state, app.bands());
	}

	/**
	 * The match that follows the one that was jumped to, or stands before it.
	 * @param {number} by
	 */
	beside(by) {
		const { matches } = this;
		const bands = this.app.bands();
		const { length } = bands;
		let band = this.spot ? this.spot.band : by > 0 ? 0 : length - 1;
		let from = this.spot && this.spot.from;

		for (;;) {
			const at = nextHit(bands[band].layout, matches[band], from, by);

			if (at >= 0)
				return { band, at };
			band = (band + by + length) % length;
			from = null;
		}
	}

	/**
	 * @param {number} by
	 * @param {boolean} [take]  the keyboard goes to the match
	 */
	jump(by, take = true) {
		const { app, panes } = this;
		const count = this.count();

		if (!count || !app.state.query)
			return;
		const { band, at } = this.beside(by);
		this.at = this.at < 0 ? (by > 0 ? 0 : count - 1) : (this.at + by + count) % count;
		this.spot = { band, from: readingOf(app.bands()[band].layout, at) };
		const flame = panes.flame;

		if (!flame) {
			this.update();
			return;
		}
		let slot = flame.slots[band];
		if (!flame.canBeSeen({ slot, at })) {
			focusOn(app, slot.band, this.zoomFor(slot.band.layout, at, flame.size.width));
			slot = flame.slots[band];
		}
		flame.moveTo({ slot, at });
		if (take)
			flame.element.focus({ preventScroll: true });
		flame.hovered = { slot, at };
		flame.drawMarks();
		this.update();
	}

	/**
	 * The outermost frame that can be zoomed into so that @at can be seen.
	 * @param {import('./layout.js').Layout} layout
	 * @param {number} at
	 * @param {number} width  of the graph in pixels
	 */
	zoomFor(layout, at, width) {
		let zoom = at;

		for (let up = at; up >= 0; up = layout.parent[up])
			if (layout.width[at] / layout.width[up] * width >= SEEN)
				zoom = up;
		return zoom;
	}

	update() {
		const { app, input } = this;
		const { state, model } = app;
		const match = model.match(state);

		if (document.activeElement !== input || !state.query)
			input.value = input.value.trim() === '' && !state.query ? input.value : state.query;
		const hits = app.bands().map((band) => model.hits(state, band));
		if (hits.length !== this.hits.length || hits.some((hit, i) => hit !== this.hits[i]))
			this.forget();
		this.hits = hits;
		setAttributes(this.caseButton, { 'aria-pressed': String(state.caseSensitive) });
		setAttributes(this.regexButton, { 'aria-pressed': String(!state.literal) });
		setAttributes(input, { 'aria-invalid': match && match.error ? 'true' : false });
		this.result.textContent = match ? this.told() : '';
		this.result.title = match && match.error ?
			`Taken literally, since it is no regular expression: ${match.error}` :
			this.result.textContent;
		part('search').classList.toggle('wrong', !!match && !!match.error);
		part('search').classList.toggle('active', !!match);
		this.previous.disabled = this.next.disabled = !match;
	}

	told() {
		const { app } = this;
		const { model, state } = app;
		const bands = app.bands();
		const band = bands[bands.length - 1];
		const count = this.count();
		const hits = model.hits(state, band);
		const { layout, zoom } = band;
		const all = share(hits ? hits.sum : 0, layout.width[0]);
		const inside = zoom ? `, ${share(model.hitsWithin(state, band), layout.width[zoom])} of the zoom` : '';
		const where = this.at >= 0 ? `${this.at + 1} of ` : '';
		const loose = model.match(state)?.loose;
		const matches = loose ? `${count.toLocaleString('en-US')} similar` :
			countOf(count, 'match').replace('matchs', 'matches');

		return `${where}${matches}, ${all}${inside}`;
	}

	count() {
		return this.matches.reduce((sum, { length }) => sum + length, 0);
	}
}
