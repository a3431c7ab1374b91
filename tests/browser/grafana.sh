# SPDX-License-Identifier: GPL-2.0-or-later
# Grafana's own flame graph panel, as it is published, with what is written for it, in a real browser.
# Not under sanitizers: the browser runs the scripts, and what writes them is tested elsewhere
set -eu
. "$SRC/tests/browser/browser.bash"
needs_chromium
# The panel is drawn with Grafana's whole kit, of which it has no use for the editors, maps and
# calendars, some hundreds of megabytes; one of its packages is not in the registry at all.
bare=(@grafana/{flamegraph,ui,data,i18n,e2e-selectors})
without=(
	@grafana/faro-web-sdk @hello-pangea/dnd @monaco-editor/react @popperjs/core
	@react-aria/{dialog,focus,overlays,utils} @rc-component/{cascader,drawer,picker,slider,tooltip}
	@types/.* @typescript-eslint/utils date-fns downshift monaco-editor ol prismjs react-data-grid
	react-hook-form react-router-dom.* react-select slate.* typescript
)
modules playwright-core esbuild react react-dom react-table
python3 "$SRC/tests/tools/hostilenames.py" "$TMP"
node "$SRC/tests/browser/grafana.js"
