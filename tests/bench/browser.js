/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a reader waits, in milliseconds: from opening to the picture, and from
 * each action to the next one. Prints JSON: browser.js html|svg FILE RUNS
 */
'use strict';

const { pathToFileURL } = require('node:url');
const { launch } = require('../browser/model.js');

const [how, file, runs] = process.argv.slice(2);

/* Until what was done is on the screen: the frame after it was drawn, and that has passed. */
const painted = `new Promise((done) => {
	window.requestAnimationFrame(() => window.setTimeout(done, 0));
})`;

/* What is done in each kind of page, from within. */
const ACTIONS = {
	html: {
		ready: (page) => page.waitForSelector('html[data-ready]'),
		search: `(() => {
			const input = document.querySelector('.search input');
			input.value = 'function_1';
			input.dispatchEvent(new InputEvent('input', { bubbles: true }));
			input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
		})()`,
		zoom: `(() => {
			const flame = document.querySelector('.flame');
			const box = flame.getBoundingClientRect();
			flame.dispatchEvent(new MouseEvent('click', { bubbles: true,
				clientX: box.x + 3, clientY: box.bottom - 50 }));
		})()`,
		unzoom: `document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))`,
		hover: `(() => {
			const flame = document.querySelector('.flame');
			const box = flame.getBoundingClientRect();
			flame.dispatchEvent(new PointerEvent('pointermove', { bubbles: true,
				clientX: box.x + 300, clientY: box.bottom - 90 }));
		})()`,
		scroll: 'document.querySelector(".flame").scrollTop -= 400',
	},
	svg: {	/* flamegraph.pl's own functions */
		ready: (page) => page.waitForFunction('typeof details !== "undefined" && !!details'),
		search: 'search("function_1")',
		zoom: `zoom([...document.getElementsByClassName('func_g')].reverse().find((g) =>
			g.querySelector('rect').width.baseVal.value > 200))`,
		unzoom: 'unzoom()',
	},
};

async function time(page, action) {
	return page.evaluate(`(async () => {
		await ${painted};
		const start = performance.now();
		${action};
		await ${painted};
		return performance.now() - start;
	})()`);
}

async function main() {
	const browser = await launch();
	const actions = ACTIONS[how];
	const times = {};

	for (let run = 0; run < Number(runs); run++) {
		const page = await browser.newPage({ viewport: { width: 1600, height: 900 } });

		page.setDefaultTimeout(0);
		await page.goto(pathToFileURL(file).href, { waitUntil: 'commit' });
		await actions.ready(page);
		const opened = await page.evaluate(`${painted}.then(() => performance.now())`);
		const said = { open: opened };
		for (const name of ['hover', 'scroll', 'zoom', 'unzoom', 'search'])
			if (actions[name])
				said[name] = await time(page, actions[name]);
		for (const [name, value] of Object.entries(said))
			(times[name] ||= []).push(value);
		await page.close();
	}
	await browser.close();
	console.log(JSON.stringify(times));
}

main();
