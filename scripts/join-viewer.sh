#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Joins the files of the HTML viewer to what is embedded: html.js, html.css and
# html.csp, the policy that allows these two and nothing else.
#
# The scripts are modules to editors, tests and the type checker. Joined they are
# one function: what they import from each other is in sight, so that the words
# import and export go, and no name may be defined by two of them. What is imported
# stands before what imports it. Comments of whole lines and indentation go too: every
# page carries the viewer.
#
# Usage: join-viewer.sh DIR FILE...

set -eu

dir=$1
shift

die() {
	echo "join-viewer.sh: $*" >&2
	exit 1
}

# Lines as they are but for comments of their own and white space before them.
strip() {
	awk '{ sub(/^[ \t]+/, ""); sub(/[ \t]+$/, ""); end = index($0, "*/") }
		/^\/\*/ && (!end || end == length($0) - 1) { comment = 1 }
		!comment && $0 != ""
		end { comment = 0 }' "$@"
}

# The hash of a file as the policy has it: three hexadecimal digits are two of base64.
hash_of() {
	sha256sum <"$1" | awk '{
		digits = "0123456789abcdef"
		base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
		hex = substr($1, 1, 64) "00"
		for (i = 1; i <= 64; i += 3) {
			value = 0
			for (j = 0; j < 3; j++)
				value = value * 16 + index(digits, substr(hex, i + j, 1)) - 1
			text = text substr(base64, int(value / 64) + 1, 1) \
				substr(base64, value % 64 + 1, 1)
		}
		print "sha256-" substr(text, 1, 43) "="
	}'
}

# The scripts among the files, each behind those it imports.
in_order() {
	for file; do
		case $file in
		*.js)
			echo "$file $file"
			sed -n "s|^import .* from '\./\(.*\)';\$|${file%/*}/\1 $file|p
				s|^} from '\./\(.*\)';\$|${file%/*}/\1 $file|p" "$file"
			;;
		esac
	done | tsort
}

modules=$(in_order "$@")
styles=
for file; do
	case $file in
	*.js) ;;
	*.css) styles="$styles $file" ;;
	*) die "$file is neither a script nor a style sheet" ;;
	esac
done

{
	printf '/* perflame: LGPL-2.1-or-later */\n(() => {\n"use strict";\n'
	# shellcheck disable=SC2086 # lists of files
	strip $modules | awk '/^import / { import = 1 }
		!import { sub(/^export /, ""); print }
		/;$/ { import = 0 }'
	printf '})();\n'
} >"$dir/html.js"
# shellcheck disable=SC2086
strip $styles >"$dir/html.css"

! grep -in '</script\|<!--' "$dir/html.js" || die "this would end the script element"
! grep -in '</style' "$dir/html.css" || die "this would end the style element"
printf "default-src 'none'; script-src '%s'; style-src '%s'; base-uri 'none'; form-action 'none'" \
	"$(hash_of "$dir/html.js")" "$(hash_of "$dir/html.css")" >"$dir/html.csp"
