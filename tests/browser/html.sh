# SPDX-License-Identifier: GPL-2.0-or-later
# The page under the hand, in a real browser: everything it offers, by pointer and keys.
# Not under sanitizers: the browser runs the scripts, and what writes them has unit tests
set -eu
. "$SRC/tests/browser/browser.bash"
needs_chromium
modules playwright-core
node "$SRC/tests/browser/html.js"
