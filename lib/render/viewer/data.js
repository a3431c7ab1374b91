/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A profile as lib/render/html-data.c packs it, unpacked: frames and nodes as
 * structs of arrays. A node's number is larger than its parent's; node 0 is the
 * root.
 */
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
 * What is known of code, by frame: several frames may have one name. Frames that
 * a view needs and the profile has not are added at the end.
 * @typedef {object} Frames
 * @property {string[]} name
 * @property {number[]} key    the same for equal names
 * @property {number[]} kind
 * @property {string[]} dso    '' where unknown
 * @property {number[]} color  of the type's palette; none if the colours are by node
 * @property {Map<string, number>} keys
 * @property {number[]} first  by key: the first frame of that name
 */

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
 * @property {Frames} frames
 * @property {import('./tree.js').Tree} tree
 */

/**
 * The numbers of a text, one at a time: five bits a character, the lowest first.
 * @param {string} text
 */
export function makeReader(text) {
	let at = 0;

	return () => {
		let digit = text.charCodeAt(at++) - 63;
		let value = digit & 31;

		for (let weight = 32; digit >= 32; weight *= 32) {
			digit = text.charCodeAt(at++) - 63;
			value += (digit & 31) * weight;
		}
		return value;
	};
}

/**
 * The number of the frame of this name, made where there is none.
 * @param {Frames} frames
 * @param {string} name
 * @param {number} like  the frame that a new one takes all else from
 */
export function frameNamed(frames, name, like) {
	const key = frames.keys.get(name);

	return key === undefined ? addFrame(frames, name, frames.kind[like], frames.dso[like],
					    frames.color[like]) : frames.first[key];
}

/**
 * @param {Frames} frames
 * @param {string} name
 * @param {number} kind
 * @param {string} dso
 * @param {number} color
 */
function addFrame(frames, name, kind, dso, color) {
	const frame = frames.name.length;
	let key = frames.keys.get(name);

	if (key === undefined) {
		key = frames.first.length;
		frames.keys.set(name, key);
		frames.first.push(frame);
	}
	frames.name.push(name);
	frames.key.push(key);
	frames.kind.push(kind);
	frames.dso.push(dso);
	frames.color.push(color);
	return frame;
}

/** @param {any} packed */
function unpackFrames(packed) {
	const dso = makeReader(packed.frameDsos);
	const color = makeReader(packed.frameColors);
	/** @type {Frames} */
	const frames = { name: [], key: [], kind: [], dso: [], color: [], keys: new Map(), first: [] };
	const dsos = packed.dsos.map(shown);

	packed.names.forEach((/** @type {string} */ name, /** @type {number} */ i) => {
		const id = dso();

		addFrame(frames, shown(name), packed.kinds.charCodeAt(i) - 48,
			 id ? dsos[id - 1] : '', packed.byNode ? 0 : color());
	});
	return frames;
}

/**
 * @param {any} packed
 * @param {string} text
 * @returns {import('./tree.js').Tree}
 */
function unpackNodes(packed, text) {
	const next = makeReader(text);
	const size = packed.nodes;
	const scales = packed.values.map((/** @type {Value} */ value) => value.scale);
	const tree = {
		size,
		parent: new Int32Array(size),
		frame: new Int32Array(size),
		origin: Int32Array.from({ length: size }, (_, node) => node),
		self: scales.map(() => new Float64Array(size)),
		total: [],
		color: packed.byNode ? new Uint8Array(size) : null,
		members: null,
	};
	const path = new Int32Array(size);	/* the last node of each depth */
	let depth = 0;

	for (let node = 0; node < size; node++) {
		depth -= next();
		tree.parent[node] = depth ? path[depth - 1] : -1;
		tree.frame[node] = next();
		for (let v = 0; v < scales.length; v++)
			tree.self[v][node] = next() * scales[v];
		if (tree.color)
			tree.color[node] = next();
		path[depth++] = node;
	}
	sumTotals(tree);
	return tree;
}

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
 * @returns {Profile}
 */
export function unpack(json, nodes, negated = false) {
	const packed = JSON.parse(json);
	const { about, type, values, main, decimals, colors } = packed;
	const differential = !!packed.differential;
	const tree = unpackNodes(packed, nodes);

	if (differential && negated) {
		tree.self.reverse();
		tree.total.reverse();
	}
	return {
		title: titleOf(json), about, type, values, main, decimals, colors, differential,
		frames: unpackFrames(packed), tree,
	};
}
