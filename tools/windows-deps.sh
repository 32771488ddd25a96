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

say() {
	echo "windows-deps: $*" >&2
}

die() {
	say "$*"
	exit 1
}

# ---- arguments ---------------------------------------------------------------

usage() {
	die "usage: windows-deps.sh [--wine-prefix DIR] [PREFIX]"
}

# Wine and pkg-config both want absolute names.
absolute() {
	case $1 in
	/*) echo "$1" ;;
	*) echo "$PWD/$1" ;;
	esac
}

parse_arguments() {
	prefix=${CAROM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/carom}/windows-x86_64
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

# Libraries of others do not belong between the sources: they would end up in
# a commit or in a source archive.
refuse_source_tree() {
	tree=$(cd "$(dirname "$0")/.." && pwd)
	case $prefix/ in
	"$tree"/*) die "$prefix is inside the source tree; choose a place outside" ;;
	esac
}

# ---- packages ----------------------------------------------------------------

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		# -n: fail rather than wait for a password nobody types.
		sudo -n "$@"
	fi
}

missing_packages() {
	for package in $packages; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
		[ "$state" = installed ] || echo "$package"
	done
}

root_apt() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q \
		-o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" </dev/null >&2
}

install_packages() {
	missing=$(missing_packages)
	[ -n "$missing" ] || return 0
	# Unquoted on purpose: one word a package.
	# shellcheck disable=SC2086
	set -- $missing
	say "installing $*"
	root_apt update || say "apt-get update failed; trying with the lists there are"
	root_apt install -y --no-install-recommends "$@"
}

# ---- Debian's source packages ------------------------------------------------

# The suites of this release: sources are only asked of the distribution, not
# of whatever else the machine is subscribed to.
suites() {
	# shellcheck disable=SC1091
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
	echo "$codename $codename-updates $codename-security stable testing sid unstable"
}

# One-line entries: "deb [options] URI suite component...".
# trusted=yes is dropped: it would turn the check of signatures off.
one_line_entries() {
	awk -v suites="$(suites)" '
		BEGIN { n = split(suites, s, " "); for (i = 1; i <= n; i++) want[s[i]] = 1 }
		$1 == "deb" {
			sub(/^[ \t]*deb/, "deb-src")
			sub(/trusted=[a-z]*/, "")
			sub(/\[[ \t]*\]/, "")
			rest = $0
			sub(/\[[^]]*\]/, "", rest)
			split(rest, word, " ")
			if (word[3] in want) print
		}' "$1"
}

# deb822 entries: stanzas of fields, kept whole but for their type, because
# Signed-By may hold a whole key.
deb822_entries() {
	awk -v suites="$(suites)" '
		BEGIN {
			n = split(suites, s, " "); for (i = 1; i <= n; i++) want[s[i]] = 1
			RS = ""; FS = "\n"
		}
		{
			binary = wanted = 0; enabled = 1; text = ""
			for (i = 1; i <= NF; i++) {
				line = $i; name = tolower(line)
				if (name ~ /^(trusted|#)/) continue
				if (name ~ /^enabled:[ \t]*(no|false|off|0)/) enabled = 0
				if (name ~ /^types:/) {
					if (name ~ /[: \t]deb([ \t]|$)/) binary = 1
					line = "Types: deb-src"
				}
				if (name ~ /^suites:/) {
					m = split(line, word, /[ \t]+/)
					for (j = 2; j <= m; j++) if (word[j] in want) wanted = 1
				}
				text = text line "\n"
			}
			if (binary && enabled && wanted) printf "%s\n", text
		}' "$1"
}

# Machines are mostly set up without deb-src entries. They are derived from the
# entries there are, in a folder of our own: the machine's set-up is not changed.
write_sources() {
	LIST=
	PARTS=
	eval "$(apt-config shell LIST Dir::Etc::sourcelist/f PARTS Dir::Etc::sourceparts/d)"
	mkdir -p "$1/parts"
	for file in "$LIST" "${PARTS%/}"/*.list; do
		[ ! -f "$file" ] || one_line_entries "$file"
	done >"$1/parts/windows-deps.list"
	for file in "${PARTS%/}"/*.sources; do
		[ ! -f "$file" ] || deb822_entries "$file"
	done >"$1/parts/windows-deps.sources"
	cat "$1"/parts/* | grep -q deb-src ||
		die "no package source of this release found in apt's configuration"
}

# apt with state of its own. Anything unsigned is refused, whatever the
# machine's configuration says.
private_apt() {
	state=$1
	command=$2
	shift 2
	"$command" -q \
		-o Dir::Etc::sourcelist=/dev/null \
		-o Dir::Etc::sourceparts="$state/parts" \
		-o Dir::State::lists="$state/lists" \
		-o Dir::Cache="$state/cache" \
		-o Dir::Cache::pkgcache= \
		-o Dir::Cache::srcpkgcache= \
		-o Acquire::Languages=none \
		-o Acquire::Retries=3 \
		-o Acquire::AllowInsecureRepositories=false \
		-o Acquire::AllowWeakRepositories=false \
		-o APT::Get::AllowUnauthenticated=false \
		"$@" </dev/null
}

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
	mkdir -p "$apt_state/lists/partial" "$apt_state/cache/archives/partial"
	write_sources "$apt_state"
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

# The folder is made elsewhere and then moved, so the names are those of the
# place it gets.
write_pc() {
	mkdir -p "$out/lib/pkgconfig"
	{
		cat <<-EOT
			prefix=$prefix
			libdir=\${prefix}/lib
			includedir=\${prefix}/include

		EOT
		cat
	} >"$out/lib/pkgconfig/$1.pc"
}

stamp() {
	echo "windows-deps $script_version, apr $apr_version, cunit $cunit_version"
}

up_to_date() {
	[ "$(cat "$prefix/stamp" 2>/dev/null)" = "$(stamp)" ]
}

# In place in one step: what is seen under the final name is complete.
move_into_place() {
	chmod 755 "$out"
	if [ -e "$prefix" ]; then
		mv -T "$prefix" "$work/old"
	fi
	mv -T "$out" "$prefix"
}

build_prefix() {
	work=$(mktemp -d "$prefix.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' HUP INT TERM
	out=$work/out
	mkdir "$out"
	cd "$work"
	fetch_sources
	build_apr
	build_cunit
	stamp >"$out/stamp"
	move_into_place
	say "done: $prefix"
}

# One run at a time: a second one waits, and finds the work done. The kernel
# gives the lock up with the process, so none is left behind by a killed run.
build_locked() (
	mkdir -p "$(dirname "$prefix")"
	exec 9>"$prefix.lock"
	flock 9
	up_to_date || build_prefix
)

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
