/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a reader waits, in milliseconds: from opening to the picture, and from
 * each action to the next one; 1/0 where that is longer than LIMIT seconds. Prints
 * JSON, null for 1/0: browser.js html|svg FILE RUNS LIMIT
 */
'use strict';

const { pathToFileURL } = require('node:url');
const { launch } = require('../browser/model.js');

const [how, file, runs, limit] = process.argv.slice(2);

/* Until what was done is on the screen: the frame after it was drawn, and that has passed. */
const painted = `new Promise((done) => {
	window.requestAnimationFrame(() => window.setTimeout(done, 0));
})`;

/* What is done in each kind of page, from within. */
const ACTIONS = {
	html: {
		ready: (page) => page.waitForSelector('html[data-ready]'),
		hover: `(() => {
			const flame = document.querySelector('.flame');
			const box = flame.getBoundingClientRect();
			flame.dispatchEvent(new PointerEvent('pointermove', { bubbles: true,
				clientX: box.x + 300, clientY: box.bottom - 90 }));
		})()`,
		scroll: 'document.querySelector(".flame").scrollTop -= 400',
		zoom: `(() => {
			const flame = document.querySelector('.flame');
			const box = flame.getBoundingClientRect();
			flame.dispatchEvent(new MouseEvent('click', { bubbles: true,
				clientX: box.x + 3, clientY: box.bottom - 50 }));
		})()`,
		unzoom: `document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))`,
		search: `(() => {
			const input = document.querySelector('.search input');
			input.value = 'function_1';
			input.dispatchEvent(new InputEvent('input', { bubbles: true }));
			input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
		})()`,
	},
	svg: {	/* flamegraph.pl's own functions */
		ready: (page) => page.waitForFunction('typeof details !== "undefined" && !!details'),
		zoom: `zoom([...document.getElementsByClassName('func_g')].reverse().find((g) =>
			g.querySelector('rect').width.baseVal.value > 200))`,
		unzoom: 'unzoom()',
		search: 'search("function_1")',
	},
};

/* A page that is at work answers nothing: what is too slow is told from without. */
async function within(seconds, waited) {
	let timer;
	const late = new Promise((done) => { timer = setTimeout(done, seconds * 1000, Infinity); });

	waited.catch(() => {});	/* the browser goes while it waits on */
	return Promise.race([waited, late]).finally(() => clearTimeout(timer));
}

async function open(page, ready) {
	await page.goto(pathToFileURL(file).href, { waitUntil: 'commit' });
	await ready(page);
	return page.evaluate(`${painted}.then(() => performance.now())`);
}

async function time(page, action) {
	return page.evaluate(`(async () => {
		await ${painted};
		const start = performance.now();
		${action};
		await ${painted};
		return performance.now() - start;
	})()`);
}

/* Adds what each thing took; false when one took too long: the page is still at it. */
async function measure(browser, times) {
	const { ready, ...actions } = ACTIONS[how];
	const page = await browser.newPage({ viewport: { width: 1600, height: 900 } });
	const steps = [['open', () => open(page, ready)],
		...Object.entries(actions).map(([name, action]) => [name, () => time(page, action)])];

	page.setDefaultTimeout(0);
	for (const [name, step] of steps) {
		const took = await within(Number(limit), step());
		(times[name] ||= []).push(took);
		if (took === Infinity)
			return false;
	}
	await page.close();
	return true;
}

async function main() {
	const browser = await launch();
	const times = {};

	for (let run = 0; run < Number(runs); run++)
		if (!await measure(browser, times))
			break;
	console.log(JSON.stringify(times));
	await browser.close();
}

main();
