# SPDX-License-Identifier: GPL-2.0-or-later
# How the page looks, at three widths, light and dark: whole, and open to everyone.
# Not under sanitizers: it is about scripts and styles
set -eu
. "$SRC/tests/browser/browser.bash"
needs_chromium
modules playwright-core axe-core
node "$SRC/tests/browser/look.js"
