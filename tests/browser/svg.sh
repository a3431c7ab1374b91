# SPDX-License-Identifier: GPL-2.0-or-later
# The SVG under the hand, in a real browser: hover, zoom, search, address.
# Not under sanitizers: the browser runs the script, and the picture has unit tests
set -eu
version=1.61.0	# of playwright-core: the newest that still takes the Node.js 18 of Debian 12

for program in node npm; do
	command -v $program >/dev/null || {
		echo "$program is not installed (sh scripts/install-deps.sh)"
		exit 77
	}
done
chromium=$(command -v chromium || command -v chromium-browser) || {
	echo "chromium is not installed (sh scripts/install-deps.sh)"
	exit 77
}
modules=$BUILD/browser/$version
if [ ! -d "$modules/node_modules/playwright-core" ]; then
	mkdir -p "$modules"
	npm install --silent --no-audit --no-fund --no-save --prefix "$modules" \
		"playwright-core@$version" >"$TMP/npm.log" 2>&1 || {
		cat "$TMP/npm.log"
		echo "playwright-core $version cannot be had from the package registry"
		exit 77
	}
fi
CHROMIUM=$chromium NODE_PATH=$modules/node_modules node "$SRC/tests/browser/svg.js"
