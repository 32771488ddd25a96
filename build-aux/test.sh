#!/bin/sh
# The tests in one of the runtimes there are, by one command.  Called by
# `make test` in the build folder:
#
#   test.sh 'known modes' 'suites' FILE...
#
# `make coverage` calls it with RUNTIME=coverage: the native tests once more, in
# a build that counts which lines and branches ran, and a report of that; and
# `make faults` with RUNTIME=faults: what is tested at the points where a process
# is killed or a call made to fail, and a table of how often that happened.
#
# RUNTIME, MODES and PYTHON are looked at before anything is built.  A runtime
# of another system has a build of its own in runtime-NAME; where the sources
# are configured themselves, it is made from a copy of the FILEs.  The last line
# is the sum: N passed, N failed, N skipped.
# The variables come from make.
# shellcheck disable=SC2154
set -eu

known_runtimes="native valgrind wine qemu-s390x qemu-aarch64"
known_modes=$1
suites=$2
shift 2

runtime=${RUNTIME:-native}
folder=$builddir

say() {
	echo "make test: $*"
}

die() {
	echo "make test: $*" >&2
	exit 2
}

have() {
	command -v "$1" >/dev/null 2>&1
}

need() {
	have "$1" || die "$1 is not here; WITH=$1 ./bootstrap installs it"
}

# ---- what was asked for ------------------------------------------------------

# among KIND NAME KNOWN...
among() {
	kind=$1
	name=$2
	shift 2
	for one; do
		[ "$one" != "$name" ] || return 0
	done
	die "no such $kind: $name; there are: $*"
}

# Unquoted on purpose: lists of words.
# shellcheck disable=SC2086
check_names() {
	case $runtime in
	coverage | faults) ;;
	*) among runtime "$runtime" $known_runtimes ;;
	esac
	for mode in $(echo "${MODES-}" | tr ',' ' '); do
		among mode "$mode" $known_modes
	done
}

check_python() {
	[ -n "${PYTHON-}" ] || return 0
	have "$PYTHON" || die "PYTHON=$PYTHON is no program that can be run; there may be: python3, pypy3, a path"
	"$PYTHON" -c 'import sys' </dev/null >/dev/null 2>&1 || die "PYTHON=$PYTHON is no Python"
}

# ---- builds in folders of their own ------------------------------------------

# A folder cannot be built from sources that are configured: make would find
# the objects there.
find_sources() {
	sources=$srcdir
	[ -f "$srcdir/config.status" ] || return 0
	sources=$folder/sources
	mkdir -p "$sources"
	(cd "$srcdir" && tar -cf - "$@") | tar -xf - -C "$sources"
}

# configure_folder OPTION...: once; make sees to it afterwards.
configure_folder() {
	[ ! -f "$folder/Makefile" ] || return 0
	say "configuring $folder"
	(cd "$folder" && "$sources/configure" "$@" >configure.out 2>&1) || {
		tail -n 40 "$folder/configure.out" >&2
		die "configure failed"
	}
}

# ---- the runtimes ------------------------------------------------------------

# What ran before does not count.
forget_results() {
	find "$1" -name '*.trs' -type f -exec rm -f {} +
	code=0
}

# check_in FOLDER ARGUMENT...; MAKE may be words.
# shellcheck disable=SC2086
check_in() {
	forget_results "$1"
	(cd "$1" && shift && $MAKE check "$@") || code=$?
}

multiply_timeouts() {
	CAROM_TEST_TIMEOUT_MULTIPLIER=${CAROM_TEST_TIMEOUT_MULTIPLIER:-$1}
	export CAROM_TEST_TIMEOUT_MULTIPLIER
}

run_native() {
	check_in "$folder"
}

# The cases' processes and their workers too, but not Python, of which valgrind
# would tell much that is not ours.  Not for leaks: each process would read all
# it has mapped at its end, the whole arena, and the sanitizer looks for them.
# Nor is the C library to free all at the end: it would first write out buffers,
# which are the parent's in a fork.
run_valgrind() {
	need valgrind
	multiply_timeouts 10
	check_in "$folder" TESTS="$suites" LOG_COMPILER="valgrind -q --error-exitcode=9 --leak-check=no --run-libc-freeres=no \
		--child-silent-after-fork=no --trace-children=yes --trace-children-skip=*python*,*pypy* --vgdb=no --fair-sched=yes"
}

# With a private Wine, whose server does not outlive the run.
run_wine() {
	folder=$builddir/runtime-wine
	mkdir -p "$folder"
	prefix=$(sh "$srcdir/tools/windows-deps.sh" --wine-prefix "$folder/prefix" | tail -n 1)
	[ -n "$prefix" ] || die "what a build for Windows needs could not be had"
	find_sources "$@"
	PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig
	WINEPREFIX=$folder/prefix
	WINEDEBUG=-all
	export PKG_CONFIG_LIBDIR WINEPREFIX WINEDEBUG
	unset DISPLAY WAYLAND_DISPLAY CC
	# Where a program's addresses are drawn by lot, Wine's are taken once in some thousands of starts.
	still="setarch -R"
	$still true || still=
	configure_folder --host=x86_64-w64-mingw32 EMULATOR="${still:+$still }wine"
	multiply_timeouts 3
	trap 'wineserver -k || :' EXIT
	check_in "$folder"
}

# Qemu has a thread of its own in each process, and carom does not fork beside
# threads that are not its own.
leave_out_fork() {
	case " $(echo "${CAROM_MODES:-}" | tr ',' ' ') " in
	*" fork "*) die "there is no mode fork in $runtime; there are: thread, spawn, forkserver, once" ;;
	esac
	[ -n "$CAROM_MODES" ] || {
		CAROM_MODES=thread,spawn,forkserver,once
		say "modes thread, spawn, forkserver; not fork, beside qemu's own thread"
	}
}

# In a build for another processor.  It is not built where it could not be run.
# The kernel's list of robust locks (set_robust_list) is missing in qemu.
# shellcheck disable=SC2086
run_qemu() {
	processor=${runtime#qemu-}
	leave_out_fork
	folder=$builddir/runtime-$runtime
	mkdir -p "$folder"
	prefix=$(sh "$srcdir/tools/qemu-deps.sh" "$processor" | tail -n 1)
	[ -n "$prefix" ] || die "what a build for $processor needs could not be had"
	sh "$srcdir/tools/qemu-run.sh" "$processor" true || exit 2
	find_sources "$@"
	PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig
	export PKG_CONFIG_LIBDIR
	unset CC
	configure_folder --host="$processor-linux-gnu" --disable-mutex-robust LDFLAGS="$(cat "$prefix/ldflags")"
	multiply_timeouts 5
	forget_results "$folder"
	(cd "$folder" && sh "$srcdir/tools/qemu-run.sh" "$processor" $MAKE check TESTS="$suites") || code=$?
}

# Static, so that the wrapped _exit is that of the library too.
run_coverage() {
	need gcovr
	folder=$builddir/runtime-coverage
	mkdir -p "$folder"
	find_sources "$@"
	object=$folder/coverage_exit.o
	# shellcheck disable=SC2086
	$CC -O2 -c -o "$object" "$srcdir/build-aux/coverage_exit.c"
	configure_folder --disable-shared CC="$CC" CFLAGS="-g -O1 --coverage -fprofile-update=atomic" \
		LDFLAGS="$object -Wl,--wrap=_exit -Wl,--wrap=_Exit"
	find "$folder" -name '*.gcda' -exec rm -f {} +
	multiply_timeouts 2
	check_in "$folder" TESTS="$suites"
	rm -rf "$builddir/coverage"
	mkdir "$builddir/coverage"
	find "$folder" -name 'conftest*' -exec rm -f {} +
	(cd "$folder" && gcovr --root "$sources" --object-directory . --json coverage.json --filter "$sources/core/" \
		--filter "$sources/platform/unix/" --html-details "$builddir/coverage/index.html" . 2>gcovr.err) || {
		cat "$folder/gcovr.err" >&2
		die "gcovr failed"
	}
	for part in core platform/unix; do
		say "of $part/ ran"
		(cd "$folder" && gcovr --root "$sources" --add-tracefile coverage.json --filter "$sources/$part/" --print-summary \
			--output gcovr.txt)
	done
	say "line by line: $builddir/coverage/index.html"
}

run_faults() {
	folder=$builddir/runtime-faults
	mkdir -p "$folder"
	find_sources "$@"
	configure_folder --disable-shared --enable-fault-injection CC="$CC"
	CAROM_POINTS=1
	export CAROM_POINTS
	check_in "$folder" TESTS=tests/inside_tests
	say "the points, how often a process came by, and how often it was killed or delayed there or a call failed"
	awk '
		$2 == "point" { passed[$3] += $5; fired[$3] += $7 }
		END { for (name in passed) printf "%-28s %9d %6d\n", name, passed[name], fired[name] }
		' "$folder/tests/inside_tests.log" | sort >"$folder/points"
	cat "$folder/points"
	awk '$3 == 0 { print "nothing ever happened at " $1; none = 1 } END { exit none }' "$folder/points" >&2 || code=1
}

# ---- the sum -----------------------------------------------------------------

sum() {
	find "$folder" -name '*.trs' -type f -exec cat {} + | awk -v code="$code" '
		/^:test-result: (PASS|XFAIL)/ { pass++ }
		/^:test-result: SKIP/ { skip++ }
		/^:test-result: (FAIL|XPASS|ERROR)/ { fail++ }
		END {
			if (code != 0 && fail == 0)
				fail = 1
			printf "%d passed, %d failed, %d skipped\n", pass, fail, skip
			exit fail > 0 || pass == 0
		}'
}

check_names
check_python
CAROM_RUNTIME=$runtime
CAROM_MODES=${MODES-}
export CAROM_RUNTIME CAROM_MODES
case $runtime in
native) run_native ;;
valgrind) run_valgrind ;;
wine) run_wine "$@" ;;
qemu-*) run_qemu "$@" ;;
coverage) run_coverage "$@" ;;
faults) run_faults "$@" ;;
esac
sum
