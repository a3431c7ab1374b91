/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the pages of these tests are drawn from, as a Viewer takes it. */
'use strict';

const fs = require('node:fs');

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

const packed = (value) => value < 32 ? String.fromCharCode(63 + value) :
	String.fromCharCode(95 + value % 32) + packed(Math.floor(value / 32));

/*
 * Gives a page of PLAIN threads, as one of a recording has them: of alloc below parse 30 are those of
 * db-1/1 and 50 of db-2/2, all of read of the former, all of fork of sh-7/7, and the rest nobody's.
 */
function withThreads(file) {
	const html = fs.readFileSync(file, 'utf8');
	const shares = [4, 3, 0, 30, 0, 3, 1, 0, 5, 1, 2].map(packed).join('');

	fs.writeFileSync(file, html.replace('"tasks":[]', '"tasks":[0,"db-1/",3,"2/",0,"sh-7/"]')
		.replace('class="shares">', (open) => open + shares));
}

module.exports = { packed, withThreads, PLAIN, ONCPU, NARROW, RECURSIVE, TASKS, BOTH, HOSTILE };
