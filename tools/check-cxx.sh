#!/bin/sh
# The headers in a C++ program that is linked and run.  Called by make check;
# skipped where there is no C++ compiler.
set -eu

if [ -z "${CXX-}" ]; then
	echo "skipped: no C++ compiler"
	exit 77
fi

if ! echo 'int main() { return 0; }' | $CXX -std=c++17 -x c++ -fsyntax-only - 2>/dev/null; then
	echo "skipped: $CXX does not take C++17"
	exit 77
fi

# Warnings are C's in part; what changes the code they link with is not.
flags=
for flag in $CFLAGS; do
	case $flag in
	-fsanitize* | -fno-sanitize* | -pthread | -m* | -g* | -O* | -Werror) flags="$flags $flag" ;;
	esac
done

program=$builddir/tests/header_cxx$EXEEXT
rm -f "$program"
trap 'rm -f "$program" "$builddir/tests/header_cxx.o"' EXIT

# Unquoted on purpose: lists of flags.
# shellcheck disable=SC2086
{
	$CXX -std=c++17 -Wall -Wextra $flags $CPPFLAGS "-I$srcdir/include" \
		-c -o "$builddir/tests/header_cxx.o" "$srcdir/tests/header_cxx.cc"
	"$builddir/libtool" --silent --tag=CC --mode=link $CXX $flags $LDFLAGS \
		$NOT_INSTALLED_LDFLAGS $PROGRAM_LDFLAGS -o "$program" "$builddir/tests/header_cxx.o" \
		"$builddir/libcarom.la" $APR_LIBS $LIBS
	$EMULATOR "$program"
}
