#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Packs static programs, their manual pages and the licence.
#
# Usage: dist-static.sh TARBALL PROGRAM...

set -eu

tarball=$1
shift
name=$(basename "$tarball" .tar.gz)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

root=$work/$name
mkdir -p "$root/bin" "$root/man"
install -m 755 "$@" "$root/bin"
for page in Documentation/man/*.[1-8]; do
	[ -f "$page" ] || continue
	mkdir -p "$root/man/man${page##*.}"
	install -m 644 "$page" "$root/man/man${page##*.}"
done
install -m 644 COPYING COPYING.LESSER "$root"
cat >"$root/README" <<END
$name

Statically linked programs: copy them anywhere on a Linux machine of this
architecture (5.10 or later) and run them. They need no other file.

    bin/perf-oncpu -d 5 -o oncpu.svg    where the CPUs spend their time
    bin/perf-NAME --help                what else there is
    man -M man perf-oncpu               the manual

With bin/ on PATH, perf runs them too: "perf oncpu -d 5".

The licence of the programs is in COPYING, that of their library in
COPYING.LESSER. The source is at the version in the name above.
END
# The same input makes the same bytes.
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner \
	--mtime="@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}" \
	-cf - "$name" | gzip -9n >"$tarball"
echo "$tarball: $(wc -c <"$tarball") bytes"
