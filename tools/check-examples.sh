#!/bin/sh
# The programs in README.md and doc/*.md.  Called by make check.
#
# Every block that begins with ```c and has a main is compiled, with warnings
# as errors, and linked.  When the next block follows it directly and begins
# with ```text, the program is run and has to print that.
set -eu

source=${srcdir:-.}
build=$(cd "${top_builddir:-${builddir:-.}}" && pwd)

if [ ! -f "$source/README.md" ]; then
	echo "skipped: no README.md"
	exit 77
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/carom-programs.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Writes N.c, N.where and, where there is one, N.out.
extract() {
	awk -v work="$work" '
		FNR == 1 { inside = 0; program = "" }
		/^```/ && !inside {
			inside = 1
			kind = substr($0, 4)
			text = ""
			start = FNR
			next
		}
		/^```/ {
			inside = 0
			if (kind == "c" && text ~ /(^|\n)int main\(/) {
				program = work "/" ++count
				printf "%s", text >(program ".c")
				print FILENAME ":" start >(program ".where")
				close(program ".c")
				close(program ".where")
			} else {
				if (kind == "text" && program != "") {
					printf "%s", text >(program ".out")
					close(program ".out")
				}
				program = ""
			}
			next
		}
		inside { text = text $0 "\n"; next }
		/[^ \t]/ { program = "" }
	' "$@"
}

# Unquoted on purpose: lists of flags.
# shellcheck disable=SC2086
compile() {
	${CC:-cc} -std=c11 ${CPPFLAGS-} ${CFLAGS-} -Wall -Wextra -Werror -I"$source/include" \
		-c -o "$1.o" "$1.c" &&
		"$build/libtool" --silent --tag=CC --mode=link ${CC:-cc} ${CFLAGS-} ${LDFLAGS-} \
			${NOT_INSTALLED_LDFLAGS-} ${PROGRAM_LDFLAGS-} -o "$1${EXEEXT-}" "$1.o" \
			"$build/libcarom.la" ${APR_LIBS-} ${LIBS-}
}

# shellcheck disable=SC2086
prints() {
	${EMULATOR-} "$1${EXEEXT-}" </dev/null | tr -d '\r' >"$1.printed" &&
		diff "$1.out" "$1.printed"
}

failed=0
complain() {
	echo "$(cat "$1.where"): the program $2"
	failed=1
}

documents=$source/README.md
for document in "$source"/doc/*.md; do
	[ ! -f "$document" ] || documents="$documents $document"
done
# Unquoted on purpose: one word a file.
# shellcheck disable=SC2086
extract $documents

count=0
for file in "$work"/*.c; do
	[ -f "$file" ] || continue
	program=${file%.c}
	count=$((count + 1))
	if ! compile "$program"; then
		complain "$program" "does not compile"
	elif [ -f "$program.out" ] && ! prints "$program"; then
		complain "$program" "prints something else"
	fi
done
if [ $count = 0 ]; then
	echo "skipped: no program in README.md or doc/"
	exit 77
fi
exit $failed
