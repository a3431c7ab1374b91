/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows on the screen: which band and which depth each of them shows, and which
 * frame lies under a point.
 */
import { ancestorAt, deepestRow, placeAt } from './layout.js';

export const ROW = 20;		/* pixels */
const REACH = 3;		/* how far from a narrow match the pointer still finds it */

/** @typedef {import('./model.js').Band} Band */

/**
 * A band and the rows it has, from the top.
 * @typedef {object} Slot
 * @property {Band} band
 * @property {number} from   its first row
 * @property {number} rows
 * @property {boolean} down  depth grows downwards
 * @property {number} skip   the depth of the row nearest to the root
 */

/**
 * One band, or callers growing up from the row of the function and callees down.
 * @param {Band[]} bands
 * @param {boolean} inverted
 * @returns {Slot[]}
 */
export function slotsOf(bands, inverted) {
	const rows = bands.map(({ layout, zoom }) => deepestRow(layout, zoom) + 1);

	if (bands.length === 1)
		return [{ band: bands[0], from: 0, rows: rows[0], down: inverted, skip: 0 }];
	return [
		{ band: bands[0], from: 0, rows: rows[0] - 1, down: false, skip: 1 },
		{ band: bands[1], from: rows[0] - 1, rows: rows[1], down: true, skip: 0 },
	];
}

/** @param {Slot[]} slots */
export const rowCount = (slots) => slots.reduce((sum, { rows }) => sum + rows, 0);

/** @param {Slot} slot @param {number} row */
export const depthOf = (slot, row) => slot.skip + (slot.down ? row - slot.from :
	slot.from + slot.rows - 1 - row);

/** @param {Slot} slot @param {number} depth */
export const rowOf = (slot, depth) => slot.down ? slot.from + depth - slot.skip :
	slot.from + slot.rows - 1 - (depth - slot.skip);

/**
 * Where a place lies, in pixels of a graph that is @width wide.
 * @param {Band} band
 * @param {number} at
 * @param {number} width
 */
export function extent(band, at, width) {
	const { layout, zoom } = band;
	const scale = width / layout.width[zoom];

	if (layout.depth[at] < layout.depth[zoom])
		return { x: 0, w: width };
	return { x: (layout.start[at] - layout.start[zoom]) * scale, w: layout.width[at] * scale };
}

/**
 * The index of the first of @sorted that is not below @value.
 * @param {Int32Array} sorted
 * @param {number} value
 */
export function lowerBound(sorted, value) {
	let low = 0;
	let high = sorted.length;

	while (low < high) {
		const middle = (low + high) >>> 1;

		if (sorted[middle] < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/**
 * The match nearest to @x in row @depth, if it is within reach; or -1.
 * @param {Band} band
 * @param {Int32Array} hits
 * @param {number} depth
 * @param {number} x
 * @param {number} width
 */
function nearHit(band, hits, depth, x, width) {
	const { layout, zoom } = band;
	const from = layout.start[zoom] + x / width * layout.width[zoom];
	const reach = REACH / width * layout.width[zoom];
	let low = lowerBound(hits, layout.row[depth]);
	let high = lowerBound(hits, layout.row[depth + 1]);

	while (low < high) {	/* starts rise along a row */
		const middle = (low + high) >>> 1;

		if (layout.start[hits[middle]] < from - reach)
			low = middle + 1;
		else
			high = middle;
	}
	const hit = low < hits.length ? hits[low] : -1;
	return hit >= 0 && layout.depth[hit] === depth && layout.start[hit] <= from + reach ? hit : -1;
}

/**
 * What lies at @x in @row; null for nothing.
 * @param {Slot[]} slots
 * @param {number} x
 * @param {number} row
 * @param {number} width
 * @param {(band: Band) => Int32Array | null} hitsOf
 * @returns {{slot: Slot, at: number} | null}
 */
export function frameAt(slots, x, row, width, hitsOf) {
	const slot = slots.find(({ from, rows }) => row >= from && row < from + rows);

	if (!slot || x < 0 || x >= width)
		return null;
	const { band } = slot;
	const { layout, zoom } = band;
	const depth = depthOf(slot, row);

	if (depth < layout.depth[zoom])
		return { slot, at: ancestorAt(layout, zoom, depth) };
	const value = layout.start[zoom] + x / width * layout.width[zoom];
	const at = placeAt(layout, depth, value);
	const hits = hitsOf(band);
	const narrow = at < 0 || extent(band, at, width).w < REACH;
	const hit = hits && narrow ? nearHit(band, hits, depth, x, width) : -1;

	if (hit >= 0)
		return { slot, at: hit };
	return at >= 0 ? { slot, at } : null;
}
