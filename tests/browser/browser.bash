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
	[@grafana/flamegraph]=13.0.1
	[@grafana/ui]=13.0.1
	[@grafana/data]=13.0.1
	[@grafana/i18n]=13.0.1
	[@grafana/e2e-selectors]=13.0.1
	[react]=18.3.1
	[react-dom]=18.3.1
	[react-table]=7.8.0
	[esbuild]=0.28.2
)

# Packages that are unpacked as they are; of what they ask for, this is left out.
bare=() without=()

unpack() {
	local package file

	mkdir -p "$1/bare"
	for package in "${bare[@]}"; do
		mkdir -p "$1/bare/$package"
		file=$(cd "$1/bare" && npm pack --silent "$package@${versions[$package]}") || return
		tar -xzf "$1/bare/$file" -C "$1/bare/$package" --strip-components=1 || return
	done
}

# What they ask for, but for each other.
wants_of_bare() {
	(cd "$1/bare" && node -p '
		const wants = process.argv.slice(1).map((name) => require(`./${name}/package.json`).dependencies);

		Object.entries(Object.assign({}, ...wants)).map(([name, version]) => `${name}@${version}`).join("\n")
	' "${bare[@]}") | grep -v -x -f <(printf '%s@.*\n' "${bare[@]}" "${without[@]}")
}

# install_modules DIR PACKAGE...: no package's own script is run, and none is installed because another
# can be used together with it.
install_modules() {
	local dir=$1 package wants=()

	shift
	if [ ${#bare[@]} != 0 ]; then
		unpack "$dir" || return
		mapfile -t wants < <(wants_of_bare "$dir")
	fi
	npm install --silent --no-audit --no-fund --no-save --ignore-scripts --legacy-peer-deps \
		--prefix "$dir" "$@" "${wants[@]}" || return
	for package in "${bare[@]}"; do
		rm -rf "$dir/node_modules/$package"
		mkdir -p "$(dirname "$dir/node_modules/$package")"
		mv "$dir/bare/$package" "$dir/node_modules/$package"
	done
	rm -rf "$dir/bare"
}

# modules PACKAGE...: installs them once for all, and sets NODE_PATH.
modules() {
	local package dir

	for package; do
		shift
		set -- "$@" "$package@${versions[$package]}"
	done
	dir=$BUILD/browser/$(echo "$*" | tr ' ' '+')
	[ ${#bare[@]} = 0 ] ||
		dir+=+bare-$(echo "${bare[*]} ${without[*]} ${versions[*]}" | cksum | cut -d ' ' -f 1)
	if [ ! -e "$dir/complete" ]; then
		mkdir -p "$dir"
		install_modules "$dir" "$@" >"$TMP/npm.log" 2>&1 || {
			cat "$TMP/npm.log"
			echo "$* ${bare[*]} cannot be had from the package registry"
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
