/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The panel of settings, and the one of filters: what they offer depends on what
 * the profile has.
 */
import { FILTERS, rootChoices } from './reshape.js';
import { UNPLACED } from './app.js';
import { button, make, part, setAttributes } from './dom.js';
import { addFilter } from './actions.js';
import { valueLabel } from './describe.js';

/** @typedef {import('./app.js').App} App */
/** @typedef {[string, string][]} Choices  value and label */

const ROOTS = /** @type {Record<string, string>} */ ({
	thread: 'Thread', process: 'Process', name: 'Name', none: 'Nothing',
});

const NO_TASKS = 'Which process or thread had what is not in this page. A page of a recording has ' +
	'it, if that is neither compared nor reshaped (perf-flame x.data -o x.html); other input needs ' +
	'--root tid when it is folded.';

/**
 * A panel below a button: open until something else is clicked or Escape.
 * @param {{text: string, icon: any, title: string}} how
 * @param {string} name
 * @param {HTMLElement} panel
 */
export function dropdown(how, name, panel) {
	const opener = button({ ...how, class: 'opener', attributes: {
		'aria-expanded': 'false', 'aria-controls': name, 'aria-haspopup': 'dialog',
	} }, () => toggle(panel.hidden));
	const toggle = (/** @type {boolean} */ open) => {
		panel.hidden = !open;
		setAttributes(opener, { 'aria-expanded': String(open) });
		if (!open)
			return;
		const box = opener.getBoundingClientRect();
		const room = document.documentElement.clientWidth;

		panel.style.top = `${box.bottom + 4}px`;
		panel.style.left = `${Math.max(4, Math.min(box.left, room - panel.offsetWidth - 4))}px`;
		panel.style.maxHeight = `${document.documentElement.clientHeight - box.bottom - 12}px`;
		/** @type {HTMLElement} */ (panel.querySelector('select, input, button')).focus();
	};

	setAttributes(panel, { id: name, role: 'dialog', 'aria-label': how.text, class: 'panel popup',
			       hidden: true });
	panel.addEventListener('keydown', (event) => {
		if (event.key !== 'Escape')
			return;
		event.stopPropagation();
		toggle(false);
		opener.focus();
	});
	window.addEventListener('pointerdown', (event) => {
		const target = /** @type {Node} */ (event.target);

		if (!panel.hidden && !panel.contains(target) && !opener.contains(target))
			toggle(false);
	}, true);
	document.body.append(panel);
	return { opener, close: () => toggle(false) };
}

let fields = 0;

export class Settings {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		this.form = make('form', { on: { submit: (event) => event.preventDefault() } });
		this.panel = make('div', {}, [this.form]);
		this.shown = '';
		const { opener } = dropdown({ text: 'View', icon: 'view', title: 'How it is drawn' },
					    'settings', this.panel);
		part('actions').append(opener);
	}

	/**
	 * @param {string} label
	 * @param {keyof import('./state.js').State} key
	 * @param {Choices} choices
	 */
	select(label, key, choices) {
		const id = `field-${fields++}`;
		const { app } = this;
		const select = make('select', { attributes: { id, 'data-key': key }, on: { change: () => {
			const old = app.state[key];

			app.set({ ...key === 'root' && UNPLACED, [key]: typeof old === 'number' ?
				Number(select.value) : typeof old === 'boolean' ? select.value === 'true' :
				select.value });
		} } }, choices.map(([value, text]) => make('option', { text, attributes: { value } })));

		return make('div', { class: 'setting' }, [
			make('label', { text: label, attributes: { for: id } }), select,
		]);
	}

	/**
	 * @param {string} label
	 * @param {keyof import('./state.js').State} key
	 */
	check(label, key) {
		const { app } = this;
		const box = make('input', {
			attributes: { type: 'checkbox', 'data-key': key },
			on: { change: () => app.set(key === 'collapsed' ?
				{ collapsed: box.checked, toggled: [] } : { [key]: box.checked }) },
		});

		return make('label', { class: 'setting check' }, [box, label]);
	}

	threshold() {
		const id = `field-${fields++}`;
		const { app } = this;
		const input = make('input', {
			attributes: { id, type: 'number', min: 0, max: 100, step: 'any', 'data-key': 'threshold' },
			on: { change: () => app.set({ threshold: Math.max(0, Number(input.value) || 0) }) },
		});

		return make('div', { class: 'setting' }, [
			make('label', { text: 'Noise below, %', attributes: { for: id } }), input,
		]);
	}

	/** @param {string} title @param {HTMLElement[]} settings */
	section(title, settings) {
		return make('fieldset', {}, [make('legend', { text: title }), ...settings]);
	}

	build() {
		const { profile } = this.app;
		const roots = rootChoices(profile);
		const { differential } = profile;
		const graph = [
			this.select('Direction', 'inverted', [['false', 'Flame: root at the bottom'],
							      ['true', 'Icicle: root at the top']]),
			this.select('Siblings', 'order', [['name', 'By name'], ['width', 'Widest first']]),
			this.select('Colours', 'colors', [
				['type', differential ? 'By change' : 'By kind of code'], ['dso', 'By DSO'],
				['package', 'By package'], ['value', 'By value']]),
			this.select('Long names', 'align', [['left', 'Show the start'], ['right', 'Show the end']]),
			this.check('Collapse groups', 'collapsed'),
		];
		/** @type {HTMLElement[]} */
		const data = [this.check('Merge recursion', 'recursion')];

		if (profile.values.length > 1 && !differential)
			data.unshift(this.select('Value', 'value', profile.values.map((value, v) =>
				[String(v === profile.main ? -1 : v), valueLabel(value)])));
		if (!roots.includes('process'))
			data.unshift(make('p', { class: 'hint', text: NO_TASKS }));
		if (roots.length)
			data.unshift(this.select('Stacks start from', 'root', [['', 'As recorded'],
				.../** @type {Choices} */ (roots.map((root) => [root, ROOTS[root]]))]));
		const sections = [this.section('Graph', graph), this.section('Stacks', data)];
		if (differential)
			sections.push(this.section('Difference', [
				this.select('Widths', 'width', [['after', 'After'], ['before', 'Before'],
								['both', 'Both together']]),
				this.select('Change of', 'basis', [['self', 'Self'], ['total', 'Total']]),
				this.select('Palette', 'deltas', [['redblue', 'Red and blue'],
					['safe', 'Orange and blue (colour-blind safe)']]),
				this.threshold(),
				this.check('As if both had the same total', 'normalized'),
			]));
		this.form.replaceChildren(...sections);
	}

	update() {
		const { app } = this;
		const state = /** @type {Record<string, any>} */ (app.state);
		const shown = String(app.state.tab);

		if (shown !== this.shown) {
			this.shown = shown;
			this.build();
		}
		for (const field of this.form.querySelectorAll('[data-key]')) {
			const input = /** @type {HTMLInputElement} */ (field);
			const value = state[/** @type {string} */ (input.dataset.key)];

			if (input.type === 'checkbox')
				input.checked = value;
			else
				input.value = String(value);
		}
	}
}

export class FilterPanel {
	/** @param {App} app */
	constructor(app) {
		const kind = make('select', { attributes: { 'aria-label': 'What to do' } },
				  Object.entries(FILTERS).map(([value, text]) =>
					make('option', { text, attributes: { value } })));
		const pattern = make('input', { attributes: {
			type: 'text', 'aria-label': 'Names: a regular expression, commas for "or"',
			placeholder: 'Pattern, e.g. ^std::', spellcheck: 'false', autocomplete: 'off',
			autocapitalize: 'off' } });
		const form = make('form', { on: { submit: (event) => {
			event.preventDefault();
			addFilter(app, /** @type {any} */ (kind.value), pattern.value.trim(), false);
			pattern.value = '';
			close();
			opener.focus();
		} } }, [
			kind, pattern, make('button', { class: 'button primary', text: 'Add',
							attributes: { type: 'submit' } }),
			make('p', { class: 'hint', text: 'Hidden frames leave their value to their ' +
				'caller. Kept or dropped are whole stacks. Runs of frames that match ' +
				'become one. The case of letters counts.' }),
		]);
		const { opener, close } = dropdown({ text: 'Filter', icon: 'filter',
						     title: 'Hide, keep, drop or merge frames' },
						   'filters', make('div', {}, [form]));

		part('actions').append(opener);
	}
}
