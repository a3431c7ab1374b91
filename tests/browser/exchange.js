/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is written for other programs, in those that run in a browser; and pages made
 * of files in which every name is an attack (tests/tools/hostilenames.py).
 */
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { isSafe, modelOf, newPage, run, tableOf, write } = require('./model.js');

const { NODE_PATH, TMP } = process.env;
const SPEEDSCOPE = path.join(NODE_PATH, 'speedscope/dist/release/index.html');
const HOSTILE = ['hostile.folded', 'hostile.data', 'hostile.pb.gz'];

const FOLDED = [
	'db;main;parse;lex 120',
	'db;main;run;scan;read_[k] 400',
	'db;main;run;scan;scan;copy_[k] 100',
	'db;main;run 30',
	'sh;main;fork_[k] 219',
	'sh;needle 1',
].join('\n');

/* The file in speedscope, by the way that its own program hands files over. */
async function openSpeedscope(browser, file, complaints) {
	const page = await newPage(browser, complaints);
	const script = `${file}.js`;
	const bytes = fs.readFileSync(file).toString('base64');

	fs.writeFileSync(script, `speedscope.loadFileFromBase64(${
		JSON.stringify(path.basename(file))}, "${bytes}")`);
	await page.goto(`${pathToFileURL(SPEEDSCOPE).href}#localProfilePath=${script}`);
	await page.getByText('Sandwich').click();
	await page.locator('td:visible').first().waitFor();
	return page;
}

/* Its table: { name: [self, total] }. */
const readTable = (page) => page.locator('tr:has(td)').evaluateAll((rows) =>
	Object.fromEntries(rows.map((row) => {
		const [total, self, name] = [...row.querySelectorAll('td')].map((cell) =>
			cell.textContent);

		return [name, [parseFloat(self.replaceAll(',', '')),
			       parseFloat(total.replaceAll(',', ''))]];
	})));

const tests = {
	async speedscopeShowsTheTotals(browser) {
		const complaints = [];

		fs.writeFileSync(path.join(TMP, 'plain.folded'), `${FOLDED}\n`);
		const page = await openSpeedscope(browser, write('plain.folded', '.speedscope.json'),
						  complaints);
		assert.deepEqual(await readTable(page), tableOf(modelOf(FOLDED)));
		assert.deepEqual(complaints, []);
		await page.close();
	},

	/* Its importer of pprof takes ours, too. */
	async speedscopeReadsPprof(browser) {
		const complaints = [];
		const page = await openSpeedscope(browser, write('plain.folded', '.pb.gz'), complaints);

		assert.deepEqual(await readTable(page), tableOf(modelOf(FOLDED)));
		assert.deepEqual(complaints, []);
		await page.close();
	},

	async hostileNamesInSpeedscope(browser) {
		for (const input of HOSTILE) {
			const complaints = [];
			const page = await openSpeedscope(browser, write(input, '.speedscope.json'),
							  complaints);

			assert.ok((await page.locator('td').allTextContents()).join().includes('pwned'));
			await isSafe(page, complaints);
			await page.close();
		}
	},

	async hostileNamesInPages(browser) {
		for (const input of HOSTILE)
			for (const ending of ['.svg', '.html']) {
				const complaints = [];
				const page = await newPage(browser, complaints);

				await page.goto(pathToFileURL(write(input, ending)).href);
				for (let y = 60; y < 160; y += 10)
					for (let x = 15; x < 1190; x += 60)
						await page.mouse.move(x, y);
				await isSafe(page, complaints);
				await page.close();
			}
	},

	/* Focus, menu and table hold names, too. */
	async hostileNamesUnderTheHand(browser) {
		for (const input of HOSTILE) {
			const complaints = [];
			const page = await newPage(browser, complaints);

			await page.goto(pathToFileURL(write(input, '.html')).href);
			await page.waitForSelector('html[data-ready]');
			await page.keyboard.press('/');
			await page.keyboard.type('pwned');
			await page.getByText(/[1-9]\d* match/).first().waitFor();
			await page.keyboard.press('Enter');
			await page.keyboard.press('Enter');
			await page.keyboard.press('Escape');
			for (const key of ['ArrowUp', 'ArrowRight', 'Enter', 'm', 'Escape', 'ArrowDown'])
				await page.keyboard.press(key);
			await isSafe(page, complaints);
			await page.close();
		}
	},
};

run(tests);
