/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a page of perf-flame says, by the modules that it is made of and without a
 * browser: page.mjs PAGE [PATTERN...], beside a folder viewer/ of them. Prints JSON, of
 * each value: nodes by path, with self, total and place; the table; what searches find;
 * and the nodes where stacks start from what else the page offers.
 */
import { readFileSync } from 'node:fs';
import { Model, valueOf, widths } from './viewer/model.js';
import { unpack } from './viewer/data.js';
import { initialState } from './viewer/state.js';
import { rootChoices } from './viewer/reshape.js';

const [page, ...patterns] = process.argv.slice(2);
const html = readFileSync(page, 'utf8');
const script = (name) => new RegExp(`<script[^>]*class="${name}">(.*?)</script>`, 's').exec(html)[1];
const profile = unpack(script('profile'), script('nodes'), false, script('shares'));

function pathsOf({ size, parent, frame }) {
	const paths = [[]];

	for (let node = 1; node < size; node++)
		paths.push([...paths[parent[node]], profile.frames.name[frame[node]]]);
	return paths;
}

function read(state) {
	const model = new Model(profile);
	const [band] = model.bands(state);
	const { layout, tree } = band;
	const v = valueOf(profile, state);
	const searched = (query) => {
		const asked = { ...state, query };

		return model.hitsWithin(asked, model.bands(asked)[0]);
	};

	return {
		...profile.values[v],
		whole: widths(tree, profile, state)[0],
		nodes: pathsOf(tree).map((path, node) => {
			const at = layout.place[node];

			return [path, tree.self[v][node], tree.total[v][node],
				...at < 0 ? [] : [layout.depth[at], layout.start[at], layout.width[at]]];
		}),
		top: model.top(state).map(({ name, self, total }) => [name, self[v], total[v]]),
		found: patterns.map(searched),
		roots: Object.fromEntries(rootChoices(profile).map((root) => {
			const other = model.tree({ ...state, root });

			return [root, pathsOf(other).map((path, node) =>
				[path, other.self[v][node], other.total[v][node]])];
		})),
	};
}

/* Of a difference, one side each. */
const states = profile.values.map((_, value) => profile.differential ?
	{ ...initialState(), width: value ? 'after' : 'before' } : { ...initialState(), value });

console.log(JSON.stringify(states.map(read)));
