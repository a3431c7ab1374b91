/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Menus: one open at a time, worked by pointer and keys, giving the focus back.
 */
import { make, part } from './dom.js';

/** @typedef {{text: string, key?: string, action: () => void} | null} Item  null: a line */

/** @type {{close: (giveBack: boolean) => void, armed: boolean} | null} */
let open = null;

/** @param {boolean} [giveBack]  the focus */
export function closeMenu(giveBack = false) {
	if (open)
		open.close(giveBack);
}

/**
 * @param {HTMLElement} menu
 * @param {KeyboardEvent} event
 */
function onKey(menu, event) {
	const items = /** @type {HTMLElement[]} */ ([...menu.querySelectorAll('[role=menuitem]')]);
	const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
	const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];

	if (event.key === 'Escape' || event.key === 'Tab') {
		closeMenu(true);
	} else if (to !== undefined) {
		items[(to + items.length) % items.length].focus();
	} else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
		const letter = event.key.toLowerCase();
		const rest = [...items.slice(at + 1), ...items.slice(0, at + 1)];
		const next = rest.find((item) => (item.textContent || '').toLowerCase()
			.startsWith(letter));

		if (next)
			next.focus();
	} else {
		return;
	}
	event.preventDefault();
	event.stopPropagation();
}

/** @param {Item} item */
function makeItem(item) {
	if (!item)
		return make('hr', { attributes: { role: 'separator' } });
	return make('button', {
		class: 'item',
		attributes: { role: 'menuitem', tabindex: -1, type: 'button' },
		on: { click: (/** @type {MouseEvent} */ event) => {
			if (event.detail && !(open && open.armed))
				return;	/* the end of the press that opened the menu */
			closeMenu(true);
			item.action();
		} },
	}, [make('span', { text: item.text }), item.key ? make('kbd', { text: item.key }) : null]);
}

/**
 * Opens a menu at @x, @y of the window.
 * @param {string} label
 * @param {Item[]} items
 * @param {number} x
 * @param {number} y
 */
export function openMenu(label, items, x, y) {
	const before = /** @type {HTMLElement | null} */ (document.activeElement);
	const menu = make('div', {
		class: 'menu popup',
		attributes: { role: 'menu', 'aria-label': label },
	}, items.map(makeItem));
	const outside = (/** @type {Event} */ event) => {
		const { target } = event;

		if (!(target instanceof Node) || !menu.contains(target))
			closeMenu();
		else if (open)
			open.armed = true;
	};

	closeMenu();
	open = { armed: false, close: (giveBack) => {
		open = null;
		menu.remove();
		window.removeEventListener('pointerdown', outside, true);
		window.removeEventListener('resize', outside);
		if (giveBack && before)
			before.focus();
	} };
	menu.addEventListener('keydown', (event) => onKey(menu, event));
	menu.addEventListener('contextmenu', (event) => event.preventDefault());
	part('main').append(menu);
	const { width, height } = menu.getBoundingClientRect();
	const { clientWidth, clientHeight } = document.documentElement;
	menu.style.left = `${Math.max(4, Math.min(x, clientWidth - width - 4))}px`;
	menu.style.top = `${Math.max(4, Math.min(y, clientHeight - height - 4))}px`;
	window.addEventListener('pointerdown', outside, true);
	window.addEventListener('resize', outside);
	/** @type {HTMLElement} */ (menu.querySelector('[role=menuitem]')).focus();
}
