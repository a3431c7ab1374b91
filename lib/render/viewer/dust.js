/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is too narrow to be framed or named: each row of frames is a line of pixels,
 * which is stretched to the height of a row when all are there.
 */
import { ROW } from './geometry.js';

/**
 * What red, green, blue and alpha a colour of the style sheet is.
 * @returns {(fill: string) => Uint8ClampedArray}
 */
export function pixelReader() {
	const canvas = document.createElement('canvas');
	const context = /** @type {CanvasRenderingContext2D} */ (
		canvas.getContext('2d', { willReadFrequently: true }));
	/** @type {Map<string, Uint8ClampedArray>} */
	const known = new Map();

	return (fill) => {
		let pixel = known.get(fill);

		if (!pixel) {
			context.fillStyle = fill;
			context.fillRect(0, 0, 1, 1);
			pixel = context.getImageData(0, 0, 1, 1).data;
			known.set(fill, pixel);
		}
		return pixel;
	};
}

export class Dust {
	constructor() {
		this.canvas = document.createElement('canvas');
		this.pixelOf = pixelReader();
		/** The colours of pixels, as they stand in memory. @type {Map<string, number>} */
		this.wordsOf = new Map();
		this.last = { fill: '', word: 0 };
		this.image = new ImageData(1, 1);
		this.pixels = new Uint32Array(1);
		this.top = 0;
	}

	/**
	 * @param {number} width  in pixels
	 * @param {number} rows
	 * @param {number} top    where the first of them is drawn
	 */
	begin(width, rows, top) {
		this.image = new ImageData(Math.max(1, width), Math.max(1, rows));
		this.pixels = new Uint32Array(this.image.data.buffer);
		this.top = top;
	}

	/** @param {string} fill */
	wordOf(fill) {
		let word = this.wordsOf.get(fill);

		if (word === undefined) {
			[word] = new Uint32Array(this.pixelOf(fill).buffer);
			this.wordsOf.set(fill, word);
		}
		return word;
	}

	/**
	 * At least one pixel, and no more than one more than there is.
	 * @param {number} x
	 * @param {number} y  where a row begins
	 * @param {number} w
	 * @param {string} fill
	 */
	put(x, y, w, fill) {
		const { image, pixels, last } = this;
		const row = Math.round((y - this.top) / ROW);
		const from = Math.floor(x);
		const to = Math.min(image.width, Math.max(from + 1, Math.round(x + w)));

		if (fill !== last.fill)
			this.last = { fill, word: this.wordOf(fill) };
		for (let at = from; at < to; at++)
			pixels[row * image.width + at] = this.last.word;
	}

	/** @param {CanvasRenderingContext2D} context */
	drawOn(context) {
		const { canvas, image, top } = this;
		const { width, height } = image;

		canvas.width = width;
		canvas.height = height;
		/** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).putImageData(image, 0, 0);
		context.imageSmoothingEnabled = false;
		for (let row = 0; row < height; row++)
			context.drawImage(canvas, 0, row, width, 1, 0, top + row * ROW, width, ROW - 1);
	}
}
