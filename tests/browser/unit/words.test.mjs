/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers, names, patterns, colours and addresses. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { makeRandom, profileOf, randomStacks } from './profiles.mjs';
import { Measure } from '#viewer/paint.js';
import { baseName, shortened, shown, sourceLine } from '#viewer/names.js';
import { colorBy, darkened, hash, toHsl } from '#viewer/colors.js';
import { countOf, formatBoth, formatExact, formatSigned, formatValue, share, signedPercent } from '#viewer/format.js';
import { escapePattern, matchKeys, searchKeys, splitTerms } from '#viewer/search.js';
import { numbersOf, titleOf } from '#viewer/data.js';
import { fromAddress, initialState, stateOfPage, toAddress, undoing } from '#viewer/state.js';
import { packageOf } from '#viewer/package.js';
import { sideOf, valueLabel } from '#viewer/describe.js';

test('values are written as people read them', () => {
	for (const [value, unit, text] of [
		[0, 'ns', '0 ns'], [1, 'ns', '1 ns'], [999, 'ns', '999 ns'], [1000, 'ns', '1.0 µs'],
		[999949, 'ns', '999.9 µs'], [999951, 'ns', '1.0 ms'], [1.5e9, 'ns', '1.5 s'],
		[4.2e12, 'ns', '4,200.0 s'], [1023, 'bytes', '1,023 B'], [1024, 'bytes', '1.0 KiB'],
		[1048575, 'bytes', '1.0 MiB'], [5 * 2 ** 40, 'bytes', '5.0 TiB'],
		[1, 'samples', '1 sample'], [1234567, 'samples', '1,234,567 samples'], [1, 'misses', '1 miss'],
		[1, 'class', '1 class'], [2.5, '', '2.5'], [0, 'bytes', '0 B'],
	])
		assert.equal(formatValue(value, unit), text);
	assert.equal(formatExact(1, 'switches'), '1 switch');
	assert.equal(formatBoth(1500, 'ns'), '1.5 µs (1,500 ns)');
	assert.equal(formatBoth(15, 'ns'), '15 ns');
	assert.equal(formatBoth(1500, 'samples'), '1,500 samples');
	assert.equal(formatSigned(-1500, 'ns'), '−1.5 µs');
	assert.equal(formatSigned(3, ''), '+3');
	assert.equal(formatSigned(0, 'ns'), '0 ns');
	assert.equal(signedPercent(-0.004), '0.00%');
	assert.equal(signedPercent(-1.25), '−1.25%');
	assert.equal(signedPercent(1.25), '+1.25%');
	assert.equal(share(1, 3), '33.33%');
	assert.equal(share(0, 0), '0.00%');
	assert.equal(countOf(1, 'row'), '1 row');
	assert.equal(countOf(2000, 'row'), '2,000 rows');
	assert.equal(valueLabel({ name: 'count', unit: 'waits' }), 'Waits');
	assert.equal(valueLabel({ name: 'count', unit: '' }), 'Count');
	assert.equal(valueLabel({ name: 'time', unit: 'ns' }), 'Time');
});

test('what cannot be seen in a name shows as a number', () => {
	assert.equal(shown('plain'), 'plain');
	assert.equal(shown('a\u202eb'), 'a‹U+202E›b');
	assert.equal(shown('a\u0007\u00adb'), 'a‹U+0007›‹U+00AD›b');
	assert.equal(shown('\u{e0041}'), '‹U+E0041›');
	assert.equal(shown('a\u200db'), 'a\u200db');
	assert.equal(shown('\u3164'), '‹U+3164›');
});

test('names are cut between characters', () => {
	assert.equal(shortened('short', 5), 'short');
	assert.equal(shortened('longer', 5), 'long…');
	assert.equal(shortened('ab😀cd', 4), 'ab…');
	assert.equal(sourceLine('f (/src/a b.c:12)'), '/src/a b.c:12');
	assert.equal(sourceLine('f (int)'), '');
	assert.equal(baseName('/usr/lib/libc.so.6'), 'libc.so.6');
	assert.equal(baseName('[vdso]'), '[vdso]');
});

test('as much of a name is drawn as fits', () => {
	const measure = new Measure((text) => text === 'w' ? 20 : 10);

	assert.equal(measure.fit('abc', 30, false), 'abc');
	assert.equal(measure.fit('abcd', 30, false), 'ab…');
	assert.equal(measure.fit('abcd', 30, true), '…cd');
	assert.equal(measure.fit('wwab', 40, false), 'w…');
	assert.equal(measure.fit('abcd', 10, false), '…');
	assert.equal(measure.fit('a'.repeat(65536), 50, false), 'aaaa…');
	assert.equal(measure.fit('a'.repeat(65536), 50, true), '…aaaa');
	for (const length of [1, 4, 5, 6, 20])
		assert.ok(measure.fit('b'.repeat(length), 50, false).length * 10 <= 50);
});

test('a comma is "or", but not within brackets', () => {
	assert.deepEqual(splitTerms('a, b'), ['a', 'b']);
	assert.deepEqual(splitTerms('a{1,2},b'), ['a{1,2}', 'b']);
	assert.deepEqual(splitTerms('f(int, char)'), ['f(int, char)']);
	assert.deepEqual(splitTerms('map<a,b>,c'), ['map<a,b>', 'c']);
	assert.deepEqual(splitTerms('a\\,b,c'), ['a,b', 'c']);
	assert.deepEqual(splitTerms('a\\.b'), ['a\\.b']);
	assert.deepEqual(splitTerms('(a,b'), ['(a', 'b']);
	assert.deepEqual(splitTerms('->x,y'), ['->x', 'y']);
	assert.deepEqual(splitTerms(' , ,'), []);
	assert.ok(new RegExp(`^${escapePattern('a.b*(c)[d]{e}^$|\\+?')}$`).test('a.b*(c)[d]{e}^$|\\+?'));
});

test('searching and filtering: case, expressions, and what is like it', () => {
	const { frames } = profileOf([[['p', 'ReadFile', 'read_page', 'std::map<a, b>::find', 'x(y'], [1]]]);
	const found = (text, more = {}) => {
		const { keys } = searchKeys(frames, { text, ...more });
		return frames.name.filter((_, frame) => keys[frames.key[frame]]).join();
	};
	const filtered = (text, exact) => {
		const keys = matchKeys(frames, { text, exact });
		return frames.name.filter((_, frame) => keys[frames.key[frame]]).join();
	};

	assert.equal(found('read'), 'ReadFile,read_page');
	assert.equal(found('read', { caseSensitive: true }), 'read_page');
	assert.equal(found('^r.*page$, x'), 'read_page,x(y');
	assert.equal(found('r.*page', { literal: true }), '');
	assert.equal(found('x(y'), 'x(y');
	assert.match(searchKeys(frames, { text: 'x(y' }).error, /regular expression/);
	assert.equal(found('map find'), 'std::map<a, b>::find');
	assert.equal(searchKeys(frames, { text: 'map find' }).loose, true);
	assert.equal(searchKeys(frames, { text: 'find' }).loose, false);
	assert.equal(found('find map'), '');
	assert.equal(filtered('read', false), 'read_page');
	assert.equal(filtered('read', true), '');
	assert.equal(filtered('read_page', true), 'read_page');
});

test('packages are told by names', () => {
	for (const [name, dso, kind, expected] of [
		['std::vector<int>::push_back', '/usr/bin/a', 0, 'std'],
		['void boost::asio::run<int>()', '/usr/bin/a', 0, 'boost'],
		['<alloc::vec::Vec<T> as core::ops::Drop>::drop', '/usr/bin/a', 0, 'alloc'],
		['tokio::runtime::park', '/usr/bin/a', 0, 'tokio'],
		['serde_json[a1b2c3]::de::from_str', '/usr/bin/a', 0, 'serde_json'],
		['Ljava/util/HashMap;::get', '', 3, 'java.util'],
		['org.apache.lucene.IndexWriter.add', '', 3, 'org.apache.lucene'],
		['net/http.(*conn).serve', '/usr/bin/go', 0, 'net/http'],
		['github.com/user/repo/pkg.Func', '/usr/bin/go', 0, 'github.com/user/repo/pkg'],
		['runtime.mallocgc', '/usr/bin/go', 0, 'runtime'],
		['py::handler:/srv/app/views.py', '[JIT]', 3, '/srv/app/views.py'],
		['LazyCompile:~serve /srv/server.js:10', '', 3, '/srv/server.js'],
		['malloc', '/usr/lib/libc.so.6', 0, 'libc.so.6'],
		['__libc_start_main@@GLIBC_2.34', '/usr/lib/libc.so.6', 0, 'libc.so.6'],
		['ext4_read', '[ext4]', 1, '[ext4]'], ['schedule', '[kernel.kallsyms]', 1, 'kernel'],
		['db-12', '', 4, ''], ['f', '', 0, ''],
		['__new_sem_wait_slow64.constprop.0', '/usr/lib/libc.so.6', 0, 'libc.so.6'],
		['f.isra.0.part.1.cold', '/usr/bin/x', 0, 'x'], ['f.cold', '', 0, ''],
	])
		assert.equal(packageOf(name, dso, kind), expected, name);
});

test('colours keep their hue in the dark and stay readable', () => {
	assert.deepEqual(toHsl('#ff0000'), { hue: 0, saturation: 100, light: 50 });
	assert.deepEqual(toHsl('#00ff00').hue, 120);
	assert.deepEqual(toHsl('#808080').saturation, 0);
	assert.equal(toHsl('#8080ff').hue, 240);
	assert.match(darkened('#ffcc88'), /^hsl\(34 \d+% (2|3)\d%\)$/);
	assert.equal(hash('std'), hash('std'));
	assert.notEqual(hash('std'), hash('boost'));

	const profile = profileOf(randomStacks(4, 2));
	for (const dark of [false, true])
		for (const colors of ['type', 'dso', 'package', 'value']) {
			const { of, fill } = colorBy(profile, profile.tree, profile.tree.total[0],
						     { ...initialState(), colors }, dark);

			for (let node = 0; node < profile.tree.size; node++)
				assert.match(fill[of(node)], /^(#[0-9a-f]{6}|hsl\(\d+ \d+% \d+%\))$/);
		}
});

test('differences: the same is the same, and noise is none', () => {
	const stacks = [[['p', 'same'], [50, 50]], [['p', 'grew'], [10, 40]], [['p', 'gone'], [9, 0]],
			[['p', 'new'], [0, 9]], [['p', 'shrank'], [40, 10]], [['p', 'noise'], [100, 101]]];
	const profile = profileOf(stacks, { differential: 1 });
	const colorOf = (name, more = {}, dark = false) => {
		const { of, fill } = colorBy(profile, profile.tree, profile.tree.total[1],
					     { ...initialState(), ...more }, dark);
		const node = [...profile.tree.frame].findIndex((frame) => profile.frames.name[frame] === name);
		return fill[of(node)];
	};

	for (const deltas of ['redblue', 'safe'])
		for (const dark of [false, true]) {
			const colors = ['same', 'grew', 'shrank', 'new', 'gone'].map((name) =>
				colorOf(name, { deltas }, dark));
			assert.equal(new Set(colors).size, 5);
			assert.notEqual(colorOf('noise', { deltas }, dark), colors[0]);
			assert.equal(colorOf('noise', { deltas, threshold: 1 }, dark), colors[0]);
		}
	assert.equal(colorOf('p'), colorOf('same'));	/* its self value is as before */
	assert.notEqual(colorOf('p', { basis: 'total' }), colorOf('same'));
	assert.equal(sideOf(profile, profile.tree, 0), '');
	const itself = profileOf(stacks.map(([names, [, after]]) => [names, [after, after]]), { differential: 1 });
	for (const basis of ['self', 'total']) {
		const { of } = colorBy(itself, itself.tree, itself.tree.total[1], { ...initialState(), basis }, false);
		for (let node = 0; node < itself.tree.size; node++)
			assert.equal(of(node), 0);
	}
});

test('numbers are read as they were packed', () => {
	assert.deepEqual([...numbersOf('?^_@`@')], [0, 31, 32, 33]);
	assert.deepEqual([...numbersOf('')], []);
	const text = '~~~~~~~~~~N';
	let value = 0;
	for (let i = 10; i >= 0; i--)
		value = value * 32 + (i === 10 ? 15 : 31);
	assert.deepEqual([...numbersOf(text)], [value]);
});

test('what a profile is called', () => {
	assert.equal(titleOf('{"nodes":1,\n"name":"a\\"b",\n"about":"On-CPU",\n"values":[{"name":"count"}]}'), 'a"b');
	assert.equal(titleOf('{"nodes":1,\n"name":"",\n"about":"On-CPU",\n"values":[{"name":"count"}]}'), 'On-CPU');
	assert.equal(titleOf('{"nodes":1,\n"name":"",\n"about":"","x":1}'), 'Flame Graph');
});

test('frames are made where a view needs them, once', () => {
	const { frames } = profileOf([[['db-1', 'f'], [1]]]);
	const before = frames.name.length;
	const made = frames.named('db', 1);

	assert.equal(made, before);
	assert.equal(frames.named('db', 1), made);
	assert.equal(frames.kind[made], frames.kind[1]);
	assert.equal(frames.named('f', 1), frames.name.indexOf('f'));
});

test('an address holds what differs, and brings it back', () => {
	const start = initialState(stateOfPage({ inverted: '1', basis: 'total', threshold: '2.500' }));
	const random = makeRandom(9);
	const pick = (list) => list[random(list.length)];

	assert.equal(toAddress(start, start), '');
	assert.equal(start.inverted && start.basis, 'total');
	assert.equal(start.threshold, 2.5);
	for (let i = 0; i < 300; i++) {
		const state = {
			...start, tab: random(3), value: random(3) - 1, focus: random(9), up: random(2),
			down: random(2), sandwich: pick(['', 'f;g&h=#%', '名前']), query: pick(['', 'a,b', '^(']),
			inverted: !random(2), outward: !random(2), caseSensitive: !random(2), literal: !random(2),
			recursion: !random(2), normalized: !random(2), collapsed: !random(2),
			descending: !random(2), width: pick(['after', 'before', 'both']),
			root: pick(['', 'thread', 'process', 'name', 'none']), order: pick(['name', 'width']),
			colors: pick(['type', 'dso', 'package', 'value']), basis: pick(['self', 'total']),
			deltas: pick(['redblue', 'safe']), align: pick(['left', 'right']),
			theme: pick(['auto', 'light', 'dark']), threshold: pick([2.5, 0, 0.25]),
			panes: pick([['flame'], ['table', 'tree']]), toggled: pick([[], [4, 7]]),
			sort: pick(['self', 'name']),
			filters: pick([[], [{ kind: 'hide', text: 'a&b', exact: true }, { kind: 'merge', text: '^c', exact: false }]]),
		};

		assert.deepEqual(fromAddress(toAddress(state, start), start), state);
	}
});

test('an address that makes no sense is left out', () => {
	const start = initialState();

	assert.deepEqual(fromAddress('tab=x&value=NaN&colors=red&panes=a&panes=flame,flame,flame&bogus=1&' +
		'__proto__=1&hide=&toggled=a,,-1&sort=toString&width=constructor', start), start);
	assert.equal(fromAddress('focus=-7', start).focus, -1);
	assert.equal(fromAddress('threshold=-7', start).threshold, 0);
	assert.equal(({}).polluted, undefined);
});

test('undoing goes from the inside out', () => {
	let state = { ...initialState(), query: 'a', up: 1, sandwich: 'f', focus: 3,
		      filters: [{ kind: 'hide', text: 'a' }, { kind: 'keep', text: 'b' }] };
	const order = [];

	for (let patch = undoing(state); patch; patch = undoing(state)) {
		order.push(Object.keys(patch)[0]);
		state = { ...state, ...patch };
	}
	assert.deepEqual(order, ['query', 'up', 'sandwich', 'focus', 'filters', 'filters']);
});
