/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a graph should say, from the folded lines alone, and a browser to ask.
 */
'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { chromium } = require('playwright-core');

const { BIN, TMP } = process.env;

/* A tree of Maps; siblings in byte order, as the file promises. */
function modelOf(folded) {
	const root = { name: 'all', depth: 0, self: 0, total: 0, children: new Map() };

	for (const line of folded.trim().split('\n')) {
		const [, stack, value] = /^(.*) ([\d.]+)$/.exec(line);
		let node = root;

		node.total += Number(value);
		for (const name of stack.split(';').map((n) => n.replace(/_\[[kij]\]$/, ''))) {
			if (!node.children.has(name))
				node.children.set(name, { name, parent: node, depth: node.depth + 1,
							  self: 0, total: 0, children: new Map() });
			node = node.children.get(name);
			node.total += Number(value);
		}
		node.self += Number(value);
	}
	place(root);
	return root;
}

function place(root) {
	const byBytes = (a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));

	root.start = 0;
	for (const node of walk(root)) {
		let { start } = node;

		for (const child of [...node.children.values()].sort(byBytes)) {
			child.start = start;
			start += child.total;
		}
	}
}

/* Every node; the deepest graph here is deeper than a call stack. */
function* walk(root) {
	const open = [root];

	while (open.length) {
		const node = open.pop();

		open.push(...node.children.values());
		yield node;
	}
}

/* { name: [self, total] }: what is below itself counts once. */
function tableOf(root) {
	const table = {};

	for (const node of walk(root)) {
		let above = node.parent;

		if (node === root)
			continue;
		table[node.name] ??= [0, 0];
		table[node.name][0] += node.self;
		while (above && above.name !== node.name)
			above = above.parent;
		if (!above)
			table[node.name][1] += node.total;
	}
	return table;
}

const find = (root, name) => [...walk(root)].find((node) => node.name === name);

/* What the stacks with a match in them are worth: below a match, nothing is added. */
function matched(node, pattern) {
	if (pattern.test(node.name))
		return node.total;
	return [...node.children.values()].reduce((sum, child) => sum + matched(child, pattern), 0);
}

/* Stacks at random, those of tests/tools/stackmodel.py: recursion, names with blanks, of all widths. */
const grown = (seed, lines) => execFileSync('python3', ['-c',
	'import sys; from stackmodel import grow; print(grow(sys.argv[1], int(sys.argv[2])), end="")',
	seed, lines], { env: { ...process.env, PYTHONPATH: path.join(process.env.SRC, 'tests/tools') } })
	.toString().trim();

/* What to search in them for. */
const GROWN_TERMS = ['f1', '^f[0-4]$', 'a<b>', 'other', '.', 'operator new', '^é—ü$', 'no such name'];

const share = (value, total) => `${(100 * value / total).toFixed(2)}%`;

/* What perf-flame makes of @input, in a file called after it. */
function write(input, ending, ...more) {
	const file = path.join(TMP, `${input}${ending}`);

	execFileSync(path.join(BIN, 'perf-flame'), [input, '-o', file, '-q', ...more], { cwd: TMP });
	return file;
}

const launch = () => chromium.launch({
	executablePath: process.env.CHROMIUM,
	args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
	       '--disable-background-networking', '--disable-component-update',
	       '--disable-sync'],
});

/* A page that must neither fail nor ask; what it says goes to @complaints. */
async function newPage(browser, complaints) {
	const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });

	page.on('pageerror', (error) => complaints.push(`error: ${error}`));
	page.on('dialog', (dialog) => {
		complaints.push(`dialog: ${dialog.message()}`);
		dialog.dismiss();
	});
	return page;
}

/* None of the attacks of tests/tools/hostilenames.py came true. */
const isSafe = async (page, complaints) => {
	assert.equal(await page.evaluate(() => window.pwned), undefined);
	assert.equal(await page.locator('img[onerror], svg[onload], [onload]').count(), 0);
	assert.deepEqual(complaints, []);
};

/* Runs each of @tests with one browser; the process ends. */
async function run(tests) {
	const wanted = process.argv.slice(2);
	const browser = await launch();
	let failed = 0;

	for (const [name, test] of Object.entries(tests)) {
		if (wanted.length && !wanted.some((part) => name.includes(part)))
			continue;
		try {
			await test(browser);
			console.log(`ok ${name}`);
		} catch (error) {
			failed++;
			console.log(`FAILED ${name}: ${error.stack}`);
		}
	}
	await browser.close();
	process.exit(failed ? 1 : 0);
}

module.exports = { GROWN_TERMS, find, grown, isSafe, launch, matched, modelOf, newPage, run, share,
		   tableOf, walk, write };
