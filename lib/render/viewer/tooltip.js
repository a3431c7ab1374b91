/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is said of a frame, beside the pointer or the frame itself.
 */
import { make, part } from './dom.js';
import { shortened } from './names.js';

const AWAY = 14;	/* pixels from the point */
const NAME_MAX = 600;	/* characters; the menu copies all of them */

/**
 * @param {{name: string, lines: [string, string][]}} said
 * @param {string} hint
 */
function fill(said, hint) {
	const rows = said.lines.map(([label, text]) => make('div', {}, [
		make('dt', { text: label }), make('dd', { text }),
	]));

	part('tooltip').replaceChildren(
		make('div', { class: 'name', text: shortened(said.name, NAME_MAX) }),
		make('dl', {}, rows),
		...(hint ? [make('div', { class: 'hint', text: hint })] : []));
}

/**
 * Shows it near @x, @y of the window, where it covers neither that nor is cut off.
 * @param {{name: string, lines: [string, string][]}} said
 * @param {number} x
 * @param {number} y
 * @param {string} [hint]
 */
export function showTooltip(said, x, y, hint = '') {
	const tooltip = part('tooltip');

	fill(said, hint);
	tooltip.hidden = false;
	const { width, height } = tooltip.getBoundingClientRect();
	const { clientWidth, clientHeight } = document.documentElement;
	const right = x + AWAY + width <= clientWidth - 4;
	const below = y + AWAY + height <= clientHeight - 4;
	const left = right ? x + AWAY : Math.max(4, Math.min(x - AWAY - width, clientWidth - width - 4));
	const top = below ? y + AWAY : Math.max(4, y - AWAY - height);

	tooltip.style.left = `${Math.max(4, left)}px`;
	tooltip.style.top = `${top}px`;
}

export function hideTooltip() {
	part('tooltip').hidden = true;
}
