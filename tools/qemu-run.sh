#!/bin/sh
# Runs a command where another processor's programs are run by qemu-user:
#
#   tools/qemu-run.sh PROCESSOR COMMAND...
#
# Programs start programs, so it is the kernel that must know (binfmt_misc).
# Where it does, as on a machine that Debian's package has set up, nothing is
# changed. Else it is told for as long as the command runs: by root for the whole
# machine, by anybody else in a user namespace, whose list counts there alone.
# The latter takes Linux 6.7 or newer.
set -eu

formats=/proc/sys/fs/binfmt_misc

die() {
	echo "qemu-run: $*" >&2
	exit 1
}

usage() {
	die "usage: qemu-run.sh s390x|aarch64 COMMAND..."
}

cannot() {
	die "the kernel does not start programs of $processor, and cannot be told to: it takes root who may mount" \
		"$formats, or Linux 6.7 with user namespaces, or a machine where qemu-user-static and binfmt-support" \
		"are installed"
}

# The program is one of that processor, which qemu-deps.sh brings.
set_names() {
	processor=$1
	case $processor in
	s390x) program=/usr/s390x-linux-gnu/lib/ld64.so.1 ;;
	aarch64) program=/usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1 ;;
	*) usage ;;
	esac
	rule=/usr/lib/binfmt.d/qemu-$processor.conf
	if [ ! -x "$program" ] || [ ! -f "$rule" ]; then
		die "$program or $rule is missing; tools/qemu-deps.sh $processor installs them"
	fi
}

is_known() {
	"$program" --version >/dev/null 2>&1
}

# The line of Debian's package, but under a name of our own, so that of two runs
# each takes away what it has told.
tell() {
	entry=$formats/carom-$processor-$$
	modprobe -q binfmt_misc 2>/dev/null || :
	mount -t binfmt_misc binfmt_misc "$formats" 2>/dev/null || return 0
	[ -e "$formats/qemu-$processor" ] || sed "s/^:[^:]*/:${entry##*/}/" "$rule" >"$formats/register"
}

forget() {
	[ ! -e "$entry" ] || echo -1 >"$entry"
}

# run_inside USER GROUP COMMAND...: in a mount namespace, as its root.
run_inside() {
	user=$1
	group=$2
	shift 2
	tell
	is_known || cannot
	[ "$user" = 0 ] || exec unshare --user --map-user="$user" --map-group="$group" "$@"
	trap forget EXIT
	trap 'exit 1' HUP INT TERM
	"$@"
}

# Root looks at the list in any case: what is known now another run may take away.
run_outside() {
	user=$(id -u)
	options=--mount
	if [ "$user" -ne 0 ]; then
		! is_known || exec "$@"
		options="--user --map-root-user --mount"
	fi
	# Unquoted on purpose: words. In a container there may be no namespaces.
	# shellcheck disable=SC2086
	if unshare $options true 2>/dev/null; then
		exec unshare $options sh "$0" --inside "$processor" "$user" "$(id -g)" "$@"
	fi
	is_known || cannot
	exec "$@"
}

[ $# -ge 2 ] || usage
inside=
if [ "$1" = --inside ]; then
	inside=yes
	shift
fi
set_names "$1"
shift
if [ -n "$inside" ]; then
	run_inside "$@"
else
	run_outside "$@"
fi
