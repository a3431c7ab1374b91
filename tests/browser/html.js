/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Draws folded stacks with perf-flame -o x.html and uses the page as its reader
 * would.
 */
'use strict';

const assert = require('node:assert/strict');
const { find, matched, run, share, walk } = require('./model.js');
const { Viewer } = require('./viewer.js');

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

const HOSTILE = {
	'hostile.folded': [
		'</script><script>alert(1)</script>;x 5',
		']]><script>alert(2)</script>;y 5',
		'"onload="alert(3)";<img src=x onerror=alert(4)> 5',
		'&#60;script&#62;;&lt;;\'`${alert(5)}` 5',
		'\u0007\u001b[31m;\u202eesrever;tab\there 5',
		`${'n'.repeat(65536)};deep 5`,
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
		await viewer.page.goBack();
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

	async hostileNamesAreOnlyNames(browser) {
		const viewer = await new Viewer(browser, HOSTILE, ['--title', '</title><script>alert(6)</script>'])
			.open();
		const names = new Set();

		/* cleaned names stand in another order than these */
		for (let sixth = 0; sixth < 6; sixth++)
			for (const depth of [1, 2, 3]) {
				const place = { depth, start: 5 * sixth, total: 5 };
				names.add((await viewer.hover(place))?.name);
			}
		assert.ok(names.has('</script><script>alert(1)</script>'));
		assert.ok(names.has(']]><script>alert(2)</script>'));
		assert.ok(names.has('<img src=x onerror=alert(4)>'));
		assert.ok(names.has('\ufffdesrever'));
		assert.equal(await viewer.page.title(), '</title><script>alert(6)</script>');
		assert.equal(await viewer.page.locator('script:not([class])').count(), 1);
		assert.equal(await viewer.page.locator('img').count(), 0);
		await viewer.close();
	},
};

run(tests);
