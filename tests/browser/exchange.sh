# SPDX-License-Identifier: GPL-2.0-or-later
# Pages of hostile names, and speedscope itself with what is written for it, in a real browser.
# Not under sanitizers: the browser runs the scripts, and what writes them is tested elsewhere
set -eu
. "$SRC/tests/browser/browser.bash"
needs_chromium
modules playwright-core speedscope
python3 "$SRC/tests/tools/hostilenames.py" "$TMP"
node "$SRC/tests/browser/exchange.js"
