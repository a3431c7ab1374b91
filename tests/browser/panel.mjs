/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grafana's flame graph panel for a page of its own, as its package says to use it;
 * esbuild makes one script of this and of the packages.
 */
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { createTheme, toDataFrame } from '@grafana/data';
import { FlameGraph } from '@grafana/flamegraph';

/* Each frame a block: Grafana would fold those that have nearly the width of their parent. */
globalThis.show = (element, json) => createRoot(element).render(createElement(FlameGraph, {
	data: toDataFrame(json),
	getTheme: () => createTheme({ colors: { mode: 'light' } }),
	disableCollapsing: true,
	vertical: true,
}));
