/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What there is to read: frames, the search, the tables, the sandwich, the menus. */
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { GROWN_TERMS, find, grown, matched, share, walk } = require('./model.js');
const { packed, PLAIN, ONCPU, NARROW, RECURSIVE } = require('./html-profiles.js');
const { Viewer } = require('./viewer.js');

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

module.exports = {
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

	async stacksAtRandomAreToldAndFound(browser) {
		const viewer = await new Viewer(browser, { 'grown.folded': grown('html', 25) }).open();
		const { total } = viewer.model;
		const wide = [...walk(viewer.model)].filter((node) => node.total * 1200 > 3 * total);

		assert.ok(wide.length > 40);
		for (const node of wide) {
			const said = await viewer.hover(node);

			assert.deepEqual([said.name, said.Total, said.Self], [node.name,
				`${grouped(node.total)}, ${share(node.total, total)} of all`,
				`${grouped(node.self)}, ${share(node.self, total)}`]);
		}
		for (const term of GROWN_TERMS)
			assert.match(await viewer.search(term), new RegExp(
				`matche?s?, ${share(matched(viewer.model, new RegExp(term)), total)}`));
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
		assert.deepEqual(await viewer.page.locator('.legend > span').allTextContents(),
				 ['who waits', 'who wakes']);
		const before = await viewer.color(upper[0]);
		await viewer.choose('recursion', true);
		assert.equal(await viewer.color(upper[0]), before);
		await viewer.choose('collapsed', true);
		await viewer.close();
	},
};
