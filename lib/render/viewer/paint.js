/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Draws rows of a graph to anything that takes rectangles and text: the canvas,
 * or an SVG file. Only what can be told apart is drawn: frames that share a pixel
 * are one sliver, found by bisection, so that a row costs its pixels and not its
 * frames. Where a surface takes dust, what is too narrow to be framed or named goes
 * there: tens of thousands of rectangles are slow, whatever draws them.
 */
import { ROW, depthOf, lowerBound } from './geometry.js';
import { ancestorAt, firstEndingAfter } from './layout.js';

const GAP = 1;			/* to the right of a frame that is wider than GAP_FROM */
const GAP_FROM = 3;
const SLIVER = 1;		/* narrower frames are slivers */
const MARGIN = 4;		/* between a frame and its name */
const LABEL_FROM = 18;		/* narrower frames have no name */
const TICK = 2;			/* how wide a match that is too narrow is shown */

/**
 * @typedef {object} Surface
 * @property {(x: number, y: number, w: number, h: number, fill: string) => void} rect
 * @property {(text: string, x: number, y: number, fill: string) => void} text
 * @property {(x: number, y: number, w: number, fill: string) => void} [dust]  as high as
 *                                         a frame, on whole pixels, above all rectangles
 */

/**
 * @typedef {object} Look
 * @property {number} width
 * @property {Measure} measure
 * @property {'left' | 'right'} align
 * @property {string} ink       writing on frames
 * @property {string} fadedInk
 * @property {string} quiet     what does not match
 * @property {string} quietInk
 * @property {string} match     ticks
 * @property {(fill: string) => string} fade  for the ancestors of the zoom
 */

/**
 * A band with all that its frames are drawn by.
 * @typedef {object} Dressed
 * @property {import('./geometry.js').Slot} slot
 * @property {import('./colors.js').Coloring} coloring
 * @property {(at: number) => string} label
 * @property {Uint8Array | null} match  by frame
 * @property {Int32Array | null} hits
 */

/** Widths of text, from those of its characters; asked once for each. */
export class Measure {
	/** @param {(text: string) => number} widthOf */
	constructor(widthOf) {
		this.widthOf = widthOf;
		/** @type {Map<string, number>} */
		this.known = new Map();
	}

	/** @param {string} character */
	of(character) {
		let width = this.known.get(character);

		if (width === undefined) {
			width = this.widthOf(character);
			this.known.set(character, width);
		}
		return width;
	}

	/**
	 * As much of @text as fits into @room: its start, or with @end its end.
	 * @param {string} text
	 * @param {number} room
	 * @param {boolean} end
	 */
	fit(text, room, end) {
		/* no more than this can fit; a name may be 64 KiB */
		const limit = Math.ceil(room / 2) + 2;
		const all = text.length <= limit;
		const part = end ? text.slice(-limit) : text.slice(0, limit);
		const characters = Array.from(part);
		const ellipsis = this.of('…');
		let used = 0;
		let kept = 0;	/* characters that leave room for the ellipsis */

		for (let i = 0; i < characters.length; i++) {
			used += this.of(characters[end ? characters.length - 1 - i : i]);
			if (used > room || (i === characters.length - 1 && !all)) {
				const some = end ? characters.slice(characters.length - kept) :
					characters.slice(0, kept);
				return end ? `…${some.join('')}` : `${some.join('')}…`;
			}
			if (used + ellipsis <= room)
				kept = i + 1;
		}
		return text;
	}
}

/**
 * @param {Surface} surface
 * @param {Look} look
 * @param {Dressed} dressed
 * @param {number} at
 * @param {{x: number, w: number}} extent
 * @param {number} y
 * @param {boolean} faded
 */
function drawFrame(surface, look, dressed, at, extent, y, faded) {
	const { x, w } = extent;
	const { layout } = dressed.slot.band;
	const quiet = dressed.match && !dressed.match[layout.tree.frame[layout.node[at]]];
	const own = dressed.coloring.fill[dressed.coloring.of(layout.node[at])];
	const color = quiet ? look.quiet : own;
	const right = Math.min(look.width, x + w);
	const left = Math.max(0, x);

	if (surface.dust && right - left < GAP_FROM && !faded) {
		surface.dust(left, y, right - left, color);
		return;
	}
	surface.rect(left, y, Math.max(SLIVER, right - left - (w > GAP_FROM ? GAP : 0)), ROW - 1,
		     faded ? look.fade(color) : color);
	if (right - left < LABEL_FROM)
		return;
	const room = right - left - 2 * MARGIN;
	const text = look.measure.fit(dressed.label(at), room, look.align === 'right');
	if (text === '…')
		return;
	const ink = quiet ? look.quietInk : look.ink;
	surface.text(text, left + MARGIN, y, faded ? look.fadedInk : ink);
}

/**
 * @param {Surface} surface
 * @param {Look} look
 * @param {Dressed} dressed
 * @param {number} depth
 * @param {number} y
 */
function drawRow(surface, look, dressed, depth, y) {
	const { layout, zoom } = dressed.slot.band;
	const { start, width, row } = layout;
	const scale = look.width / width[zoom];
	const left = start[zoom];
	const end = left + width[zoom];

	if (depth < layout.depth[zoom]) {
		drawFrame(surface, look, dressed, ancestorAt(layout, zoom, depth),
			  { x: 0, w: look.width }, y, true);
		return;
	}
	let at = firstEndingAfter(layout, depth, left);
	while (at < row[depth + 1] && start[at] < end) {
		const x = (start[at] - left) * scale;
		const w = width[at] * scale;

		drawFrame(surface, look, dressed, at, { x, w }, y, false);
		at = w >= SLIVER ? at + 1 : Math.max(at + 1,
			firstEndingAfter(layout, depth, left + (x + SLIVER) / scale, at));
	}
}

/**
 * Matches of a row that are too narrow to be seen, where nothing is right beside.
 * @param {Surface} surface
 * @param {Look} look
 * @param {Dressed} dressed
 * @param {number} depth
 * @param {number} y
 */
function drawTicks(surface, look, dressed, depth, y) {
	const { layout, zoom } = dressed.slot.band;
	const { start, width, row } = layout;
	const hits = /** @type {Int32Array} */ (dressed.hits);
	const scale = look.width / width[zoom];
	const last = lowerBound(hits, row[depth + 1]);
	const end = start[zoom] + width[zoom];
	let i = lowerBound(hits, Math.max(row[depth], firstEndingAfter(layout, depth, start[zoom])));

	while (i < last && start[hits[i]] < end) {
		const x = (start[hits[i]] - start[zoom]) * scale;

		if (width[hits[i]] * scale >= TICK) {
			i++;
			continue;
		}
		if (surface.dust)
			surface.dust(Math.min(x, look.width - TICK), y, TICK, look.match);
		else
			surface.rect(Math.min(x, look.width - TICK), y, TICK, ROW - 1, look.match);
		const beyond = firstEndingAfter(layout, depth, start[zoom] + (x + TICK) / scale, hits[i]);
		i = Math.max(i + 1, lowerBound(hits, beyond));
	}
}

/** Passes on to a surface, rectangles that touch and are of one colour as one. */
class Joined {
	/** @param {Surface} surface */
	constructor(surface) {
		this.surface = surface;
		this.dust = surface.dust;
		this.x = this.y = this.right = this.h = 0;
		this.fill = '';
	}

	/**
	 * @param {number} x
	 * @param {number} y
	 * @param {number} w
	 * @param {number} h
	 * @param {string} fill
	 */
	rect(x, y, w, h, fill) {
		if (fill === this.fill && y === this.y && x >= this.x && x <= this.right) {
			this.right = Math.max(this.right, x + w);
			return;
		}
		this.flush();
		this.x = x;
		this.y = y;
		this.right = x + w;
		this.h = h;
		this.fill = fill;
	}

	/** @param {string} text @param {number} x @param {number} y @param {string} fill */
	text(text, x, y, fill) {
		this.flush();
		this.surface.text(text, x, y, fill);
	}

	flush() {
		if (this.fill)
			this.surface.rect(this.x, this.y, this.right - this.x, this.h, this.fill);
		this.fill = '';
	}
}

/**
 * Draws the rows @from up to @to, the first of them at @top.
 * @param {Surface} ground
 * @param {Look} look
 * @param {Dressed[]} bands
 * @param {number} from
 * @param {number} to
 * @param {number} top
 */
export function paint(ground, look, bands, from, to, top) {
	const surface = new Joined(ground);

	for (const dressed of bands) {
		const { slot } = dressed;
		const last = Math.min(to, slot.from + slot.rows);

		for (let row = Math.max(from, slot.from); row < last; row++) {
			const depth = depthOf(slot, row);
			const y = top + (row - from) * ROW;

			drawRow(surface, look, dressed, depth, y);
			if (dressed.hits && depth >= slot.band.layout.depth[slot.band.zoom])
				drawTicks(surface, look, dressed, depth, y);
		}
	}
	surface.flush();
}
