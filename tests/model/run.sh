#!/bin/sh
# Checks the models of this folder with spin: each as it is, whose search must
# be complete and find nothing, and each with defects put in (-DBREAK=…), which
# must be found.  Called by `make model`.
#
#   run.sh           all
#   run.sh bell      one of them
#   run.sh bell 4    what this defect does, as a trail
set -eu

srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
scratch=${builddir:-.}/model.tmp
CC=${CC_FOR_BUILD:-cc}
seconds=100
megabytes=900

# Nobody is to take a skipped leg of CI for a passed one.
if ! command -v spin >/dev/null 2>&1; then
	if [ "${CI-}" = true ]; then
		echo "FAIL: no spin" >&2
		exit 1
	fi
	echo "skipped: no spin (Debian: apt-get install spin)"
	exit 0
fi

rm -rf "$scratch"
mkdir -p "$scratch"
srcdir=$(cd "$srcdir" && pwd)
cd "$scratch"

# search MODEL OPTION...: makes the program that searches, and runs it.
# Unquoted on purpose: lists of flags.
# shellcheck disable=SC2086
search() {
	model=$1
	shift
	rm -f ./*.trail
	spin -a "$@" "$srcdir/tests/model/$model.pml" >spin.log 2>&1 || return 1
	$CC $optimize -w -DSAFETY -DCOLLAPSE -DMEMLIM=$megabytes -o pan pan.c >cc.log 2>&1 || return 1
	timeout "$seconds" ./pan -w21 -m10000 >pan.log 2>&1 || return 1
}

passed=0
failed=0

fail() {
	tail -n 30 spin.log cc.log pan.log 2>/dev/null || :
	echo "FAIL: $1"
	failed=$((failed + 1))
}

pass() {
	echo "PASS: $1"
	passed=$((passed + 1))
}

# holds MODEL OPTION...: nothing is wrong, and everything was looked at.
holds() {
	optimize=-O1
	if search "$@" && grep -q 'errors: 0$' pan.log && ! grep -q -e 'not completed' -e 'max search depth too small' pan.log; then
		states=$(sed -n 's/^ *\([0-9e.+]*\) states, stored.*/\1/p' pan.log)
		pass "$* ($states states)"
	else
		fail "$*"
	fi
}

# breaks MODEL BREAK OPTION...: what is wrong is seen.
breaks() {
	model=$1
	defect=$2
	shift 2
	[ -z "$trail" ] || [ "$trail" = "$defect" ] || return 0
	optimize=-O0
	if search "$model" "-DBREAK=$defect" "$@" && [ -f "$model.pml.trail" ] && grep -q '^pan:1: ' pan.log; then
		pass "$model${*:+ $*} defect $defect ($(grep -o -e 'assertion violated' -e 'invalid end state' pan.log | head -n 1))"
		[ -z "$trail" ] || spin -k "$model.pml.trail" -p "-DBREAK=$defect" "$@" "$srcdir/tests/model/$model.pml"
	else
		fail "$model${*:+ $*} defect $defect"
	fi
}

ring() {
	[ -n "$trail" ] || holds ring
	for defect in 1 2 3 4 5 6 7 8; do
		breaks ring $defect
	done
}

bell() {
	for scene in 1 2 3 4 5 6 7 8 9; do
		[ -n "$trail" ] || holds bell -DSCENE=$scene
	done
	breaks bell 1 -DSCENE=6
	breaks bell 2 -DSCENE=2
	breaks bell 3 -DSCENE=2
	breaks bell 4 -DSCENE=2
	breaks bell 5 -DSCENE=2
	breaks bell 6 -DSCENE=2
	breaks bell 7 -DSCENE=1
	breaks bell 8 -DSCENE=4
	breaks bell 9 -DSCENE=4
	breaks bell 10 -DSCENE=7
	breaks bell 11 -DSCENE=8
	breaks bell 12 -DSCENE=9
	breaks bell 13 -DSCENE=7
}

lock() {
	if [ -z "$trail" ]; then
		holds lock -DDEATHS=0
		holds lock -DDEATHS=1
		holds lock -DDEATHS=1 -DEARLY=1 -DROUNDS=1
		holds lock -DDEATHS=1 -DLOT -DROUNDS=1
		holds lock -DDEATHS=0 -DHASTY=1
		holds lock -DDEATHS=1 -DHASTY=1 -DROUNDS=1
	fi
	breaks lock 1
	breaks lock 2
	breaks lock 3 -DDEATHS=0
	breaks lock 4 -DDEATHS=0
	breaks lock 5 -DDEATHS=0 -DLOT
	breaks lock 6 -DDEATHS=0 -DHASTY=1
}

owner() {
	if [ -z "$trail" ]; then
		holds owner -DDEATHS=0
		holds owner -DDEATHS=0 -DHASTY=1
		holds owner -DDEATHS=1 -DROUNDS=1
		holds owner -DVICTIM=1 -DROUNDS=1 -DHASTY=1
		holds owner -DVICTIM=3 -DROUNDS=1 -DHASTY=1
		holds owner -DVICTIM=1 -DROUNDS=1 -DEARLY=1
	fi
	breaks owner 1
	breaks owner 2 -DDEATHS=0 -DHASTY=1
	breaks owner 3 -DDEATHS=0
	breaks owner 4 -DDEATHS=0
	breaks owner 5
	breaks owner 6
}

condition() {
	if [ -z "$trail" ]; then
		holds condition -DDEATHS=0
		holds condition -DDEATHS=1 -DFEW
		holds condition -DDEATHS=0 -DALL
		holds condition -DDEATHS=1 -DFEW -DALL
		holds condition -DDEATHS=1 -DFEW -DHEIR
		holds condition -DDEATHS=1 -DFEW -DHEIR -DALL
		holds condition -DDEATHS=1 -DHEIR -DWIDOW
	fi
	breaks condition 1 -DDEATHS=0
	breaks condition 2 -DDEATHS=0
	breaks condition 3 -DDEATHS=0
	breaks condition 4 -DDEATHS=0
	breaks condition 5 -DDEATHS=0 -DALL
	breaks condition 6 -DDEATHS=1 -DFEW -DHEIR -DALL
	breaks condition 7 -DDEATHS=1 -DHEIR -DWIDOW
}

barrier() {
	if [ -z "$trail" ]; then
		holds barrier -DDEATHS=0
		holds barrier -DDEATHS=1
		holds barrier -DDEATHS=0 -DRESETS=2
	fi
	breaks barrier 1 -DDEATHS=0
	breaks barrier 2 -DDEATHS=0 -DRESETS=2
	breaks barrier 3 -DDEATHS=0 -DRESETS=2
	breaks barrier 4
	breaks barrier 5 -DDEATHS=0 -DRESETS=2
	breaks barrier 6
}

queue() {
	if [ -z "$trail" ]; then
		holds queue
		holds queue -DFEW -DVICTIM=1
		holds queue -DFEW -DVICTIM=2
		holds queue -DFEW -DVICTIM=3
		holds queue -DFEW -DEARLY
		holds queue -DPRODUCERS=1
		holds queue -DPRODUCERS=1 -DVICTIM=1
		holds queue -DPRODUCERS=1 -DVICTIM=3
	fi
	for defect in 1 2 4 6 8 9; do
		breaks queue $defect
	done
	breaks queue 3 -DFEW -DVICTIM=1
	breaks queue 5 -DPRODUCERS=1
	breaks queue 7 -DFEW -DEARLY
}

trail=${2-}
case ${1-} in
ring | bell | lock | owner | condition | barrier | queue) $1 ;;
'')
	ring
	bell
	lock
	owner
	condition
	barrier
	queue
	;;
*)
	echo "run.sh: no model \"$1\"" >&2
	exit 2
	;;
esac
echo "Testsuite summary for the models of carom"
printf '# TOTAL: %d\n# PASS:  %d\n# FAIL:  %d\n# ERROR: 0\n' $((passed + failed)) "$passed" "$failed"
[ "$failed" -eq 0 ]
