#!/bin/sh
# Everything that building for another processor on a Debian or Ubuntu machine,
# and running it there, needs: the cross compilers and qemu-user as packages, and
# APR and CUnit from that processor's packages, unpacked in a folder of their
# own, without making the machine one of two architectures.
#
#   tools/qemu-deps.sh PROCESSOR [PREFIX]
#
# PROCESSOR is s390x or aarch64. PREFIX is where the libraries go, by default
# linux-PROCESSOR in the cache folder. It is the only thing written to stdout;
# messages go to stderr. A PREFIX that is up to date is left as it is.
#
# Then:
#   PKG_CONFIG_LIBDIR=PREFIX/lib/pkgconfig ./configure --host=PROCESSOR-linux-gnu \
#       LDFLAGS="$(cat PREFIX/ldflags)"
#   tools/qemu-run.sh PROCESSOR make check
set -eu

script=qemu-deps
# Part of the stamp: raise it when what this script makes changes.
script_version=1
index_type=deb

# shellcheck source=tools/deps.sh
. "$(dirname "$0")/deps.sh"

# ---- arguments ---------------------------------------------------------------

usage() {
	die "usage: qemu-deps.sh s390x|aarch64 [PREFIX]"
}

# What Debian calls the processor, and the name of its dynamic linker.
parse_arguments() {
	[ $# -ge 1 ] && [ $# -le 2 ] || usage
	processor=$1
	case $processor in
	s390x) architecture=s390x linker=ld64.so.1 ;;
	aarch64) architecture=arm64 linker=ld-linux-aarch64.so.1 ;;
	*) usage ;;
	esac
	host=$processor-linux-gnu
	prefix=$(absolute "${2:-$(in_cache "linux-$processor")}")
	packages="qemu-user-static gcc-$host g++-$host libc6-dev-$architecture-cross
		make pkg-config mount util-linux ca-certificates"
}

# ---- the other processor's packages ------------------------------------------

foreign_apt() {
	private_apt "$work/apt" apt-get \
		-o APT::Architecture="$architecture" \
		-o APT::Architectures="$architecture" \
		-o Dir::State::status=/dev/null \
		"$@" >&2
}

# Verified by apt through the signed index.
fetch_packages() {
	make_apt_state "$work/apt"
	foreign_apt update || say "some package lists could not be read; going on with the others"
	say "fetching $*"
	foreign_apt download "$@"
	for archive in *.deb; do
		dpkg -x "$archive" unpacked
	done
}

copy_library() {
	mkdir -p "$out/lib" "$out/include"
	cp -a "unpacked/usr/lib/$host/$1".so* "$out/lib"
}

# Debian's version without its own part: 1.7.2 of 1.7.2-3+deb12u1.
version_of() {
	sed -n 's/^Version: *\([^-]*\).*/\1/p' "unpacked/usr/lib/$host/pkgconfig/$1.pc"
}

# ---- the prefix --------------------------------------------------------------

# APR's own libuuid is found by the path in the program.
take_apr() {
	copy_library libapr-1
	copy_library libuuid
	cp -R unpacked/usr/include/apr-1.0 "$out/include"
	write_pc apr-1 <<-EOT
		Name: APR
		Description: The Apache Portable Runtime library (for $host)
		Version: $(version_of apr-1)
		Libs: -L\${libdir} -lapr-1
		Cflags: -DLINUX -D_REENTRANT -D_GNU_SOURCE -I\${includedir}/apr-1.0
	EOT
}

take_cunit() {
	copy_library libcunit
	cp -R unpacked/usr/include/CUnit "$out/include"
	write_pc cunit <<-EOT
		Name: CUnit
		Description: C Unit Testing Framework (for $host)
		Version: $(version_of cunit)
		Libs: -L\${libdir} -lcunit
		Cflags: -I\${includedir}
	EOT
}

# Programs name where their linker and libraries are: a test may start one with
# another environment, and then QEMU_LD_PREFIX would be lost. The old kind of
# path also serves the libraries that libraries need.
write_ldflags() {
	libc=/usr/$host/lib
	echo "-Wl,--disable-new-dtags -Wl,-rpath,$prefix/lib -Wl,-rpath,$libc -Wl,-rpath-link,$prefix/lib" \
		"-Wl,--dynamic-linker,$libc/$linker" >"$out/ldflags"
}

fill_prefix() {
	fetch_packages libapr1 libapr1-dev libuuid1 libcunit1 libcunit1-dev
	take_apr
	take_cunit
	write_ldflags
}

stamp() {
	echo "qemu-deps $script_version, $architecture"
}

parse_arguments "$@"
refuse_source_tree
install_packages
up_to_date || build_locked
echo "$prefix"
