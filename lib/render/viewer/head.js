/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The title, the tabs, and what was written about the profile.
 */
import { button, make, part, setAttributes } from './dom.js';
import { NOWHERE } from './app.js';

export class Head {
	/** @param {import('./app.js').App} app */
	constructor(app) {
		const titles = app.titles();
		const tabs = part('tabs');

		this.app = app;
		part('title').textContent = document.title;
		part('title').title = document.title;
		this.tabs = titles.map((title, tab) => button({
			text: title, class: 'tab', title,
			attributes: { role: 'tab', 'aria-controls': 'panes' },
		}, () => this.open(tab)));
		tabs.append(...(titles.length > 1 ? this.tabs : []));
		tabs.hidden = titles.length < 2;
		tabs.addEventListener('keydown', (event) => this.onKey(event));
		for (const name of ['subtitle', 'notes']) {
			const template = /** @type {HTMLTemplateElement | null} */ (
				document.querySelector(`template.${name}`));
			const text = template && template.content.textContent;

			if (text)
				part('about').append(make('p', { class: `about-${name}`, text }));
		}
		part('about').hidden = !part('about').childElementCount;
	}

	/** @param {number} tab */
	open(tab) {
		this.app.set({ tab, ...NOWHERE, value: -1, root: '' });
	}

	/** @param {KeyboardEvent} event */
	onKey(event) {
		const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
		const count = this.tabs.length;

		if (!by)
			return;
		event.preventDefault();
		event.stopPropagation();
		const tab = (this.app.state.tab + by + count) % count;
		this.open(tab);
		this.tabs[tab].focus();
	}

	update() {
		this.tabs.forEach((tab, i) => {
			const now = i === this.app.state.tab;

			setAttributes(tab, { 'aria-selected': String(now), tabindex: now ? 0 : -1 });
			if (now)	/* there may be more than fit */
				tab.scrollIntoView({ block: 'nearest', inline: 'nearest' });
		});
		if (this.tabs.length > 1)
			setAttributes(part('panes'), { role: 'tabpanel', 'aria-label':
				this.tabs[this.app.state.tab].textContent || '' });
	}
}
