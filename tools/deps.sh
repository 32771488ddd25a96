#!/bin/sh
# What windows-deps.sh and qemu-deps.sh have in common: Debian's packages, those
# that are installed and those that are only fetched, and a folder for what is
# made of them. It is sourced by them, who have
#
#   script        the name that messages begin with
#   packages      what is to be installed on the machine
#   prefix        the folder that is made
#   index_type    what is only fetched: deb or deb-src
#   stamp         prints a line that says what there is in the folder
#   fill_prefix   makes all of it in $out; the current directory is $work
#
# Set by one file and used by the other.
# shellcheck disable=SC2034,SC2154

say() {
	echo "$script: $*" >&2
}

die() {
	say "$*"
	exit 1
}

# ---- names of folders --------------------------------------------------------

# Wine, pkg-config and the linker of programs want absolute names.
absolute() {
	case $1 in
	/*) echo "$1" ;;
	*) echo "$PWD/$1" ;;
	esac
}

# Where a folder is made when none is named.
in_cache() {
	echo "${CAROM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/carom}/$1"
}

# Libraries of others do not belong between the sources: they would end up in
# a commit or in a source archive.
refuse_source_tree() {
	tree=$(cd "$(dirname "$0")/.." && pwd)
	case $prefix/ in
	"$tree"/*) die "$prefix is inside the source tree; choose a place outside" ;;
	esac
}

# ---- packages that are installed ---------------------------------------------

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		# -n: fail rather than wait for a password nobody types.
		sudo -n "$@"
	fi
}

missing_packages() {
	for package in $packages; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
		[ "$state" = installed ] || echo "$package"
	done
}

root_apt() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q \
		-o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" </dev/null >&2
}

install_packages() {
	missing=$(missing_packages)
	[ -n "$missing" ] || return 0
	# Unquoted on purpose: one word a package.
	# shellcheck disable=SC2086
	set -- $missing
	say "installing $*"
	root_apt update || say "apt-get update failed; trying with the lists there are"
	root_apt install -y --no-install-recommends "$@"
}

# ---- packages that are only fetched ------------------------------------------

# The suites of this release: packages are only asked of the distribution, not
# of whatever else the machine is subscribed to.
suites() {
	# shellcheck disable=SC1091
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
	echo "$codename $codename-updates $codename-security stable testing sid unstable"
}

# One-line entries: "deb [options] URI suite component...".
# trusted=yes is dropped: it would turn the check of signatures off. So is the
# processor, which is this machine's.
one_line_entries() {
	awk -v suites="$(suites)" -v type="$index_type" '
		BEGIN { n = split(suites, s, " "); for (i = 1; i <= n; i++) want[s[i]] = 1 }
		$1 == "deb" {
			sub(/^[ \t]*deb/, type)
			sub(/trusted=[a-z]*/, "")
			sub(/arch[+-]?=[^] \t]*/, "")
			sub(/\[[ \t]*\]/, "")
			rest = $0
			sub(/\[[^]]*\]/, "", rest)
			split(rest, word, " ")
			if (word[3] in want) print
		}' "$1"
}

# deb822 entries: stanzas of fields, kept whole but for their type, because
# Signed-By may hold a whole key.
deb822_entries() {
	awk -v suites="$(suites)" -v type="$index_type" '
		BEGIN {
			n = split(suites, s, " "); for (i = 1; i <= n; i++) want[s[i]] = 1
			RS = ""; FS = "\n"
		}
		{
			binary = wanted = 0; enabled = 1; text = ""
			for (i = 1; i <= NF; i++) {
				line = $i; name = tolower(line)
				if (name ~ /^(trusted|architectures|#)/) continue
				if (name ~ /^enabled:[ \t]*(no|false|off|0)/) enabled = 0
				if (name ~ /^types:/) {
					if (name ~ /[: \t]deb([ \t]|$)/) binary = 1
					line = "Types: " type
				}
				if (name ~ /^suites:/) {
					m = split(line, word, /[ \t]+/)
					for (j = 2; j <= m; j++) if (word[j] in want) wanted = 1
				}
				text = text line "\n"
			}
			if (binary && enabled && wanted) printf "%s\n", text
		}' "$1"
}

# Machines are mostly set up for binary packages of their own processor. The
# entries are derived from those, in a folder of our own: the machine's set-up
# is not changed.
write_sources() {
	LIST=
	PARTS=
	eval "$(apt-config shell LIST Dir::Etc::sourcelist/f PARTS Dir::Etc::sourceparts/d)"
	mkdir -p "$1/parts"
	for file in "$LIST" "${PARTS%/}"/*.list; do
		[ ! -f "$file" ] || one_line_entries "$file"
	done >"$1/parts/carom.list"
	for file in "${PARTS%/}"/*.sources; do
		[ ! -f "$file" ] || deb822_entries "$file"
	done >"$1/parts/carom.sources"
	cat "$1"/parts/* | grep -q "$index_type" ||
		die "no package source of this release found in apt's configuration"
}

# Makes the folder that private_apt works in.
make_apt_state() {
	mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
	write_sources "$1"
}

# apt with state of its own. Anything unsigned is refused, whatever the
# machine's configuration says.
private_apt() {
	state=$1
	command=$2
	shift 2
	"$command" -q \
		-o Dir::Etc::sourcelist=/dev/null \
		-o Dir::Etc::sourceparts="$state/parts" \
		-o Dir::State::lists="$state/lists" \
		-o Dir::Cache="$state/cache" \
		-o Dir::Cache::pkgcache= \
		-o Dir::Cache::srcpkgcache= \
		-o Acquire::Languages=none \
		-o Acquire::Retries=3 \
		-o Acquire::AllowInsecureRepositories=false \
		-o Acquire::AllowWeakRepositories=false \
		-o APT::Get::AllowUnauthenticated=false \
		"$@" </dev/null
}

# ---- the prefix --------------------------------------------------------------

# The folder is made elsewhere and then moved, so the names are those of the
# place it gets.
write_pc() {
	mkdir -p "$out/lib/pkgconfig"
	{
		cat <<-EOT
			prefix=$prefix
			libdir=\${prefix}/lib
			includedir=\${prefix}/include

		EOT
		cat
	} >"$out/lib/pkgconfig/$1.pc"
}

up_to_date() {
	[ "$(cat "$prefix/stamp" 2>/dev/null)" = "$(stamp)" ]
}

# In place in one step: what is seen under the final name is complete.
move_into_place() {
	chmod 755 "$out"
	if [ -e "$prefix" ]; then
		mv -T "$prefix" "$work/old"
	fi
	mv -T "$out" "$prefix"
}

build_prefix() {
	work=$(mktemp -d "$prefix.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' HUP INT TERM
	out=$work/out
	mkdir "$out"
	cd "$work"
	fill_prefix
	stamp >"$out/stamp"
	move_into_place
	say "done: $prefix"
}

# One run at a time: a second one waits, and finds the work done. The kernel
# gives the lock up with the process, so none is left behind by a killed run.
build_locked() (
	mkdir -p "$(dirname "$prefix")"
	exec 9>"$prefix.lock"
	flock 9
	up_to_date || build_prefix
)

