/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The flame graph: a canvas as large as its window on the rows, which scroll. A
 * second canvas above it holds the outlines, so that hovering redraws nothing.
 *
 * To the keyboard and to those who hear the page it is a tree: the frame in focus
 * and its neighbours are elements, and arrows walk.
 */
import { Dust } from './dust.js';
import { Measure, paint } from './paint.js';
import { ROW, extent, frameAt, rowCount, rowOf, slotsOf } from './geometry.js';
import { addFilter, focusOn, frameItems, groupOf, nameOf, sandwich, toggleGroup } from './actions.js';
import { describe, labelOf, sentence } from './describe.js';
import { hideTooltip, showTooltip } from './tooltip.js';
import { openMenu } from './menu.js';
import { make, perFrame, setAttributes } from './dom.js';
import { childCount, isWithin } from './layout.js';

const LONG_PRESS = 500;	/* milliseconds */
const VISIBLE = 1.5;	/* pixels: narrower neighbours are passed over by the arrows */
export const FONT = '12px system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif';

/** @typedef {import('./app.js').App} App */
/** @typedef {import('./geometry.js').Slot} Slot */
/** @typedef {import('./tree.js').Tree} Tree */
/** @typedef {{slot: Slot, at: number}} Spot */

let views = 0;

/** The variable of the style sheet. @param {string} name */
export const variable = (name) =>
	window.getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/**
 * How things look now, for paint().
 * @param {App} app
 * @param {number} width
 * @param {Measure} measure
 * @returns {import('./paint.js').Look}
 */
export function lookOf(app, width, measure) {
	const ground = variable('--ground');

	return {
		width, measure, align: app.state.align,
		ink: variable('--frame-ink'), fadedInk: variable('--frame-ink'),
		quiet: variable('--frame-quiet'), quietInk: variable('--frame-quiet-ink'),
		match: variable('--match'),
		fade: (fill) => `color-mix(in srgb, ${fill} 62%, ${ground})`,
	};
}

/**
 * A canvas to draw on. A colour is a text to it, which takes long to read.
 * @param {CanvasRenderingContext2D} context
 * @returns {import('./paint.js').Surface}
 */
export function surfaceOf(context) {
	let last = '';
	const use = (/** @type {string} */ fill) => {
		if (fill !== last)
			context.fillStyle = last = fill;
	};

	context.font = FONT;
	context.textBaseline = 'middle';
	return {
		rect: (x, y, w, h, fill) => {
			use(fill);
			context.fillRect(x, y, w, h);
		},
		text: (text, x, y, fill) => {
			use(fill);
			context.fillText(text, x, y + ROW / 2);
		},
	};
}

/**
 * The bands with all that they are drawn by.
 * @param {App} app
 * @param {Slot[]} slots
 * @returns {import('./paint.js').Dressed[]}
 */
export function dress(app, slots) {
	const { model, state, dark } = app;
	const match = model.match(state);

	return slots.map((slot) => ({
		slot,
		coloring: model.coloring(state, slot.band, dark),
		label: (at) => labelOf(model, slot.band, at),
		match: match && match.frames,
		hits: model.hits(state, slot.band)?.hits || null,
	}));
}

export class FlameView {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		this.id = `flame-${views++}`;
		this.canvas = make('canvas', { attributes: { 'aria-hidden': 'true' } });
		this.marks = make('canvas', { class: 'marks', attributes: { 'aria-hidden': 'true' } });
		this.window = make('div', { class: 'window' }, [this.canvas, this.marks]);
		this.space = make('div', { class: 'space' }, [this.window]);
		this.items = make('div', { class: 'unseen', attributes: { role: 'none' } });
		this.element = make('div', {
			class: 'flame',
			attributes: { role: 'tree', tabindex: 0, 'aria-label': 'Flame graph',
				      'aria-describedby': 'flame-keys' },
		}, [this.space, this.items]);
		this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
		this.context.font = FONT;
		this.measure = new Measure((text) => this.context.measureText(text).width);
		this.dust = new Dust();
		this.draw = perFrame(() => this.drawNow());
		/** @type {Slot[]} */
		this.slots = [];
		/** @type {Spot | null} */
		this.hovered = null;
		/** Where the keyboard is. @type {{tree: Tree, node: number, origin: number} | null} */
		this.cursor = null;
		this.size = { width: 0, height: 0 };
		this.pad = 0;
		this.shown = '';
		this.observer = new ResizeObserver(() => this.update());
		this.observer.observe(this.element);
		this.listen();
	}

	listen() {
		const { element } = this;

		element.addEventListener('scroll', () => {
			hideTooltip();
			this.hovered = null;
			this.draw();
		}, { passive: true });
		element.addEventListener('pointermove', (event) => this.onMove(event));
		element.addEventListener('pointerleave', (event) => {
			if (event.pointerType !== 'touch')	/* a finger leaves with every tap */
				this.hover(null);
		});
		element.addEventListener('pointerdown', (event) => this.onDown(event));
		for (const name of ['pointerup', 'pointercancel', 'scroll'])
			element.addEventListener(name, () => window.clearTimeout(this.press));
		element.addEventListener('click', (event) => this.onClick(event));
		element.addEventListener('contextmenu', (event) => this.onMenu(event));
		element.addEventListener('keydown', (event) => this.onKey(event));
		element.addEventListener('focus', () => this.showCursor());
		element.addEventListener('blur', () => {
			hideTooltip();
			this.drawMarks();
		});
	}

	close() {
		this.observer.disconnect();
		this.element.remove();
	}

	/** What was chosen may have changed all. */
	update() {
		const { app } = this;
		const { state } = app;
		const { clientWidth, clientHeight, scrollTop } = this.element;
		const below = this.space.offsetHeight - scrollTop - this.size.height;

		this.slots = slotsOf(app.bands(), state.inverted);
		this.size = { width: clientWidth, height: clientHeight };
		const height = rowCount(this.slots) * ROW;
		const stands = this.slots.length === 1 && !state.inverted;
		this.pad = stands ? Math.max(0, clientHeight - height - 1) : 0;
		this.space.style.height = `${height + this.pad}px`;
		const shown = [state.tab, state.focus, state.sandwich, state.up, state.down,
			       state.inverted, clientHeight > 0].join();
		if (shown !== this.shown) {
			this.shown = shown;
			this.hovered = null;
			hideTooltip();
			this.scrollToRoot();
		} else if (stands) {	/* what stands keeps its distance from the ground */
			this.element.scrollTop = this.space.offsetHeight - clientHeight - below;
		}
		this.drawNow();
		this.describeCursor();
	}

	/** Where reading starts: the frame in focus, with its row in sight. */
	scrollToRoot() {
		const slot = this.slots[this.slots.length - 1];
		const row = rowOf(slot, slot.band.layout.depth[slot.band.zoom]);
		const { height } = this.size;

		if (this.slots.length === 2)
			this.element.scrollTop = row * ROW - height / 2;
		else if (slot.down)
			this.element.scrollTop = Math.max(0, (row + 1) * ROW - height * 2 / 3);
		else
			this.element.scrollTop = row * ROW - height / 3 + this.pad;
	}

	/** @param {HTMLCanvasElement} canvas */
	fit(canvas) {
		const { width, height } = this.size;
		const ratio = window.devicePixelRatio || 1;
		const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));

		if (canvas.width !== Math.round(width * ratio) ||
		    canvas.height !== Math.round(height * ratio)) {
			canvas.width = Math.round(width * ratio);
			canvas.height = Math.round(height * ratio);
			canvas.style.width = `${width}px`;
			canvas.style.height = `${height}px`;
		}
		context.setTransform(ratio, 0, 0, ratio, 0, 0);
		context.clearRect(0, 0, width, height);
		return context;
	}

	drawNow() {
		const { app, element, size } = this;
		const context = this.fit(this.canvas);
		const top = element.scrollTop;
		const from = Math.max(0, Math.floor((top - this.pad) / ROW));
		const to = Math.ceil((top + size.height - this.pad) / ROW);

		const first = from * ROW + this.pad - top;
		const surface = { ...surfaceOf(context), dust: this.dust.put.bind(this.dust) };

		this.dust.begin(size.width, to - from, first);
		paint(surface, lookOf(app, size.width, this.measure), dress(app, this.slots), from, to, first);
		this.dust.drawOn(context);
		this.drawMarks();
	}

	drawMarks() {
		const context = this.fit(this.marks);
		const focused = document.activeElement === this.element;
		const cursor = this.spotOf();

		if (this.hovered)
			this.outline(context, this.hovered, variable('--hover'), 1);
		if (cursor && focused)
			this.outline(context, cursor, variable('--accent'), 2);
	}

	/** Where a frame is on the canvas. @param {Spot} spot */
	boxOf(spot) {
		const { slot, at } = spot;
		const { x, w } = extent(slot.band, at, this.size.width);
		const y = rowOf(slot, slot.band.layout.depth[at]) * ROW + this.pad -
			this.element.scrollTop;
		const left = Math.max(0, x);

		return { x: left, y, w: Math.max(2, Math.min(this.size.width, x + w) - left), h: ROW - 1 };
	}

	/**
	 * @param {CanvasRenderingContext2D} context
	 * @param {Spot} spot
	 * @param {string} color
	 * @param {number} line
	 */
	outline(context, spot, color, line) {
		const { x, y, w, h } = this.boxOf(spot);

		context.strokeStyle = color;
		context.lineWidth = line;
		context.strokeRect(x + line / 2, y + line / 2, Math.max(1, w - line), h - line);
	}

	/**
	 * @param {MouseEvent} event
	 * @returns {Spot | null}
	 */
	spotAt(event) {
		const box = this.element.getBoundingClientRect();
		const row = Math.floor((event.clientY - box.top + this.element.scrollTop - this.pad) / ROW);

		return frameAt(this.slots, event.clientX - box.left, row, this.size.width,
			       (band) => this.app.model.hits(this.app.state, band)?.hits || null);
	}

	/** @param {Spot | null} spot */
	hover(spot) {
		const same = spot && this.hovered && spot.at === this.hovered.at &&
			spot.slot === this.hovered.slot;

		if (!spot)
			hideTooltip();
		if (same || (!spot && !this.hovered))
			return;
		this.hovered = spot;
		this.element.classList.toggle('pointing', !!spot);
		this.drawMarks();
	}

	/**
	 * @param {Spot} spot
	 * @param {number} x
	 * @param {number} y
	 * @param {string} hint
	 */
	tell(spot, x, y, hint) {
		const { model, state } = this.app;

		showTooltip(describe(model, state, spot.slot.band, spot.at), x, y, hint);
	}

	/** @param {PointerEvent} event */
	onMove(event) {
		if (event.pointerType === 'touch')
			return;
		const spot = this.spotAt(event);

		this.hover(spot);
		if (spot)
			this.tell(spot, event.clientX, event.clientY,
				  'Click: focus · Right click: more');
	}

	/** @param {PointerEvent} event */
	onDown(event) {
		this.touched = event.pointerType === 'touch';
		this.pressed = false;
		window.clearTimeout(this.press);
		if (!this.touched)
			return;
		this.press = window.setTimeout(() => {
			this.pressed = true;
			this.onMenu(event);
		}, LONG_PRESS);
	}

	/** A tap tells of a frame, and a second one on it focuses. @param {MouseEvent} event */
	onClick(event) {
		const spot = this.spotAt(event);
		const again = spot && this.hovered && spot.at === this.hovered.at &&
			spot.slot === this.hovered.slot;

		if (!spot || this.pressed)
			return;
		this.setCursor(spot);
		if (this.touched && !again) {
			this.hover(spot);
			this.tell(spot, event.clientX, event.clientY,
				  'Tap again: focus · Long press: more');
			return;
		}
		hideTooltip();
		focusOn(this.app, spot.slot.band, spot.at);
	}

	/** @param {MouseEvent} event */
	onMenu(event) {
		const spot = this.spotAt(event);

		event.preventDefault();
		if (spot)
			this.openMenu(spot, event.clientX, event.clientY);
	}

	/**
	 * @param {Spot} spot
	 * @param {number} x
	 * @param {number} y
	 */
	openMenu(spot, x, y) {
		const { band } = spot.slot;

		hideTooltip();
		this.setCursor(spot);
		this.element.focus({ preventScroll: true });
		hideTooltip();
		openMenu(nameOf(this.app, band, spot.at), frameItems(this.app, band, spot.at), x, y);
	}

	/** @param {Spot} spot */
	setCursor({ slot, at }) {
		const { tree, layout } = slot.band;
		const node = layout.node[at];

		this.cursor = { tree, node, origin: tree.origin[node] };
	}

	/**
	 * The frame that the keyboard is on, or null. Where that is no longer drawn it
	 * is its nearest caller, or what has the focus.
	 * @returns {Spot | null}
	 */
	spotOf() {
		const last = this.slots[this.slots.length - 1];
		const { cursor } = this;

		if (!last || !last.band.layout.size)
			return null;
		for (const slot of cursor ? this.slots : []) {
			const { tree, layout, what } = slot.band;
			const { tree: from, node, origin } = /** @type {NonNullable<typeof cursor>} */ (cursor);
			const now = tree === from ? node :
				what === 'all' ? this.app.model.nodeOf(tree, origin) : -1;
			const at = now < 0 ? -1 : layout.place[now];

			if (at >= 0 && this.inSight(slot, at))
				return { slot, at };
		}
		return { slot: last, at: last.band.zoom };
	}

	/** @param {Slot} slot @param {number} at */
	inSight({ band, skip }, at) {
		const { layout, zoom } = band;

		return layout.depth[at] >= skip && (isWithin(layout, at, zoom) ||
			isWithin(layout, zoom, at));
	}

	/**
	 * Puts the keyboard on a frame and brings it into sight.
	 * @param {Spot} spot
	 */
	moveTo(spot) {
		this.setCursor(spot);
		this.showCursor();
	}

	showCursor() {
		const spot = this.spotOf();

		if (!spot)
			return;
		const row = rowOf(spot.slot, spot.slot.band.layout.depth[spot.at]);
		const top = row * ROW + this.pad;
		const { scrollTop, clientHeight } = this.element;

		if (top < scrollTop + ROW)
			this.element.scrollTop = top - 2 * ROW;
		else if (top + 2 * ROW > scrollTop + clientHeight)
			this.element.scrollTop = top + 3 * ROW - clientHeight;
		this.drawNow();
		this.describeCursor();
		if (document.activeElement === this.element && this.element.matches(':focus-visible'))
			this.tellCursor(spot);
	}

	/** @param {Spot} spot */
	tellCursor(spot) {
		const box = this.element.getBoundingClientRect();
		const { x, y, w, h } = this.boxOf(spot);

		this.tell(spot, box.left + x + Math.min(w / 2, 200), box.top + y + h - 4, '');
	}

	/** The frame in focus and its neighbours as elements. */
	describeCursor() {
		const spot = this.spotOf();

		if (!spot) {
			this.items.replaceChildren(make('div', { text: 'No frames',
				attributes: { role: 'treeitem' } }));
			return;
		}
		const { band } = spot.slot;
		const { layout } = band;
		const parent = layout.parent[spot.at];
		const from = parent < 0 ? 0 : layout.first[parent];
		const count = parent < 0 ? 1 : childCount(layout, parent);
		const around = new Set([parent, Math.max(from, spot.at - 1), spot.at,
					Math.min(from + count - 1, spot.at + 1),
					childCount(layout, spot.at) ? layout.first[spot.at] : -1]);

		around.delete(-1);
		this.items.replaceChildren(...[...around].sort((a, b) => a - b).map((at) =>
			this.itemOf(spot.slot, at, at === spot.at)));
		setAttributes(this.element, { 'aria-activedescendant': `${this.id}-now` });
	}

	/**
	 * @param {Slot} slot
	 * @param {number} at
	 * @param {boolean} now
	 */
	itemOf({ band }, at, now) {
		const { layout } = band;
		const parent = layout.parent[at];
		const { model, state } = this.app;

		return make('div', {
			attributes: {
				role: 'treeitem', id: now ? `${this.id}-now` : false,
				'aria-level': layout.depth[at] + 1,
				'aria-setsize': parent < 0 ? 1 : childCount(layout, parent),
				'aria-posinset': parent < 0 ? 1 : at - layout.first[parent] + 1,
				'aria-selected': now ? 'true' : 'false',
				'aria-expanded': childCount(layout, at) ? 'true' : false,
				'aria-label': sentence(model, state, band, at).slice(0, 1000),
			},
		});
	}

	/** @param {KeyboardEvent} event */
	onKey(event) {
		const spot = this.spotOf();

		if (!spot || event.ctrlKey || event.metaKey || event.altKey)
			return;
		const { band } = spot.slot;
		const act = {
			ArrowUp: () => this.step(spot, -1), ArrowDown: () => this.step(spot, 1),
			ArrowLeft: () => this.along(spot, -1), ArrowRight: () => this.along(spot, 1),
			Home: () => this.moveTo({ slot: spot.slot, at: band.zoom }),
			Enter: () => focusOn(this.app, band, spot.at),
			' ': () => this.tellCursor(spot),
			m: () => this.menuAtCursor(spot), ContextMenu: () => this.menuAtCursor(spot),
			s: () => spot.at && sandwich(this.app, nameOf(this.app, band, spot.at)),
			c: () => this.app.copy(nameOf(this.app, band, spot.at)),
			h: () => this.filter(spot, 'hide'), o: () => this.filter(spot, 'keep'),
			g: () => this.toggleGroup(spot),
		}[event.key];

		if (!act)
			return;
		event.preventDefault();
		event.stopPropagation();
		act();
	}

	/** @param {Spot} spot */
	menuAtCursor(spot) {
		const box = this.element.getBoundingClientRect();
		const { x, y, h } = this.boxOf(spot);

		this.openMenu(spot, box.left + x + 8, box.top + y + h);
	}

	/** @param {Spot} spot @param {'hide' | 'keep'} kind */
	filter(spot, kind) {
		if (spot.at || spot.slot.band.what !== 'all')
			addFilter(this.app, kind, nameOf(this.app, spot.slot.band, spot.at), true);
	}

	/** @param {Spot} spot */
	toggleGroup(spot) {
		const head = groupOf(this.app, spot.slot.band, spot.at);

		if (head)
			toggleGroup(this.app, head);
	}

	/**
	 * A row up or down: to the caller, or to the callee that is widest.
	 * @param {Spot} spot
	 * @param {number} by
	 */
	step(spot, by) {
		const { slot, at } = spot;
		const { layout } = slot.band;
		const callers = this.slots.length === 2 ? this.slots[0] : null;

		if (callers && slot !== callers && !at && by < 0) {
			this.toWidest(callers, 0);
			return;
		}
		if ((by > 0) === slot.down) {
			this.toWidest(slot, at);
			return;
		}
		const parent = layout.parent[at];
		if (parent >= 0 && layout.depth[parent] >= slot.skip)
			this.moveTo({ slot, at: parent });
		else if (parent === 0 && callers)
			this.moveTo({ slot: this.slots[1], at: 0 });
	}

	/** @param {Slot} slot @param {number} at */
	toWidest(slot, at) {
		const { layout, zoom } = slot.band;
		let best = -1;

		if (layout.depth[at] < layout.depth[zoom]) {	/* towards the zoom */
			let to = zoom;

			while (layout.parent[to] !== at)
				to = layout.parent[to];
			this.moveTo({ slot, at: to });
			return;
		}
		for (let i = 0; i < childCount(layout, at); i++) {
			const child = layout.first[at] + i;

			if (best < 0 || layout.width[child] > layout.width[best])
				best = child;
		}
		if (best >= 0)
			this.moveTo({ slot, at: best });
	}

	/**
	 * Along the row to the next frame that can be seen.
	 * @param {Spot} spot
	 * @param {number} by
	 */
	along(spot, by) {
		const { slot, at } = spot;
		const { layout, zoom } = slot.band;
		const depth = layout.depth[at];
		const { width } = this.size;

		for (let to = at + by; to >= layout.row[depth] && to < layout.row[depth + 1]; to += by) {
			const { x, w } = extent(slot.band, to, width);

			if (depth < layout.depth[zoom] || x < -0.001 || x >= width)
				return;
			if (w >= VISIBLE) {
				this.moveTo({ slot, at: to });
				return;
			}
		}
	}

	/** Whether a frame can be seen without zooming. @param {Spot} spot */
	canBeSeen({ slot, at }) {
		return extent(slot.band, at, this.size.width).w >= 4 &&
			isWithin(slot.band.layout, at, slot.band.zoom);
	}
}
