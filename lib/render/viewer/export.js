/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is seen, as a file: the rows of the graph as SVG or PNG, its stacks as
 * folded text.
 */
import { FONT, dress, lookOf, surfaceOf, variable } from './flame.js';
import { Measure, paint } from './paint.js';
import { ROW, rowCount, slotsOf } from './geometry.js';
import { button, make, part } from './dom.js';
import { openMenu } from './menu.js';
import { pixelReader } from './dust.js';
import { toFolded } from './folded.js';
import { valueOf } from './model.js';

const TITLE = 34;	/* pixels above the graph */
const PAD = 10;
const WIDTH = 1200;	/* of an SVG */
const PIXELS_MAX = 16384;	/* a canvas is no higher */

/** @param {string} text */
const xml = (text) => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
	.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
	.replaceAll('"', '&quot;');

/** @param {number} value */
const short = (value) => String(Math.round(value * 100) / 100);

/** @param {import('./app.js').App} app */
function caption(app) {
	const { state, profile } = app;
	const parts = [document.title];

	if (app.titles().length > 1)
		parts.push(profile.title);
	if (state.sandwich)
		parts.push(`callers and callees of ${state.sandwich}`);
	return parts.join(': ').slice(0, 160);
}

/** Rows of the graph, as wide as @width, on a ground of its own. */
class Picture {
	/** @param {import('./app.js').App} app @param {number} width @param {number} most  rows */
	constructor(app, width, most) {
		const context = /** @type {CanvasRenderingContext2D} */ (
			document.createElement('canvas').getContext('2d'));

		context.font = FONT;
		this.app = app;
		this.slots = slotsOf(app.bands(), app.state.inverted);
		this.rows = Math.min(most, rowCount(this.slots));
		this.width = width;
		this.height = TITLE + this.rows * ROW + PAD;
		this.measure = new Measure((text) => context.measureText(text).width);
		/* a flame graph that is cut off keeps its root */
		this.first = app.state.inverted || this.slots.length === 2 ? 0 :
			rowCount(this.slots) - this.rows;
	}

	/** @param {import('./paint.js').Surface} surface */
	paint(surface) {
		const { app } = this;
		const look = lookOf(app, this.width - 2 * PAD, this.measure);

		surface.rect(0, 0, this.width, this.height, variable('--ground'));
		surface.text(caption(app), PAD, 8, variable('--ink'));
		paint({
			rect: (x, y, w, h, fill) => surface.rect(x + PAD, y, w, h, fill),
			text: (text, x, y, fill) => surface.text(text, x + PAD, y, fill),
		}, look, dress(app, this.slots), this.first, this.first + this.rows, TITLE);
	}
}

/** Colours that every program reads. */
const plainColors = () => {
	const pixelOf = pixelReader();

	return (/** @type {string} */ fill) => `#${[...pixelOf(fill)].slice(0, 3)
		.map((c) => c.toString(16).padStart(2, '0')).join('')}`;
};

/** @param {import('./app.js').App} app */
export function toSvg(app) {
	const picture = new Picture(app, WIDTH, 50000);
	const plain = plainColors();
	const shapes = /** @type {string[]} */ ([]);

	picture.paint({
		rect: (x, y, w, h, fill) => shapes.push(`<rect x="${short(x)}" y="${short(y)}" ` +
			`width="${short(w)}" height="${short(h)}" fill="${plain(fill)}"/>`),
		text: (text, x, y, fill) => shapes.push(`<text x="${short(x)}" y="${short(y + ROW / 2 + 4)}" ` +
			`fill="${plain(fill)}">${xml(text)}</text>`),
	});
	return [
		'<?xml version="1.0" encoding="UTF-8"?>',
		`<svg xmlns="http://www.w3.org/2000/svg" width="${picture.width}" height="${picture.height}" ` +
		`viewBox="0 0 ${picture.width} ${picture.height}" font-family="system-ui,'Segoe UI',Roboto,` +
		'Helvetica,\'DejaVu Sans\',sans-serif" font-size="12">',
		`<title>${xml(caption(app))}</title>`, ...shapes, '</svg>', '',
	].join('\n');
}

/**
 * @param {import('./app.js').App} app
 * @param {(blob: Blob) => void} done
 */
export function toPng(app, done) {
	const ratio = Math.max(1, Math.min(2, window.devicePixelRatio || 1));
	const width = Math.min(4000, Math.max(640, document.documentElement.clientWidth));
	const picture = new Picture(app, width, Math.floor((PIXELS_MAX / ratio - TITLE - PAD) / ROW));
	const canvas = document.createElement('canvas');
	const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));

	canvas.width = Math.round(picture.width * ratio);
	canvas.height = Math.round(picture.height * ratio);
	context.scale(ratio, ratio);
	picture.paint(surfaceOf(context));
	canvas.toBlob((blob) => blob && done(blob), 'image/png');
}

/** What is in focus, as lines. @param {import('./app.js').App} app */
export function toText(app) {
	const { model, profile, state } = app;
	const tree = model.tree(state);
	const values = profile.differential ? [0, 1] : [valueOf(profile, state)];
	const bands = app.bands();
	const band = bands[bands.length - 1];

	if (bands.length === 2)
		return toFolded(band.tree, profile, band.layout.node[band.zoom], values);
	return toFolded(tree, profile, model.nodeOf(tree, state.focus), values);
}

/** What was saved last. */
let saved = '';

/** @param {Blob} blob @param {string} ending */
function download(blob, ending) {
	const link = make('a');
	const name = document.title.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^-+|-+$/g, '').slice(0, 80);

	if (saved)	/* the browser has long read it */
		URL.revokeObjectURL(saved);
	saved = link.href = URL.createObjectURL(blob);
	link.download = `${name || 'flame-graph'}.${ending}`;
	link.click();
}

/**
 * On paper the graph is whole, as a picture; of tables and trees there are the
 * first PRINTED rows.
 */
export class Printing {
	/** @param {import('./app.js').App} app */
	constructor(app) {
		this.app = app;
		window.addEventListener('beforeprint', () => this.before());
		window.addEventListener('afterprint', () => this.after());
	}

	before() {
		const { app } = this;

		app.printing = true;
		app.update();
		for (const flame of document.querySelectorAll('.flame')) {
			const picture = new DOMParser().parseFromString(toSvg(app), 'image/svg+xml');

			flame.before(make('div', { class: 'printed' },
					  [document.importNode(picture.documentElement, true)]));
		}
	}

	after() {
		const { app } = this;

		app.printing = false;
		for (const picture of document.querySelectorAll('.printed'))
			picture.remove();
		app.update();
	}
}

export class ExportMenu {
	/** @param {import('./app.js').App} app */
	constructor(app) {
		const text = (/** @type {string} */ content, /** @type {string} */ type,
			      /** @type {string} */ ending) =>
			download(new Blob([content], { type: `${type};charset=utf-8` }), ending);
		const opener = button({ text: 'Export', icon: 'export', title: 'Save what is seen',
					class: 'opener', attributes: { 'aria-haspopup': 'menu' } }, () => {
			const box = opener.getBoundingClientRect();

			openMenu('Export what is seen', [
				{ text: 'SVG picture', action: () => text(toSvg(app), 'image/svg+xml', 'svg') },
				{ text: 'PNG picture', action: () => toPng(app, (blob) => download(blob, 'png')) },
				{ text: 'Folded stacks', action: () => text(toText(app), 'text/plain', 'folded') },
				null,
				{ text: 'Print', action: () => window.print() },
			], box.left, box.bottom + 4);
		});

		part('actions').append(opener);
	}
}
