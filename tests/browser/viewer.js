/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page of perf-flame in a browser, as its reader has it in hand. Nothing of
 * the viewer's own code is asked: where a frame lies comes from the folded lines
 * and the size of what is on the screen.
 */
'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { modelOf } = require('./model.js');

const { BIN, TMP } = process.env;
const ROW = 20;

class Viewer {
	/**
	 * A page of @inputs, folded stacks by name: { 'a.folded': 'main;f 1' }.
	 */
	constructor(browser, inputs, options = []) {
		const names = Object.keys(inputs);

		this.browser = browser;
		this.file = path.join(TMP, `${names.join('+').replaceAll('.folded', '')}.html`);
		for (const [name, lines] of Object.entries(inputs))
			fs.writeFileSync(path.join(TMP, name), `${lines}\n`);
		execFileSync(path.join(BIN, 'perf-flame'), [...names, ...options, '-o', this.file],
			     { cwd: TMP });
		this.model = modelOf(inputs[names[0]]);
		this.zoom = this.model;
		this.complaints = [];
	}

	async open(how = {}) {
		const { address = '', width = 1200, height = 900, theme = 'light', ...rest } = how;

		this.context = await this.browser.newContext({
			viewport: { width, height }, colorScheme: theme, acceptDownloads: true, ...rest });
		this.page = await this.context.newPage();
		this.page.on('pageerror', (error) => this.complaints.push(`error: ${error.stack}`));
		this.page.on('console', (line) => this.complaints.push(`console: ${line.text()}`));
		this.page.on('dialog', (dialog) => {
			this.complaints.push(`dialog: ${dialog.message()}`);
			dialog.dismiss();
		});
		this.page.on('request', (request) => {
			if (!request.url().startsWith(pathToFileURL(this.file).href))
				this.complaints.push(`request: ${request.url()}`);
		});
		await this.page.coverage.startJSCoverage({ resetOnNavigation: false });
		await this.page.goto(pathToFileURL(this.file).href + address);
		await this.page.waitForSelector('html[data-ready]');
		this.flame = this.page.locator('.flame').first();
		return this;
	}

	/** Goes to another address of the same page. */
	async go(address) {
		await this.page.evaluate((hash) => new Promise((done) => {
			if (window.location.hash.slice(1) === hash)
				done();
			window.addEventListener('hashchange', done, { once: true });
			window.location.hash = hash;
		}), address);
		await this.settle();
	}

	async back() {
		await this.page.goBack();
		await this.settle();
	}

	/** Until what was asked for has been drawn. */
	settle() {
		return this.page.evaluate(() => new Promise((done) => {
			window.requestAnimationFrame(() => window.requestAnimationFrame(() => done()));
		}));
	}

	/** The middle of a node, in pixels of the window. */
	async middle(node) {
		const { x, y, height, top, rows, inverted } = await this.flame.evaluate((e) => {
			const box = e.getBoundingClientRect();

			return { x: box.x, y: box.y, height: e.clientHeight, top: e.scrollTop,
				 rows: e.querySelector('.space').getBoundingClientRect().height,
				 inverted: window.location.hash.includes('inverted=1') };
		});
		const wide = await this.flame.evaluate((e) => e.clientWidth);
		const above = node.depth < this.zoom.depth;
		const scale = wide / this.zoom.total;
		const left = above ? wide / 2 : (node.start - this.zoom.start + node.total / 2) * scale;
		const last = Math.max(rows, height) - 1;
		const row = inverted ? node.depth * ROW : last - (node.depth + 1) * ROW;

		return { x: x + left, y: y + row + ROW / 2 - top };
	}

	async hover(node) {
		const { x, y } = await this.middle(node);

		await this.page.mouse.move(x, y);
		return this.tooltip();
	}

	async click(node, options = {}) {
		const { x, y } = await this.middle(node);

		await this.page.mouse.click(x, y, options);
		if (!options.button)
			this.zoom = node;
	}

	async menu(node, item) {
		await this.click(node, { button: 'right' });
		await this.page.getByRole('menuitem', { name: item }).click();
	}

	/** What the tooltip says: its name, and the rest by label; null if there is none. */
	tooltip() {
		return this.page.locator('.tooltip').evaluate((e) => {
			const said = { name: e.querySelector('.name')?.textContent };

			for (const row of e.querySelectorAll('dl div'))
				said[row.querySelector('dt').textContent] =
					row.querySelector('dd').textContent;
			return e.hidden ? null : said;
		});
	}

	/** The frame that the keyboard is on, as a screen reader gets it. */
	current() {
		return this.flame.evaluate((e) => {
			const item = document.getElementById(e.getAttribute('aria-activedescendant'));

				return { role: item.getAttribute('role'), label: item.getAttribute('aria-label'),
				 level: Number(item.getAttribute('aria-level')) };
		});
	}

	/** The name of that frame. */
	async currentName() {
		return (await this.current()).label.split('; ')[0];
	}

	press(...keys) {
		return keys.reduce((before, key) => before.then(() => this.page.keyboard.press(key)),
				   Promise.resolve());
	}

	/** The colour in a frame, left of its name: "rgb(…)". */
	async color(node) {
		const at = await this.middle(node);

		return this.flame.evaluate((e, { x, y }) => {
			const canvas = e.querySelector('canvas');
			const box = canvas.getBoundingClientRect();
			const ratio = canvas.width / box.width;
			const pixel = document.createElement('canvas');
			const context = pixel.getContext('2d', { willReadFrequently: true });

			context.drawImage(canvas, (x - box.x) * ratio, (y - box.y - 8) * ratio, 1, 1,
					  0, 0, 1, 1);
			const [r, g, b] = context.getImageData(0, 0, 1, 1).data;

			return `rgb(${r},${g},${b})`;
		}, at);
	}

	/** The rows of the table in sight, cell by cell. */
	table() {
		return this.page.locator('.table tbody tr:not(.spacer)').evaluateAll((rows) => rows.map((row) =>
			[...row.children].map((cell) => [...(cell.querySelectorAll('.label, .amount, .share, .tag'))]
				.map((e) => e.textContent.trim()).join(' '))));
	}

	/** The rows of the call tree in sight: level, name, total, self. */
	calls() {
		return this.page.locator('.calls .row').evaluateAll((rows) => rows.map((row) => [
			Number(row.getAttribute('aria-level')), row.querySelector('.text').textContent,
			...[...row.querySelectorAll('.amount')].map((e) => e.textContent)]));
	}

	/** A button in the head of a pane. */
	pane(name, i = 0) {
		return this.page.locator('.pane').nth(i).getByRole('button', { name, exact: true });
	}

	async search(term) {
		await this.page.locator('.search input').fill(term);
		await this.page.keyboard.press('Enter');
		return this.result();
	}

	result() {
		return this.page.locator('.result').textContent();
	}

	pills() {
		return this.page.locator('.pill').evaluateAll((pills) => pills.map((pill) =>
			[...pill.querySelectorAll('.what, .text')].map((e) => e.textContent).join(': ')));
	}

	total() {
		return this.page.locator('.status .total').textContent();
	}

	address() {
		return this.page.evaluate(() => window.location.hash.slice(1));
	}

	/** Chooses in the panel of settings. */
	async choose(key, value) {
		await this.page.getByRole('button', { name: 'View', exact: true }).click();
		const field = this.page.locator(`#settings [data-key=${key}]`);

		if (typeof value === 'boolean')
			await field.setChecked(value);
		else
			await field.selectOption(value);
		await this.page.keyboard.press('Escape');
	}

	async filter(kind, pattern) {
		await this.page.getByRole('button', { name: 'Filter', exact: true }).click();
		await this.page.locator('#filters select').selectOption(kind);
		await this.page.locator('#filters input').fill(pattern);
		await this.page.getByRole('button', { name: 'Add' }).click();
	}

	/** What is saved as @item of the export menu. */
	async exported(item) {
		const saved = this.page.waitForEvent('download');

		await this.page.getByRole('button', { name: 'Export', exact: true }).click();
		await this.page.getByRole('menuitem', { name: item }).click();
		const download = await saved;
		return { name: download.suggestedFilename(),
			 bytes: fs.readFileSync(await download.path()) };
	}

	/** Sees that nothing went wrong meanwhile. */
	async close() {
		note(await this.page.coverage.stopJSCoverage());
		assert.deepEqual(this.complaints, []);
		await this.context.close();
	}
}

/* How often each function of the pages was called, by where it stands. */
const calls = new Map();

function note(entries) {
	for (const { source, functions } of entries) {
		if (!source || !source.includes('/* perflame: '))
			continue;
		for (const { functionName, ranges: [{ startOffset, count }] } of functions) {
			const line = source.slice(startOffset, startOffset + 60).split('\n')[0];
			const key = `${functionName || 'a function'}: ${line}`;

			calls.set(key, (calls.get(key) || 0) + count);
		}
	}
}

/** The functions that no page has called. */
const neverCalled = () => [...calls].filter(([, count]) => !count).map(([key]) => key);

module.exports = { ROW, Viewer, neverCalled };
