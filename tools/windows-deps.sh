#!/bin/sh
# Everything that building for Windows on a Debian or Ubuntu machine needs:
# the mingw-w64 compiler and Wine as packages, and APR and CUnit, which are
# not packaged for mingw-w64, as static libraries in a folder of their own.
#
#   tools/windows-deps.sh [--wine-prefix DIR] [PREFIX]
#
# PREFIX is where the libraries go, by default windows-x86_64 in the cache
# folder. It is the only thing written to stdout; messages go to stderr.
# A PREFIX that is up to date is left as it is.
#
# --wine-prefix DIR also makes DIR ready as WINEPREFIX, so that the first
# test does not pay for Wine's first start.
#
# Then:
#   PKG_CONFIG_LIBDIR=PREFIX/lib/pkgconfig ./configure --host=x86_64-w64-mingw32
set -eu

script=windows-deps
# Part of the stamp: raise it when what this script builds changes.
script_version=1

host=x86_64-w64-mingw32
# The oldest Windows that is supported: Windows 7.
winnt=0x0601

apr_version=1.7.2
apr_sha256=75e77cc86776c030c0a5c408dfbd0bf2a0b75eed5351e52d5439fa1e5509a43e
# The "-dfsg" of CUnit is Debian's: documentation without free sources left out.
cunit_version=2.1-3-dfsg
cunit_sha256=1b90baf4ffe130ddafe1e0fdc359f0ffdfc351dbf8e7a6831e5b0e57b5e23bfa

# wine64 alone (no 32-bit Wine): everything here is x86_64.
packages="gcc-mingw-w64-x86-64 wine wine64 dpkg-dev autoconf automake libtool
	make pkg-config gcc libc6-dev ca-certificates"
index_type=deb-src

# shellcheck source=tools/deps.sh
. "$(dirname "$0")/deps.sh"

# ---- arguments ---------------------------------------------------------------

usage() {
	die "usage: windows-deps.sh [--wine-prefix DIR] [PREFIX]"
}

parse_arguments() {
	prefix=$(in_cache windows-x86_64)
	wine_prefix=
	while [ $# -gt 0 ]; do
		case $1 in
		--wine-prefix)
			[ $# -ge 2 ] || usage
			wine_prefix=$(absolute "$2")
			shift
			;;
		-* | '') usage ;;
		*) prefix=$1 ;;
		esac
		shift
	done
	prefix=$(absolute "${prefix%/}")
}

# ---- Debian's source packages ------------------------------------------------

# The distribution's revision of an upstream version, such as 1.7.2-3+deb12u1.
source_revision() {
	private_apt "$1" apt-cache showsrc --only-source "$2" |
		sed -n "s/^Version: \($3-.*\)/\1/p" | sort -V | tail -n 1
}

# fetch_source STATE NAME VERSION SHA256: unpacked, with Debian's patches, in
# the folder NAME. The files are verified twice: by apt through the signed
# index, and the upstream archive against the checksum known here.
fetch_source() {
	revision=$(source_revision "$1" "$2" "$3")
	[ -n "$revision" ] || die "the package sources have no $2 $3"
	say "fetching $2 $revision"
	private_apt "$1" apt-get source --only-source --download-only "$2=$revision" >&2
	archive=$(echo "$2_$3".orig.tar.*[!c])
	echo "$4  $archive" | sha256sum -c --status || die "$archive is not what it should be"
	dpkg-source -x "$2_$revision.dsc" "$2" >&2
}

fetch_sources() {
	apt_state=$work/apt
	make_apt_state "$apt_state"
	private_apt "$apt_state" apt-get update >&2 ||
		say "some package sources could not be read; going on with the others"
	fetch_source "$apt_state" apr "$apr_version" "$apr_sha256"
	fetch_source "$apt_state" cunit "$cunit_version" "$cunit_sha256"
}

# ---- compiling ---------------------------------------------------------------

# compile FOLDER FLAGS...: the files named on stdin, to objects in FOLDER,
# on all processors. Base names must differ, and do.
compile() {
	mkdir "$1"
	# Folder names in debug information would differ from run to run.
	(cd "$1" && shift && xargs -P "$(nproc)" -n 5 \
		"$host-gcc" -c -O2 -g -pipe "-ffile-prefix-map=$work=." "$@") >&2
}

archive_objects() {
	mkdir -p "$out/lib"
	"$host-ar" rcsD "$out/lib/$1" "$2"/*.o
}

# ---- APR ---------------------------------------------------------------------

# The headers that APR for Windows has made for it: by CMake, which is not
# needed for so little.
apr_generated_headers() {
	mkdir "$1"
	sed "s/@win32_winnt_str@/$winnt/; s/@apr_have_ipv6_10@/1/" apr/include/apr.hwc >"$1/apr.h"
	# A program of the build machine: it writes a table.
	cc -Iapr/include -o "$1/gen_test_char" apr/tools/gen_test_char.c >&2
	"$1/gen_test_char" >"$1/apr_escape_test_char.h"
}

# APR expects Microsoft's headers. Included first from here, the Windows headers
# come in an order that mingw-w64 takes, and without apr.h's cuts, which take
# more away there than in Microsoft's. FD_SETSIZE is what APR asks for itself,
# too late for a header that is already included: without it a pollset holds
# 64 sockets. The rest are names mingw-w64's headers do not have.
apr_prelude() {
	cat >"$1/prelude.h" <<-EOT
		#define FD_SETSIZE 1024
		#include <winsock2.h>
		#include <ws2tcpip.h>
		#include <mswsock.h>
		#include <windows.h>
		#undef NET_IFINDEX
		#define NET_IFINDEX ULONG
		#undef NETIOAPI_API_
		#define NETIOAPI_API_ WINAPI
		#ifndef IF_NAMESIZE
		#define IF_NAMESIZE 256
		#endif
	EOT
}

# CMakeLists.txt has the list of what makes up APR on Windows.
apr_files() {
	sed -n "/^SET(APR_SOURCES/,/^)/s|^ *\(.*\.c\)\$|$work/apr/\1|p" apr/CMakeLists.txt
}

# WINNT: no Windows 95. HAVE_ATOMIC_BUILTINS64: keeps apr_atomic_init from
# calling a function that is not part of APR on Windows. The warnings that are
# off are about pointers to int where Windows wants pointers to long (the same
# there); later compilers take them for errors.
build_apr() {
	say "compiling APR"
	apr_generated_headers "$work/apr-include"
	apr_prelude "$work/apr-include"
	set -- -DWINNT -DWIN32 -DAPR_DECLARE_STATIC "-D_WIN32_WINNT=$winnt" \
		-DHAVE_ATOMIC_BUILTINS=1 -DHAVE_ATOMIC_BUILTINS64=1 \
		-Wno-incompatible-pointer-types -Wno-int-conversion \
		-Wno-implicit-function-declaration \
		"-I$work/apr-include" "-I$work/apr/include" \
		"-I$work/apr/include/arch/win32" "-I$work/apr/include/arch/unix" \
		"-I$work/apr/include/private"
	# The Windows headers are most of the work, so they are compiled once.
	"$host-gcc" -O2 -g -pipe "-ffile-prefix-map=$work=." "$@" -x c-header \
		-o "$work/apr-include/prelude.h.gch" "$work/apr-include/prelude.h" >&2
	apr_files | compile "$work/apr-objects" -include "$work/apr-include/prelude.h" -w "$@"
	archive_objects libapr-1.a "$work/apr-objects"
	mkdir -p "$out/include/apr-1"
	cp apr-include/apr.h apr/include/apr_*.h "$out/include/apr-1"
	write_apr_pc
}

# All libraries are in Libs, not in Libs.private: there is only the static APR,
# which nobody should have to know. WIN32: apr.h is empty without it, and the
# compiler does not define it under -std=c11.
write_apr_pc() {
	write_pc apr-1 <<-EOT
		Name: APR
		Description: The Apache Portable Runtime library (static, for Windows)
		Version: $apr_version
		Libs: -L\${libdir} -lapr-1 -lws2_32 -lmswsock -lrpcrt4 -ladvapi32 -lshell32 -liphlpapi
		Cflags: -DAPR_DECLARE_STATIC -DWIN32 -I\${includedir}/apr-1
	EOT
}

# ---- CUnit -------------------------------------------------------------------

# Without the interface on curses, which mingw-w64 has not.
cunit_files() {
	ls "$work"/cunit/CUnit/Sources/Framework/*.c "$work"/cunit/CUnit/Sources/Basic/*.c \
		"$work"/cunit/CUnit/Sources/Automated/*.c "$work"/cunit/CUnit/Sources/Console/*.c
}

build_cunit() {
	say "compiling CUnit"
	headers=$work/cunit/CUnit/Headers
	version=${cunit_version%-dfsg}
	sed "s/@VERSION@-@RELEASE@/$version/" "$headers/CUnit.h.in" >"$headers/CUnit.h"
	cunit_files | compile "$work/cunit-objects" -w "-I$headers"
	archive_objects libcunit.a "$work/cunit-objects"
	mkdir -p "$out/include/CUnit"
	for name in Automated Basic Console CUError CUnit CUnit_intl TestDB TestRun Util; do
		cp "$headers/$name.h" "$out/include/CUnit"
	done
	write_pc cunit <<-EOT
		Name: CUnit
		Description: C Unit Testing Framework (static, for Windows)
		Version: $version
		Libs: -L\${libdir} -lcunit
		Cflags: -I\${includedir}
	EOT
}

# ---- the prefix --------------------------------------------------------------

fill_prefix() {
	fetch_sources
	build_apr
	build_cunit
}

stamp() {
	echo "windows-deps $script_version, apr $apr_version, cunit $cunit_version"
}

# ---- Wine --------------------------------------------------------------------

# No display, no debug output, no offer to install Mono or Gecko, no menu
# entries in the user's desktop. The first start costs seconds; the server is
# waited for, so that all is on disk and nothing runs on afterwards.
prepare_wine() (
	say "preparing the Wine prefix $1"
	mkdir -p "$(dirname "$1")"
	unset DISPLAY WAYLAND_DISPLAY
	export WINEPREFIX="$1" WINEARCH=win64 WINEDEBUG=-all
	export WINEDLLOVERRIDES='mscoree,mshtml=;winemenubuilder.exe=d'
	wine wineboot -i </dev/null >/dev/null 2>&1 || die "wineboot failed in $1"
	wineserver -w
	[ -f "$1/system.reg" ] || die "Wine made no registry in $1"
)

parse_arguments "$@"
refuse_source_tree
install_packages
up_to_date || build_locked
[ -z "$wine_prefix" ] || prepare_wine "$wine_prefix"
echo "$prefix"
