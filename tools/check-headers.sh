#!/bin/sh
# Each public header alone, and twice, in C11 and in C++17.  Called by make check.
set -eu

source=${srcdir:-.}
cc=${CC:-cc}
warnings='-pedantic -Wall -Wextra -Wundef -Werror'

failed=0

# compile LANGUAGE HEADER COMMAND...: the command compiles what it reads.
compile() {
	language=$1
	header=$2
	shift 2
	printf '#include <%s>\n#include <%s>\nint main(void) { return 0; }\n' "$header" "$header" |
		"$@" -fsyntax-only -I"$source/include" - && return
	echo "$header does not compile alone in $language"
	failed=1
}

# Unquoted on purpose: lists of flags, and compilers with options.
# shellcheck disable=SC2086
in_c() {
	compile C11 "$1" $cc ${CPPFLAGS-} ${APR_CFLAGS-} -std=c11 $warnings -Wstrict-prototypes -I"$source/harness" -x c
}

# shellcheck disable=SC2086
in_cxx() {
	compile C++17 "$1" $CXX ${CPPFLAGS-} ${APR_CFLAGS-} -std=c++17 $warnings -x c++
}

# shellcheck disable=SC2086
has_cunit() {
	echo '#include <CUnit/CUnit.h>' | $cc ${CPPFLAGS-} -fsyntax-only -x c - 2>/dev/null
}

has_cxx() {
	[ -n "${CXX-}" ] && echo 'int main() { return 0; }' | $CXX -std=c++17 -fsyntax-only -x c++ - 2>/dev/null
}

headers=$(cd "$source/include" && echo carom.h carom/*.h)
for header in $headers; do
	in_c "$header"
done
! has_cunit || in_c carom-harness.h
if has_cxx; then
	for header in $headers; do
		in_cxx "$header"
	done
else
	echo "no C++17 compiler: C only"
fi
exit $failed
