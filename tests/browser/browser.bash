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

# Of playwright-core, the newest that still takes the Node.js 18 of Debian 12.
declare -A versions=(
	[playwright-core]=1.61.0
	[axe-core]=4.14.1
	[typescript]=5.9.3
	[eslint]=9.39.5
	[speedscope]=1.25.0
)

# modules PACKAGE...: installs them once for all, and sets NODE_PATH.
modules() {
	local package dir

	for package; do
		shift
		set -- "$@" "$package@${versions[$package]}"
	done
	dir=$BUILD/browser/$(echo "$*" | tr ' ' '+')
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

needs_chromium() {
	needs node npm
	CHROMIUM=$(command -v chromium || command -v chromium-browser) || {
		echo "chromium is not installed (sh scripts/install-deps.sh test)"
		exit 77
	}
	export CHROMIUM
}
