#!/bin/sh
# A soak that was broken off goes on with the next round; with another program,
# or when it is told to, it begins anew.  Called by make check.  What it runs is
# no suite: it notes its seed, and in the third round breaks the soak off.
set -eu

# From the variables of make.
# shellcheck disable=SC2154
soak=$(cd "$srcdir" && pwd)/build-aux/soak.sh
scratch=check-soak.tmp
rm -rf $scratch
mkdir -p $scratch/tests
trap 'rm -rf $scratch' 0
cd $scratch
trap 'cd .. && rm -rf $scratch' 0

cat >tests/suite <<'EOF'
#!/bin/sh
echo "$3" >>seeds
if [ "$(wc -l <seeds)" -eq 3 ] && rm ./break 2>/dev/null; then
	kill -TERM "$(cat pid)"
fi
echo '# 2 passed, 0 failed, 1 skipped in 0.0 s'
EOF
chmod +x tests/suite

# soak [VARIABLE=VALUE]...; the number is that of the shell which it runs in.
soak() {
	# shellcheck disable=SC2016
	env "$@" sh -c 'echo $$ >pid; exec sh "$0" 4 tests/suite' "$soak" >out || :
}

break_off() {
	rm -f seeds
	: >./break
	soak
	is "$(tail -n 1 out)" "round 2 of 4: 4 passed, 0 failed, 2 skipped"
}

is() {
	[ "$1" = "$2" ] || {
		echo "'$1' is not '$2'"
		exit 1
	}
}

# The third round was not done.
break_off
soak
first=$(head -n 1 seeds)
is "$(tail -n 1 out)" "8 passed, 0 failed, 4 skipped"
is "$(cat seeds)" "$(for more in 0 1 2 2 3; do echo $((first + more)); done)"
is "$(find . -name 'soak.state*')" ""

for reason in FRESH MODES program; do
	break_off
	case $reason in
	FRESH) soak FRESH=1 ;;
	MODES) soak CAROM_MODES=thread ;;
	program)
		touch -t 203001010000 tests/suite
		soak
		;;
	esac
	is "$reason $(wc -l <seeds)" "$reason 7"
	is "$(tail -n 1 out)" "8 passed, 0 failed, 4 skipped"
done
