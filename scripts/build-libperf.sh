#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds libperf from the distribution's kernel source, for systems that do not
# package it: DIR/libperf.a and DIR/include/perf/*.h.
#
# Usage: build-libperf.sh DIR    (CC and LINUX_SOURCE from the environment)

set -eu

die() {
	echo "build-libperf.sh: $*" >&2
	exit 1
}

newest_source() {
	for tarball in /usr/src/linux-source-*.tar.*; do
		[ -f "$tarball" ] && echo "$tarball"
	done | sort -V | tail -n 1
}

[ $# -eq 1 ] || die "usage: build-libperf.sh DIR"
dir=$1
tarball=${LINUX_SOURCE:-$(newest_source)}
[ -n "$tarball" ] || die "no libperf (pkg-config) and no kernel source in /usr/src;
run: sh scripts/install-deps.sh build"

# Everything happens beside DIR and moves there last: a build that was broken
# off leaves nothing that looks finished.
mkdir -p "$(dirname "$dir")"
work=$(mktemp -d "$dir.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
work=$(cd "$work" && pwd)

tar -xf "$tarball" -C "$work" --strip-components=1 --wildcards \
	'linux-*/tools/build' 'linux-*/tools/include' 'linux-*/tools/scripts' \
	'linux-*/tools/arch/*/include' 'linux-*/tools/lib/*.c' \
	'linux-*/tools/lib/api' 'linux-*/tools/lib/perf' ||
	die "cannot unpack tools/ from $tarball"

# A clean environment: flags meant for perflame are not meant for the kernel's
# makefiles. Warnings of a newer compiler are not errors here.
build() {
	mkdir "$work/$1"
	env -i PATH="$PATH" make -s -C "$work/tools/lib/$1" O="$work/$1" CC="${CC:-cc}" \
		EXTRA_CFLAGS=-Wno-error "$work/$1/lib$1.a" >"$work/log" 2>&1 || {
		cat "$work/log" >&2
		die "cannot build lib$1 from $tarball"
	}
}
build perf
build api

# libperf calls libapi, which nobody else needs: one archive holds both.
mkdir "$work/out"
ar rcs "$work/out/libperf.a" "$work/perf/libperf-in.o" "$work/api/libapi-in.o"
cp -R "$work/tools/lib/perf/include" "$work/out/include"
rm -rf "$work/out/include/internal" "$dir"
mv "$work/out" "$dir"
