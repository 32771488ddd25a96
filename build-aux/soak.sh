#!/bin/sh
# The suites so often, in an order drawn by lot, beside two loops that leave
# them no processor of their own: what is flaky shows.  Called by
# `make soak REPEAT=…` in the build folder, with the tests' environment:
#
#   soak.sh COUNT PROGRAM...
#
# Prints what failed, with the command that does it again, and what there is so
# far after each round of all PROGRAMs.  The last line is the sum: N passed,
# N failed, N skipped.
#
# What was broken off goes on: soak.state has the rounds that are done, their
# sum, the seed of the first, and of what.  It is not taken for other PROGRAMs,
# modes or Python, nor when something in tests/ was built since, nor with FRESH
# set; a round that was begun is done again from its beginning.
set -eu

count=$1
shift
case $count in
'' | *[!0-9]* | 0*)
	echo "make soak: REPEAT=$count is no count" >&2
	exit 2
	;;
esac

# ---- what is done already ----------------------------------------------------

state=soak.state
what="$* ${CAROM_MODES-} ${CAROM_PYTHON-}"
rounds=0 pass=0 fail=0 skip=0 seed=$(($(date +%s) % 1000000000))

is_ours() {
	[ -z "${FRESH-}" ] && [ -f $state ] && [ "$(sed 1d $state)" = "$what" ] &&
		[ -z "$(find tests -type f -perm -100 -newer $state)" ]
}

write_state() {
	printf '%s\n' "$rounds $pass $fail $skip $seed" "$what" >$state.new
	mv $state.new $state
}

sum() {
	echo "$pass passed, $fail failed, $skip skipped"
}

if is_ours; then
	read -r rounds pass fail skip seed <$state
	echo "after $rounds rounds with seed $seed: $(sum); to begin anew: FRESH=1"
fi
write_state

# ---- going on ----------------------------------------------------------------

loops=
stop_loops() {
	rm -f $state.new $state.sum
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

# The seed of a round is one more than that of the round before.  A program that
# does not come to its counts has failed.
run_round() {
	for program; do
		"$program" --shuffle --seed $((seed + rounds)) || case $? in
		1 | 77 | 99) ;;
		*) echo "Bail out! $program ended with $?" ;;
		esac
	done | awk -v sum=$state.sum '
		/^# [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped/ { pass += $2; fail += $4; skip += $6; next }
		/^(ok |TAP version|1\.\.)/ { next }
		/^Bail out!/ { fail++ }
		{ print; fflush() }
		END { print pass + 0, fail + 0, skip + 0 >sum }'
}

CAROM_TEST_TIMEOUT_MULTIPLIER=${CAROM_TEST_TIMEOUT_MULTIPLIER:-10}
export CAROM_TEST_TIMEOUT_MULTIPLIER
while [ "$rounds" -lt "$count" ]; do
	run_round "$@"
	read -r more_pass more_fail more_skip <$state.sum
	pass=$((pass + more_pass)) fail=$((fail + more_fail)) skip=$((skip + more_skip)) rounds=$((rounds + 1))
	write_state
	echo "round $rounds of $count: $(sum)"
done
rm -f $state
sum
[ "$fail" -eq 0 ] && [ "$pass" -gt 0 ]
