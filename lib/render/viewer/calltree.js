/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The call tree: a row for each call, the heaviest first, opened as far as the
 * reader wants. Only the rows in sight are elements.
 */
import { describe, inUnits, sideOf } from './describe.js';
import { frameItems, nameOf } from './actions.js';
import { button, icon, make, perFrame, setAttributes } from './dom.js';
import { openMenu } from './menu.js';
import { childCount, place } from './layout.js';
import { share } from './format.js';
import { shortened } from './names.js';
import { LINE, numberWidth, rowsInSight } from './table.js';
import { valueOf } from './model.js';

const OPEN_FROM = 0.1;		/* of all: heavier calls are open at first */
const INDENT = 14;		/* pixels a level, less where many do not fit */
const NAME = 110;		/* pixels that are left to a name, whatever its level */

/** @typedef {{at: number, level: number, last: boolean}} TreeRow */

let trees = 0;

export class CallTreeView {
	/** @param {import('./app.js').App} app */
	constructor(app) {
		this.app = app;
		this.id = `calls-${trees++}`;
		this.body = make('div', { class: 'rows', attributes: { role: 'rowgroup' } });
		this.space = make('div', { class: 'space', attributes: { role: 'none' } }, [this.body]);
		this.head = make('div', { class: 'calls-head', attributes: { role: 'row' } },
			['Call', 'Total', 'Self'].map((text) =>
				make('span', { text, attributes: { role: 'columnheader' } })));
		this.ways = [['Callees', false], ['Callers', true]].map(([text, outward]) => button({
			text: String(text), class: 'choice',
		}, () => app.set({ outward: !!outward })));
		this.element = make('div', {
			class: 'calls',
			attributes: { role: 'treegrid', tabindex: 0, 'aria-label': 'Call tree' },
		}, [this.head, this.space]);
		/** @type {TreeRow[]} */
		this.rows = [];
		/** Opened or closed against the rule, by node. @type {Set<number>} */
		this.toggled = new Set();
		/** Of what is shown. @type {import('./layout.js').Layout | null} */
		this.shown = null;
		/** The place that the rows start from. */
		this.root = -1;
		this.main = 0;
		this.cursor = 0;
		this.indent = INDENT;
		this.draw = perFrame(() => this.drawNow());
		this.element.addEventListener('scroll', () => this.draw(), { passive: true });
		this.element.addEventListener('keydown', (event) => this.onKey(event));
		this.element.addEventListener('click', (event) => this.onClick(event));
		this.element.addEventListener('contextmenu', (event) => this.onMenu(event));
		this.element.addEventListener('focus', () => this.draw());
		this.element.addEventListener('blur', () => this.draw());
		this.observer = new ResizeObserver(() => this.draw());
		this.observer.observe(this.element);
	}

	close() {
		this.observer.disconnect();
		this.element.remove();
	}

	/** The band whose calls are shown: of a sandwich the callees, or the callers. */
	get band() {
		const bands = this.app.bands();

		return bands[this.app.state.outward ? 0 : bands.length - 1];
	}

	/** Of a sandwich, either way can be walked. */
	drawHead() {
		const { app } = this;
		const first = /** @type {Element} */ (this.head.firstElementChild);
		const isSandwich = app.bands().length === 2;

		this.ways.forEach((way, i) => setAttributes(way, {
			'aria-pressed': String(app.state.outward === (i === 1)) }));
		if (first.contains(this.ways[0]) !== isSandwich)
			first.replaceChildren(...(isSandwich ? this.ways : ['Call']));
	}

	update() {
		const { model, profile, state } = this.app;
		const { band } = this;
		const layout = model.memo.of('calls layout', [band.tree, band.total], () =>
			place(band.tree, profile.frames, band.total, 'width', null));
		const root = Math.max(0, layout.place[band.layout.node[band.zoom]]);

		if (this.shown !== layout || this.root !== root) {
			this.toggled = new Set();
			this.cursor = 0;
			this.element.scrollTop = 0;
		}
		this.shown = layout;
		this.root = root;
		this.main = valueOf(profile, state);
		this.match = model.match(state);
		this.element.style.setProperty('--number', numberWidth(this.app));
		this.drawHead();
		this.list();
		this.drawNow();
	}

	/** Heaviest calls first. */
	get layout() {
		return /** @type {import('./layout.js').Layout} */ (this.shown);
	}

	/** @param {number} at */
	isOpen(at) {
		const { layout, root } = this;
		const heavy = layout.width[at] >= OPEN_FROM * layout.width[root];

		return childCount(layout, at) > 0 && heavy !== this.toggled.has(layout.node[at]);
	}

	/** The rows that are open, without recursion: stacks may be deep. */
	list() {
		const { layout } = this;
		/** @type {TreeRow[]} */
		const waiting = [{ at: this.root, level: 0, last: true }];

		this.rows = [];
		while (waiting.length) {
			const row = /** @type {TreeRow} */ (waiting.pop());

			this.rows.push(row);
			if (!this.isOpen(row.at))
				continue;
			for (let i = childCount(layout, row.at) - 1; i >= 0; i--)
				waiting.push({ at: layout.first[row.at] + i, level: row.level + 1,
					       last: i === childCount(layout, row.at) - 1 });
		}
		this.cursor = Math.min(this.cursor, this.rows.length - 1);
		this.space.style.height = `${LINE * (this.app.printing ?
			rowsInSight(this.app, this.element, this.rows.length).to : this.rows.length)}px`;
		setAttributes(this.element, { 'aria-rowcount': this.rows.length + 1 });
	}

	drawNow() {
		const { from, to } = rowsInSight(this.app, this.element, this.rows.length);
		const levels = this.rows.slice(from, to).reduce((most, { level }) => Math.max(most, level), 1);
		const room = Math.max(0, /** @type {Element} */ (this.head.firstElementChild).clientWidth - NAME);
		const rows = [];

		this.indent = Math.min(INDENT, room / levels);

		for (let i = from; i < to; i++)
			rows.push(this.rowOf(this.rows[i], i));
		this.body.style.transform = `translateY(${from * LINE}px)`;
		this.body.replaceChildren(...rows);
		setAttributes(this.element, { 'aria-activedescendant':
			this.cursor >= from && this.cursor < to ? `${this.id}-${this.cursor}` : false });
	}

	/** @param {TreeRow} row @param {number} index */
	rowOf(row, index) {
		const { layout } = this;
		const { profile, model, state } = this.app;
		const { tree } = layout;
		const node = layout.node[row.at];
		const frame = tree.frame[node];
		const v = this.main;
		const all = model.tree(state).total[v][0];
		const name = profile.frames.name[frame];
		const side = sideOf(profile, tree, node);
		const open = this.isOpen(row.at);
		const quiet = this.match && !this.match.frames[frame];
		const number = (/** @type {number} */ value, /** @type {string} */ kind) => {
			const cell = make('span', { class: `number ${kind}`, attributes: { role: 'gridcell' } }, [
				make('span', { class: 'amount', text: inUnits(profile, v, value) }),
				make('span', { class: 'share', text: share(value, all) }),
			]);

			cell.style.setProperty('--bar', `${all ? Math.min(100, 100 * value / all).toFixed(2) : 0}%`);
			return cell;
		};
		const twisty = make('span', { class: `twisty ${open ? 'open' : ''}` },
				    childCount(layout, row.at) ? [icon('next')] : []);
		const call = make('span', { class: 'call', attributes: { role: 'rowheader', title: name.slice(0, 300) } }, [
			twisty, side ? make('span', { class: `tag ${side}`, text: side }) : null,
			make('span', { class: 'text', text: shortened(name, 300) }),
		]);

		call.style.paddingLeft = `${row.level * this.indent}px`;
		const focused = index === this.cursor && document.activeElement === this.element;
		return make('div', {
			class: `row ${quiet ? 'quiet' : ''} ${focused ? 'now' : ''}`,
			attributes: {
				role: 'row', id: `${this.id}-${index}`, 'data-index': index,
				'aria-level': row.level + 1, 'aria-rowindex': index + 2,
				'aria-expanded': childCount(layout, row.at) ? String(open) : false,
				'aria-selected': String(index === this.cursor),
			},
		}, [call, number(tree.total[v][node], 'total'), number(tree.self[v][node], 'self')]);
	}

	/** @param {number} index */
	toggle(index) {
		const { layout } = this;
		const row = this.rows[index];
		const node = row && layout.node[row.at];

		if (!row || !childCount(layout, row.at))
			return;
		if (!this.toggled.delete(node))
			this.toggled.add(node);
		this.list();
	}

	/** @param {number} index */
	moveTo(index) {
		const { scrollTop, clientHeight } = this.element;

		this.cursor = Math.max(0, Math.min(this.rows.length - 1, index));
		const top = this.cursor * LINE;
		if (top < scrollTop)
			this.element.scrollTop = top;
		else if (top + 2 * LINE > scrollTop + clientHeight)
			this.element.scrollTop = top + 2 * LINE - clientHeight;
		this.drawNow();
	}

	/** @param {MouseEvent} event */
	indexAt(event) {
		const row = /** @type {HTMLElement} */ (event.target).closest('.row');

		return row ? Number(/** @type {HTMLElement} */ (row).dataset.index) : -1;
	}

	/** @param {MouseEvent} event */
	onClick(event) {
		const index = this.indexAt(event);

		if (index < 0)
			return;
		this.cursor = index;
		this.toggle(index);
		this.drawNow();
	}

	/** The place of a row in the band's own layout. @param {number} index */
	placeIn(index) {
		const { layout } = this;

		return this.band.layout.place[layout.node[this.rows[index].at]];
	}

	/** @param {MouseEvent} event */
	onMenu(event) {
		const index = this.indexAt(event);

		event.preventDefault();
		if (index >= 0) {
			this.cursor = index;
			this.openMenu(event.clientX, event.clientY);
		}
	}

	/** @param {number} x @param {number} y */
	openMenu(x, y) {
		const at = this.placeIn(this.cursor);

		this.element.focus({ preventScroll: true });
		openMenu(nameOf(this.app, this.band, at), frameItems(this.app, this.band, at), x, y);
	}

	menuAtCursor() {
		const box = this.element.getBoundingClientRect();

		this.openMenu(box.left + 40, box.top + (this.cursor + 2) * LINE - this.element.scrollTop);
	}

	/** @param {number} index */
	parentOf(index) {
		const { level } = this.rows[index];

		while (index > 0 && this.rows[index].level >= level)
			index--;
		return index;
	}

	/** @param {boolean} open */
	openOrMove(open) {
		const { cursor } = this;
		const isOpen = this.isOpen(this.rows[cursor].at);

		if (isOpen !== open)
			this.toggle(cursor);
		if (isOpen === open || isOpen === this.isOpen(this.rows[cursor].at))
			this.moveTo(open ? cursor + 1 : this.parentOf(cursor));
		else
			this.drawNow();
	}

	/** @param {KeyboardEvent} event */
	onKey(event) {
		const page = Math.floor(this.element.clientHeight / LINE) - 2;

		if (event.ctrlKey || event.metaKey || event.altKey || !this.rows.length)
			return;
		const act = {
			ArrowUp: () => this.moveTo(this.cursor - 1),
			ArrowDown: () => this.moveTo(this.cursor + 1),
			ArrowLeft: () => this.openOrMove(false), ArrowRight: () => this.openOrMove(true),
			PageUp: () => this.moveTo(this.cursor - page),
			PageDown: () => this.moveTo(this.cursor + page),
			Home: () => this.moveTo(0), End: () => this.moveTo(this.rows.length - 1),
			Enter: () => {
				this.toggle(this.cursor);
				this.drawNow();
			},
			m: () => this.menuAtCursor(), ContextMenu: () => this.menuAtCursor(),
			c: () => this.app.copy(nameOf(this.app, this.band, this.placeIn(this.cursor))),
		}[event.key];

		if (!act)
			return;
		event.preventDefault();
		event.stopPropagation();
		act();
	}

	/** What is said of the row in focus. */
	told() {
		return describe(this.app.model, this.app.state, this.band, this.placeIn(this.cursor));
	}
}
