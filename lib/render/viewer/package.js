/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The package that a function belongs to, guessed from its name: C++ namespaces,
 * Rust crates, Java and Go packages, Python and JavaScript files; for plain C the
 * file of its code.
 */
import { KERNEL, MARK, TASK } from './data.js';
import { baseName } from './names.js';

/* py::function:/path/file.py, function (/path/file.py:12), LazyCompile:~f /path/file.js:1 */
const SCRIPT = /(?:^|[\s:(])((?:[\w.@-]|node:|\/)[^\s:()]*\.(?:py|mjs|cjs|jsx?|tsx?|rb|php|pl))\b/;
const JAVA_PATH = /^L?((?:[\w$]+\/)+)[A-Z][\w$]*(?:[.:;$]|$)/;
const JAVA_DOTS = /^((?:[a-z_][\w]*\.)+)[A-Z][\w$]*(?:[.:$]|$)/;
const GO = /^((?:[\w.-]+\/)*[\w-]+)\.(?:\(?\*?[\w·]|func\d)/;
const SCOPED = /^(?:[\w\s*&]*\s)?[<&(*\s]*(?:dyn |impl |mut |const )*([A-Za-z_]\w*)(?:\[[0-9a-f]+\])?::/;

/* What compilers append to a function that they made another of. */
const COPIED = /(?:\.(?:constprop|isra|part|cold|lto_priv|localalias|llvm|clone)(?:\.\d+)*)+$/;

/**
 * @param {string} symbol
 * @param {string} dso
 * @param {number} kind
 */
export function packageOf(symbol, dso, kind) {
	const name = symbol.replace(COPIED, '');

	if (kind === KERNEL)
		return dso.startsWith('[') && dso !== '[kernel.kallsyms]' ? dso : 'kernel';
	if (kind === MARK || kind === TASK)
		return '';
	const script = SCRIPT.exec(name);
	if (script)
		return script[1];
	const scoped = SCOPED.exec(name);
	if (scoped)
		return scoped[1];
	const java = JAVA_PATH.exec(name);
	if (java)
		return java[1].slice(0, -1).replaceAll('/', '.');
	const dots = JAVA_DOTS.exec(name);
	if (dots)
		return dots[1].slice(0, -1);
	const go = GO.exec(name);
	if (go && !name.includes('@'))
		return go[1];
	return dso ? baseName(dso) : '';
}
