/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is known of code, by frame. Several frames may have one name, and with it
 * one key. Frames that a view needs and the profile has not are added at the end.
 */
export class Frames {
	constructor() {
		this.name = /** @type {string[]} */ ([]);
		/** The same for equal names. */
		this.key = /** @type {number[]} */ ([]);
		this.kind = /** @type {number[]} */ ([]);
		/** '' where unknown. */
		this.dso = /** @type {string[]} */ ([]);
		/** Of the type's palette; none if the colours are by node. */
		this.color = /** @type {number[]} */ ([]);
		/** By key: the first frame of that name. */
		this.first = /** @type {number[]} */ ([]);
		/** @type {Map<string, number> | null} */
		this.known = null;
	}

	/** The key of each name. Most pages never ask for one, so it is made when they do. */
	get keys() {
		if (!this.known) {
			this.known = new Map();
			for (let key = 0; key < this.first.length; key++)
				this.known.set(this.name[this.first[key]], key);
		}
		return this.known;
	}

	/**
	 * @param {number} key  that of its name, or the next one if the name is new
	 * @param {string} name
	 * @param {number} kind
	 * @param {string} dso
	 * @param {number} color
	 */
	add(key, name, kind, dso, color) {
		const frame = this.name.length;

		if (key === this.first.length)
			this.first.push(frame);
		this.name.push(name);
		this.key.push(key);
		this.kind.push(kind);
		this.dso.push(dso);
		this.color.push(color);
		return frame;
	}

	/**
	 * @param {string} name  which another frame may have
	 * @param {number} kind
	 * @param {string} dso
	 * @param {number} color
	 */
	addNamed(name, kind, dso, color) {
		const { keys } = this;
		const key = keys.get(name) ?? this.first.length;

		keys.set(name, key);
		return this.add(key, name, kind, dso, color);
	}

	/**
	 * The number of the frame of this name, made where there is none.
	 * @param {string} name
	 * @param {number} like  the frame that a new one takes all else from
	 */
	named(name, like) {
		const key = this.keys.get(name);

		return key === undefined ? this.addNamed(name, this.kind[like], this.dso[like],
							 this.color[like]) : this.first[key];
	}
}
