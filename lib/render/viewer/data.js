/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A profile as lib/render/html-data.c packs it, unpacked: frames and nodes as
 * structs of arrays. A node's number is larger than its parent's; node 0 is the
 * root.
 */
import { Frames } from './frames.js';
import { sumTotals } from './tree.js';
import { shown } from './names.js';

export const KERNEL = 1;	/* enum pfl_frame_kind */
export const INLINED = 2;
export const JIT = 3;
export const TASK = 4;
export const MARK = 5;

const HEAD = 1 << 18;	/* characters that hold name and title, which are cut */

/** @typedef {{scale: number, name: string, unit: string, foldedDiv: number}} Value */

/**
 * @typedef {object} Profile
 * @property {string} title
 * @property {string} about    what its type is called
 * @property {string} type
 * @property {Value[]} values
 * @property {number} main     the value that is drawn at first
 * @property {boolean} differential  value 0 is before, value 1 after
 * @property {number} decimals
 * @property {string[]} colors
 * @property {[string, number][]} legend  where colours are by node: what some of them stand for
 * @property {import('./frames.js').Frames} frames
 * @property {import('./tree.js').Tree} tree
 * @property {string[]} tasks  the threads that it tells apart (tasks.js)
 * @property {string} shares   and what is whose
 * @property {Uint8Array | null} originColor  where colours are by node: by origin
 */

/** The numbers of a text, one after the other: five bits a character, the lowest first. */
class Numbers {
	/** @param {string} text */
	constructor(text) {
		this.bytes = new TextEncoder().encode(text);
		this.at = 0;
	}

	next() {
		const { bytes } = this;
		let digit = bytes[this.at++] - 63;
		let value = digit & 31;

		for (let weight = 32; digit >= 32; weight *= 32) {
			digit = bytes[this.at++] - 63;
			value += (digit & 31) * weight;
		}
		return value;
	}
}

/**
 * All of them.
 * @param {string} text
 */
export function numbersOf(text) {
	const numbers = new Numbers(text);
	const all = [];

	while (numbers.at < numbers.bytes.length)
		all.push(numbers.next());
	return all;
}

/**
 * @param {any} packed
 * @param {boolean} plain  every character of every name is one that is shown as it is
 */
function unpackFrames(packed, plain) {
	const dso = numbersOf(packed.frameDsos);
	const color = numbersOf(packed.frameColors);
	const frames = new Frames();
	const dsos = packed.dsos.map(shown);

	packed.names.forEach((/** @type {string | number} */ name, /** @type {number} */ i) => {
		const kind = packed.kinds.charCodeAt(i) - 48;
		const file = dso[i] ? dsos[dso[i] - 1] : '';
		const shade = packed.byNode ? 0 : color[i];

		if (typeof name === 'number')	/* that of the frame of this number */
			frames.add(frames.key[name], frames.name[name], kind, file, shade);
		else if (plain)
			frames.add(frames.first.length, name, kind, file, shade);
		else
			frames.addNamed(shown(name), kind, file, shade);
	});
	return frames;
}

/**
 * The names of threads.
 * @param {(number | string)[]} packed
 */
function unpackTasks(packed) {
	const names = [];
	let name = '';

	for (let i = 0; i < packed.length; i += 2) {
		name = name.slice(0, Number(packed[i])) + packed[i + 1];
		names.push(shown(name.endsWith('/') ?
			name + name.slice(name.lastIndexOf('-') + 1, -1) : name));
	}
	return names;
}

/**
 * @param {any} packed
 * @param {string} text
 * @returns {import('./tree.js').Tree}
 */
function unpackNodes(packed, text) {
	const numbers = new Numbers(text);
	const size = packed.nodes;
	const scales = packed.values.map((/** @type {Value} */ value) => value.scale);
	const tree = {
		size,
		parent: new Int32Array(size),
		frame: new Int32Array(size),
		origin: new Int32Array(size),
		self: scales.map(() => new Float64Array(size)),
		total: [],
		color: packed.byNode ? new Uint8Array(size) : null,
		members: null,
	};
	const path = new Int32Array(size);	/* the last node of each depth */
	let depth = 0;

	for (let node = 0; node < size; node++) {
		depth -= numbers.next();
		tree.parent[node] = depth ? path[depth - 1] : -1;
		tree.origin[node] = node;
		tree.frame[node] = numbers.next();
		for (let v = 0; v < scales.length; v++)
			tree.self[v][node] = numbers.next() * scales[v];
		if (tree.color)
			tree.color[node] = numbers.next();
		path[depth++] = node;
	}
	sumTotals(tree);
	return tree;
}

/*
 * What is not in printable ASCII may have to be shown otherwise than it is. The
 * escapes are those of '<', '>' and '&'.
 */
const STRANGE = /[^\n -~]|\\u(?!003[ce]|0026)/;

/**
 * What a profile is called, by the head of its JSON: its name, or what its type
 * is called.
 * @param {string} json
 */
export function titleOf(json) {
	const head = json.slice(0, HEAD);
	const texts = ['name', 'about'].map((key) =>
		new RegExp(`"${key}":("(?:[^"\\\\]|\\\\.)*")`).exec(head));
	const found = texts.map((match) => match ? JSON.parse(match[1]) : '').find(Boolean);

	return shown(found || 'Flame Graph');
}

/**
 * @param {string} json
 * @param {string} nodes
 * @param {boolean} [negated]  of a difference, what is first is after
 * @param {string} [shares]
 * @returns {Profile}
 */
export function unpack(json, nodes, negated = false, shares = '') {
	const packed = JSON.parse(json);
	const { about, type, values, main, decimals, colors, legend } = packed;
	const differential = !!packed.differential;
	const tree = unpackNodes(packed, nodes);

	if (differential && negated) {
		tree.self.reverse();
		tree.total.reverse();
	}
	return {
		title: titleOf(json), about, type, values, main, decimals, colors, legend, differential,
		frames: unpackFrames(packed, !STRANGE.test(json)), tree,
		tasks: unpackTasks(packed.tasks), shares, originColor: tree.color,
	};
}
