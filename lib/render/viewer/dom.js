/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Elements. Text goes in as text content and as attributes, never as markup:
 * names come from whoever wrote the programs that were recorded.
 */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @typedef {object} Parts
 * @property {string} [class]
 * @property {string} [text]
 * @property {Record<string, string | number | boolean>} [attributes]  false: none
 * @property {Record<string, (event: any) => void>} [on]
 */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Parts} [parts]
 * @param {(Node | string | null)[]} [children]
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, parts = {}, children = []) {
	const element = document.createElement(tag);

	if (parts.class)
		element.className = parts.class;
	if (parts.text !== undefined)
		element.textContent = parts.text;
	setAttributes(element, parts.attributes || {});
	for (const [name, listener] of Object.entries(parts.on || {}))
		element.addEventListener(name, listener);
	element.append(...children.filter((child) => child !== null));
	return element;
}

/**
 * @param {Element} element
 * @param {Record<string, string | number | boolean>} attributes
 */
export function setAttributes(element, attributes) {
	for (const [name, value] of Object.entries(attributes))
		if (value === false)
			element.removeAttribute(name);
		else
			element.setAttribute(name, value === true ? '' : String(value));
}

/**
 * An element of body.html.
 * @param {string} name  of its class
 * @returns {HTMLElement}
 */
export function part(name) {
	return /** @type {HTMLElement} */ (document.querySelector(`.${name}`));
}

const ICONS = {
	previous: 'M10 3.5 5.5 8l4.5 4.5', next: 'M6 3.5 10.5 8 6 12.5',
	close: 'M4 4l8 8M12 4l-8 8', swap: 'M2.5 5.5h10m-3-3 3 3-3 3M13.5 10.5h-10m3-3-3 3 3 3',
	split: 'M2.5 3h11v10h-11zM8 3v10', down: 'M4.5 6.5 8 10l3.5-3.5',
	search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.5 10.5l3 3',
	sandwich: 'M3 4.5h10M3 8h10M3 11.5h10', theme: 'M8 2.5a5.5 5.5 0 1 0 0 11z' +
		'M8 2.5a5.5 5.5 0 0 1 0 11',
	export: 'M8 2.5v7m-3-3 3 3 3-3M3 12.5h10', view: 'M3 4.5h10M3 8h7M3 11.5h4',
	filter: 'M2.5 3.5h11L9.5 8.5v4l-3-1.5v-2.5z',
	help: 'M6 6a2 2 0 1 1 2.8 1.8C8.2 8.1 8 8.5 8 9.3M8 11.6v.2',
};

/** @param {keyof typeof ICONS} name */
export function icon(name) {
	const svg = document.createElementNS(SVG, 'svg');
	const path = document.createElementNS(SVG, 'path');

	setAttributes(svg, { viewBox: '0 0 16 16', class: 'icon', 'aria-hidden': 'true' });
	path.setAttribute('d', ICONS[name]);
	svg.append(path);
	return svg;
}

/**
 * A button with an icon, a label, or both; @title is what it does.
 * @param {{icon?: keyof typeof ICONS, text?: string, title?: string, class?: string,
 *	    attributes?: Record<string, string | number | boolean>}} how
 * @param {(event: MouseEvent) => void} action
 */
export function button(how, action) {
	const label = how.text ? make('span', { class: 'label', text: how.text }) : null;

	return make('button', {
		class: `button ${how.class || ''}`,
		attributes: { type: 'button', title: how.title || false,
			      'aria-label': how.text ? false : how.title || false, ...how.attributes },
		on: { click: action },
	}, [how.icon ? icon(how.icon) : null, label]);
}

/**
 * Calls @action when nothing more has happened for a while; flush() at once.
 * @param {() => void} action
 * @param {number} delay
 */
export function debounced(action, delay) {
	let timer = 0;

	const run = () => {
		window.clearTimeout(timer);
		timer = 0;
		action();
	};
	return {
		later: () => {
			window.clearTimeout(timer);
			timer = window.setTimeout(run, delay);
		},
		flush: () => {
			if (timer)
				run();
		},
	};
}

/**
 * Calls @action once before the next frame, however often it is asked for.
 * @param {() => void} action
 */
export function perFrame(action) {
	let asked = 0;

	return () => {
		asked = asked || window.requestAnimationFrame(() => {
			asked = 0;
			action();
		});
	};
}
