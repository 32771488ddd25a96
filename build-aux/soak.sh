#!/bin/sh
# The suites so often, in an order drawn by lot, beside two loops that leave
# them no processor of their own: what is flaky shows.  Called by
# `make soak REPEAT=…` in the build folder, with the tests' environment:
#
#   soak.sh COUNT PROGRAM...
#
# Prints what failed, with the command that does it again.  The last line is the
# sum: N passed, N failed, N skipped.
set -eu

count=$1
shift
case $count in
'' | *[!0-9]* | 0*)
	echo "make soak: REPEAT=$count is no count" >&2
	exit 2
	;;
esac

loops=
stop_loops() {
	# Unquoted on purpose: numbers.
	# shellcheck disable=SC2086
	kill $loops
}
trap stop_loops EXIT
trap 'exit 1' HUP INT TERM
for _ in 1 2; do
	(while :; do :; done) &
	loops="$loops $!"
done

CAROM_TEST_TIMEOUT_MULTIPLIER=${CAROM_TEST_TIMEOUT_MULTIPLIER:-10}
export CAROM_TEST_TIMEOUT_MULTIPLIER
for program; do
	"$program" --shuffle --repeat "$count" || :
done | awk '
	/^# [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped/ { pass += $2; fail += $4; skip += $6; next }
	/^(ok |TAP version|1\.\.)/ { next }
	/^Bail out!/ { fail++ }
	{ print; fflush() }
	END {
		printf "%d passed, %d failed, %d skipped\n", pass, fail, skip
		exit fail > 0 || pass == 0
	}'
