#! /bin/sh
# Test programs that start while another one looks at what it has: each comes
# to its end, and so does the other one.  Wine's server did not outlive this,
# and all of its session's programs ended, with 0.
program=$builddir/tests/harness_faults$EXEEXT
test -x "$program" || { echo "no harness_faults"; exit 77; }
CAROM_SKIPS=
CAROM_MODES=thread
export CAROM_SKIPS CAROM_MODES
scratch=check-starts.tmp
rm -rf $scratch
mkdir $scratch || exit 99
trap 'rm -rf $scratch' 0
# Unquoted on purpose: words.
# shellcheck disable=SC2086
$EMULATOR "$program" --repeat 60 'fault/clean' >$scratch/looks 2>&1 &
looks=$!
started=0
while kill -0 $looks 2>/dev/null; do
	$EMULATOR "$program" --list 'fault/clean' >$scratch/list 2>&1 && grep -q 'fault.*/clean' $scratch/list || {
		cat $scratch/list
		echo "the program that was started after $started others did not come to its end"
		kill $looks 2>/dev/null
		exit 1
	}
	started=$((started + 1))
done
wait $looks
code=$?
tail -n 1 $scratch/looks | grep -q ' passed, 0 failed' && test $code = 0 || { tail -n 5 $scratch/looks; echo "exit code $code"; exit 1; }
echo "$started programs started meanwhile"
test $started -gt 3
