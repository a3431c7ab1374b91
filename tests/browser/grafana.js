/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nested sets in Grafana's flame graph panel: what it says above the graph, in its table
 * and under the pointer, and the colours it has for a difference.
 */
'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const esbuild = require('esbuild');
const { isSafe, modelOf, newPage, run, tableOf, walk, write } = require('./model.js');

const { NODE_PATH, SRC, TMP } = process.env;
const ROW = 22;		/* pixels of a level */
const EACH = 1234567;

const BEFORE = [
	'db;main;parse;lex 120',
	'db;main;run;scan;read_[k] 400',
	'db;main;run;scan;scan;copy_[k] 100',
	'db;main;run 30',
	'sh;main;fork_[k] 219',
	'sh;main;wait 31',
].join('\n');

/* One frame is new, one gone; "fork" has the share that it had. */
const AFTER = [
	'db;main;parse;lex 90',
	'db;main;run;scan;read_[k] 500',
	'db;main;run;scan;scan;copy_[k] 280',
	'db;main;run 30',
	'db;main;plan 462',
	'sh;main;fork_[k] 438',
].join('\n');

/* What the panel writes behind its numbers. */
const SUFFIXES = {
	'': 1, '%': 1, K: 1e3, Mil: 1e6, Bil: 1e9,
	ns: 1, 'µs': 1e3, ms: 1e6, s: 1e9, min: 60e9,
	B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30,
};

/* @text says @value in three figures, give or take @slack. */
function near(text, value, slack = 0) {
	const [, number, suffix] = /^(-?[\d.]+) ?(\D*)$/.exec(text) ?? assert.fail(`${text} is no number`);
	const scale = SUFFIXES[suffix] ?? assert.fail(`${text} has an unknown unit`);
	const figure = number === '0' ? 0 : 10 ** (Math.floor(Math.log10(Math.abs(number))) - 2);

	assert.ok(Math.abs(number * scale - value) <= figure / 2 * scale * 1.0001 + slack, `${text} for ${value}`);
}

/*
 * What is not installed is empty, and who uses it fails. What an .mjs imports esbuild takes
 * for Node.js's: the default of a package of the old kind is then all of it. The panel's
 * scroll bars are one, and what they want is in it.
 */
const packages = {
	name: 'packages',
	setup(build) {
		build.onResolve({ filter: /^[^./]/ }, async ({ path: name, pluginData, ...from }) => {
			if (pluginData === packages)
				return undefined;
			if (name === 'react-custom-scrollbars-2')
				return { path: name, namespace: 'inside' };
			const found = await build.resolve(name, { ...from, pluginData: packages });

			return found.errors.length ? { path: name, namespace: 'absent' } : found;
		});
		build.onLoad({ filter: /./, namespace: 'absent' }, () => ({ contents: 'module.exports = {};' }));
		build.onLoad({ filter: /./, namespace: 'inside' }, ({ path: name }) => ({
			contents: `module.exports = require('${name}/lib/index.js').default;`,
			resolveDir: NODE_PATH,
		}));
	},
};

const bundle = () => esbuild.build({
	entryPoints: [path.join(__dirname, 'panel.mjs')],
	nodePaths: [NODE_PATH],
	tsconfigRaw: {},
	bundle: true,
	outfile: path.join(TMP, 'panel.js'),
	define: { 'process.env.NODE_ENV': '"production"' },
	plugins: [packages],
});

const percent = (value, whole) => `${Math.round(1e4 * value / whole) / 100}%`;

/* What is at @node's place in another tree. */
const twin = (root, node) => {
	const names = [];

	for (let at = node; at.parent; at = at.parent)
		names.unshift(at.name);
	return names.reduce((at, name) => at?.children.get(name), root)?.total ?? 0;
};

/* A profile of pprof: of @shape, each worth EACH of @unit. */
function measured(shape, type, unit) {
	const file = path.join(TMP, `${type}.pb.gz`);

	fs.writeFileSync(file, execFileSync('python3', ['-c', [
		'import sys',
		'from pprof import Writer',
		'from stackmodel import parse',
		'_, type, unit, each = sys.argv',
		'stacks = [(path, value * int(each)) for path, value in parse(sys.stdin.read())]',
		'sys.stdout.buffer.write(Writer((type, unit)).stacks(stacks).gz())',
	].join('\n'), type, unit, EACH], { input: shape, env: { ...process.env,
								PYTHONPATH: path.join(SRC, 'tests/tools') } }));
	return path.basename(file);
}

/* The page is served from here, its icons are empty, and nothing else is to be had. */
async function serve(route) {
	const { pathname } = new URL(route.request().url());

	if (pathname === '/')
		await route.fulfill({ contentType: 'text/html', body: '<!DOCTYPE html><meta charset="utf-8">' +
			'<style>* { box-sizing: border-box }</style><div id="panel"></div>' });
	else if (pathname.endsWith('.svg'))
		await route.fulfill({ contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg"/>' });
	else
		await route.abort();
}

async function openPanel(browser, file, complaints) {
	const page = await newPage(browser, complaints);

	page.on('console', (message) => {
		if (message.type() === 'error')
			complaints.push(`error: ${message.text()}`);
	});
	await page.setViewportSize({ width: 1200, height: 1400 });
	await page.route('**', serve);
	await page.goto('http://panel.invalid/');
	await page.addScriptTag({ path: path.join(TMP, 'panel.js') });
	await page.evaluate((json) => window.show(document.getElementById('panel'), json),
			    JSON.parse(fs.readFileSync(file)));
	await page.getByRole('row').nth(1).waitFor();
	/* It is measured first, and then drawn. */
	await page.waitForFunction(() => document.querySelector('canvas').clientWidth > 1000);
	return page;
}

/* "870 | 870 samples (Count)" */
async function readPill(page) {
	const text = await page.getByText(/ samples \(/).innerText();

	return /^(.*) \| (.*) samples \((.*)\)$/.exec(text).slice(1);
}

/* { name: [number...] }, as they stand there. */
const readTable = (page) => page.getByTestId('topTable').getByRole('row').evaluateAll((rows) =>
	Object.fromEntries(rows.slice(1).map((row) => [...row.querySelectorAll('[role=cell]')]
		.map((cell) => cell.textContent).slice(1)).map(([name, ...numbers]) => [name, numbers])));

/* Where @node of @root lies in the canvas. */
const placeOf = (node, root, width) => ({
	left: node.start / root.total * width, right: (node.start + node.total) / root.total * width,
	top: node.depth * ROW,
});

/* What is said of each block when the pointer is on its middle. */
async function* readTooltips(page, root) {
	const { x, y, width } = await page.getByTestId('flameGraph').boundingBox();
	const tooltip = page.locator('[aria-live=polite]');

	for (const node of walk(root)) {
		const { left, right, top } = placeOf(node, root, width);

		await page.mouse.move(x + (left + right) / 2, y + top + ROW / 2);
		await tooltip.waitFor();
		yield [node, (await tooltip.innerText()).split('\n').filter(Boolean)];
		await page.mouse.move(x, y - 5);
		await tooltip.waitFor({ state: 'detached' });
	}
}

/* [red, green, blue, alpha] in the canvas: behind the names, below the borders. */
const readColour = (page, x, y) => page.getByTestId('flameGraph').evaluate((canvas, at) =>
	[...canvas.getContext('2d').getImageData(...at, 1, 1).data], [Math.floor(x), y]);

const readColourOf = async (page, node, root) => {
	const { width } = await page.getByTestId('flameGraph').boundingBox();
	const { right, top } = placeOf(node, root, width);

	return readColour(page, right - 4, top + 3);
};

/* All that the panel says of one profile: @shape is its folded text, of which each is worth @times. */
async function checkPlain(page, shape, times, title) {
	const root = modelOf(shape);
	const whole = root.total * times;
	const [value, samples, kind] = await readPill(page);
	const table = await readTable(page);
	const wanted = { ...tableOf(root), total: [root.self, root.total] };

	assert.equal(kind, title);
	near(value, whole);
	near(samples, whole);
	assert.deepEqual(Object.keys(table).sort(), Object.keys(wanted).sort());
	for (const [name, [self, total]] of Object.entries(wanted)) {
		near(table[name][0], self * times);
		near(table[name][1], total * times);
	}
	for await (const [node, lines] of readTooltips(page, root)) {
		const [, total, ofAll] = /^Total: (.*) \((.*)\)$/.exec(lines[2]);
		const [, self, selfOfAll] = /^Self: (.*) \((.*)\)$/.exec(lines[3]);

		assert.deepEqual(lines.slice(0, 2), [node.parent ? node.name : 'total', title]);
		near(total, node.total * times);
		near(self, node.self * times);
		assert.equal(ofAll, percent(node.total, root.total));
		assert.equal(selfOfAll, percent(node.self, root.total));
		assert.equal(lines[4], `Samples: ${(node.total * times).toLocaleString('en')}`);
		assert.equal((await readColourOf(page, node, root))[3], 255);
	}
	assert.equal((await readColour(page, 2, 5 * ROW + 3))[3], 0);	/* there is nothing below "lex" */
}

/* @before and @after as the panel compares them: shares, rounded to hundredths of a per cent. */
function compare(text, before, after) {
	if (!before)
		assert.equal(text, 'new');
	else if (!after)
		assert.equal(text, 'removed');
	else
		near(text, 100 * (after / before - 1), .5 / before * (1 + after / before));
}

const tests = {
	async plain(browser) {
		const complaints = [];
		const page = await openPanel(browser, write('before.folded', '.nested.json'), complaints);

		await checkPlain(page, BEFORE, 1, 'Count');
		assert.deepEqual(complaints, []);
		await page.close();
	},

	/* As of a recording; a folded line has no unit. */
	async units(browser) {
		for (const [type, unit, title] of [['time', 'nanoseconds', 'Time'], ['space', 'bytes', 'RAM']]) {
			const complaints = [];
			const page = await openPanel(browser, write(measured(BEFORE, type, unit), '.nested.json'),
						     complaints);

			await checkPlain(page, BEFORE, EACH, title);
			assert.deepEqual(complaints, []);
			await page.close();
		}
	},

	/* A block is as wide as both sides together; its share of each is what they are compared by. */
	async difference(browser) {
		const complaints = [];
		const page = await openPanel(browser, write('before.folded', '.diff.nested.json', '--diff', 'after.folded'),
					     complaints);
		const [root, before, after] = [`${BEFORE}\n${AFTER}`, BEFORE, AFTER].map(modelOf);
		const sides = [before, after].map((side) => ({ ...tableOf(side), total: [0, side.total] }));
		const table = await readTable(page);

		near((await readPill(page))[0], root.total);
		assert.deepEqual(Object.keys(table).sort(), [...Object.keys(tableOf(root)), 'total'].sort());
		for (const [name, [baseline, comparison, diff]] of Object.entries(table)) {
			const [left, right] = sides.map((side) => 100 * (side[name]?.[1] ?? 0) / side.total[1]);

			near(baseline, left, .005);
			near(comparison, right, .005);
			compare(diff, left, right);
		}
		for await (const [node, lines] of readTooltips(page, root)) {
			const [left, right] = [before, after].map((side) => twin(side, node));
			const rows = lines.map((line) => line.split('\t'));
			const [red, green, , alpha] = await readColourOf(page, node, root);
			const change = right / after.total - left / before.total;

			assert.equal(rows[0][0], node.parent ? node.name : 'total');
			assert.deepEqual(rows[2].slice(0, 3), ['% of total', percent(left, before.total),
							       percent(right, after.total)]);
			assert.deepEqual(rows.slice(3).map(([title]) => title), ['Value', 'Samples']);
			for (const [, ...row] of rows.slice(3))
				[left, right, right - left].forEach((number, i) => near(row[i], number));
			/* Every change here is of 4 % and more; the grey of none is red by 6. */
			assert.deepEqual([red - green > 12 ? 1 : red - green < 0 ? -1 : 0, alpha],
					 [Math.sign(change), 255], `colour of ${node.name}`);
		}
		assert.deepEqual(complaints, []);
		await page.close();
	},

	/* But for those of 64 KB, which keep the panel busy for ten seconds. */
	async hostileNames(browser) {
		const lines = fs.readFileSync(path.join(TMP, 'hostile.folded'), 'latin1').split('\n');

		fs.writeFileSync(path.join(TMP, 'short.folded'), lines.filter((line) => line.length < 5000).join('\n'),
				 'latin1');
		for (const input of ['short.folded', 'hostile.data']) {
			const complaints = [];
			const page = await openPanel(browser, write(input, '.nested.json'), complaints);
			const { x, y, width } = await page.getByTestId('flameGraph').boundingBox();

			for (let left = 5; left < width; left += 60)
				await page.mouse.move(x + left, y + ROW * 1.5);
			assert.ok(Object.keys(await readTable(page)).join().includes('pwned'));
			await isSafe(page, complaints);
			await page.close();
		}
	},
};

fs.writeFileSync(path.join(TMP, 'before.folded'), `${BEFORE}\n`);
fs.writeFileSync(path.join(TMP, 'after.folded'), `${AFTER}\n`);
bundle().then(() => run(tests));
