# SPDX-License-Identifier: GPL-2.0-or-later
# The SVG under the hand, in a real browser: hover, zoom, search, address.
# Not under sanitizers: the browser runs the script, and the picture has unit tests
set -eu
. "$SRC/tests/browser/browser.bash"
needs_chromium
modules playwright-core
node "$SRC/tests/browser/svg.js"
