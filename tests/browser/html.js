/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Draws folded stacks with perf-flame -o x.html and uses the page as its reader
 * would.
 */
'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { find, matched, run, share, walk } = require('./model.js');
const { Viewer, neverCalled } = require('./viewer.js');

const PLAIN = {
	'plain.folded': [
		'db;main;parse;lex 120',
		'db;main;parse;alloc 80',
		'db;main;run;scan;read_[k] 400',
		'db;main;run;scan;read_[k];copy_[k] 100',
		'db;main;run;sort;alloc 50',
		'db;main;run 30',
		'sh;main;fork_[k] 219',
		'sh;needle 1',
	].join('\n'),
};
const ONCPU = ['--type', 'oncpu'];

/* 200,000 of which a frame called "thin" has 1: 0.006 pixels. */
const NARROW = {
	'narrow.folded': [
		'a;wide 199000',
		...Array.from({ length: 998 }, (_, i) => `a;sliver${i} 1`),
		'a;thick;thin 1',
		'b 1',
	].join('\n'),
};

const RECURSIVE = {
	'recursive.folded': [
		'p;main;f;g;f;g;f;leaf 10', 'p;main;f;f;f 20', 'p;main;f;other 5', 'p;main 3',
		'p;main;chain;link;last 40',
	].join('\n'),
};

const TASKS = {
	'tasks.folded': [
		'db-100/101;main;f 10', 'db-100/102;main;g 20', 'db-200/200;main;f 30', 'sh-7/7;main 5',
	].join('\n'),
};

const BOTH = {
	'both.folded': [
		'a;grew 10 90', 'a;same 50 50', 'a;shrank 90 10', 'a;gone 70 0', 'a;new;deep 0 30',
		'a;tiny 100 101',
	].join('\n'),
};

/* Rows of the table that it should have: a function that calls itself counts once. */
function topOf(model) {
	const rows = new Map();

	for (const node of walk(model)) {
		if (node === model)
			continue;
		const row = rows.get(node.name) || { self: 0, total: 0 };
		let within = false;

		for (let up = node.parent; up; up = up.parent)
			within ||= up.name === node.name;
		row.self += node.self;
		row.total += within ? 0 : node.total;
		rows.set(node.name, row);
	}
	return rows;
}

/* Numbers as they travel: five bits a character, the lowest first. */
function* unpacked(text) {
	for (let at = 0; at < text.length;) {
		let value = 0;

		for (let weight = 1, digit = 32; digit >= 32; weight *= 32) {
			digit = text.charCodeAt(at++) - 63;
			value += (digit & 31) * weight;
		}
		yield value;
	}
}

const packed = (value) => value < 32 ? String.fromCharCode(63 + value) :
	String.fromCharCode(95 + value % 32) + packed(Math.floor(value / 32));

/* Gives a page of one value a second one, a time, of so many nanoseconds for each. */
function withTime(file, nanoseconds) {
	const html = fs.readFileSync(file, 'utf8');
	const head = /(<script[^>]*class="profile">)(.*?)(<\/script>)/s;
	const nodes = /(<script[^>]*class="nodes">)(.*?)(<\/script>)/s;
	const meta = JSON.parse(head.exec(html)[2]);
	const numbers = [...unpacked(nodes.exec(html)[2])];

	meta.values.push({ scale: nanoseconds, name: 'time', unit: 'ns', foldedDiv: 1000 });
	const both = numbers.map((value, i) => packed(value) +
		(i % 3 === 2 ? packed(value * meta.values[0].scale) : '')).join('');
	fs.writeFileSync(file, html.replace(head, (_, open, __, close) => open + JSON.stringify(meta) + close)
		.replace(nodes, (_, open, __, close) => open + both + close));
}

const grouped = (value) => value.toLocaleString('en');
const cell = (value, total) => `${grouped(value)} sample${value === 1 ? '' : 's'} ${share(value, total)}`;

const HOSTILE = {
	'hostile.folded': [
		'</script><script>alert(1)</script>;x 5',
		']]><script>alert(2)</script>;y 5',
		'"onload="alert(3)";<img src=x onerror=alert(4)> 5',
		'&#60;script&#62;;&lt;;\'`${alert(5)}` 5',
		'\u0007\u001b[31m;\u202eesrever;tab\there 5',
		`${'n'.repeat(65536)};deep 5`,
		'a\u200db;soft\u00adhyphen 5',
	].join('\n'),
};

const tests = {
	async pointingTellsOfAFrame(browser) {
		const viewer = await new Viewer(browser, PLAIN, ONCPU).open();

		assert.equal(await viewer.total(), '1,000 samples');
		for (const node of walk(viewer.model)) {
			const said = await viewer.hover(node);

			assert.equal(said.name, node.name);
			assert.equal(said.Total, `${node.total.toLocaleString('en')} sample${
				node.total === 1 ? '' : 's'}, ${share(node.total, 1000)} of all`);
		}
		await viewer.close();
	},

	async aClickFocuses(browser) {
		const viewer = await new Viewer(browser, PLAIN, ONCPU).open();
		const { model } = viewer;

		await viewer.click(find(model, 'run'));
		assert.deepEqual(await viewer.pills(), ['Focus: run, 58.00%']);
		const said = await viewer.hover(find(model, 'read'));
		assert.equal(said.Total, '500 samples, 50.00% of all, 86.21% of the zoom');
		assert.equal((await viewer.hover(find(model, 'db'))).name, 'db');
		await viewer.back();
		viewer.zoom = model;
		assert.deepEqual(await viewer.pills(), []);
		assert.equal((await viewer.hover(find(model, 'fork'))).name, 'fork');
		await viewer.close();
	},

	async searchTellsTheShareAsAUnion(browser) {
		const viewer = await new Viewer(browser, PLAIN, ONCPU).open();

		for (const term of ['alloc', 'read|copy', 'main|scan|read', '^db$', '.', 'no']) {
			const sum = matched(viewer.model, new RegExp(term));

			assert.match(await viewer.search(term), new RegExp(`matche?s?, ${share(sum, 1000)}$`));
		}
		await viewer.close();
	},

	async whatIsTooNarrowIsFoundAndGoneTo(browser) {
		const viewer = await new Viewer(browser, NARROW).open();

		assert.equal(await viewer.search('thin'), `1 of 1 match, ${share(1, 200000)}, 100.00% of the zoom`);
		assert.match((await viewer.pills())[0], /^Focus: thick, 0\.00%$/);
		assert.match((await viewer.current()).label, /^thin; Total: 1, /);
		assert.equal(await viewer.search('sliver99.'), `1 of 8 matches, ${share(8, 200000)}, 100.00% of the zoom`);
		assert.match((await viewer.current()).label, /^sliver990; /);
		await viewer.page.locator('.search').getByRole('button', { name: 'Next match' }).click();
		assert.match((await viewer.current()).label, /^sliver991; /);
		await viewer.press('n', 'n', 'N');
		assert.match((await viewer.current()).label, /^sliver992; /);
		await viewer.page.locator('.search').getByRole('button', { name: 'Previous match' }).click();
		assert.match((await viewer.current()).label, /^sliver991; /);
		await viewer.close();
	},

	async whatIsTooNarrowIsUnderThePointerWhileItIsSearched(browser) {
		const viewer = await new Viewer(browser, NARROW).open();
		const thin = find(viewer.model, 'thin');

		await viewer.page.locator('.search input').fill('thin');
		await viewer.page.waitForFunction(() =>
			document.querySelector('.result').textContent.startsWith('1 match'));
		assert.equal((await viewer.hover(thin)).name, 'thin');
		await viewer.click(thin);
		assert.equal((await viewer.hover(thin)).Total, '1, 0.00% of all, 100.00% of the zoom');
		await viewer.close();
	},

	async termsCaseAndExpressions(browser) {
		const viewer = await new Viewer(browser, PLAIN, ONCPU).open();
		const bar = viewer.page.locator('.search');

		assert.equal(await viewer.search('LEX, sort'), '1 of 2 matches, 17.00%');
		await bar.getByRole('button', { name: 'Match case' }).click();
		assert.equal(await viewer.result(), '1 match, 5.00%');
		assert.match(await viewer.address(), /caseSensitive=1/);
		await bar.getByRole('button', { name: 'Match case' }).click();
		assert.equal(await viewer.search('l.x'), '1 of 1 match, 12.00%');
		await bar.getByRole('button', { name: 'Regular expression' }).click();
		assert.equal(await viewer.result(), '0 matches, 0.00%');
		await bar.getByRole('button', { name: 'Regular expression' }).click();
		assert.equal(await viewer.search('(lex'), '0 matches, 0.00%');
		assert.equal(await viewer.page.locator('.search input').getAttribute('aria-invalid'), 'true');
		assert.equal(await viewer.search('in ma'), '0 matches, 0.00%');
		assert.equal(await viewer.search('re d'), '1 of 1 similar, 50.00%');
		await viewer.press('Escape');
		assert.equal(await viewer.result(), '');
		assert.deepEqual(await viewer.pills(), []);
		await viewer.close();
	},

	async theTableHasEveryFunction(browser) {
		for (const inputs of [PLAIN, RECURSIVE]) {
			const viewer = await new Viewer(browser, inputs, ONCPU).open();
			const all = viewer.model.total;

			await viewer.pane('Top table').click();
			const rows = await viewer.table();
			const expected = topOf(viewer.model);
			assert.deepEqual(new Map(rows.map(([name, self, total]) => [name, [self, total]])),
				new Map([...expected].map(([name, { self, total }]) =>
					[name, [cell(self, all), cell(total, all)]])));
			const selves = rows.map(([name]) => expected.get(name).self);
			assert.deepEqual(selves, [...selves].sort((a, b) => b - a));
			await viewer.close();
		}
	},

	async theTableSortsSearchesAndLeads(browser) {
		const viewer = await new Viewer(browser, PLAIN, ONCPU).open();
		const names = async () => (await viewer.table()).map(([name]) => name);
		const { page } = viewer;

		await viewer.press('2');
		await page.getByRole('columnheader', { name: 'Function' }).getByRole('button').click();
		assert.deepEqual((await names()).slice(0, 3), ['alloc', 'copy', 'db']);
		await page.getByRole('columnheader', { name: 'Function' }).getByRole('button').click();
		assert.deepEqual((await names()).slice(0, 2), ['sort', 'sh']);
		assert.equal(await page.getByRole('columnheader', { name: 'Function' })
			.getAttribute('aria-sort'), 'descending');
		await page.getByRole('columnheader', { name: 'Total' }).getByRole('button').click();
		assert.deepEqual((await names()).slice(0, 2), ['main', 'db']);
		await viewer.search('lex,alloc');
		assert.deepEqual(await names(), ['alloc', 'lex']);
		await viewer.search('nothing at all');
		assert.match(await page.locator('.empty').textContent(), /^No function matches/);
		await page.getByRole('button', { name: 'Clear the search' }).click();
		await page.locator('.table').getByRole('button', { name: 'alloc', exact: true }).click();
		assert.deepEqual(await viewer.pills(), ['Search: ^alloc$']);
		await page.getByRole('button', { name: 'Sandwich alloc' }).click();
		assert.deepEqual(await viewer.pills(), ['Sandwich: alloc', 'Search: ^alloc$']);
		await viewer.back();
		await page.locator('.table').getByRole('button', { name: 'alloc', exact: true })
			.click({ button: 'right' });
		await page.getByRole('menuitem', { name: 'Hide these frames' }).click();
		assert.deepEqual(await viewer.pills(), ['Search: ^alloc$', 'Hide frames: alloc']);
		await viewer.close();
	},

	async theCallTreeOpensAndCloses(browser) {
		const viewer = await new Viewer(browser, PLAIN, ONCPU).open();
		const { page } = viewer;
		const samples = (n) => `${grouped(n)} sample${n === 1 ? '' : 's'}`;

		await viewer.pane('Call tree').click();
		const rows = await viewer.calls();
		assert.deepEqual(rows.slice(0, 6), [
			[1, 'all', samples(1000), samples(0)], [2, 'db', samples(780), samples(0)],
			[3, 'main', samples(780), samples(0)], [4, 'run', samples(580), samples(30)],
			[5, 'scan', samples(500), samples(0)], [6, 'read', samples(500), samples(400)]]);
		const calls = page.locator('.calls');
		await calls.locator('.row', { hasText: 'run' }).click();	/* closes it */
		assert.deepEqual((await viewer.calls()).slice(3, 5).map(([, name]) => name), ['run', 'parse']);
		await calls.focus();
		await viewer.press('Home', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowRight');
		assert.equal((await viewer.calls())[4][1], 'scan');
		await viewer.press('ArrowRight', 'ArrowLeft', 'ArrowLeft', 'Enter');
		assert.equal((await viewer.calls())[4][1], 'parse');
		await viewer.press('Enter');
		assert.equal((await viewer.calls())[4][1], 'scan');
		await viewer.press('End', 'PageUp', 'PageDown', 'ArrowUp', 'm');
		assert.equal(await page.locator('.menu').count(), 1);
		await viewer.press('Escape');
		await calls.locator('.row', { hasText: 'scan' }).click({ button: 'right' });
		await page.getByRole('menuitem', { name: 'Focus' }).click();
		assert.deepEqual(await viewer.pills(), ['Focus: scan, 50.00%']);
		assert.deepEqual((await viewer.calls())[0], [1, 'scan', samples(500), samples(0)]);
		await viewer.close();
	},

	async theCallTreeOfASandwichGoesEitherWay(browser) {
		const viewer = await new Viewer(browser, PLAIN).open();
		const names = async () => (await viewer.calls()).map(([level, name, total]) => [level, name, total]);

		await viewer.go('panes=tree&sandwich=main');
		assert.deepEqual((await names()).slice(0, 3), [[1, 'main', '999'], [2, 'run', '580'], [3, 'scan', '500']]);
		await viewer.page.getByRole('button', { name: 'Callers' }).click();
		assert.deepEqual(await names(), [[1, 'main', '999'], [2, 'db', '780'], [2, 'sh', '219']]);
		assert.match(await viewer.address(), /outward=1/);
		await viewer.page.locator('.calls').focus();
		await viewer.press('ArrowDown', 'm', 'Enter');
		assert.deepEqual(await viewer.pills(), ['Sandwich: main', 'Focus: db, 78.08%']);
		await viewer.page.getByRole('button', { name: 'Callees' }).click();
		assert.equal((await names())[1][1], 'run');
		await viewer.page.getByRole('button', { name: 'Leave the sandwich' }).click();
		assert.equal(await viewer.page.locator('.calls-head').textContent(), 'CallTotalSelf');
		await viewer.close();
	},

	async panesAreOneOrTwo(browser) {
		const viewer = await new Viewer(browser, PLAIN).open();
		const { page } = viewer;
		const shown = () => page.locator('.pane [aria-pressed=true]').allTextContents();

		await viewer.pane('Open a second pane').click();
		assert.deepEqual(await shown(), ['Flame graph', 'Top table']);
		await viewer.pane('Call tree', 1).click();
		assert.deepEqual(await shown(), ['Flame graph', 'Call tree']);
		await viewer.pane('Swap the panes').click();
		assert.deepEqual(await shown(), ['Call tree', 'Flame graph']);
		assert.equal(await viewer.address(), 'panes=tree%2Cflame');
		await viewer.pane('Close this pane', 0).click();
		assert.deepEqual(await shown(), ['Flame graph']);
		await page.locator('.title').click();
		await viewer.press('p', 'x', '3');
		assert.deepEqual(await shown(), ['Call tree', 'Flame graph']);
		await viewer.press('p', '1');
		assert.deepEqual(await shown(), ['Flame graph']);
		await viewer.pane('Open a second pane').click();
		await viewer.pane('Flame graph', 1).click();	/* twice the same, each to walk alone */
		assert.equal(await page.locator('.flame').count(), 2);
		await viewer.close();
	},

	async aSandwichHasCallersAndCallees(browser) {
		const viewer = await new Viewer(browser, PLAIN, ONCPU).open();
		const { model } = viewer;

		await viewer.menu(find(model, 'main'), 'Sandwich');
		assert.deepEqual(await viewer.pills(), ['Sandwich: main']);
		assert.match(await viewer.currentName(), /^main$/);
		assert.match((await viewer.current()).label, /Total: 999 samples, 99\.90% of all/);
		await viewer.flame.focus();
		await viewer.press('ArrowDown');
		assert.match((await viewer.current()).label, /^run; Total: 580 samples/);
		await viewer.press('ArrowUp', 'ArrowUp');
		assert.match((await viewer.current()).label, /^db; Total: 780 samples/);
		await viewer.press('ArrowRight');
		assert.match((await viewer.current()).label, /^sh; Total: 219 samples/);
		await viewer.press('Enter');
		assert.deepEqual(await viewer.pills(), ['Sandwich: main', 'Focus: sh, 21.92%']);
		await viewer.press('ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter');
		assert.equal((await viewer.pills()).length, 3);
		await viewer.press('Escape');
		assert.deepEqual(await viewer.pills(), ['Sandwich: main']);
		await viewer.search('alloc');
		assert.match(await viewer.result(), /^1 of 2 matches, 13\.01%$/);
		await viewer.press('Tab');
		await viewer.page.getByRole('button', { name: 'Leave the sandwich' }).click();
		assert.deepEqual(await viewer.pills(), ['Search: alloc']);
		await viewer.close();
	},

	async namesAreCopied(browser) {
		const viewer = await new Viewer(browser, PLAIN).open({ permissions: ['clipboard-read', 'clipboard-write'] });
		const copied = async () => {
			await viewer.page.evaluate(() => {
				const box = document.createElement('textarea');
				document.body.append(box);
				box.focus();
			});
			await viewer.press('Control+v');
			return viewer.page.evaluate(() => {
				const box = document.body.lastChild;
				const text = box.value;
				box.remove();
				return text;
			});
		};

		await viewer.menu(find(viewer.model, 'parse'), 'Copy name');
		await viewer.page.locator('.announce', { hasText: 'Copied: parse' }).waitFor({ state: 'attached' });
		assert.equal(await copied(), 'parse');
		await viewer.flame.focus();
		await viewer.press('Home', 'ArrowUp', 'c');
		await viewer.page.locator('.announce', { hasText: 'Copied: db' }).waitFor({ state: 'attached' });
		assert.equal(await copied(), 'db');
		await viewer.page.evaluate(() => {	/* where it is refused */
			navigator.clipboard.writeText = () => Promise.reject(new Error('no'));
		});
		await viewer.menu(find(viewer.model, 'run'), 'Copy name');
		await viewer.page.waitForFunction(() => !document.querySelector('textarea'));
		assert.equal(await copied(), 'run');
		await viewer.flame.focus();
		await viewer.press('Home', 'ArrowUp');
		await viewer.page.evaluate(() => {	/* where there is no clipboard for pages */
			Object.defineProperty(navigator, 'clipboard', { value: undefined });
		});
		await viewer.flame.focus();
		await viewer.press('ArrowUp', 'c');
		assert.equal(await copied(), 'main');
		await viewer.close();
	},

	async everythingIsInTheMenusToo(browser) {
		const viewer = await new Viewer(browser, PLAIN).open();
		const { page } = viewer;

		await viewer.menu(find(viewer.model, 'alloc'), 'Search for this name');
		assert.deepEqual(await viewer.pills(), ['Search: ^alloc$']);
		await viewer.flame.focus();
		await viewer.press('Escape', 'ContextMenu');
		await page.locator('.menu').click({ button: 'right', position: { x: 10, y: 10 } });
		assert.equal(await page.locator('.menu').count(), 1);
		await viewer.press('Escape', '2');
		const table = async (item) => {
			await page.locator('.table').getByRole('button', { name: 'lex', exact: true })
				.click({ button: 'right' });
			await page.getByRole('menuitem', { name: item }).click();
		};
		await table('Search for this name');
		assert.deepEqual(await viewer.pills(), ['Search: ^lex$']);
		await table('Copy name');
		await page.locator('.announce', { hasText: 'Copied: lex' }).waitFor({ state: 'attached' });
		await table('Show only stacks with it');
		assert.equal(await viewer.total(), '120, 12.00% of the profile');
		await table('Drop stacks with it');
		assert.equal(await viewer.total(), '0, 0.00% of the profile');
		await viewer.go('');
		await viewer.press('2');
		await table('Sandwich');
		await viewer.filter('hide', 'lex');	/* which takes the sandwich's own function away */
		assert.deepEqual(await viewer.pills(), ['Hide frames: /lex/']);
		await viewer.go('panes=tree');
		await page.locator('.calls').focus();
		await viewer.press('ArrowDown', 'c');
		await page.locator('.announce', { hasText: 'Copied: db' }).waitFor({ state: 'attached' });
		await viewer.press('ContextMenu');
		assert.equal(await page.locator('.menu').getAttribute('aria-label'), 'db');
		await viewer.close();
	},

	async longListsScroll(browser) {
		const viewer = await new Viewer(browser, NARROW).open();
		const scroll = async (what) => {
			await viewer.page.locator(what).evaluate((e) => {
				e.scrollTop = 10000;
			});
			await viewer.settle();
		};

		await viewer.go('panes=table&sort=name&descending=0');
		assert.equal((await viewer.table())[0][0], 'a');
		await scroll('.table');
		const names = (await viewer.table()).map(([name]) => name);
		assert.ok(names.includes('sliver472') && !names.includes('a'), names.join());
		await viewer.go('panes=tree');
		await viewer.page.locator('.calls').focus();
		await viewer.press('ArrowDown', 'ArrowRight');
		await scroll('.calls');
		assert.ok((await viewer.calls()).some(([, name]) => name.startsWith('sliver')));
		await viewer.close();
	},

	async bothValuesOfATypeAreThere(browser) {
		const viewer = new Viewer(browser, PLAIN, ONCPU);
		withTime(viewer.file, 2500000);
		await viewer.open();

		const said = await viewer.hover(find(viewer.model, 'run'));
		assert.equal(said.Total, '580 samples, 58.00% of all');
		assert.equal(said['Total (time)'], '1.5 s (1,450,000,000 ns), 58.00% of all');
		assert.equal(said['Self (time)'], '75.0 ms (75,000,000 ns), 3.00%');
		await viewer.choose('value', '1');
		assert.equal(await viewer.total(), '2.5 s (2,500,000,000 ns)');
		await viewer.press('2');
		assert.deepEqual((await viewer.table())[0], ['read', '1.0 s 40.00%', '1.3 s 50.00%']);
		await viewer.close();
	},

	async timesAreToldInUnitsPeopleRead(browser) {
		const viewer = await new Viewer(browser, { 'times.folded': 'a;b 999\na;c 1001\nd 3600000000' },
						['--type', 'offcpu']).open();

		assert.match(await viewer.total(), /^3,600\.0 s \(3,600,002,000,000 ns\)$/);
		await viewer.search('^b$');
		assert.match((await viewer.current()).label, /Total: 999\.0 µs \(999,000 ns\)/);
		await viewer.search('^c$');
		assert.match((await viewer.current()).label, /Total: 1\.0 ms \(1,001,000 ns\)/);
		await viewer.close();
	},

	async aPaletteMayColourByNode(browser) {
		const viewer = await new Viewer(browser, { 'chain.folded': 'a;f;--;f;w 10\na;f 5' },
						['--colors', 'chain']).open();
		const upper = [...walk(viewer.model)].filter(({ name }) => name === 'f');

		assert.equal(upper.length, 2);
		assert.notEqual(await viewer.color(upper[0]), await viewer.color(upper[1]));
		const before = await viewer.color(upper[0]);
		await viewer.choose('recursion', true);
		assert.equal(await viewer.color(upper[0]), before);
		await viewer.choose('collapsed', true);
		await viewer.close();
	},

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

	/* Has to be the last. */
	async noFunctionIsWithoutATest() {
		assert.deepEqual(neverCalled(), []);
	},
};

run(tests);
