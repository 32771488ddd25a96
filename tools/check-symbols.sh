#!/bin/sh
# The names that the libraries show.  Called by make check.
#
#   static     every global is carom_..., and every CAROM_API function is there
#   shared     exactly the CAROM_API functions of the headers
set -eu

source=${srcdir:-.}
build=${top_builddir:-${builddir:-.}}
nm=${NM:-nm}

work=$(mktemp -d "${TMPDIR:-/tmp}/carom-symbols.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The name before the parenthesis of each declaration.
promised() {
	cat "$source/include/carom.h" "$source"/include/carom/*.h | awk '
		/^[ \t]*#/ { next }
		/CAROM_API/ { open = 1; text = "" }
		open { text = text " " $0 }
		open && /;/ {
			open = 0
			if (match(text, /carom_[a-z0-9_]+[ \t]*\(/))
				print substr(text, RSTART, RLENGTH - 1)
		}' | tr -d ' \t' | LC_ALL=C sort -u
}

# Defined names, as the source has them; not a version's.
# Unquoted on purpose: nm with its options.
# shellcheck disable=SC2086
names() {
	$nm "$@" 2>/dev/null | awk '
		NF >= 3 && $2 !~ /^[UwvaA]$/ {
			name = $3
			sub(/@.*/, "", name)
			sub(/^\.refptr\./, "", name)
			sub(/^__emutls_[tv]\./, "", name)
			sub(/^_carom/, "carom", name)
			print name
		}' | LC_ALL=C sort -u
}

failed=0
complain() {
	if [ -s "$2" ]; then
		echo "$1:"
		cat "$2"
		failed=1
	fi
}

check_static() {
	names -g "$1" >"$work/static"
	[ -s "$work/static" ] || { echo "no names found in $1"; exit 1; }
	# Marks of a sanitizer are not ours.
	grep -v -e '^carom_' -e '_asan' -e '^__tsan' -e '^__ubsan' -e '^__sanitizer' -e '^__start_' -e '^__stop_' \
		"$work/static" >"$work/foreign" || :
	complain "globals of $1 without the prefix" "$work/foreign"
	LC_ALL=C comm -23 "$work/promised" "$work/static" >"$work/missing"
	complain "promised by a header and not in $1" "$work/missing"
}

check_shared() {
	names -D "$1" >"$work/shared"
	[ -s "$work/shared" ] || names -g "$1" >"$work/shared"
	[ -s "$work/shared" ] || { echo "no names found in $1"; exit 1; }
	LC_ALL=C comm -23 "$work/promised" "$work/shared" >"$work/missing"
	complain "promised by a header and not shown by $1" "$work/missing"
	LC_ALL=C comm -13 "$work/promised" "$work/shared" >"$work/surplus"
	complain "shown by $1 and promised by no header" "$work/surplus"
}

promised >"$work/promised"
[ -s "$work/promised" ] || { echo "no CAROM_API function found in $source/include"; exit 1; }

checked=0
for library in "$build/.libs/libcarom.a" "$build/libcarom.a"; do
	[ -f "$library" ] || continue
	check_static "$library"
	checked=1
	break
done
for library in "$build/.libs/libcarom.so" "$build/.libs/libcarom.dylib"; do
	[ -f "$library" ] || continue
	check_shared "$library"
	checked=1
	break
done
if [ $checked = 0 ]; then
	echo "skipped: neither libcarom.a nor libcarom.so in $build/.libs"
	exit 77
fi
exit $failed
