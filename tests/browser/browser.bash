# SPDX-License-Identifier: GPL-2.0-or-later
# What tests in a browser share: the programs, and modules of npm in the build directory.

# needs PROGRAM...
needs() {
	local program

	for program; do
		command -v "$program" >/dev/null || {
			echo "$program is not installed (sh scripts/install-deps.sh test)"
			exit 77
		}
	done
}

# modules PACKAGE@VERSION...: installs them once for all, and sets NODE_PATH.
modules() {
	local dir=$BUILD/browser/$(echo "$*" | tr ' /' '+-')

	if [ ! -e "$dir/complete" ]; then
		mkdir -p "$dir"
		npm install --silent --no-audit --no-fund --no-save --prefix "$dir" "$@" \
			>"$TMP/npm.log" 2>&1 || {
			cat "$TMP/npm.log"
			echo "$* cannot be had from the package registry"
			exit 77
		}
		touch "$dir/complete"
	fi
	export NODE_PATH=$dir/node_modules
}

# Of playwright-core, the newest that still takes the Node.js 18 of Debian 12.
PLAYWRIGHT=playwright-core@1.61.0
AXE=axe-core@4.14.1
TYPESCRIPT=typescript@5.9.3
ESLINT=eslint@9.39.5

needs_chromium() {
	needs node npm
	CHROMIUM=$(command -v chromium || command -v chromium-browser) || {
		echo "chromium is not installed (sh scripts/install-deps.sh test)"
		exit 77
	}
	export CHROMIUM
}
