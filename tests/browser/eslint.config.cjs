/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must hold for every script: eslint's own rules, and those of its further
 * ones that have found something here or would be missed.
 */
'use strict';

const js = require('@eslint/js');

const names = (list) => Object.fromEntries(list.split(' ').map((name) => [name, 'readonly']));

const page = names('window document navigator URL Blob ResizeObserver URLSearchParams HTMLElement ' +
	'Node DOMPoint DOMParser Event ImageData TextEncoder');

const rules = {
	...js.configs.recommended.rules,
	'array-callback-return': 'error',
	'consistent-return': 'error',
	'default-case-last': 'error',
	'dot-notation': 'error',
	eqeqeq: 'error',
	'no-alert': 'error',
	'no-caller': 'error',
	'no-constructor-return': 'error',
	'no-control-regex': 'off',	/* control characters are what is looked for */
	'no-else-return': 'error',
	'no-eval': 'error',
	'no-extend-native': 'error',
	'no-implied-eval': 'error',
	'no-lone-blocks': 'error',
	'no-lonely-if': 'error',
	'no-loop-func': 'error',
	'no-new-func': 'error',
	'no-return-assign': 'error',
	'no-self-compare': 'error',
	'no-sequences': 'error',
	'no-shadow': 'error',
	'no-template-curly-in-string': 'off',	/* hostile names have them */
	'no-throw-literal': 'error',
	'no-unmodified-loop-condition': 'error',
	'no-unneeded-ternary': 'error',
	'no-unused-expressions': 'error',
	'no-unused-vars': ['error', { args: 'all', argsIgnorePattern: '^_' }],
	'no-use-before-define': ['error', { functions: false, classes: false, variables: false }],
	'no-useless-concat': 'error',
	'no-useless-return': 'error',
	'no-var': 'error',
	'object-shorthand': 'error',
	'prefer-const': ['error', { destructuring: 'all' }],
	'prefer-object-spread': 'error',
	'prefer-rest-params': 'error',
	'prefer-spread': 'error',
	'prefer-template': 'error',
	radix: 'error',
	'require-await': 'error',
	strict: ['error', 'safe'],
	'max-len': ['error', { code: 110, tabWidth: 1 }],
};

const node = names('process Buffer console URL require module __dirname');

module.exports = [
	{
		files: ['**/tests/browser/**/*.mjs'],
		languageOptions: { sourceType: 'module', ecmaVersion: 2022, globals: node },
		rules: { ...rules, 'max-len': ['error', { code: 120, tabWidth: 1 }] },
	},
	{
		/* parts of these run in the page */
		files: ['**/tests/browser/*.js', '**/tests/browser/*.cjs'],
		languageOptions: { sourceType: 'commonjs', ecmaVersion: 2022, globals: { ...node, ...page } },
		rules: {
			...rules, 'no-eval': 'off', 'no-shadow': 'off', 'no-sequences': 'off',
			'require-await': 'off',	/* a test is a function that may wait */
			'max-len': ['error', { code: 120, tabWidth: 1 }],
		},
	},
	{
		files: ['**/lib/render/viewer/*.js'],
		ignores: ['**/svg.js'],
		languageOptions: { sourceType: 'module', ecmaVersion: 2022, globals: page },
		rules,
	},
	{
		files: ['**/lib/render/viewer/svg.js'],
		languageOptions: { sourceType: 'script', ecmaVersion: 2022, globals: page },
		/* as flamegraph.pl does, it asks with prompt() */
		rules: { ...rules, 'no-alert': 'off', 'prefer-template': 'off' },
	},
];
