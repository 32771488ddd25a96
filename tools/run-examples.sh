#!/bin/sh
# Runs the examples.  Called by make examples.
#
#   tools/run-examples.sh [DIR]...
#
# The indexer gets what the set-up itself installed (2,000 text files and
# 20 MiB at least, or this fails), or DIR..., and its answers are compared with
# grep's, between the modes, and with those of a run whose workers are killed.
#
# From the environment, with what is taken without:
#   builddir       .                       where the build is
#   EXAMPLES_DIR   $builddir/examples      where the programs are
#   EXEEXT                                 what their names end with
#   EMULATOR                               what runs them, such as wine
#   HOST_ROOT      Z: with wine            what is before a path for them
set -u

here=${EXAMPLES_DIR:-${builddir:-.}/examples}
exeext=${EXEEXT-}
emulator=${EMULATOR-}
case $emulator in
*wine*) host_root=${HOST_ROOT:-Z:} ;;
*) host_root=${HOST_ROOT-} ;;
esac

wanted_files=2000
wanted_bytes=20971520

# None begins with another, so that answers can be told apart.
prefixes='print proc Copyr file auto includ UTF 404'
e_acute=$(printf '\303\251')

failures=0
work=$(mktemp -d "${TMPDIR:-/tmp}/carom-examples.XXXXXX") || exit 1
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

ok() {
	echo "ok: $*"
}

failed() {
	echo "FAILED: $*"
	failures=$((failures + 1))
}

# check WHAT COMMAND...: the command says by its exit code.
check() {
	what=$1
	shift
	if "$@"; then ok "$what"; else failed "$what"; fi
}

die() {
	echo "FAILED: $*"
	exit 1
}

# Unquoted on purpose: an emulator may have options.
# shellcheck disable=SC2086
run() {
	program=$1
	shift
	$emulator "$here/$program$exeext" "$@"
}

# Windows ends lines as it does, and knows paths from elsewhere.
as_here() {
	if [ -n "$emulator" ]; then
		tr -d '\r' | sed "s|^$host_root||"
	else
		cat
	fi
}

# Bytes, whatever the locale: files are in many encodings.
bytewise() {
	LC_ALL=C "$@"
}

# each_of LIST COMMAND...: with the files of a list as its last arguments.
each_of() {
	list=$1
	shift
	[ ! -s "$list" ] || tr '\n' '\0' <"$list" | LC_ALL=C xargs -0 "$@"
}

# ---- hello, loop ----

run_hello() {
	run hello | as_here >"$work/hello"
	check "hello says: $(cat "$work/hello")" grep -qx 'hello, world' "$work/hello"
}

is_loop_line() {
	expr "$1" : '[a-z]*: 100 numbers, sum 5050$' >/dev/null
}

run_loop() {
	run loop | as_here >"$work/loop"
	while read -r line; do
		check "loop, $line" is_loop_line "$line"
	done <"$work/loop"
	modes=$(sed 's/:.*//' "$work/loop")
	check "loop ran in $(wc -l <"$work/loop" | tr -d ' ') modes" [ "$(wc -l <"$work/loop")" -ge 2 ]
}

# ---- jobs ----

run_jobs() {
	run jobs | as_here >"$work/jobs"
	while read -r line; do
		check "jobs, $line" expr "$line" : '[a-z]*: 9592 primes below 100000$' >/dev/null
	done <"$work/jobs"
	check "jobs ran in $(wc -l <"$work/jobs" | tr -d ' ') modes" [ "$(wc -l <"$work/jobs")" -ge 2 ]
}

# ---- the input ----

# What real files seldom have.
make_odd_files() {
	odd=$work/odd
	mkdir -p "$odd/folder/deeper"
	: >"$odd/empty"
	printf 'proc without a line end' >"$odd/folder/no line end"
	printf 'print\r\n  (printed)\r\n\r\nprint-out printer print\r\n' >"$odd/folder/deeper/crlf.txt"
	printf '\303\251t\303\251 and \303\211t\303\251\n\351t\351 in Latin-1\n' >"$odd/accents"
	printf 'proc\0' >"$odd/zero at the end"
	awk 'BEGIN { for (i = 0; i < 5000; i++) print "print this " i; printf "%c", 0 }' >"$odd/zero, late"
	printf '%s\n' '<html><!-- print -- > "print" --><p title="print' 'file">pri<b>nt</b> print' \
		'a < print, <3 print; AT&amp;T &print; <?print print?>print</p>' '<!-- proc' '<b>file' '--' \
		'--> print<!-->proc --> file' '<unfinished print' >"$odd/tags.HTML"
	printf 'print <b>print</b><print\n' >"$odd/tags.htm"
	printf '<print> print\n' >"$odd/no tags.html.txt"
	[ -n "$emulator" ] && return
	printf 'file in a file with an odd name\n' >"$odd/a:7: b"
	printf 'print\n' >"$odd/$(printf 'latin-\351')"
	ln -s folder "$odd/link to a folder"
	ln -s accents "$odd/link to a file"
	ln -s nowhere "$odd/link to nowhere"
	ln -s . "$odd/folder/link in a circle"
}

# find_input DIR...: what grep would search, and what of it is text.
find_input() {
	bytewise find "$@" -type f -print | bytewise sort -u >"$work/all"
	each_of "$work/all" grep -la "[^$(printf '\001-\377')]" | bytewise sort >"$work/binary"
	bytewise comm -23 "$work/all" "$work/binary" >"$work/text"
	bytewise grep -i '\.\(html\|htm\|xhtml\)$' "$work/text" >"$work/html"
	bytewise comm -23 "$work/text" "$work/html" >"$work/plain"
	files=$(wc -l <"$work/text" | tr -d ' ')
	bytes=$(each_of "$work/text" cat | wc -c | tr -d ' ')
}

is_enough() {
	[ "$files" -ge "$wanted_files" ] && [ "$bytes" -ge "$wanted_bytes" ]
}

# Folders of this machine, the smaller ones first, until there is enough;
# documentation is always among them for the sake of its HTML.
find_installed() {
	set --
	for folder in /usr/share/doc/libapr1-dev /usr/share/autoconf* /usr/share/automake* /usr/share/aclocal* \
		/usr/share/libtool /usr/share/perl /usr/share/perl5 /usr/include /usr/share/doc /usr/lib/gcc \
		/usr/lib*/*/perl* /usr/local/include /usr/local/share /usr/local/lib /opt/*/share /opt/*/include; do
		if [ ! -d "$folder" ] || [ -h "$folder" ]; then continue; fi
		set -- "$@" "$folder"
		find_input "$@"
		is_enough && break
	done
	printf '%s\n' "$@" >"$work/folders"
}

# Wine shows links as what they lead to, and not all names can be names there.
copy_input() {
	mkdir "$work/copy"
	n=0
	while read -r folder; do
		n=$((n + 1))
		cp -RP "$folder" "$work/copy/$n"
	done <"$work/folders"
	find "$work/copy" -type l -exec rm -f {} +
	find "$work/copy" -type f -name '*[]:?*"<>|\\[]*' -exec rm -f {} +
	echo "$work/copy" >"$work/folders"
}

prepare_input() {
	if [ $# -gt 0 ]; then
		printf '%s\n' "$@" >"$work/folders"
		find_input "$@"
		echo "given: $files text files, $bytes bytes in $*"
	else
		files=0
		bytes=0
		find_installed
		echo "found: $files text files, $bytes bytes in $(tr '\n' ' ' <"$work/folders")"
		is_enough || die "the installed files are fewer than $wanted_files or have less than $wanted_bytes bytes"
	fi
	[ -z "$emulator" ] || copy_input
	make_odd_files
	echo "$odd" >>"$work/folders"
	# Names of folders have no blanks, which is what make can stand too.
	# shellcheck disable=SC2046
	find_input $(cat "$work/folders")
}

# ---- what grep says ----

# A word is the first run of letters and digits of what stands between blanks;
# everything above ASCII is a letter.
alnum="A-Za-z0-9$(printf '\200-\377')"

grep_plain() {
	each_of "$work/plain" grep -HnaoE "(^|[[:space:]])[^[:space:]$alnum]*$1[$alnum]*" |
		bytewise sed "s/^\(.*\):\([0-9][0-9]*\):[^$alnum]*\([$alnum]*\)\$/\1:\2: \3/"
}

# The same, with tags and comments taken for blanks.
strip_and_grep() {
	# shellcheck disable=SC2016
	each_of "$work/html" awk -v prefix="$1" '
		BEGIN { letters = "[A-Za-z0-9\200-\377]+" }
		FNR == 1 { inside = "" }
		{
			text = ""
			rest = $0
			while (rest != "") {
				if (inside != "") {
					i = index(rest, inside)
					rest = i ? substr(rest, i + length(inside)) : ""
					if (i) inside = ""
				} else if (match(rest, /<[A-Za-z\/!?]/)) {
					text = text substr(rest, 1, RSTART - 1) " "
					rest = substr(rest, RSTART + 1)
					inside = ">"
					if (substr(rest, 1, 3) == "!--") {
						rest = substr(rest, 2)
						inside = "-->"
					}
				} else {
					text = text rest
					rest = ""
				}
			}
			n = split(text, tokens, /[ \t\r\v\f]+/)
			for (i = 1; i <= n; i++)
				if (match(tokens[i], letters)) {
					word = substr(tokens[i], RSTART, RLENGTH)
					if (index(word, prefix) == 1) print FILENAME ":" FNR ": " word
				}
		}'
}

expect() {
	{
		grep_plain "$1"
		strip_and_grep "$1"
	} | bytewise sort -u
}

# ---- what the indexer says ----

# ask NAME OPTION...: answers in $work/NAME, what it says about it in NAME.log.
ask() {
	name=$1
	shift
	# shellcheck disable=SC2046
	run indexer --stats "$@" $(sed "s|^|$host_root|" "$work/folders") 2>"$work/$name.log" >"$work/$name.raw"
	code=$?
	as_here <"$work/$name.raw" >"$work/$name"
	[ $code -eq 0 ] || {
		cat "$work/$name.log"
		failed "indexer $*: exit code $code"
	}
}

figure() {
	sed -n "s/.*$2 \([0-9.]*\).*/\1/p" "$work/$1.log"
}

compare_with_grep() {
	for prefix in $prefixes; do
		expect "$prefix" >"$work/expected"
		bytewise grep ": ${prefix}[$alnum]*\$" "$work/spawn" >"$work/answers"
		bytewise sort "$work/answers" >"$work/found"
		check "$prefix: grep's $(wc -l <"$work/expected" | tr -d ' ') hits, those in HTML included" \
			cmp -s "$work/expected" "$work/found"
		cmp -s "$work/expected" "$work/found" || diff "$work/expected" "$work/found" | head -n 10
		check "$prefix: hits are in order" is_sorted "$work/answers"
	done
	check "prefixes hit $(wc -l <"$work/spawn" | tr -d ' ') words" [ "$(wc -l <"$work/spawn")" -gt 100 ]
}

# By path, then by line.  A path may have colons and blanks; a word has none.
is_sorted() {
	LC_ALL=C awk '
		match($0, /:[0-9]+: [^ ]*$/) {
			path = substr($0, 1, RSTART - 1)
			line = substr($0, RSTART + 1) + 0
			if (path "" < before "" || (path == before && line < line_before)) bad = 1
			before = path
			line_before = line
		}
		END { exit bad }' "$1"
}

compare_modes() {
	for mode in $modes; do
		for jobs in 1 2 5; do
			# shellcheck disable=SC2086
			ask "$mode-$jobs" --mode "$mode" --jobs "$jobs" $queries
			check "$mode, $jobs jobs: the same answers, $(figure "$mode-$jobs" seconds) s" \
				cmp -s "$work/spawn" "$work/$mode-$jobs"
		done
	done
}

compare_killed() {
	for mode in $modes; do
		[ "$mode" != thread ] || continue
		for seed in 1 2 3; do
			# shellcheck disable=SC2086
			ask "killed" --mode "$mode" --jobs 3 --kill-workers "$seed" $queries
			killed=$(figure killed killed)
			check "$mode, $killed of $(figure killed started) workers killed: the same answers, $(figure killed seconds) s" \
				cmp -s "$work/spawn" "$work/killed"
			check "$mode, seed $seed killed workers" [ "$killed" -ge "$least_killed" ]
		done
	done
}

compare_prompt() {
	# shellcheck disable=SC2086
	printf '%s\n' $prefixes | ask prompt
	sed 's/^\(Pattern: \)*//' "$work/prompt.raw" | as_here | sed -e '/^$/d' -e '/^no hits$/d' >"$work/prompted"
	check "the prompt gives the same answers" cmp -s "$work/spawn" "$work/prompted"
}

is_quiet() {
	! as_here <"$1" | grep -q "$(printf '\r')"
}

# refuses CODE OPTION...: with that exit code, and a reason.
refuses() {
	wanted=$1
	shift
	run indexer "$@" "$host_root$odd" >"$work/refused" 2>&1 </dev/null
	code=$?
	check "indexer $*: exit code $code" [ "$code" -eq "$wanted" ]
}

run_indexer() {
	prepare_input "$@"
	least_killed=5
	[ "$files" -ge "$wanted_files" ] || least_killed=1
	[ -n "$emulator" ] || prefixes="$prefixes $e_acute"
	queries=
	for prefix in $prefixes; do
		queries="$queries --query $prefix"
	done
	# shellcheck disable=SC2086
	ask spawn --mode spawn $queries
	cat "$work/spawn.log"
	binary=$(sed -n 's/.*[ ]\([0-9]*\) binary.*/\1/p' "$work/spawn.log")
	check "binary files skipped: $binary" \
		[ "$binary" = "$(wc -l <"$work/binary" | tr -d ' ')" ]
	check "files indexed: $(figure spawn indexed)" [ "$(figure spawn indexed)" = "$files" ]
	check "no progress where there is no terminal" is_quiet "$work/spawn.log"
	compare_with_grep
	compare_modes
	compare_killed
	compare_prompt
	refuses 1 --query nothing-begins-with-this
	refuses 2 --mode thread --kill-workers 1
	refuses 2 --mode nonsense
	refuses 2 --jobs 0
}

run_hello
run_loop
run_jobs
run_indexer "$@"
if [ "$failures" -gt 0 ]; then
	echo "examples: $failures checks FAILED"
	exit 1
fi
echo "examples: all is well"
