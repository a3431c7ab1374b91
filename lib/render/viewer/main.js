/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The page, put together.
 */
import { ExportMenu, Printing } from './export.js';
import { FilterPanel, Settings } from './settings.js';
import { Help, Keyboard } from './keyboard.js';
import { App } from './app.js';
import { Head } from './head.js';
import { Panes } from './panes.js';
import { SearchBar } from './searchbar.js';
import { StatusBar } from './status.js';

const app = new App();
const head = new Head(app);
const panes = new Panes(app);
const search = new SearchBar(app, panes);
const settings = new Settings(app);

new FilterPanel(app);
new ExportMenu(app);
new Printing(app);
const help = new Help(app);
new Keyboard(app, panes, search, help);
app.views.push(head, settings, panes, search, new StatusBar(app));
app.update();
document.documentElement.dataset.ready = '1';
