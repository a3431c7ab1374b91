/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of the page share: the profiles, what the reader chose, and who
 * wants to know when that changes. The address follows every choice, and every
 * choice can follow from an address.
 */
import { Model } from './model.js';
import { fromAddress, initialState, stateOfPage, toAddress, undoing } from './state.js';
import { titleOf, unpack } from './data.js';
import { part } from './dom.js';

/** @typedef {import('./state.js').State} State */
/** @typedef {{update: () => void}} View */

/**
 * What says nodes by number, and goes when stacks start from something else.
 * @type {Partial<State>}
 */
export const UNPLACED = { focus: 0, up: 0, down: 0, toggled: [] };

/**
 * What belongs to what was looked at, and goes when something else is.
 * @type {Partial<State>}
 */
export const NOWHERE = { ...UNPLACED, sandwich: '', outward: false };

export class App {
	constructor() {
		/** @type {HTMLElement[]} */
		this.heads = [...document.querySelectorAll('script.profile')].map((e) =>
			/** @type {HTMLElement} */ (e));
		/** @type {HTMLElement[]} */
		this.nodes = [...document.querySelectorAll('script.nodes')].map((e) =>
			/** @type {HTMLElement} */ (e));
		/** @type {HTMLElement[]} */
		this.shares = [...document.querySelectorAll('script.shares')].map((e) =>
			/** @type {HTMLElement} */ (e));
		/** @type {(Model | undefined)[]} */
		this.models = [];
		/** @type {View[]} */
		this.views = [];
		/** What is drawn now is for a printer. */
		this.printing = false;
		/** @type {State} */
		this.start = initialState(stateOfPage(document.body.dataset));
		this.state = this.fromWindow();
		this.systemDark = window.matchMedia('(prefers-color-scheme: dark)');
		this.systemDark.addEventListener('change', () => this.update());
		window.addEventListener('popstate', () => this.follow());
		window.addEventListener('hashchange', () => this.follow());
	}

	/** The titles of the tabs; unpacks nothing but these. */
	titles() {
		return this.heads.map((head) => titleOf(head.textContent || ''));
	}

	get model() {
		const { tab } = this.state;
		let model = this.models[tab];

		if (!model) {
			model = new Model(unpack(this.heads[tab].textContent || '',
						 this.nodes[tab].textContent || '',
						 document.body.dataset.negate === '1',
						 this.shares[tab].textContent || ''));
			this.models[tab] = model;
		}
		return model;
	}

	get profile() {
		return this.model.profile;
	}

	/** Paper is light. */
	get dark() {
		const { theme } = this.state;

		if (this.printing)
			return false;
		return theme === 'auto' ? this.systemDark.matches : theme === 'dark';
	}

	bands() {
		return this.model.bands(this.state);
	}

	/**
	 * Takes a choice. A choice that only refines the last one replaces it in the
	 * history; all others can be gone back from.
	 * @param {Partial<State>} patch
	 * @param {boolean} [refines]
	 */
	set(patch, refines = false) {
		this.state = this.checked({ ...this.state, ...patch });
		this.remember(refines);
		this.update();
	}

	/** @param {boolean} refines */
	remember(refines) {
		const address = `#${toAddress(this.state, this.start)}`;

		if (address === (window.location.hash || '#'))
			return;
		try {
			if (refines)
				window.history.replaceState(null, '', address);
			else
				window.history.pushState(null, '', address);
		} catch {	/* a page without a history of its own, or one in a hurry */
			window.location.replace(address);
		}
	}

	follow() {
		const state = this.fromWindow();

		if (toAddress(state, this.start) === toAddress(this.state, this.start))
			return;
		this.state = state;
		this.update();
	}

	fromWindow() {
		return this.checked(fromAddress(window.location.hash.slice(1), this.start));
	}

	/** @param {State} state */
	checked(state) {
		const tab = state.tab >= 0 && state.tab < this.heads.length ? state.tab : 0;

		return { ...state, tab };
	}

	update() {
		document.documentElement.dataset.theme = this.dark ? 'dark' : 'light';
		for (const view of this.views)
			view.update();
	}

	/** Takes back what was chosen last, or says that there is nothing. */
	undo() {
		const patch = undoing(this.state);

		if (patch)
			this.set(patch);
		else
			this.announce('Nothing to undo');
	}

	/**
	 * For those who hear the page.
	 * @param {string} text
	 */
	announce(text) {
		part('announce').textContent = text;
	}

	/** @param {string} text */
	copy(text) {
		const done = () => this.announce(`Copied: ${text}`);

		if (navigator.clipboard && window.isSecureContext) {
			navigator.clipboard.writeText(text).then(done, () => this.copyBySelection(text));
			return;
		}
		this.copyBySelection(text);
		done();
	}

	/**
	 * Pages from disk may have no clipboard of their own.
	 * @param {string} text
	 */
	copyBySelection(text) {
		const box = document.createElement('textarea');
		const focused = /** @type {HTMLElement | null} */ (document.activeElement);

		box.value = text;
		box.className = 'unseen';
		document.body.append(box);
		box.select();
		document.execCommand('copy');
		box.remove();
		if (focused)
			focused.focus();
	}
}
