/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Draws folded stacks with perf-flame -o x.html and uses the page as its reader
 * would.
 */
'use strict';

const assert = require('node:assert/strict');
const { run } = require('./model.js');
const reading = require('./html-reading.js');
const shaping = require('./html-shaping.js');
const { neverCalled } = require('./viewer.js');

run({
	...reading,
	...shaping,

	/* Has to be the last. */
	async noFunctionIsWithoutATest() {
		assert.deepEqual(neverCalled(), []);
	},
});
