#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Copies the checkout, as it is but without what was built, to a new directory.
#
# Usage: copy-tree.sh DIR    (SRC and O from the environment)

set -eu

mkdir -p "$1"
(cd "$SRC" && find . \( -name .git -o -path ./build -o -path "./${O:-build}" \
	-o -name 'perf-oncpu.svg' \) -prune -o -type f -print0 |
	tar --null -T - -cf -) | tar -xf - -C "$1"
