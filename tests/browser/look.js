/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the page looks, on wide, middling and narrow windows, light and dark, with
 * the off-CPU time of a busy PostgreSQL: whatever is opened, axe finds nothing
 * that keeps anyone out, nothing that can be used is cut off or covered, and what
 * is written stays in its box. With SCREENSHOTS=DIR the pictures are kept there.
 */
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const axe = require('axe-core');
const { run } = require('./model.js');
const { Viewer } = require('./viewer.js');

const { SRC, SCREENSHOTS } = process.env;
const AFTER = zlib.gunzipSync(fs.readFileSync(path.join(SRC, 'tests/data/postgres-offcpu.folded.gz')))
	.toString().trim();
/* What waited for the disk waits half as long, and one kind of wait is new. */
const BEFORE = AFTER.split('\n').filter((line) => !line.includes('LWLock')).map((line) =>
	line.replace(/\d+$/, (value) => line.includes('XLog') ? 2 * value : value)).join('\n');
const POSTGRES = { 'offcpu.folded': AFTER };
const TABS = { ...POSTGRES, 'before.folded': BEFORE, 'both.folded': twoColumns(BEFORE, AFTER) };
const SIZES = [[1600, 900], [800, 900], [390, 800]];

function twoColumns(before, after) {
	const both = new Map();

	for (const [side, lines] of [before, after].entries())
		for (const line of lines.split('\n')) {
			const at = line.lastIndexOf(' ');
			const values = both.get(line.slice(0, at)) || [0, 0];

			values[side] = Number(line.slice(at));
			both.set(line.slice(0, at), values);
		}
	return [...both].map(([stack, values]) => `${stack} ${values.join(' ')}`).join('\n');
}

/* Each brings the page to where something else can be seen. */
const STATES = {
	graph: () => {},
	focus: (viewer) => viewer.search('^PostgresMain$'),
	search: (viewer) => viewer.search('^ep_poll,futex'),
	sandwich: (viewer) => viewer.go('sandwich=schedule'),
	panes: (viewer) => viewer.go('panes=flame,table&query=wait'),
	tree: (viewer) => viewer.go('panes=tree,table'),
	callers: (viewer) => viewer.go('panes=tree&sandwich=schedule&outward=1'),
	both: (viewer) => viewer.go('tab=2&panes=flame,table&width=both'),
	safe: (viewer) => viewer.go('tab=2&deltas=safe&basis=total&panes=table'),
	pills: (viewer) => viewer.go('drop=poll&hide=%5B_%5D&merge=schedule&keep=o&query=a&recursion=1&' +
				     'collapsed=1&root=none&focus=5'),
	package: (viewer) => viewer.go('colors=package&order=width&inverted=1'),
	view: (viewer) => viewer.page.getByRole('button', { name: 'View', exact: true }).click(),
	differenceView: async (viewer) => {
		await viewer.go('tab=2');
		await viewer.page.getByRole('button', { name: 'View', exact: true }).click();
	},
	filter: (viewer) => viewer.page.getByRole('button', { name: 'Filter', exact: true }).click(),
	export: (viewer) => viewer.page.getByRole('button', { name: 'Export', exact: true }).click(),
	menu: async (viewer) => {
		await viewer.flame.focus();
		await viewer.press('ArrowUp', 'ArrowUp', 'm');
	},
	tooltip: async (viewer) => {
		await viewer.flame.focus();
		await viewer.press('ArrowUp', 'ArrowUp', 'ArrowUp');
	},
	help: (viewer) => viewer.press('?'),
};

/* What can be used and is not whole: out of the window, covered, or with text that sticks out. */
function troubles() {
	const { clientWidth, clientHeight } = document.documentElement;
	const found = [];
	const modal = document.querySelector('dialog[open], .popup:not([hidden]):not(.tooltip)');
	const scope = modal || document.body;

	if (document.documentElement.scrollWidth > clientWidth)
		found.push(`the page is ${document.documentElement.scrollWidth} wide`);
	for (const element of scope.querySelectorAll('button, input, select, .pill, .total, .title, ' +
						     '.swatch, .menu, .panel, dialog')) {
		const box = element.getBoundingClientRect();
		const name = element.getAttribute('aria-label') || element.textContent.trim() || element.className;
		const scrolled = element.closest('.table, .calls, .tabs');

		if (!box.width || scrolled)
			continue;
		if (box.left < 0 || box.right > clientWidth + 0.5 || box.top < 0 || box.bottom > clientHeight + 0.5)
			found.push(`${name}: ${box.left}..${box.right}, ${box.top}..${box.bottom}`);
		const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
		if (!top || !(element.contains(top) || top.contains(element)))
			found.push(`${name} is covered by ${top && (top.className || top.tagName)}`);
		if (element.matches('button:not(.link)') && element.scrollWidth > element.clientWidth + 1)
			found.push(`${name}: ${element.scrollWidth} in ${element.clientWidth}`);
	}
	for (const cell of scope.querySelectorAll('.table td, .table th, .calls .number'))
		if (cell.scrollWidth > cell.clientWidth + 1 && cell.clientWidth)
			found.push(`cell ${cell.textContent}: ${cell.scrollWidth} in ${cell.clientWidth}`);
	/* a phone has no room for all columns of a difference: there the table is pushed aside */
	for (const table of scope.querySelectorAll('.table, .calls'))
		if (table.clientWidth > 700 && table.scrollWidth > table.clientWidth + 1)
			found.push(`a table of ${table.scrollWidth} pixels in ${table.clientWidth}`);
	for (const call of scope.querySelectorAll('.calls .call')) {
		const text = call.querySelector('.text');
		const most = Math.min(text.scrollWidth, 40);

		if (call.getBoundingClientRect().right > call.nextSibling.getBoundingClientRect().left + 0.5)
			found.push(`call ${text.textContent} runs into its numbers`);
		if (text.clientWidth < most)
			found.push(`call ${text.textContent}: ${text.clientWidth} pixels for its name`);
	}
	for (const flame of scope.querySelectorAll('.flame'))
		if (!/inverted|sandwich|query|focus/.test(window.location.hash) &&
		    flame.scrollHeight - flame.scrollTop - flame.clientHeight > 1)
			found.push('the ground of a flame graph is out of sight');
	for (const panel of document.querySelectorAll('.panel:not([hidden])'))
		if (panel.clientWidth > 490)
			found.push(`a panel of ${panel.clientWidth} pixels`);
	for (const said of scope.querySelectorAll('.result'))
		if (said.scrollWidth > said.clientWidth + 1)
			found.push(`${said.textContent}: ${said.scrollWidth} in ${said.clientWidth}`);
	return found;
}

/* What axe says depends on the theme and on what is there, seldom on the width. */
const asksAxe = (width, state) => width === SIZES[0][0] || ['panes', 'menu'].includes(state);

async function violationsOf(viewer) {
	const { violations } = await viewer.page.evaluate((source) => {
		if (!window.axe)
			(0, eval)(source);
		return window.axe.run(document, { resultTypes: ['violations'] });
	}, axe.source);
	return violations.flatMap(({ id, help, nodes }) =>
		nodes.map(({ html, any }) => `${id}: ${help}: ${html.slice(0, 160)} ${any[0]?.message || ''}`));
}

async function look(viewer, state, width, theme) {
	const name = `${state}-${width}-${theme}`;

	await viewer.settle();
	if (SCREENSHOTS)
		await viewer.page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) });
	const found = asksAxe(width, state) ? await violationsOf(viewer) : [];
	return [...found, ...await viewer.page.evaluate(troubles)].map((text) => `${name}: ${text}`);
}

const tests = {};

for (const [width, height] of SIZES)
	for (const theme of ['light', 'dark'])
		tests[`nothingIsWrongAt${width}In${theme}`] = async (browser) => {
			const viewer = await new Viewer(browser, TABS, ['--title', 'PostgreSQL under pgbench'])
				.open({ width, height, theme });
			const found = [];

			for (const [state, bring] of Object.entries(STATES)) {
				await viewer.page.reload();
				await viewer.page.waitForSelector('html[data-ready]');
				await bring(viewer);
				found.push(...await look(viewer, state, width, theme));
				await viewer.go('');
			}
			await viewer.close();
			assert.deepEqual(found, []);
		};

run(tests);
