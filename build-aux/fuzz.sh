#!/bin/sh
# Builds the fuzz targets with clang's libFuzzer, from the library's own
# sources with objects of their own, and runs each for SECONDS_EACH seconds
# from its corpus.  Called by `make fuzz`:
#
#   fuzz.sh 'library sources' 'target sources'
#
# New inputs go to fuzz.tmp/corpus, those that crash to fuzz.tmp/crashes.
set -eu

library=$1
targets=$2
scratch=$builddir/fuzz.tmp
fuzz_flags="-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined"

# ---- is there a libFuzzer? ---------------------------------------------------

have_libfuzzer() {
	mkdir -p "$scratch"
	cat >"$scratch/probe.c" <<-'EOT'
		#include <stddef.h>
		#include <stdint.h>
		int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
		int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
		{
		    return data == NULL && size != 0;
		}
	EOT
	$FUZZ_CC -fsanitize=fuzzer,address,undefined -o "$scratch/probe" "$scratch/probe.c" \
		>"$scratch/probe.log" 2>&1
}

# Nobody is to take a skipped leg of CI for a passed one.
skip() {
	if [ "${CI-}" = true ]; then
		echo "FAIL: no libFuzzer: $FUZZ_CC cannot link with -fsanitize=fuzzer" >&2
		exit 1
	fi
	echo "skipped: no libFuzzer"
	exit 0
}

# ---- building ----------------------------------------------------------------

jobs() {
	case " ${MAKEFLAGS-} " in
	*" -j"* | *j*) echo 2 ;;
	*) echo 1 ;;
	esac
}

# Unquoted on purpose: a compiler and lists of flags.
# shellcheck disable=SC2086
compile() {
	$FUZZ_CC -std=gnu11 $fuzz_flags "$1" $CPPFLAGS $APR_CFLAGS \
		-DCAROM_BUILD -DCAROM_WORKER_PATH='""' \
		"-I$builddir" "-I$srcdir" "-I$srcdir/include" -c -o "$2" "$srcdir/$3"
}

object_of() {
	echo "$scratch/$(echo "${1%.c}" | tr / _).o"
}

# Objects are made anew each time: a minute at most, and never stale.
build() {
	objects=
	for source in $library; do
		case $source in *.c) ;; *) continue ;; esac
		object=$(object_of "$source")
		objects="$objects $object"
		compile -fsanitize=fuzzer-no-link "$object" "$source"
	done
	for source in $targets; do
		compile -fsanitize=fuzzer "$(object_of "$source")" "$source"
		# shellcheck disable=SC2086
		$FUZZ_CC $fuzz_flags -fsanitize=fuzzer -pthread -o "$scratch/$(basename "$source" .c)" \
			"$(object_of "$source")" $objects $APR_LIBS $LIBS
	done
}

# ---- running -----------------------------------------------------------------

passed=0
failed=0

# run fuzz_value: from tests/fuzz/corpus/value.
run() {
	name=$1
	corpus=$srcdir/tests/fuzz/corpus/${name#fuzz_}
	mkdir -p "$scratch/corpus/$name" "$scratch/crashes"
	set -- "$scratch/corpus/$name"
	[ ! -d "$corpus" ] || set -- "$@" "$corpus"
	if "$scratch/$name" "-max_total_time=$SECONDS_EACH" -timeout=10 -rss_limit_mb=1024 \
		-print_final_stats=1 "-artifact_prefix=$scratch/crashes/$name-" "$@" \
		>"$scratch/$name.log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$scratch/$name.log")
		echo "PASS: $name ($runs inputs in $SECONDS_EACH s)"
		passed=$((passed + 1))
	else
		tail -n 60 "$scratch/$name.log"
		echo "FAIL: $name (inputs that crash: $scratch/crashes)"
		failed=$((failed + 1))
	fi
}

have_libfuzzer || skip
build
for source in $targets; do
	run "$(basename "$source" .c)"
done
echo "Testsuite summary for fuzzing carom"
printf '# TOTAL: %d\n# PASS:  %d\n# FAIL:  %d\n# ERROR: 0\n' $((passed + failed)) "$passed" "$failed"
[ "$failed" -eq 0 ]
