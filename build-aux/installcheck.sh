#!/bin/sh
# Builds the suite against the installed library, in a scratch folder and with
# nothing of the build but its compiler, and runs it.  Called by
# `make installcheck`, with the build's variables in the environment.
#
#   installcheck.sh 'test sources' 'harness and inspect sources'
#
# Under DESTDIR nothing stands where it says it does: carom.pc is read from a
# copy whose folders are moved, and the worker is named by CAROM_WORKER.
# Otherwise the worker is the one the library finds by itself.
set -eu

test_sources=$1
other_sources=$2
scratch=$builddir/installcheck.tmp

die() {
	echo "installcheck: $*" >&2
	exit 1
}

# ---- what was installed ------------------------------------------------------

# Folders that are told in terms of others move along with them.
moved_pc() {
	[ -f "$DESTDIR$pkgconfigdir/carom.pc" ] || die "no $DESTDIR$pkgconfigdir/carom.pc: make install first"
	mkdir -p "$scratch/pkgconfig"
	for installed in "$DESTDIR$pkgconfigdir"/carom*.pc; do
		sed "s|^\([a-z_]*\)=/|\1=$DESTDIR/|" "$installed" >"$scratch/pkgconfig/$(basename "$installed")"
	done
}

ask_pc() {
	PKG_CONFIG_PATH=$scratch/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH} \
		$PKG_CONFIG "$@"
}

# The loader must find our library first, and those APR was found in.
loader_path() {
	path=$DESTDIR$libdir
	for flag in $APR_LIBS $CUNIT_LIBS; do
		case $flag in
		-L/*) path=$path:${flag#-L} ;;
		esac
	done
	eval "old=\${$LIBRARY_PATH_VARIABLE-}"
	# shellcheck disable=SC2154
	eval "$LIBRARY_PATH_VARIABLE=\$path\${old:+:\$old}"
	export "${LIBRARY_PATH_VARIABLE?}"
}

# ---- building ----------------------------------------------------------------

# Not -I$srcdir/include: the installed headers are what is tested.
# shellcheck disable=SC2086
compile() {
	$CC $CFLAGS $pc_cflags $APR_CFLAGS $CUNIT_CFLAGS "-I$srcdir" "-I$srcdir/harness" \
		"$@"
}

# objects_of SOURCE...: compiles them, and leaves their names in $objects.
objects_of() {
	objects=
	for source; do
		case $source in *.c) ;; *) continue ;; esac
		object=$scratch/$(echo "${source%.c}" | tr / _).o
		compile -c -o "$object" "$srcdir/$source"
		objects="$objects $object"
	done
}

# shellcheck disable=SC2086
link() {
	name=$1
	shift
	$CC $CFLAGS $LDFLAGS $program_flags -o "$scratch/$name$EXEEXT" "$@" \
		$pc_libs $CUNIT_LIBS $APR_LIBS $LIBS
}

# shellcheck disable=SC2086
build() {
	pc_cflags=$(ask_pc --cflags carom)
	pc_libs=$(ask_pc --libs carom)
	objects_of $other_sources
	others=$objects
	objects_of $test_sources
	link carom_tests $objects $others
	objects_of tests/harness_faults.c
	link harness_faults $objects $others
	CAROM_HARNESS_FAULTS=$HOST_ROOT$scratch/harness_faults$EXEEXT
	objects_of tests/no_init.c
	link no_init $objects
	CAROM_NO_INIT=$HOST_ROOT$scratch/no_init$EXEEXT
	[ -z "${CAROM_PLUGIN-}" ] || build_plugin
}

# shellcheck disable=SC2086
build_plugin() {
	plugin=$scratch/$(basename "$CAROM_PLUGIN")
	plugin_host=$scratch/$(basename "$CAROM_PLUGIN_HOST")
	compile -fPIC -shared $LDFLAGS -o "$plugin" "$srcdir/tests/plugin.c" $pc_libs $APR_LIBS
	compile $LDFLAGS -o "$plugin_host" "$srcdir/tests/plugin_host.c" $APR_LIBS $LIBS
	CAROM_PLUGIN=$HOST_ROOT$plugin
	CAROM_PLUGIN_HOST=$HOST_ROOT$plugin_host
}

# libtool's flag for linking statically is not the compiler's.
case " $PROGRAM_LDFLAGS " in
*" -all-static "*) program_flags=-static ;;
*) program_flags= ;;
esac

if [ -n "$DESTDIR" ]; then
	worker=$DESTDIR$pkglibexecdir/carom-worker$EXEEXT
	[ -x "$worker" ] || die "no $worker: make install first"
	CAROM_WORKER=$HOST_ROOT$worker
	export CAROM_WORKER
else
	unset CAROM_WORKER
fi

rm -rf "$scratch"
mkdir -p "$scratch"
moved_pc
loader_path
echo "installcheck: building the tests against $DESTDIR$libdir"
build

# ---- running -----------------------------------------------------------------

# Counted as automake counts a TAP program's results.
summary() {
	awk '
		/^ok / && !/# *[Ss][Kk][Ii][Pp]/ { pass++ }
		/^ok / && /# *[Ss][Kk][Ii][Pp]/ { skip++ }
		/^not ok / { fail++; print }
		/^1\.\.0/ { skip++ }
		END {
			print "Testsuite summary for the installed carom"
			printf "# TOTAL: %d\n# PASS:  %d\n# SKIP:  %d\n# FAIL:  %d\n# ERROR: 0\n",
				pass + skip + fail, pass, skip, fail
		}' "$1"
}

code=0
# shellcheck disable=SC2086
(cd "$scratch" && $EMULATOR "./carom_tests$EXEEXT") >"$scratch/carom_tests.log" 2>&1 || code=$?
[ "$code" -ne 77 ] || code=0
[ "$code" -eq 0 ] || cat "$scratch/carom_tests.log"
summary "$scratch/carom_tests.log"
[ "$code" -eq 0 ] || die "carom_tests ended with $code"

# ---- the installed harness, for one who has nothing else ----------------------

expect() {
	grep -q "$1" "$scratch/outside.log" || { cat "$scratch/outside.log"; die "the installed harness does not say: $1"; }
}

# shellcheck disable=SC2046,SC2086
if [ -f "$scratch/pkgconfig/carom-harness.pc" ]; then
	$CC $CFLAGS $LDFLAGS $program_flags -o "$scratch/outside$EXEEXT" "$srcdir/tests/outside/leak.c" \
		$(ask_pc --cflags --libs carom-harness) $LIBS
	code=0
	(cd "$scratch" && CAROM_SKIPS='' CAROM_MODES='' $EMULATOR "./outside$EXEEXT") >"$scratch/outside.log" 2>&1 || code=$?
	[ "$code" -eq 1 ] || { cat "$scratch/outside.log"; die "the test outside ended with $code"; }
	expect '^ok 1 - outside\[thread\]/works'
	expect '^ok .* - outside\[spawn\]/works'
	expect '^not ok 2 - outside\[thread\]/leaks'
	expect 'leak\.c:[0-9]*: descriptor .* left behind'
	echo "PASS: the installed harness runs a test outside in $(grep -c '^ok .*/works' "$scratch/outside.log") modes and shows its leak"
fi
