/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The flame graph under the reader's hand: details, zoom, search, and the state
 * in the address.
 *
 * The picture in the file is what shows until something changes it. From then
 * on everything is drawn from the packed tree (lib/render/svg-data.c), and only
 * what can be seen: one path for each colour, and the names that have room.
 * What the pointer is on is computed, not asked of the elements. That is why a
 * graph of a million frames zooms as quickly as one of a thousand.
 *
 * Numbers are doubles: sums of values are exact below 2^53 (see "scale" there).
 */
(() => {
'use strict';

const SVG = 'http://www.w3.org/2000/svg';
const MATCH_COLOR = '#e600e6';
const MARGIN = 3;		/* between a frame and its name */
const NAME_COLUMNS = 3;		/* a name that has less room is not written, */
const NAME_HEIGHT_MIN = 8;	/* and none is in a lower frame */
const GAP = 0.5;		/* to the right of a frame that is wider than GAP_FROM */
const GAP_FROM = 3;
const SLIVER = 1;		/* narrower frames are pieces of a line */
const TICK = 2;			/* how wide a match that is too narrow to be drawn is shown */
const REACH = 2;		/* how far from a narrow match the pointer still finds it */
const WIDTH_MIN = 200;		/* of a page that has the window's width */
const ROWS_MAX = 50000;		/* a browser's pages end at some millions of pixels */

const svg = document.currentScript.ownerSVGElement;
const part = (name) => svg.querySelector('.pfl-' + name);
const texts = (name) => Array.from(svg.querySelectorAll('.pfl-' + name), (e) => e.textContent);
const meta = JSON.parse(part('meta').textContent);
const columnWidth = meta.nameSize * 0.604;

/* The numbers of a text, one at a time: five bits a character, the lowest first. */
function makeReader(text) {
	let at = 0;

	function number() {
		let value = 0;

		for (let weight = 1; ; weight *= 32) {
			const digit = text.charCodeAt(at++) - 63;

			value += (digit & 31) * weight;
			if (digit < 32)
				return value;
		}
	}
	return { number, rest: () => text.slice(at) };
}

/* A line is a colour, a name and, behind a tab, the file of the code. */
function readNames(lines) {
	return lines.map((line) => {
		const reader = makeReader(line);
		const color = reader.number();
		const [name, file] = reader.rest().split('\t');

		return { name, file, color };
	});
}

/* Everything by node; a node's number is its place depth first, from the left. */
function unpackNodes(text, size) {
	const reader = makeReader(text);
	const tree = {
		size,
		parent: new Int32Array(size),
		depth: new Int32Array(size),
		frame: new Int32Array(size),
		self: new Float64Array(size),
		selfBefore: new Float64Array(meta.differential ? size : 0),
		totalBefore: new Float64Array(meta.differential ? size : 0),
		color: new Uint16Array(meta.byNode ? size : 0),
	};
	const path = [];

	for (let node = 0; node < size; node++) {
		path.length -= reader.number();
		tree.parent[node] = path.length ? path[path.length - 1] : -1;
		tree.depth[node] = path.length;
		tree.frame[node] = reader.number();
		tree.self[node] = reader.number() * meta.scale;
		if (meta.differential) {
			tree.selfBefore[node] = reader.number() * meta.scale;
			tree.totalBefore[node] = reader.number() * meta.scale;
		}
		if (meta.byNode)
			tree.color[node] = reader.number();
		path.push(node);
	}
	return tree;
}

function sumUp(self, parent) {
	const total = Float64Array.from(self);

	for (let node = total.length - 1; node > 0; node--)
		total[parent[node]] += total[node];
	return total;
}

/* Children lie side by side from their parent's left. */
function place(tree) {
	const start = new Float64Array(tree.size);
	const free = new Float64Array(tree.size);

	for (let node = 1; node < tree.size; node++) {
		const parent = tree.parent[node];

		start[node] = free[node] = free[parent];
		free[parent] += tree.total[node];
	}
	return start;
}

/* The node behind each node's subtree. */
function findAfter(tree) {
	const after = Int32Array.from(tree.parent, (_, node) => node + 1);

	for (let node = tree.size - 1; node > 0; node--) {
		const parent = tree.parent[node];

		after[parent] = Math.max(after[parent], after[node]);
	}
	return after;
}

/* The nodes of each depth, from the left. */
function sortByDepth(tree) {
	const end = new Int32Array(meta.rows + 1);
	const nodes = new Int32Array(tree.size);

	for (let node = 0; node < tree.size; node++)
		end[tree.depth[node] + 1]++;
	for (let depth = 0; depth < meta.rows; depth++)
		end[depth + 1] += end[depth];
	const at = end.slice();
	for (let node = 0; node < tree.size; node++)
		nodes[at[tree.depth[node]]++] = node;
	return (depth) => nodes.subarray(end[depth], end[depth + 1]);
}

/* The first index of the rising @list at which @test holds, or its length. */
function firstIndex(list, test) {
	let low = 0;
	let high = list.length;

	while (low < high) {
		const middle = (low + high) >> 1;

		if (test(list[middle]))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

function readTree() {
	const tree = unpackNodes(texts('nodes').join(''), meta.nodes);

	tree.total = sumUp(tree.self, tree.parent);
	tree.start = place(tree);
	tree.after = findAfter(tree);
	tree.level = sortByDepth(tree);
	return tree;
}

const names = readNames(texts('names').join('').split('\n').slice(0, -1));
const tree = readTree();
const view = {
	zoom: 0,		/* the node that is as wide as the graph */
	term: '',		/* what is searched for, or '' */
	ignoreCase: false,
	matches: null,		/* by name: whether it matches */
	hits: [],		/* the nodes whose name matches, rising */
	ticks: new Map(),	/* by row: where matches that are too narrow are shown */
	rows: meta.drawn,	/* that the page has room for */
};

const nameOf = (node) => names[tree.frame[node]].name;
const isMatch = (node) => view.matches !== null && view.matches[tree.frame[node]] === 1;
const inZoom = (node) => node >= view.zoom && node < tree.after[view.zoom];

/* Numbers for people, as pfl_format_value() says them. */

const SCALES = {
	ns: [['s', 1e9], ['ms', 1e6], ['µs', 1e3], ['ns', 1]],
	bytes: [['TiB', 2 ** 40], ['GiB', 2 ** 30], ['MiB', 2 ** 20], ['KiB', 2 ** 10], ['B', 1]],
};

const group = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ',');

/* The largest unit that the value reaches as it is written in the next smaller one. */
function formatScaled(value, scales) {
	const written = (size) => size === 1 && Number.isInteger(value) ? value * 10 :
		Math.round(value * 10 / size);
	const fits = ([, size], i) => i === scales.length - 1 ||
		written(scales[i + 1][1]) * scales[i + 1][1] >= size * 10;
	const [unit, size] = scales.find(fits);

	if (size === 1 && Number.isInteger(value))
		return `${group(value)} ${unit}`;
	const tenths = written(size);
	return `${group(Math.floor(tenths / 10))}.${tenths % 10} ${unit}`;
}

function singular(unit) {
	if (/[shx]es$/.test(unit))
		return unit.slice(0, -2);
	return /[^s]s$/.test(unit) ? unit.slice(0, -1) : unit;
}

/* All digits of a value, in its own unit. */
function formatExact(value) {
	const point = 10 ** meta.decimals;
	const whole = group(Math.floor(value / point));
	const fraction = String(value % point).padStart(meta.decimals, '0').replace(/0+$/, '');
	const unit = value === point ? singular(meta.unit) : meta.unit;

	return whole + (meta.decimals && fraction ? `.${fraction}` : '') + (unit ? ` ${unit}` : '');
}

function formatValue(value) {
	const scales = SCALES[meta.unit];

	return scales ? formatScaled(value / 10 ** meta.decimals, scales) : formatExact(value);
}

function formatBoth(value) {
	const short = formatValue(value);
	const exact = formatExact(value);

	return SCALES[meta.unit] && value >= 1000 ? `${short} = ${exact}` : short;
}

const share = (value, total) => `${(total ? 100 * value / total : 0).toFixed(2)}%`;

const signed = (value) => (value < 0 ? '−' : '+') + formatValue(Math.abs(value));

/* How much more there is after than before; @drawn is what has a width. */
const signedDelta = (drawn, other) => signed(meta.negate ? other - drawn : drawn - other);

/* What there is to say of a node, a line each. */
function describe(node) {
	const { file } = names[tree.frame[node]];
	const value = tree.total[node];
	const shares = [`${share(value, tree.total[0])} of all`];
	const lines = [file ? `${nameOf(node)} [${file}]` : nameOf(node)];

	if (view.zoom && inZoom(node))
		shares.push(`${share(value, tree.total[view.zoom])} of the zoom`);
	lines.push(`${formatBoth(value)}, ${shares.join(', ')}`);
	if (meta.differential) {
		const other = tree.totalBefore[node];
		const side = meta.negate ? 'after' : 'before';

		lines.push(other ? `${side}: ${formatValue(other)}, ` +
			   `${share(other, tree.totalBefore[0])} (${signedDelta(value, other)})` :
			   meta.negate ? 'gone' : 'new');
		lines.push(`self: ${formatValue(tree.self[node])} ` +
			   `(${signedDelta(tree.self[node], tree.selfBefore[node])})`);
	} else {
		lines.push(`self: ${formatValue(tree.self[node])}, ` +
			   `${share(tree.self[node], tree.total[0])}`);
	}
	return lines;
}

function create(name, attributes, parent) {
	const element = document.createElementNS(SVG, name);

	for (const key of Object.keys(attributes))
		element.setAttribute(key, attributes[key]);
	parent.append(element);
	return element;
}

const toStep = (pixels) => Math.round(pixels * 100) / 100;

const scale = () => meta.width / tree.total[view.zoom];
const leftOf = (node) => meta.left + (tree.start[node] - tree.start[view.zoom]) * scale();

function topOf(depth) {
	return meta.top + meta.frameHeight * (meta.inverted ? depth : view.rows - 1 - depth);
}

/* Two columns for East Asian characters and emoji; what combines is left to the font. */
const WIDE = new RegExp('[\\u1100-\\u115f\\u2e80-\\ua4cf\\uac00-\\ud7a3\\uf900-\\ufaff' +
			'\\ufe30-\\ufe6f\\uff01-\\uff60\\ud83c-\\ud83e\\ud840-\\ud87f]');
const columnsOf = (character) => WIDE.test(character) ? 2 : 1;

/* As much of @characters as has room, the last one an ellipsis if that is not all. */
function fitCharacters(characters, columns) {
	let used = 0;
	let shorter = 0;

	for (let i = 0; i < characters.length; i++) {
		used += columnsOf(characters[i]);
		if (used > columns)
			return [...characters.slice(0, shorter), '…'];
		if (used < columns)
			shorter = i + 1;
	}
	return characters;
}

const fit = (text, columns) => fitCharacters(Array.from(text), columns).join('');

/* The start of a name, or its end. */
function fitName(name, columns) {
	return meta.cutLeft ? fitCharacters(Array.from(name).reverse(), columns).reverse().join('') :
		fit(name, columns);
}

/* Collects shapes by colour, and names, to be put into the page at once. */
function makeCanvas() {
	const boxes = new Map();
	const slivers = new Map();
	const labels = [];

	function add(map, color, piece) {
		const pieces = map.get(color);

		if (pieces)
			pieces.push(piece);
		else
			map.set(color, [piece]);
	}

	function box(color, left, width, depth) {
		const x = toStep(left);
		const exact = toStep(left + width) - x;
		const w = toStep(exact > GAP_FROM ? exact - GAP : exact);
		const y = topOf(depth);
		const h = meta.frameHeight - 1;

		if (width >= SLIVER)
			add(boxes, color, `M${x} ${y}h${w}v${h}h-${w}z`);
		else
			add(slivers, color, `M${x} ${y + h / 2}h${w}`);
	}

	function label(name, left, width, depth) {
		const columns = Math.floor((width - 2 * MARGIN) / columnWidth);

		if (columns >= NAME_COLUMNS && meta.frameHeight >= NAME_HEIGHT_MIN)
			labels.push([fitName(name, columns), toStep(left + MARGIN), topOf(depth)]);
	}

	function paint(parent) {
		const base = Math.floor(meta.frameHeight / 2) + Math.floor(meta.nameSize / 3);

		for (const [color, pieces] of slivers)
			create('path', { stroke: color, 'stroke-width': meta.frameHeight - 1,
					 d: pieces.join('') }, parent);
		for (const [color, pieces] of boxes)
			create('path', { fill: color, d: pieces.join('') }, parent);
		for (const [text, x, top] of labels)
			create('text', { x, y: top + base }, parent).textContent = text;
	}
	return { box, label, paint };
}

function colorOf(node) {
	if (isMatch(node))
		return MATCH_COLOR;
	return meta.colors[meta.byNode ? tree.color[node] : names[tree.frame[node]].color];
}

function drawNode(canvas, node, left, width) {
	canvas.box(colorOf(node), left, width, tree.depth[node]);
	canvas.label(nameOf(node), left, width, tree.depth[node]);
}

/* A match that is too narrow to be seen gets a tick, unless there is one right beside it. */
function drawTick(canvas, node) {
	const depth = tree.depth[node];
	const left = leftOf(node);
	const ticks = view.ticks.get(depth) || [];

	if (ticks.length && left < ticks[ticks.length - 1].left + 1)
		return;
	ticks.push({ left, node });
	view.ticks.set(depth, ticks);
	canvas.box(MATCH_COLOR, left, TICK, depth);
}

/* The first match in the subtree of @node, or -1. */
function firstHit(node) {
	const hit = view.hits[firstIndex(view.hits, (h) => h >= node)];

	return hit < tree.after[node] ? hit : -1;
}

/* The zoomed node and what it calls; what is too narrow is passed over with all below it. */
function drawZoomed(canvas) {
	const perValue = scale();
	const end = tree.after[view.zoom];

	for (let node = view.zoom; node < end;) {
		const width = tree.total[node] * perValue;

		if (width < meta.minWidth) {
			const hit = firstHit(node);

			if (hit >= 0)
				drawTick(canvas, hit);
			node = tree.after[node];
			continue;
		}
		if (width < TICK && isMatch(node))
			drawTick(canvas, node);
		else
			drawNode(canvas, node, leftOf(node), width);
		node++;
	}
}

function drawAncestors(canvas) {
	for (let node = tree.parent[view.zoom]; node >= 0; node = tree.parent[node])
		drawNode(canvas, node, meta.left, meta.width);
}

function draw() {
	const frames = part('frames');

	frames.textContent = '';
	view.ticks = new Map();
	for (const [drawPart, opacity] of [[drawAncestors, 0.5], [drawZoomed, 1]]) {
		const canvas = makeCanvas();

		drawPart(canvas);
		canvas.paint(create('g', { opacity }, frames));
	}
	showMatched();
	showControls();
	pointAt(-1);
	saveState();
}

function showControls() {
	part('controls').setAttribute('visibility', 'visible');
	part('reset').setAttribute('visibility', view.zoom ? 'visible' : 'hidden');
	part('search').textContent = view.term ? 'Reset Search' : 'Search';
	part('case').setAttribute('opacity', view.ignoreCase ? 1 : 0.35);
}

/* A nested match lies within the outer one and adds nothing. */
function sumOfHits(from, end) {
	let sum = 0;
	let covered = from;

	for (let i = firstIndex(view.hits, (hit) => hit >= from); view.hits[i] < end; i++) {
		const hit = view.hits[i];

		if (hit < covered)
			continue;
		sum += tree.total[hit];
		covered = tree.after[hit];
	}
	return sum;
}

/* What shows below a match that is zoomed into belongs to it as a whole. */
function sumInZoom() {
	for (let node = tree.parent[view.zoom]; node >= 0; node = tree.parent[node])
		if (isMatch(node))
			return tree.total[view.zoom];
	return sumOfHits(view.zoom, tree.after[view.zoom]);
}

function showMatched() {
	const all = share(sumOfHits(0, tree.size), tree.total[0]);
	const inside = share(sumInZoom(), tree.total[view.zoom]);
	const shares = view.zoom ? `${inside} of the zoom, ${all} of all` : all;

	part('matched').textContent = view.term ? `Matched: ${shares}` : '';
}

/* The ancestor of the zoomed node that is drawn at @depth. */
function ancestorAt(depth) {
	let node = view.zoom;

	while (tree.depth[node] > depth)
		node = tree.parent[node];
	return node;
}

/* The node drawn at @x, @y of the picture, or -1. */
function nodeAt(x, y) {
	const row = Math.floor((y - meta.top) / meta.frameHeight);
	const depth = meta.inverted ? row : view.rows - 1 - row;

	if (depth < 0 || depth >= view.rows || x < meta.left || x >= meta.left + meta.width)
		return -1;
	if (depth < tree.depth[view.zoom])
		return ancestorAt(depth);
	for (const tick of view.ticks.get(depth) || [])
		if (x >= tick.left - REACH && x <= tick.left + TICK + REACH)
			return tick.node;
	const value = tree.start[view.zoom] + (x - meta.left) / scale();
	const level = tree.level(depth);
	const node = level[firstIndex(level, (n) => tree.start[n] > value) - 1];

	return node >= 0 && inZoom(node) && value < tree.start[node] + tree.total[node] ? node : -1;
}

function outline(node) {
	const ancestor = tree.depth[node] < tree.depth[view.zoom];
	const width = ancestor ? meta.width : Math.max(tree.total[node] * scale(), SLIVER);

	mark.setAttribute('visibility', 'visible');
	mark.setAttribute('x', toStep(ancestor ? meta.left : leftOf(node)));
	mark.setAttribute('y', topOf(tree.depth[node]));
	mark.setAttribute('width', toStep(width));
}

/* Tells of @node; of the zoomed one where it is -1. */
function pointAt(node) {
	const lines = describe(node < 0 ? view.zoom : node);

	view.pointed = node;
	const said = `${lines[0]} (${lines.slice(1).join('; ')})`;

	part('details').textContent = fit(meta.nameType ? `${meta.nameType} ${said}` : said,
					  Math.floor(meta.width / (0.55 * meta.textSize)));
	surface.firstChild.textContent = node < 0 ? '' : lines.join('\n');
	surface.setAttribute('cursor', node < 0 ? 'default' : 'pointer');
	if (node < 0)
		mark.setAttribute('visibility', 'hidden');
	else
		outline(node);
}

function positionOf(event) {
	return new DOMPoint(event.clientX, event.clientY)
		.matrixTransform(svg.getScreenCTM().inverse());
}

function onMove(event) {
	const { x, y } = positionOf(event);
	const node = nodeAt(x, y);

	if (node !== view.pointed)
		pointAt(node);
}

function onClick(event) {
	const { x, y } = positionOf(event);
	const node = nodeAt(x, y);

	if (node >= 0)
		zoomTo(node);
}

function zoomTo(node) {
	view.zoom = node;
	draw();
}

/* False where @term is no regular expression; the graph then stays as it is. */
function setSearch(term, ignoreCase) {
	let pattern;

	try {
		pattern = new RegExp(term, ignoreCase ? 'i' : '');
	} catch (error) {
		part('details').textContent = `Not a regular expression: ${error.message}`;
		return false;
	}
	view.term = term;
	view.ignoreCase = ignoreCase;
	view.matches = term ? Uint8Array.from(names, ({ name }) => pattern.test(name)) : null;
	view.hits = term ? tree.frame.reduce(collectHit, []) : [];
	return true;
}

function collectHit(hits, frame, node) {
	if (view.matches[frame])
		hits.push(node);
	return hits;
}

function search(term, ignoreCase) {
	if (setSearch(term, ignoreCase))
		draw();
}

function askForSearch() {
	const term = window.prompt('Search for a regular expression (Ctrl-I: ignore case)',
				   view.term);

	if (term !== null)
		search(term, view.ignoreCase);
}

function onSearchButton() {
	if (view.term)
		search('', view.ignoreCase);
	else
		askForSearch();
}

const toggleCase = () => search(view.term, !view.ignoreCase);

function onEscape() {
	if (view.term)
		search('', view.ignoreCase);
	else if (view.zoom)
		zoomTo(0);
}

function onKey(event) {
	const control = event.ctrlKey || event.metaKey;
	const action = event.key === 'F3' || (control && event.key === 'f') ? askForSearch :
		control && event.key === 'i' ? toggleCase :
		event.key === 'Escape' ? onEscape : null;

	if (!action)
		return;
	event.preventDefault();
	action();
}

/* A node is told by where it starts and how deep it lies: no two share both. */
function findNode(start, depth) {
	if (!(depth > 0 && depth < meta.rows))
		return 0;
	const level = tree.level(depth);
	const node = level[firstIndex(level, (n) => tree.start[n] >= start)];

	return node !== undefined && tree.start[node] === start ? node : 0;
}

function saveState() {
	const state = new URLSearchParams();

	if (!standalone)
		return;
	if (view.zoom) {
		state.set('x', tree.start[view.zoom]);
		state.set('y', tree.depth[view.zoom]);
	}
	if (view.term)
		state.set('s', view.term);
	if (view.ignoreCase)
		state.set('i', 1);
	const { pathname } = window.location;
	try {
		window.history.replaceState(null, '', `${state}` ? `?${state}` : pathname);
	} catch {
		window.location.replace(`#${state}`);	/* a page without a history of its own */
	}
}

function restoreState() {
	const { hash, search: query } = window.location;
	const state = new URLSearchParams(hash.length > 1 ? hash.slice(1) : query);

	view.zoom = findNode(Number(state.get('x')), Number(state.get('y')));
	if (setSearch(state.get('s') || '', state.get('i') === '1') && (view.zoom || view.term))
		draw();
}

const footTop = meta.top + meta.drawn * meta.frameHeight;

/* Rows that the picture left out, since image libraries would refuse it, have room in a page. */
function makeRoom() {
	const rows = Math.min(meta.rows, ROWS_MAX);
	const more = (rows - meta.drawn) * meta.frameHeight;
	const height = Number(svg.getAttribute('height')) + more;

	if (!more)
		return;
	view.rows = rows;
	svg.setAttribute('height', height);
	svg.setAttribute('viewBox', `0 0 ${svg.getAttribute('width')} ${height}`);
	part('page').setAttribute('height', height);
	part('notes').setAttribute('transform', `translate(0 ${more})`);
	if (rows === meta.rows)
		part('limit').remove();
	draw();
}

/*
 * Gives the page the width of the window. What stands at the left stays; the rest
 * moves by all or half of the change.
 */
function fillWindow() {
	const width = Math.max(document.documentElement.clientWidth || window.innerWidth, WIDTH_MIN);
	const more = width - pageWidth;
	const height = svg.viewBox.baseVal.height;

	meta.width = width - 2 * meta.left;
	svg.setAttribute('width', width);
	svg.setAttribute('height', height);
	svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
	for (const wide of [part('page'), part('foot').firstElementChild])
		wide.setAttribute('width', width);
	for (const right of [part('right'), part('legend'), part('matched')])
		right.setAttribute('transform', `translate(${more} 0)`);
	for (const centred of svg.querySelectorAll('.pfl-title,.pfl-subtitle'))
		centred.setAttribute('x', width / 2);
	const size = meta.textSize + 5;
	const taken = 11 * meta.textSize;	/* by the controls */
	const short = meta.width - 2 * taken < 12 * size;
	const room = meta.width - (short ? taken : 2 * taken);

	if (short)
		part('title').setAttribute('x', meta.left + room / 2);
	part('title').textContent = fit(svg.querySelector('title').textContent,
		Math.floor(room / (0.58 * size)));
	surface.setAttribute('width', meta.width);
	draw();
}

/* Controls and details stay in sight where the graph is taller than the window. */
function keepInSight() {
	const toPicture = svg.getScreenCTM().inverse();
	const above = new DOMPoint(0, 0).matrixTransform(toPicture).y;
	const below = new DOMPoint(0, window.innerHeight).matrixTransform(toPicture).y;
	const height = Number(part('foot').firstElementChild.getAttribute('height'));
	const lowest = meta.top + view.rows * meta.frameHeight;
	const foot = Math.max(meta.top, Math.min(lowest, below - height));

	part('foot').setAttribute('transform', `translate(0 ${toStep(foot - footTop)})`);
	part('controls').setAttribute('transform', `translate(0 ${toStep(Math.max(0, above))})`);
	for (const patch of svg.querySelectorAll('.pfl-patch'))
		patch.setAttribute('opacity', above > 0 ? 1 : 0);
}

/* The root is where reading starts: a tall graph opens with it in sight. */
function showRoot() {
	if (!meta.inverted)
		window.scrollTo(0, Number(svg.getAttribute('height')));
}

/* Lies over the graph and takes the pointer; its title is the native tooltip. */
function addSurface() {
	const { left, top, width, frameHeight } = meta;
	const area = { x: left, y: top, width, height: view.rows * frameHeight };
	const element = create('rect', { ...area, fill: 'none', 'pointer-events': 'all' }, svg);

	create('title', {}, element);
	element.addEventListener('mousemove', onMove);
	element.addEventListener('mouseleave', () => pointAt(-1));
	element.addEventListener('click', onClick);
	return element;
}

function addMark() {
	return create('rect', { fill: 'none', stroke: '#000', height: meta.frameHeight - 1,
				visibility: 'hidden', 'pointer-events': 'none' }, svg);
}

function addButton(name, action) {
	part(name).setAttribute('cursor', 'pointer');
	part(name).addEventListener('click', action);
}

const pageWidth = svg.viewBox.baseVal.width;
const standalone = document.documentElement === svg;
const mark = addMark();
const surface = addSurface();

svg.append(part('controls'), part('foot'));	/* above the surface */
addButton('reset', () => zoomTo(0));
addButton('search', onSearchButton);
addButton('case', toggleCase);
window.addEventListener('keydown', onKey);
makeRoom();
surface.setAttribute('height', view.rows * meta.frameHeight);
if (standalone && meta.fluid) {
	window.addEventListener('resize', fillWindow);
	fillWindow();
}
if (standalone) {
	window.addEventListener('scroll', keepInSight);
	window.addEventListener('resize', keepInSight);
	showRoot();
	keepInSight();
	restoreState();
}
showControls();
})();
