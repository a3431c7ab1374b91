#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The functions that the public headers declare, those that the symbol map
# lists and those that the shared library exports must be the same.
#
# Usage: check-abi.sh LIBRARY.so MAP INCLUDE_DIR    (CC from the environment)

set -eu

library=$1
map=$2
include=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for header in "$include"/perflame/*.h; do
	echo "#include <perflame/${header##*/}>"
done | ${CC:-cc} -E -P -I"$include" - | grep -o '\bpfl_[a-z0-9_]* *(' | tr -d ' (' |
	sort -u >"$work/declared"
sed -n 's/^[[:space:]]*\(pfl_[a-z0-9_]*\);$/\1/p' "$map" | sort -u >"$work/listed"
nm -D --defined-only "$library" | awk '$2 != "A" { sub("@.*", "", $3); print $3 }' |
	sort -u >"$work/exported"

# complain A B: names in A that B lacks
complain() {
	comm -23 "$work/$1" "$work/$2" | while read -r name; do
		echo "check-abi: $name is $1 but not $2" >&2
		echo "$name" >>"$work/wrong"
	done
}
complain declared listed
complain listed declared
complain listed exported
complain exported listed
[ ! -e "$work/wrong" ]
