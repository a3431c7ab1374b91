# SPDX-License-Identifier: GPL-2.0-or-later
# The viewer's scripts without a browser: their types, what a linter says, and what
# each part makes of profiles, beside a model of it.
# Not under sanitizers: it is about scripts
set -eu
. "$SRC/tests/browser/browser.bash"
needs node npm
modules typescript eslint

# To Node.js they are modules only where a package says so.
mkdir "$TMP/viewer"
cp "$SRC"/lib/render/viewer/*.js "$TMP/viewer"
cp -r "$SRC/tests/browser/unit" "$TMP/unit"
echo '{ "type": "module", "imports": { "#viewer/*": "./viewer/*" } }' >"$TMP/package.json"
node --test "$TMP/unit/" >log 2>&1 || {
	grep -B2 -A40 '^not ok\|^    not ok' log || cat log
	exit 1
}
[ "$(sed -n 's/^# pass //p' log)" -ge 30 ] || { cat log; exit 1; }

cd "$SRC"
"$NODE_PATH/.bin/tsc" -p tests/browser/tsconfig.json
"$NODE_PATH/.bin/eslint" -c tests/browser/eslint.config.cjs --no-config-lookup lib/render/viewer tests/browser
