# SPDX-License-Identifier: GPL-2.0-or-later
# What holds for the files of the tree: a licence line in each, sound scripts.
# Not under sanitizers: it is about the source
set -euo pipefail
cd "$SRC"

# What may be compiled, run, shown or installed; data has no place for it.
find lib tools scripts tests .ci Makefile Documentation -type f \
	! -path 'tests/data/*' \( -name '*.[chS1-8]' -o -name '*.cc' -o -name '*.sh' -o -name '*.py' \
	-o -name '*.js' -o -name '*.mjs' -o -name '*.cjs' -o -name '*.css' -o -name '*.html' -o -name '*.bash' -o -name '*.map' \
	-o -name '*.in' -o -name Makefile -o -path .ci/run -o -path tests/run \) |
	sort >"$TMP/files"
[ "$(wc -l <"$TMP/files")" -gt 50 ]
while read -r file; do
	case $file in
	lib/*) licence=LGPL-2.1-or-later ;;
	*) licence=GPL-2.0-or-later ;;
	esac
	head -n 3 "$file" | grep -F -- "SPDX-License-Identifier: $licence" >/dev/null || {
		echo "$file: no SPDX line for $licence in its first lines"
		touch "$TMP/wrong"
	}
done <"$TMP/files"

# Files of more than 1,000 lines are more than one noun.
while read -r file; do
	[ "$(wc -l <"$file")" -le 1000 ] || {
		echo "$file has more than 1,000 lines"
		touch "$TMP/wrong"
	}
done < <(grep '\.[ch]$' "$TMP/files")

for script in scripts/*.sh; do
	[ -x "$script" ] || { echo "$script is not executable"; touch "$TMP/wrong"; }
	head -n 1 "$script" | grep -x '#!/bin/sh' >/dev/null && sh -n "$script" ||
		touch "$TMP/wrong"
done
bash -n .ci/run scripts/completion/perflame.bash
[ ! -e "$TMP/wrong" ]
