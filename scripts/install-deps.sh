#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installs what is missing to build perflame, or to test it too, or to lint it
# (Debian, Ubuntu).
#
# Usage: install-deps.sh [build|test|lint]

set -eu

# linux-source is for libperf, which Debian does not package.
build="gcc libc6-dev make pkg-config libtraceevent-dev libdw-dev libelf-dev libcap-dev
	libiberty-dev libzstd-dev zlib1g-dev liblzma-dev libbz2-dev linux-source xz-utils"

# In the order of their use: unit tests, driver, C++ consumer and workloads, the
# second compiler and its symbolizer, comparisons with perf, flamegraph.pl and pprof,
# real servers, XML and manual pages, the viewer in a browser, another release's root
# directory, shared debug information, programs of another machine, symbols from servers.
test="libcmocka-dev python3 g++ clang llvm linux-perf libdevel-nytprof-perl golang-go
	postgresql postgresql-contrib redis-server libxml2-utils man-db mandoc chromium nodejs npm debootstrap dwz
	gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user libdebuginfod-dev"

# Of "make lint".
lint="clang-tidy cppcheck shellcheck"

# Ubuntu's names for the same.
if grep -qs '^ID=ubuntu' /etc/os-release; then
	test=$(echo "$test" | sed 's/linux-perf/linux-tools-generic/; s/chromium/chromium-browser/')
fi

case ${1:-build} in
build) wanted=$build ;;
test) wanted="$build $test" ;;
lint) wanted="$build $lint" ;;
*)
	echo "usage: install-deps.sh [build|test|lint]" >&2
	exit 2
	;;
esac

if ! command -v apt-get >/dev/null; then
	# What the Makefile asks for is all there: no distribution's names are needed.
	if command -v make cc pkg-config >/dev/null && pkg-config --exists libperf libtraceevent \
			libdw libelf libcap libzstd liblzma zlib &&
			{ [ "${1:-build}" = build ] || pkg-config --exists cmocka; }; then
		exit 0
	fi
	cat >&2 <<-END
	install-deps.sh: this is neither Debian nor Ubuntu. Install by hand what is missing:
	Fedora: dnf install gcc make pkgconf libperf-devel libtraceevent-devel elfutils-devel
	    elfutils-libelf-devel libcap-devel binutils-devel libzstd-devel zlib-devel xz-devel
	    bzip2-devel; for the tests also libcmocka-devel python3 gcc-c++ clang llvm perf libxml2
	    postgresql-server postgresql-contrib redis golang man-db chromium nodejs npm debootstrap dwz
	    qemu-user
	Arch: pacman -S base-devel libtraceevent libelf libcap zstd zlib xz bzip2 libperf;
	    for the tests also cmocka python clang llvm perf libxml2 postgresql redis go man-db
	    chromium nodejs npm debootstrap dwz aarch64-linux-gnu-glibc qemu-user
	END
	exit 1
fi

installed() {
	# nodejs from elsewhere brings npm along, and refuses Debian's
	[ "$1" = npm ] && command -v npm >/dev/null && return
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# libFuzzer's, under the name of the version that "clang" stands for; some releases
# have it in a package that clang brings along.
clang_runtime() {
	apt-cache depends clang 2>/dev/null |
		sed -n 's/^ *Depends: clang-\([0-9]*\)$/libclang-rt-\1-dev/p' |
		while read -r package; do
			[ -z "$(apt-cache show "$package" 2>/dev/null)" ] || echo "$package"
		done
}
if [ "${1:-}" = test ]; then
	# a fresh machine knows no package at all
	[ "$(id -u)" -ne 0 ] || [ -n "$(apt-cache show clang 2>/dev/null)" ] || apt-get update
	wanted="$wanted $(clang_runtime)"
fi

missing=
for package in $wanted; do
	installed "$package" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
	echo "install-deps.sh: not installed:$missing" >&2
	echo "run: sudo apt-get install$missing" >&2
	exit 1
fi

echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of words
install() {
	apt-get install -y --no-install-recommends "$@" $missing </dev/null
}
# A fresh machine knows no package at all, an old one versions long gone.
install -s >/dev/null 2>&1 || apt-get update
install || { apt-get update && install; }
