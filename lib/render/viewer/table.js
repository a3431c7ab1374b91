/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The top table: a real table, of which only the rows in sight are elements. A
 * row above and one below them have the height of the rest.
 */
import { amount, inUnits, valueLabel } from './describe.js';
import { button, make, perFrame, setAttributes } from './dom.js';
import { countOf, formatSigned, share, signedPercent } from './format.js';
import { nameItems, sandwich, searchFor } from './actions.js';
import { openMenu } from './menu.js';
import { shortened } from './names.js';
import { sortRows } from './top.js';
import { valueOf } from './model.js';

export const LINE = 24;	/* pixels, as in the style sheet */
const SPARE = 8;	/* rows above and below what is in sight */
const PRINTED = 500;	/* rows on paper */
const TABLE_NAME_MAX = 300;

/** @typedef {import('./top.js').TopRow} TopRow */
/** @typedef {{key: string, label: string, title: string,
 *	       cell: (row: TopRow) => (string | Node)[], bar?: (row: TopRow) => number}} Column */

/**
 * Which of so many rows are elements now.
 * @param {import('./app.js').App} app
 * @param {Element} element  that scrolls
 * @param {number} count
 */
export function rowsInSight(app, { scrollTop, clientHeight }, count) {
	if (app.printing)
		return { from: 0, to: Math.min(count, PRINTED) };
	return {
		from: Math.max(0, Math.floor(scrollTop / LINE) - SPARE),
		to: Math.min(count, Math.ceil((scrollTop + clientHeight) / LINE) + SPARE),
	};
}

/**
 * The room that the numbers of a column want: that of the largest.
 * @param {import('./app.js').App} app
 */
export function numberWidth(app) {
	const { profile, model, state } = app;
	const lengths = model.tree(state).total.map((total, v) => inUnits(profile, v, total[0]).length);

	return `${Math.max(9, ...lengths) + (profile.differential ? 1 : 0)}ch`;
}

export class TableView {
	/** @param {import('./app.js').App} app */
	constructor(app) {
		this.app = app;
		this.head = make('tr', { attributes: { 'aria-rowindex': 1 } });
		this.body = make('tbody');
		this.caption = make('caption', { class: 'unseen' });
		this.table = make('table', {}, [this.caption, make('thead', {}, [this.head]), this.body]);
		this.empty = make('p', { class: 'empty' });
		this.element = make('div', {
			class: 'table',
			attributes: { tabindex: 0, role: 'group', 'aria-label': 'Top table' },
		}, [this.table, this.empty]);
		/** @type {TopRow[]} */
		this.rows = [];
		/** @type {Column[]} */
		this.columns = [];
		this.draw = perFrame(() => this.drawNow());
		this.element.addEventListener('scroll', () => this.draw(), { passive: true });
		this.observer = new ResizeObserver(() => this.draw());
		this.observer.observe(this.element);
	}

	close() {
		this.observer.disconnect();
		this.element.remove();
	}

	update() {
		const { app } = this;
		const { model, state, profile } = app;
		const match = model.match(state);
		const v = valueOf(profile, state);
		const all = model.top(state);
		const found = model.memo.of('top found', [all, match], () =>
			match ? all.filter((row) => match.keys[row.key]) : all);

		this.columns = profile.differential ? this.differenceColumns() : this.plainColumns();
		const column = this.columns.some(({ key }) => key === state.sort) ? state.sort :
			this.columns[1].key;
		this.rows = model.memo.of('top sorted', [found, column, state.descending, v], () =>
			sortRows(found, column, state.descending, v));
		this.caption.textContent = `Functions, ${countOf(this.rows.length, 'row')}`;
		this.empty.textContent = match ? 'No function matches the search.' :
			'There are no functions.';
		this.empty.hidden = this.rows.length > 0;
		setAttributes(this.table, { 'aria-rowcount': this.rows.length + 1 });
		this.element.style.setProperty('--number', numberWidth(app));
		this.element.style.setProperty('--numbers', String(this.columns.length - 1));
		this.element.classList.toggle('many', this.columns.length > 3);
		this.drawHead(column);
		this.drawNow();
	}

	/** @returns {Column} */
	nameColumn() {
		return {
			key: 'name', label: 'Function', title: 'Name of the function',
			cell: (row) => [this.nameCell(row)],
		};
	}

	/** @returns {Column[]} */
	plainColumns() {
		const { app } = this;
		const { profile, state, model } = app;
		const v = valueOf(profile, state);
		const all = model.tree(state).total[v][0];
		const number = (/** @type {number} */ value) => [
			make('span', { class: 'amount', text: inUnits(profile, v, value) }),
			make('span', { class: 'share', text: share(value, all) }),
		];
		const what = valueLabel(profile.values[v]).toLowerCase();

		return [
			this.nameColumn(),
			{ key: 'self', label: 'Self', title: `${what} of the function itself`,
			  cell: (row) => number(row.self[v]), bar: (row) => row.self[v] / all },
			{ key: 'total', label: 'Total', title: `${what} of it and all that it called`,
			  cell: (row) => number(row.total[v]), bar: (row) => row.total[v] / all },
		];
	}

	/** @returns {Column[]} */
	differenceColumns() {
		const { profile, state, model } = this.app;
		const all = model.tree(state).total;
		const { unit } = profile.values[0];
		const side = (/** @type {number} */ v) => (/** @type {TopRow} */ row) => [
			make('span', { class: 'amount', text: inUnits(profile, v, row.total[v]) }),
			make('span', { class: 'share', text: share(row.total[v], all[v][0]) }),
		];
		const change = (/** @type {'self' | 'total'} */ of) => (/** @type {TopRow} */ row) => {
			const by = row[of][1] - row[of][0];
			const percent = (/** @type {number} */ v) =>
				all[v][0] ? 100 * row[of][v] / all[v][0] : 0;

			return [
				make('span', { class: 'amount',
					       text: formatSigned(amount(profile, by), unit) }),
				make('span', { class: 'share', text: signedPercent(percent(1) - percent(0)) }),
			];
		};

		return [
			this.nameColumn(),
			{ key: 'change', label: 'Self Δ', title: 'Change of the function itself',
			  cell: change('self') },
			{ key: 'totalChange', label: 'Total Δ',
			  title: 'Change of it and all that it called', cell: change('total') },
			{ key: 'before', label: 'Before', title: 'Total before', cell: side(0) },
			{ key: 'after', label: 'After', title: 'Total after', cell: side(1) },
		];
	}

	/** @param {TopRow} row */
	nameCell(row) {
		const { app } = this;
		const { frames, differential } = app.profile;
		const dso = frames.dso[row.frame];
		const side = !differential ? '' : !row.total[0] ? 'new' : !row.total[1] ? 'gone' : '';
		const name = button({ text: shortened(row.name, TABLE_NAME_MAX), class: 'link',
				      title: dso ? `${shortened(row.name, TABLE_NAME_MAX)}\n${dso}` :
					      shortened(row.name, TABLE_NAME_MAX) },
				    () => searchFor(app, row.name));

		name.addEventListener('contextmenu', (event) => {
			event.preventDefault();
			openMenu(row.name, nameItems(app, row.name), event.clientX, event.clientY);
		});
		return make('span', { class: 'symbol' }, [
			button({ icon: 'sandwich', class: 'small', title: `Sandwich ${shortened(row.name, 80)}` },
			       () => sandwich(app, row.name)),
			side ? make('span', { class: `tag ${side}`, text: side }) : null,
			name,
		]);
	}

	/** @param {string} column  that is sorted by */
	drawHead(column) {
		const { state } = this.app;
		const arrow = state.descending ? ' ↓' : ' ↑';
		const focused = this.head.contains(document.activeElement);

		this.head.replaceChildren(...this.columns.map(({ key, label, title }) => {
			const sorted = key === column;
			const order = state.descending ? 'descending' : 'ascending';

			return make('th', {
				attributes: { scope: 'col', 'aria-sort': sorted ? order : 'none' },
			}, [button({ text: label + (sorted ? arrow : ''), title, class: 'link' }, () =>
				this.app.set({ sort: key,
					       descending: sorted ? !state.descending : key !== 'name' }))]);
		}));
		if (focused)
			/** @type {HTMLElement} */ (this.head.querySelector(
				'[aria-sort$=cending] button')).focus();
	}

	drawNow() {
		const { from, to } = rowsInSight(this.app, this.element, this.rows.length);
		const below = this.app.printing ? 0 : this.rows.length - to;
		const rows = [];

		for (let i = from; i < to; i++)
			rows.push(this.rowOf(this.rows[i], i));
		this.body.replaceChildren(this.spacer(from), ...rows, this.spacer(below));
	}

	/** @param {number} rows */
	spacer(rows) {
		const cell = make('td', { attributes: { colspan: this.columns.length } });
		const row = make('tr', { class: 'spacer', attributes: { 'aria-hidden': 'true' } }, [cell]);

		cell.style.height = `${Math.max(0, rows) * LINE}px`;
		return row;
	}

	/** @param {TopRow} row @param {number} index */
	rowOf(row, index) {
		return make('tr', { attributes: { 'aria-rowindex': index + 2 } },
			    this.columns.map(({ cell, bar, key }) => {
				const content = /** @type {Node[]} */ (cell(row));

				if (key === 'name')
					return make('th', { attributes: { scope: 'row' } }, content);
				const data = make('td', { class: 'number' }, content);
				if (bar)
					data.style.setProperty('--bar', `${(100 * Math.min(1, bar(row) || 0))
						.toFixed(2)}%`);
				return data;
			}));
	}
}
