/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a reader makes of it: filters, colours, the address, what is saved and printed. */
'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { find, share } = require('./model.js');
const { withThreads, PLAIN, ONCPU, RECURSIVE, TASKS, BOTH, HOSTILE } = require('./html-profiles.js');
const { Viewer } = require('./viewer.js');

module.exports = {
	async filtersTakeOutWhatTheySay(browser) {
		const viewer = await new Viewer(browser, PLAIN, ONCPU).open();
		const { page, model } = viewer;

		await viewer.menu(find(model, 'main'), 'Hide these frames');
		assert.equal(await viewer.total(), '1,000 samples');
		assert.deepEqual(await viewer.pills(), ['Hide frames: main']);
		await viewer.search('^run$');
		assert.match((await viewer.current()).label, /^run; Total: 580 samples/);
		assert.equal((await viewer.current()).level, 3);
		await page.getByRole('button', { name: 'Remove this filter' }).click();
		await viewer.press('Escape', 'Escape');
		await viewer.menu(find(model, 'run'), 'Show only stacks with it');
		assert.equal(await viewer.total(), '580 samples, 58.00% of the profile');
		await page.getByRole('button', { name: 'Remove this filter' }).click();
		await viewer.menu(find(model, 'parse'), 'Drop stacks with it');
		assert.equal(await viewer.total(), '800 samples, 80.00% of the profile');
		await page.getByRole('button', { name: 'Remove this filter' }).click();
		await viewer.filter('drop', 'copy,alloc');
		assert.equal(await viewer.total(), '770 samples, 77.00% of the profile');
		await viewer.filter('keep', '^db$');
		assert.equal(await viewer.total(), '550 samples, 55.00% of the profile');
		assert.deepEqual(await viewer.pills(), ['Drop stacks with: /copy,alloc/', 'Keep stacks with: /^db$/']);
		await page.locator('.title').click();
		await viewer.press('Escape', 'Escape');
		assert.equal(await viewer.total(), '1,000 samples');
		await viewer.filter('merge', '^scan$,^read');
		await viewer.search('read');
		assert.equal(await viewer.result(), '0 matches, 0.00%');
		await viewer.search('^scan$');
		assert.match((await viewer.current()).label, /Self: 400 samples/);
		await viewer.press('Tab');
		await viewer.filter('keep', 'nothing has this name');
		assert.equal(await viewer.total(), '0 samples, 0.00% of the profile');
		await viewer.close();
	},

	async recursionIsMerged(browser) {
		const viewer = await new Viewer(browser, RECURSIVE).open();

		await viewer.choose('recursion', true);
		assert.deepEqual(await viewer.pills(), ['Merged: recursion']);
		await viewer.search('^f$');
		assert.equal(await viewer.result(), '1 of 3 matches, 44.87%');
		assert.match((await viewer.current()).label, /Self: 20, /);
		await viewer.page.getByRole('button', { name: 'Show recursion' }).click();
		assert.equal(await viewer.result(), '5 matches, 44.87%');
		await viewer.close();
	},

	async stacksStartFromProcessesThreadsOrNothing(browser) {
		const viewer = await new Viewer(browser, TASKS).open();
		const roots = async (root) => {
			await viewer.choose('root', root);
			await viewer.press('3');
			const rows = (await viewer.calls()).filter(([level]) => level === 2);
			return rows.map(([, name, total]) => `${name} ${total}`);
		};

		assert.deepEqual(await roots('process'), ['db-100 30', 'db-200 30', 'sh-7 5']);
		assert.deepEqual(await viewer.pills(), ['Root: process']);
		assert.deepEqual(await roots('name'), ['db 60', 'sh 5']);
		assert.deepEqual(await roots('none'), ['main 65']);
		await viewer.search('^main$');
		assert.equal(await viewer.result(), '1 of 1 match, 100.00%');
		await viewer.press('Escape');
		assert.deepEqual(await roots('thread'),
			['db-200/200 30', 'db-100/102 20', 'db-100/101 10', 'sh-7/7 5']);
		await viewer.page.getByRole('button', { name: 'As recorded' }).click();
		assert.deepEqual(await viewer.pills(), []);
		await viewer.close();
	},

	async threadsOfARecordingComeApart(browser) {
		const viewer = new Viewer(browser, PLAIN, ONCPU);
		withThreads(viewer.file);
		await viewer.open();
		const rootsOf = async (root) => {
			await viewer.choose('root', root);
			await viewer.press('3');
			return (await viewer.calls()).filter(([level]) => level === 2)
				.map(([, name, total]) => `${name} ${parseInt(total, 10)}`);
		};

		assert.deepEqual(await viewer.page.locator('#settings .hint').count(), 0);
		assert.deepEqual(await rootsOf('thread'), ['db-1/1 430', 'db 300', 'sh-7/7 219', 'db-2/2 50', 'sh 1']);
		assert.deepEqual(await rootsOf('process'), ['db-1 430', 'db 300', 'sh-7 219', 'db-2 50', 'sh 1']);
		assert.deepEqual(await rootsOf('none'), ['main 999', 'needle 1']);
		assert.deepEqual(await rootsOf(''), ['db 780', 'sh 220']);
		await viewer.choose('root', 'thread');
		await viewer.press('1');
		await viewer.search('^db-1/1$');
		await viewer.press('Tab');
		await viewer.flame.focus();
		await viewer.press('ArrowUp', 'Enter');
		assert.deepEqual((await viewer.pills()).slice(0, 1), ['Focus: main, 43.00%']);
		const address = await viewer.address();
		assert.equal(await viewer.total(), '1,000 samples');
		await viewer.page.getByRole('button', { name: 'As recorded' }).click();
		assert.deepEqual(await viewer.pills(), ['Search: ^db-1/1$']);
		await viewer.go(address);
		assert.deepEqual((await viewer.pills()).slice(0, 1), ['Focus: main, 43.00%']);
		await viewer.search('^read$');
		assert.equal(await viewer.result(), '1 of 2 matches, 50.00%');
		await viewer.close();

		const chain = new Viewer(browser, PLAIN, ['--colors', 'chain']);	/* colours by node */
		withThreads(chain.file);
		await chain.open({ address: '#root=thread' });
		assert.deepEqual(await chain.pills(), ['Root: thread']);
		await chain.close();
	},

	async whereThreadsAreNotKnownTheMenuSaysWhy(browser) {
		const viewer = await new Viewer(browser, PLAIN, ONCPU).open();

		await viewer.page.getByRole('button', { name: 'View', exact: true }).click();
		assert.match(await viewer.page.locator('#settings .hint').textContent(), /--root tid/);
		assert.deepEqual(await viewer.page.locator('#settings [data-key=root] option').allTextContents(),
			['As recorded', 'Name', 'Nothing']);
		await viewer.close();
	},

	async groupsCollapseAndExpand(browser) {
		const viewer = await new Viewer(browser, RECURSIVE).open();
		const chain = find(viewer.model, 'chain');

		await viewer.menu(chain, 'Collapse group');
		assert.deepEqual(await viewer.pills(), ['Groups: collapsed']);
		assert.equal((await viewer.hover(chain)).Group, '3 frames, each nearly all of its caller');
		await viewer.flame.focus();
		await viewer.menu(chain, 'Expand group');
		assert.deepEqual(await viewer.pills(), []);
		await viewer.menu(chain, 'Collapse all groups');
		assert.equal(await viewer.address(), 'collapsed=1');
		const lower = { ...chain, depth: 2 };	/* on "p", which stands for "main" too */
		assert.equal((await viewer.hover(lower)).Group, '3 frames, each nearly all of its caller');
		await viewer.menu(lower, 'Expand all groups');
		assert.deepEqual(await viewer.pills(), []);
		await viewer.press('g');
		assert.deepEqual(await viewer.pills(), ['Groups: collapsed']);
		await viewer.page.getByRole('button', { name: 'Expand all groups' }).click();
		await viewer.close();
	},

	async directionAndOrderAreChosen(browser) {
		const viewer = await new Viewer(browser, PLAIN).open();
		const { model } = viewer;
		const fork = find(model, 'fork');

		await viewer.choose('inverted', 'true');
		assert.equal((await viewer.hover(find(model, 'copy'))).name, 'copy');
		await viewer.choose('order', 'width');
		const run = find(model, 'run');
		assert.equal((await viewer.hover({ ...run, start: 0 })).name, 'run');
		await viewer.press('i', 'w');
		assert.equal(await viewer.address(), '');
		assert.equal((await viewer.hover(fork)).name, 'fork');
		await viewer.close();
	},

	async anIcicleOpensAsOne(browser) {
		const viewer = await new Viewer(browser, PLAIN, ['--inverted']).open();

		assert.equal(await viewer.address(), '');
		await viewer.choose('inverted', 'false');
		assert.equal(await viewer.address(), 'inverted=0');
		await viewer.close();
	},

	async coloursSayWhatTheyShould(browser) {
		const viewer = await new Viewer(browser, { 'colors.folded': [
			'p;std::sort 100', 'p;std::less 100', 'p;java.util.List.add 100', 'p;read_[k] 500',
			'p;runtime.main 50', 'p;py::f:/srv/app.py 50', 'p;LazyCompile:~g /srv/web.js:1 100',
		].join('\n') }).open();
		const { model } = viewer;
		const of = (name) => viewer.color(find(model, name));

		const kinds = [await of('read'), await of('std::sort')];
		assert.notEqual(kinds[0], kinds[1]);
		await viewer.choose('colors', 'package');
		assert.equal(await of('std::sort'), await of('std::less'));
		assert.notEqual(await of('std::sort'), await of('java.util.List.add'));
		const legend = await viewer.page.locator('.legend > span').allTextContents();
		for (const name of ['std', 'java.util', 'kernel', 'runtime', 'app.py', 'web.js'])
			assert.ok(legend.includes(name), `${name} in ${legend}`);
		await viewer.choose('colors', 'value');
		assert.equal(await of('std::sort'), await of('java.util.List.add'));
		assert.notEqual(await of('std::sort'), await of('read'));
		await viewer.choose('colors', 'dso');	/* unknown here: all the same grey */
		assert.equal(await of('std::sort'), await of('read'));
		await viewer.choose('colors', 'type');
		assert.deepEqual([await of('read'), await of('std::sort')], kinds);
		await viewer.close();
	},

	async longNamesAreCutAtEitherEnd(browser) {
		const viewer = await new Viewer(browser, { 'long.folded':
			`p;${'first'.repeat(20)}_${'last'.repeat(20)} 10\np;b 90` }).open();
		const pixels = () => viewer.flame.evaluate((e) => e.querySelector('canvas').toDataURL());
		const before = await pixels();

		await viewer.choose('align', 'right');
		assert.notEqual(await pixels(), before);
		await viewer.page.locator('.title').click();
		await viewer.press('a');
		assert.equal(await pixels(), before);
		await viewer.close();
	},

	async lightAndDarkFollowTheSystem(browser) {
		const viewer = await new Viewer(browser, PLAIN).open({ theme: 'dark' });
		const theme = () => viewer.page.evaluate(() => document.documentElement.dataset.theme);

		assert.equal(await theme(), 'dark');
		await viewer.page.emulateMedia({ colorScheme: 'light' });
		await viewer.settle();
		assert.equal(await theme(), 'light');
		await viewer.press('t');
		assert.equal(await theme(), 'dark');
		await viewer.page.getByRole('button', { name: 'Light or dark (T)' }).click();
		assert.equal(await theme(), 'light');
		await viewer.close();
	},

	async theKeyboardWalksTheFrames(browser) {
		const viewer = await new Viewer(browser, PLAIN, ONCPU).open();
		const { page } = viewer;

		await viewer.flame.focus();
		assert.equal(await viewer.flame.getAttribute('role'), 'tree');
		assert.deepEqual(await viewer.current(), { role: 'treeitem', level: 1, label:
			'all; Total: 1,000 samples, 100.00% of all; Self: 0 samples, 0.00%' });
		await viewer.press('ArrowUp');
		assert.equal(await viewer.currentName(), 'db');
		assert.equal((await viewer.tooltip()).name, 'db');
		await viewer.press('ArrowRight');
		assert.equal(await viewer.currentName(), 'sh');
		await viewer.press('ArrowRight', 'ArrowLeft', 'ArrowUp', 'ArrowUp', 'ArrowLeft');
		assert.equal(await viewer.currentName(), 'parse');
		const around = await viewer.flame.locator('[role=treeitem]').evaluateAll((items) =>
			items.map((item) => item.getAttribute('aria-label').split(';')[0]));
		assert.deepEqual(around.sort(), ['alloc', 'main', 'parse', 'run'].sort());
		await viewer.press('ArrowDown');
		assert.equal(await viewer.currentName(), 'main');
		await viewer.press('ArrowUp', 'Enter');
		assert.deepEqual(await viewer.pills(), ['Focus: run, 58.00%']);
		await viewer.press('ArrowDown', 'ArrowUp', 'ArrowUp', 'Home', 'Space');
		assert.equal(await viewer.currentName(), 'run');
		assert.equal((await viewer.tooltip()).Total, '580 samples, 58.00% of all, 100.00% of the zoom');
		await viewer.press('m', 'End', 'ArrowDown', 's', 'Enter');
		assert.deepEqual(await viewer.pills(), ['Sandwich: run']);
		await viewer.press('Escape');
		await viewer.press('Escape', 'Escape');
		assert.equal(await page.locator('.announce').textContent(), 'Nothing to undo');
		await viewer.press('Home', 'ArrowUp', 'ArrowUp', 'h', 'o');
		assert.deepEqual(await viewer.pills(), ['Hide frames: main', 'Keep stacks with: db']);
		await viewer.press('0');
		assert.deepEqual(await viewer.pills(), []);
		await viewer.press('s', 'r', '/');
		assert.equal(await page.evaluate(() => document.activeElement.type), 'search');
		await page.keyboard.type('lex');
		await viewer.press('Enter', 'Escape', '?');
		assert.equal(await page.locator('dialog.help').evaluate((e) => e.open), true);
		await page.getByRole('button', { name: 'Close' }).click();
		await page.getByRole('button', { name: 'Keys (?)' }).click();
		await page.mouse.click(2, 2);
		assert.equal(await page.locator('dialog.help').evaluate((e) => e.open), false);
		await viewer.close();
	},

	async menusAreWorkedByKeysAndLeftByAnything(browser) {
		const viewer = await new Viewer(browser, PLAIN).open();
		const menus = () => viewer.page.locator('.menu').count();
		const run = find(viewer.model, 'run');

		for (const leave of ['Escape', 'Tab']) {
			await viewer.click(run, { button: 'right' });
			assert.equal(await menus(), 1);
			await viewer.press('Home', 'ArrowUp', leave);
			assert.equal(await menus(), 0);
		}
		await viewer.click(run, { button: 'right' });
		await viewer.page.mouse.click(5, 5);
		assert.equal(await menus(), 0);
		await viewer.page.getByRole('button', { name: 'View', exact: true }).click();
		assert.equal(await viewer.page.locator('#settings').isVisible(), true);
		await viewer.page.mouse.click(5, 5);
		assert.equal(await viewer.page.locator('#settings').isVisible(), false);
		await viewer.close();
	},

	async fingersTapAndHold(browser) {
		const viewer = await new Viewer(browser, PLAIN).open({ hasTouch: true, width: 390, height: 800 });
		const { x, y } = await viewer.middle(find(viewer.model, 'run'));

		await viewer.page.touchscreen.tap(x, y);
		assert.equal((await viewer.tooltip()).name, 'run');
		assert.deepEqual(await viewer.pills(), []);
		await viewer.page.touchscreen.tap(x, y);
		assert.deepEqual(await viewer.pills(), ['Focus: run, 58.00%']);
		const session = await viewer.context.newCDPSession(viewer.page);
		await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x, y }] });
		await viewer.page.waitForSelector('.menu');
		await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
		assert.equal(await viewer.page.locator('.menu').count(), 1);
		await viewer.close();
	},

	async theAddressBringsAllOfItBack(browser) {
		const first = await new Viewer(browser, PLAIN, ONCPU).open();

		await first.click(find(first.model, 'run'));
		await first.choose('colors', 'package');
		await first.choose('order', 'width');
		await first.filter('drop', 'lex');
		await first.search('read, sort');
		await first.pane('Open a second pane').click();
		const address = await first.address();
		const said = [await first.pills(), await first.total(), await first.page.locator('.legend').textContent()];
		assert.equal(said[0].length, 3);
		await first.close();

		const again = await new Viewer(browser, PLAIN, ONCPU).open({ address: `#${address}` });
		assert.deepEqual([await again.pills(), await again.total(),
				  await again.page.locator('.legend').textContent()], said);
		assert.equal(await again.page.locator('.pane').count(), 2);
		await again.go('');
		assert.deepEqual(await again.pills(), []);
		await again.back();
		await again.settle();
		assert.deepEqual(await again.pills(), said[0]);
		await again.page.goForward();
		await again.settle();
		assert.deepEqual(await again.pills(), []);
		await again.close();
	},

	async anAddressThatMakesNoSenseIsHarmless(browser) {
		const viewer = await new Viewer(browser, PLAIN).open({ address:
			'#tab=9&value=7&focus=99999&up=5&down=-3&sandwich=nobody&panes=bogus&colors=red&' +
			'toggled=a,b&hide=(&__proto__=1&constructor=2&threshold=x&query=%00' });

		assert.equal((await viewer.hover(viewer.model)).name, 'all');
		await viewer.go('panes=flame,table,tree&focus=3&sandwich=main&up=999&down=999');
		assert.deepEqual(await viewer.pills(), ['Sandwich: main']);
		await viewer.close();
	},

	async whatIsSeenIsSaved(browser) {
		const viewer = await new Viewer(browser, PLAIN, [...ONCPU, '--title', 'A "title" & <more>']).open();
		const folded = async () => (await viewer.exported('Folded stacks')).bytes.toString();

		assert.deepEqual((await folded()).trim().split('\n').sort(),
			PLAIN['plain.folded'].split('\n').sort());
		await viewer.click(find(viewer.model, 'scan'));
		assert.equal(await folded(),
			'db;main;run;scan;read_[k] 400\ndb;main;run;scan;read_[k];copy_[k] 100\n');
		const svg = await viewer.exported('SVG picture');
		assert.equal(svg.name, 'A-title-more.svg');
		const text = svg.bytes.toString();
		assert.ok(text.includes('>copy</text>') && !text.includes('>lex</text>'));
		fs.writeFileSync(path.join(process.env.TMP, 'saved.svg'), text);
		execFileSync('xmllint', ['--noout', path.join(process.env.TMP, 'saved.svg')]);
		const png = await viewer.exported('PNG picture');
		assert.equal(png.bytes.subarray(1, 4).toString(), 'PNG');
		assert.ok(png.bytes.readUInt32BE(16) >= 1200);
		await viewer.page.evaluate(() => {
			window.print = () => {
				document.title = 'printed';
			};
		});
		await viewer.page.getByRole('button', { name: 'Export', exact: true }).click();
		await viewer.page.getByRole('menuitem', { name: 'Print' }).click();
		assert.equal(await viewer.page.title(), 'printed');
		await viewer.menu(find(viewer.model, 'read'), 'Sandwich');
		assert.equal(await folded(), 'read_[k] 400\nread_[k];copy_[k] 100\n');
		await viewer.close();
	},

	async onPaperItIsWholeAndLight(browser) {
		const lines = Array.from({ length: 90 }, (_, i) => `f${i}`).join(';');
		const viewer = await new Viewer(browser, { 'paper.folded': `${lines} 5\ng 5` })
			.open({ theme: 'dark', height: 500 });
		const { page } = viewer;

		await viewer.go('panes=flame,table');
		await page.emulateMedia({ media: 'print' });
		await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
		assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light');
		const printed = await page.locator('.printed text').allTextContents();
		for (const name of ['f0', 'f45', 'f89', 'g'])
			assert.ok(printed.includes(name), name);
		assert.equal((await viewer.table()).length, 91);
		assert.equal(await page.locator('.printed').isVisible(), true);
		assert.equal(await page.locator('.flame').isVisible(), false);
		await page.evaluate(() => window.dispatchEvent(new Event('afterprint')));
		await page.emulateMedia({ media: 'screen' });
		assert.equal(await page.locator('.printed').count(), 0);
		assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
		await viewer.go('panes=tree');
		assert.equal((await page.pdf()).subarray(0, 5).toString(), '%PDF-');
		await viewer.close();
	},

	async inputsAreTabs(browser) {
		const viewer = await new Viewer(browser, { ...PLAIN, ...RECURSIVE, ...BOTH }).open();
		const { page } = viewer;

		assert.equal(await page.title(), '3 profiles');
		assert.deepEqual(await page.getByRole('tab').allTextContents(),
			['plain.folded', 'recursive.folded', 'both.folded']);
		await viewer.click(find(viewer.model, 'run'));
		await page.getByRole('tab', { name: 'recursive' }).click();
		assert.equal(await viewer.total(), '78');
		assert.deepEqual(await viewer.pills(), []);
		await viewer.press('ArrowRight');
		assert.equal(await viewer.total(), '281 after');
		assert.equal(await viewer.address(), 'tab=2');
		await viewer.back();
		await viewer.back();
		assert.equal(await viewer.total(), '1,000');
		assert.deepEqual(await viewer.pills(), ['Focus: run, 58.00%']);
		await viewer.close();
	},

	async differencesTellBothSides(browser) {
		const viewer = await new Viewer(browser, BOTH).open();
		const both = (key) => Object.fromEntries(BOTH['both.folded'].split('\n').map((line) => {
			const [, name, before, after] = /([^; ]+) (\d+) (\d+)$/.exec(line);
			return [name, Number(key === 'after' ? after : before)];
		}));
		const [before, after] = [both('before'), both('after')];
		const { page } = viewer;

		assert.equal(await viewer.total(), '281 after');
		assert.equal(await page.locator('.status').getByRole('button', { name: /^Not drawn: 70 gone/ }).count(), 1);
		await viewer.press('2');
		const rows = new Map((await viewer.table()).map(([name, ...cells]) => [name, cells]));
		for (const name of ['grew', 'same', 'shrank', 'tiny']) {
			const by = after[name] - before[name];
			const points = 100 * after[name] / 281 - 100 * before[name] / 320;
			const change = by ? `${by < 0 ? '−' : '+'}${Math.abs(by)}` : '0';
			assert.deepEqual(rows.get(name), [
				...Array(2).fill(`${change} ${points < 0 ? '−' : '+'}${
					Math.abs(points).toFixed(2)}%`),
				`${before[name]} ${share(before[name], 320)}`, `${after[name]} ${share(after[name], 281)}`]);
		}
		assert.ok(rows.has('new new') && rows.has('gone gone'), [...rows.keys()].join());
		for (const column of ['Self Δ', 'Total Δ', 'Before', 'After']) {
			await page.getByRole('columnheader', { name: column }).getByRole('button').click();
			assert.equal((await viewer.table()).length, rows.size);
		}
		await viewer.press('1');
		await viewer.menu({ depth: 2, start: 0, total: 20 * 281 / 101 }, 'Sandwich');
		await viewer.back();
		await page.locator('.status').getByRole('button', { name: /^Not drawn/ }).click();
		assert.match(await viewer.address(), /^width=both/);
		await viewer.search('^gone$');
		assert.equal(await viewer.currentName(), 'gone');
		assert.match((await viewer.current()).label, /Before: 70, 21\.88% .*After: 0, 0\.00%.*Note: gone/);
		await viewer.search('^new$');
		assert.match((await viewer.current()).label, /After: 30, 10\.68%.*Note: new/);
		assert.doesNotMatch((await viewer.current()).label, /NaN/);
		await viewer.flame.focus();
		await viewer.press('s');
		assert.doesNotMatch((await viewer.current()).label, /NaN|Infinity/);
		assert.deepEqual(await viewer.pills(), ['Sandwich: new', 'Search: ^new$']);
		await viewer.close();
	},

	async changesAreColouredAsChosen(browser) {
		const viewer = await new Viewer(browser, BOTH).open();
		const model = viewer.model;
		/* siblings by name, as wide as after: grew new same shrank tiny */
		const widths = [['grew', 90], ['new', 30], ['same', 50], ['shrank', 10], ['tiny', 101]];
		const place = (name) => {
			const i = widths.findIndex(([n]) => n === name);
			const start = widths.slice(0, i).reduce((sum, [, width]) => sum + width, 0);
			return { depth: 2, start, total: widths[i][1] };
		};
		const of = (name) => viewer.color(place(name));

		viewer.zoom = { ...model, depth: 0, start: 0, total: 281 };
		const red = await of('grew');
		const grey = await of('same');
		assert.equal(new Set([red, grey, await of('shrank'), await of('new'), await of('tiny')]).size, 5);
		await viewer.choose('deltas', 'safe');
		assert.notEqual(await of('grew'), red);
		assert.equal(await of('same'), grey);
		await viewer.choose('deltas', 'redblue');
		await viewer.page.getByRole('button', { name: 'View', exact: true }).click();
		await viewer.page.locator('#settings [data-key=threshold]').fill('1');
		await viewer.press('Enter', 'Escape');
		assert.equal(await of('tiny'), grey);
		assert.equal(await of('grew'), red);
		await viewer.choose('normalized', true);
		assert.notEqual(await of('same'), grey);	/* 50 of 320 became 50 of 281 */
		await viewer.choose('basis', 'total');
		await viewer.choose('width', 'before');
		assert.equal(await viewer.total(), '320 before');
		await viewer.close();
	},

	async theWriterSaysHowADifferenceOpens(browser) {
		const viewer = await new Viewer(browser, BOTH, ['--negate', '--diff-by', 'total', '--threshold', '2.5']).open();

		assert.equal(await viewer.total(), '320 after');
		await viewer.page.getByRole('button', { name: 'View', exact: true }).click();
		assert.equal(await viewer.page.locator('[data-key=threshold]').inputValue(), '2.5');
		assert.equal(await viewer.page.locator('[data-key=basis]').inputValue(), 'total');
		assert.equal(await viewer.address(), '');
		await viewer.close();
	},

	async nothingBecomesAPageThatSaysSo(browser) {
		const viewer = await new Viewer(browser, { 'zero.folded': 'a;b 0\nc 0' }).open();

		assert.equal(await viewer.total(), '0');
		await viewer.press('2', '3', 'ArrowDown', '1', 'ArrowUp', 'Enter', 'm');
		await viewer.close();
	},

	async deepStacksAreWhole(browser) {
		const stack = Array.from({ length: 5000 }, (_, i) => `f${i}`).join(';');
		const viewer = await new Viewer(browser, { 'deep.folded': `${stack} 1\ng 1` }).open();
		const top = find(viewer.model, 'f4999');

		await viewer.flame.evaluate((e) => {
			e.scrollTop = 0;
		});
		await viewer.settle();
		assert.equal((await viewer.hover(top)).name, 'f4999');
		const color = await viewer.color(top);
		assert.notEqual(color, 'rgb(255,255,255)');
		assert.notEqual(color, 'rgb(0,0,0)');
		await viewer.flame.evaluate((e) => {
			e.scrollTop = e.scrollHeight;
		});
		await viewer.settle();
		assert.equal((await viewer.hover(find(viewer.model, 'f3'))).name, 'f3');
		assert.equal(await viewer.search('^f4321$'), '1 of 1 match, 50.00%');
		await viewer.press('Enter');
		await viewer.press('3');
		await viewer.close();
	},

	/* Beyond 2^53 a script's numbers are not exact: shares still are right. */
	async hugeValuesKeepTheirShares(browser) {
		const viewer = await new Viewer(browser, { 'huge.folded':
			'a;x 9007199254740993\nb 27021597764222979' }).open();

		await viewer.search('^b$');
		assert.equal(await viewer.result(), '1 of 1 match, 75.00%');
		await viewer.close();
	},

	async fractionsAreShownAndSaved(browser) {
		const viewer = await new Viewer(browser, { 'factor.folded': 'a;x 3000\na 1500.5\nb 1500' }).open();

		assert.equal(await viewer.total(), '6,000.5');
		assert.equal((await viewer.exported('Folded stacks')).bytes.toString(),
			'a 1500.5\na;x 3000\nb 1500\n');
		await viewer.close();
	},

	async whatWasWrittenAboutItIsThere(browser) {
		const viewer = await new Viewer(browser, PLAIN, ['--title', 'T', '--subtitle', 'second <line>',
								 '--notes', 'small print']).open();

		assert.deepEqual(await viewer.page.locator('.about p').allTextContents(),
			['second <line>', 'small print']);
		await viewer.close();
	},

	async hostileNamesAreOnlyNames(browser) {
		const viewer = await new Viewer(browser, HOSTILE, ['--title', '</title><script>alert(6)</script>'])
			.open();
		const names = new Set();

		/* cleaned names stand in another order than these */
		for (let start = 0; start < 35; start += 5)
			for (const depth of [1, 2, 3]) {
				const place = { depth, start, total: 5 };
				names.add((await viewer.hover(place))?.name);
			}
		assert.ok(names.has('</script><script>alert(1)</script>'));
		assert.ok(names.has(']]><script>alert(2)</script>'));
		assert.ok(names.has('<img src=x onerror=alert(4)>'));
		assert.ok(names.has('\ufffdesrever'));
		assert.ok(names.has('a\u200db'));
		assert.ok([...names].some((name) => /^soft(‹U\+00AD›|\ufffd)hyphen$/.test(name)));
		assert.equal(await viewer.page.title(), '</title><script>alert(6)</script>');
		assert.equal(await viewer.page.locator('script:not([class])').count(), 1);
		assert.equal(await viewer.page.locator('img').count(), 0);
		await viewer.close();
	},
};
