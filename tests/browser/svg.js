/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Draws folded stacks with perf-flame and uses the SVG as a reader would: with
 * the pointer and the keyboard, looking at what the page says. What it should
 * say comes from a model of its own, made from the folded lines.
 */
'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { GROWN_TERMS, find, grown, matched, modelOf, run, share, walk } = require('./model.js');

const { BIN, TMP } = process.env;
const LEFT = 10;
const INNER = 1180;
const ROW = 16;

class Page {
	constructor(browser, name, folded, options = []) {
		this.browser = browser;
		this.file = path.join(TMP, `${name}.svg`);
		this.model = modelOf(folded);
		this.zoom = this.model;
		this.complaints = [];
		this.options = options;
		this.draw(folded);
	}

	draw(folded) {
		const input = this.file.replace(/svg$/, 'folded');

		fs.writeFileSync(input, `${folded}\n`);
		execFileSync(path.join(BIN, 'perf-flame'),
			     [input, ...this.options, '-o', this.file]);
		return this;
	}

	async open(query = '') {
		this.page = await this.browser.newPage({ viewport: { width: 1200, height: 900 } });
		this.page.on('pageerror', (error) => this.complaints.push(`error: ${error}`));
		this.page.on('console', (line) => this.complaints.push(`console: ${line.text()}`));
		this.page.on('dialog', (dialog) => this.answer(dialog));
		this.page.on('request', (request) => {
			if (!request.url().startsWith(pathToFileURL(this.file).href))
				this.complaints.push(`request: ${request.url()}`);
		});
		await this.page.goto(pathToFileURL(this.file).href + query);
		this.meta = JSON.parse(await this.text('meta'));
		return this;
	}

	async answer(dialog) {
		if (dialog.type() === 'prompt' && this.term !== undefined) {
			await dialog.accept(this.term);
			this.term = undefined;
			return;
		}
		this.complaints.push(`dialog: ${dialog.message()}`);
		await dialog.dismiss();
	}

	text(part) {
		return this.page.locator(`.pfl-${part}`).first().evaluate((e) => e.textContent);
	}

	/* The middle of a node as it is drawn now, in pixels of the window. */
	async middle(node) {
		const above = node.depth < this.zoom.depth;
		const scale = INNER / this.zoom.total;
		const x = above ? LEFT + INNER / 2 :
			LEFT + (node.start - this.zoom.start + node.total / 2) * scale;
		const rows = Math.min(this.meta.rows, 50000);
		const row = this.meta.inverted ? node.depth : rows - 1 - node.depth;
		const y = this.meta.top + (row + 0.5) * ROW;

		return { x, y: y - await this.page.evaluate(() => window.scrollY) };
	}

	async hover(node) {
		const { x, y } = await this.middle(node);
		await this.page.mouse.move(x, y);
	}

	async click(node) {
		const { x, y } = await this.middle(node);
		await this.page.mouse.click(x, y);
		this.zoom = node;
	}

	async search(term, key = 'Control+f') {
		this.term = term;
		await this.page.keyboard.press(key);
		assert.equal(this.term, undefined, `${key} asked for nothing`);
	}

	tooltip() {
		return this.page.evaluate(() =>
			document.querySelector('rect[pointer-events=all] > title').textContent);
	}

	address() {
		return this.page.evaluate(() => window.location.search);
	}

	async close() {
		assert.deepEqual(this.complaints, []);
		await this.page.close();
	}
}

const PLAIN = [
	'db;main;parse;lex 120',
	'db;main;parse;alloc 80',
	'db;main;run;scan;read_[k] 400',
	'db;main;run;scan;read_[k];copy_[k] 100',
	'db;main;run;sort;alloc 50',
	'db;main;run 30',
	'sh;main;fork_[k] 219',
	'sh;needle 1',
].join('\n');

/* 200,000 of which a frame called "thin" has 1: 0.006 pixels. */
const NARROW = [
	'a;wide 199000',
	...Array.from({ length: 998 }, (_, i) => `a;sliver${i} 1`),
	'a;thick;thin 1',
	'b 1',
].join('\n');

const HOSTILE = [
	'</script><script>alert(1)</script>;x 5',
	']]><script>alert(2)</script>;y 5',
	'"onload="alert(3)";<img src=x onerror=alert(4)> 5',
	'&#60;script&#62;;&lt;;\'`${alert(5)}` 5',
	'\u0007\u001b[31m;\u202eesrever;tab\there 5',
	`${'n'.repeat(65536)};deep 5`,
].join('\n');

/* Whether no text at the top runs into another. */
const freeOfControls = (page) => page.page.evaluate(() => {
	const boxes = ['.pfl-title', '.pfl-search', '.pfl-subtitle', '.pfl-legend text:first-of-type']
		.map((part) => document.querySelector(part)).filter(Boolean)
		.map((text) => text.getBoundingClientRect());

	return boxes.every((a) => boxes.every((b) => a === b || a.right <= b.left || b.right <= a.left ||
		a.bottom <= b.top + 4 || b.bottom <= a.top + 4));	/* boxes are higher than letters */
});

const tests = {
	async pointingTellsOfAFrame(browser) {
		const page = await new Page(browser, 'plain', PLAIN, ['--type', 'oncpu']).open();

		assert.equal(await page.text('details'), 'all (1,000 samples)');
		await page.hover(find(page.model, 'scan'));
		assert.equal(await page.text('details'),
			     'scan (500 samples, 50.00% of all; self: 0 samples, 0.00%)');
		assert.equal(await page.tooltip(),
			     'scan\n500 samples, 50.00% of all\nself: 0 samples, 0.00%');
		await page.hover(find(page.model, 'needle'));
		assert.match(await page.text('details'), /^needle \(1 sample, 0\.10% of all;/);
		await page.page.mouse.move(600, 20);
		assert.match(await page.text('details'), /^all /);
		await page.close();
	},

	async everyFrameIsFoundUnderThePointer(browser) {
		const page = await new Page(browser, 'plain', PLAIN).open();

		for (const node of walk(page.model)) {
			await page.hover(node);
			assert.equal((await page.tooltip()).split('\n')[1],
				     `${node.total.toLocaleString('en')}, ` +
				     `${share(node.total, 1000)} of all`);
			assert.equal((await page.tooltip()).split('\n')[0], node.name);
		}
		await page.close();
	},

	async clickingZooms(browser) {
		const page = await new Page(browser, 'plain', PLAIN, ['--type', 'oncpu']).open();
		const { model } = page;

		await page.click(find(model, 'run'));
		assert.equal(await page.address(), '?x=200&y=3');
		await page.hover(find(model, 'read'));
		assert.match(await page.text('details'),
			     /^read \(500 samples, 50\.00% of all, 86\.21% of the zoom; self: 4/);
		await page.hover(find(model, 'db'));	/* an ancestor, as wide as the graph */
		assert.match(await page.text('details'), /^db \(780 samples, 78\.00% of all; /);
		await page.click(find(model, 'copy'));
		assert.equal(await page.address(), '?x=200&y=6');
		await page.click(find(model, 'main'));
		assert.equal(await page.address(), '?x=0&y=2');
		await page.page.locator('.pfl-reset').click();
		page.zoom = model;
		assert.equal(await page.address(), '');
		await page.hover(find(model, 'fork'));
		assert.match(await page.text('details'), /^fork \(219 samples/);
		assert.equal(await page.page.locator('.pfl-reset').isVisible(), false);
		await page.close();
	},

	async searchTellsTheShareAsAUnion(browser) {
		const page = await new Page(browser, 'plain', PLAIN).open();

		for (const term of ['alloc', 'read|copy', 'main|scan|read', '^db$', '.', 'no']) {
			const sum = matched(page.model, new RegExp(term));

			await page.search(term);
			assert.equal(await page.text('matched'), `Matched: ${share(sum, 1000)}`);
		}
		const magenta = page.page.locator('[fill="#e600e6"]');
		await page.search('read|copy', 'F3');
		assert.equal(((await magenta.getAttribute('d')).match(/M/g)).length, 2);
		await page.page.locator('.pfl-search').click();	/* "Reset Search" */
		assert.equal(await page.text('matched'), '');
		assert.equal(await magenta.count(), 0);
		await page.close();
	},

	async stacksAtRandomAreToldAndFound(browser) {
		const page = await new Page(browser, 'grown', grown('svg', 30)).open();
		const { total } = page.model;
		const wide = [...walk(page.model)].filter((node) => node.total * INNER > 3 * total);

		assert.ok(wide.length > 40);
		for (const node of wide) {
			await page.hover(node);
			assert.deepEqual((await page.tooltip()).split('\n'), [node.name,
				`${node.total.toLocaleString('en')}, ${share(node.total, total)} of all`,
				`self: ${node.self.toLocaleString('en')}, ${share(node.self, total)}`]);
		}
		for (const term of GROWN_TERMS) {
			await page.search(term);
			assert.equal(await page.text('matched'),
				     `Matched: ${share(matched(page.model, new RegExp(term)), total)}`);
		}
		await page.close();
	},

	async searchInAZoomTellsBothShares(browser) {
		const page = await new Page(browser, 'plain', PLAIN).open();
		const run = find(page.model, 'run');

		await page.search('alloc');
		await page.click(run);
		assert.equal(await page.text('matched'),
			     `Matched: ${share(50, run.total)} of the zoom, 13.00% of all`);
		await page.search('main');	/* all of the zoom is called by it */
		assert.equal(await page.text('matched'),
			     'Matched: 100.00% of the zoom, 99.90% of all');
		await page.close();
	},

	async caseIsToggled(browser) {
		const page = await new Page(browser, 'plain', PLAIN).open();

		await page.search('ALLOC');
		assert.equal(await page.text('matched'), 'Matched: 0.00%');
		await page.page.keyboard.press('Control+i');
		assert.equal(await page.text('matched'), 'Matched: 13.00%');
		assert.equal(await page.address(), '?s=ALLOC&i=1');
		await page.page.locator('.pfl-case').click();
		assert.equal(await page.text('matched'), 'Matched: 0.00%');
		await page.close();
	},

	async aBadPatternIsTold(browser) {
		const page = await new Page(browser, 'plain', PLAIN).open();

		await page.search('alloc');
		await page.search('(');
		assert.match(await page.text('details'), /^Not a regular expression: /);
		assert.equal(await page.text('matched'), 'Matched: 13.00%');
		assert.equal(await page.address(), '?s=alloc');
		await page.close();
	},

	async escapeUndoesSearchThenZoom(browser) {
		const page = await new Page(browser, 'plain', PLAIN).open();

		await page.click(find(page.model, 'run'));
		await page.search('alloc');
		await page.page.keyboard.press('Escape');
		assert.equal(await page.address(), '?x=200&y=3');
		await page.page.keyboard.press('Escape');
		assert.equal(await page.address(), '');
		await page.close();
	},

	async theAddressBringsItBack(browser) {
		const first = await new Page(browser, 'plain', PLAIN).open();

		await first.click(find(first.model, 'scan'));
		await first.search('c[o]py');
		const query = await first.address();
		const said = await first.text('matched');
		await first.close();
		assert.equal(said, 'Matched: 20.00% of the zoom, 10.00% of all');

		for (const mark of ['?', '#']) {
			const address = mark + query.slice(1);
			const page = await new Page(browser, 'plain', PLAIN).open(address);

			assert.equal(await page.text('matched'), said);
			page.zoom = find(page.model, 'scan');
			await page.hover(find(page.model, 'copy'));
			assert.match(await page.text('details'), /20\.00% of the zoom/);
			await page.close();
		}
		const lost = await new Page(browser, 'plain', PLAIN).open('?x=3&y=999&s=(');
		await lost.hover(find(lost.model, 'needle'));
		assert.match(await lost.text('details'), /^needle /);
		await lost.close();
	},

	async whatIsTooNarrowIsFoundAndZoomedTo(browser) {
		const page = await new Page(browser, 'narrow', NARROW).open();
		const thin = find(page.model, 'thin');

		assert.equal(await page.page.locator('title', { hasText: 'thin (' }).count(), 0);
		await page.search('thin');
		assert.equal(await page.text('matched'), `Matched: ${share(1, 200000)}`);
		await page.hover(thin);
		assert.match(await page.text('details'), /^thin \(1, 0\.00% of all;/);
		await page.click(thin);
		await page.hover(thin);
		assert.match(await page.text('details'), /^thin .* 100\.00% of the zoom;/);
		assert.equal(await page.text('matched'),
			     'Matched: 100.00% of the zoom, 0.00% of all');
		await page.close();
	},

	async hostileNamesAreOnlyNames(browser) {
		const page = await new Page(browser, 'hostile', HOSTILE).open();
		const names = new Set();

		execFileSync('xmllint', ['--noout', page.file]);
		for (let x = LEFT + 5; x < LEFT + INNER; x += 40)
			for (let row = 0; row < page.meta.rows; row++) {
				await page.page.mouse.move(x, page.meta.top + row * ROW + 5);
				names.add((await page.tooltip()).split('\n')[0]);
			}
		assert.ok(names.has('</script><script>alert(1)</script>'));
		assert.ok(names.has(']]><script>alert(2)</script>'));
		assert.ok(names.has('<img src=x onerror=alert(4)>'));
		assert.ok(names.has('\ufffdesrever'));
		assert.ok(names.has(`${'n'.repeat(1024)}…`));
		await page.search('<script>');
		assert.equal(await page.text('matched'), 'Matched: 33.33%');
		await page.click(page.model);
		assert.equal(await page.page.locator('script:not([class])').count(), 1);
		assert.equal(await page.page.locator('img').count(), 0);
		await page.close();
	},

	async deepStacksAreWhole(browser) {
		const stack = Array.from({ length: 5000 }, (_, i) => `f${i}`).join(';');
		const page = await new Page(browser, 'deep', `${stack} 1\ng 1`).open();
		const svg = page.page.locator('svg');

		assert.equal(await svg.getAttribute('height'), String(36 + 5001 * ROW + 30 + 16));
		assert.equal(await page.page.locator('.pfl-limit').count(), 0);
		await page.page.evaluate(() => window.scrollTo(0, 0));
		await page.hover(find(page.model, 'f4999'));
		assert.match(await page.text('details'), /^f4999 \(1, 50\.00% of all;/);
		await page.close();
	},

	async differencesTellBothSides(browser) {
		const after = 'a;grew 9\na;same 5\na;shrank 1';
		const both = 'a;grew 1 9\na;same 5 5\na;shrank 9 1\na;gone 7 0';
		const page = await new Page(browser, 'both', after).draw(both).open();

		await page.hover(find(page.model, 'grew'));
		assert.equal(await page.tooltip(),
			     'grew\n9, 60.00% of all\nbefore: 1, 4.55% (+8)\nself: 9 (+8)');
		await page.hover(find(page.model, 'a'));
		assert.equal(await page.tooltip(),
			     'a\n15, 100.00% of all\nbefore: 22, 100.00% (\u22127)\nself: 0 (+0)');
		await page.search('gone');
		assert.equal(await page.text('matched'), 'Matched: 0.00%');
		await page.close();
	},

	/* Beyond 2^53 a script's numbers are not exact: shares still are right. */
	async hugeValuesKeepTheirShares(browser) {
		const page = await new Page(browser, 'huge',
					    'a;x 9007199254740993\nb 27021597764222979').open();

		await page.hover(find(page.model, 'x'));
		assert.match(await page.text('details'), /, 25\.00% of all;/);
		await page.search('^b$');
		assert.equal(await page.text('matched'), 'Matched: 75.00%');
		await page.click(find(page.model, 'x'));
		await page.hover(find(page.model, 'x'));
		assert.match(await page.text('details'), /, 100\.00% of the zoom;/);
		await page.close();
	},

	async commonFactorsComeBack(browser) {
		const page = await new Page(browser, 'factor', 'a;x 3000\na 1500.5\nb 1500').open();

		await page.hover({ ...find(page.model, 'x'), depth: 2, start: 0, total: 3000 });
		assert.match(await page.text('details'), /^x \(3,000, /);
		await page.page.mouse.move(LEFT + INNER - 5, page.meta.top + 24);
		assert.match(await page.text('details'), /^b \(1,500, 25\.00% of all; /);
		await page.page.mouse.move(LEFT + INNER / 2 + 50, page.meta.top + 24);
		assert.match(await page.text('details'),
			     /^a \(4,500\.5, 75\.00% of all; self: 1,500\.5,/);
		await page.close();
	},

	/* The page has the window's width, and all that stands on it goes along. */
	async aFluidPageFillsTheWindow(browser) {
		const page = await new Page(browser, 'fluid', PLAIN,
					    ['--fluid', '--title', 'T'.repeat(80)]).open();
		const inside = () => page.page.evaluate(() => {
			const boxes = [...document.querySelectorAll('text')]
				.filter((text) => text.textContent)
				.map((text) => text.getBoundingClientRect());

			return [document.documentElement.getBoundingClientRect().width,
				Math.min(...boxes.map(({ left }) => left)),
				Math.max(...boxes.map(({ right }) => right))];
		});

		for (const width of [1200, 700, 390, 1700]) {
			await page.page.setViewportSize({ width, height: 900 });
			await page.page.waitForFunction((want) =>
				Number(document.documentElement.getAttribute('width')) === want, width);
			const [page_width, left, right] = await inside();
			assert.equal(page_width, width);
			assert.ok(left >= 0 && right <= width, `${width}: ${left} to ${right}`);
			assert.ok(await freeOfControls(page));
		}
		await page.close();
	},

	async titlesOfNarrowPagesAreFreeOfControls(browser) {
		for (const width of [1200, 600, 320, 240]) {
			const page = await new Page(browser, `narrow${width}`, PLAIN, ['--width', width,
				'--title', 'Of a PostgreSQL under pgbench', '--subtitle', '8 clients']).open();

			assert.ok(await freeOfControls(page), String(width));
			await page.close();
		}
	},

	async namesAndUnitsAreCalledAsAsked(browser) {
		const page = await new Page(browser, 'called', PLAIN,
					    ['--nametype', 'Routine:', '--countname', 'ticks']).open();

		await page.hover(find(page.model, 'sort'));
		assert.match(await page.text('details'), /^Routine: sort \(50 ticks, /);
		await page.close();
	},

	/* Of a name without room its end is shown, also of what is drawn anew. */
	async namesAreCutAtTheLeft(browser) {
		const page = await new Page(browser, 'left', 'a;a_name_that_is_cut 10\na;b 90',
					    ['--truncate-left']).open();
		const shown = () => page.page.evaluate(() =>
			[...document.querySelectorAll('.pfl-frames text')].map((t) => t.textContent));
		const before = await shown();

		assert.ok(before.includes('…me_that_is_cut'), `${before}`);
		await page.search('^b$');
		assert.deepEqual((await shown()).sort(), before.sort());
		await page.close();
	},

	async anIcicleWorksTheSame(browser) {
		const page = await new Page(browser, 'icicle', PLAIN, ['--inverted']).open();

		await page.click(find(page.model, 'run'));
		await page.hover(find(page.model, 'sort'));
		assert.match(await page.text('details'),
			     /^sort \(50, 5\.00% of all, 8\.62% of the zoom;/);
		await page.close();
	},
};

run(tests);
