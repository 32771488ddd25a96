#! /bin/sh
# What passed, failed and was skipped where, and why, from logs of make check:
#
#   platforms.sh NAME=LOG...                 a table in Markdown, to stdout
#   platforms.sh --into FILE NAME=LOG...     in place of the table in FILE
#   platforms.sh --skips FILE NAME=LOG...    the lines of FILE, which is
#                                            tests/skips, that none of the logs needed
#
# NAME is what the runtime is called in the table, LOG what make check printed
# in it.  Skips are counted by their reasons, those that tests give.
set -eu

die() {
	echo "platforms.sh: $*" >&2
	exit 2
}

into=
skips=
case ${1-} in
--into)
	into=${2-}
	shift 2 || die "--into needs a file"
	;;
--skips)
	skips=${2-}
	shift 2 || die "--skips needs a file"
	;;
esac
[ $# -gt 0 ] || die "no logs: NAME=LOG..."

# NAME<tab>OUTCOME<tab>CASE<tab>REASON, a line for each case.
cases() {
	for one; do
		[ -r "${one#*=}" ] || die "no such log: ${one#*=}"
		awk -v name="${one%%=*}" '
			/^(PASS|FAIL|XFAIL|XPASS|SKIP|ERROR): tests\/[a-z_]+(\.exe)? [0-9]+ - / {
				# A log that failed has its tests once more.
				if (($2, $5) in told)
					next
				told[$2, $5] = 1
				outcome = $1
				sub(/:$/, "", outcome)
				reason = ""
				if (match($0, / # SKIP /)) {
					reason = substr($0, RSTART + RLENGTH)
					$0 = substr($0, 1, RSTART - 1)
				}
				printf "%s\t%s\t%s\t%s\n", name, outcome, $5, reason
			}' "${one#*=}"
	done
}

table() {
	cases "$@" | awk -F '\t' '
		!($1 in seen) { seen[$1] = 1; order[++count] = $1 }
		$2 == "PASS" || $2 == "XFAIL" { passed[$1]++ }
		$2 == "FAIL" || $2 == "XPASS" || $2 == "ERROR" { failed[$1]++ }
		$2 == "SKIP" {
			skipped[$1]++
			if (!(($1, $4) in why)) reasons[$1] = reasons[$1] (reasons[$1] == "" ? "" : "\t") $4
			why[$1, $4]++
		}
		END {
			print "| runtime | passed | failed | skipped | why |"
			print "|---|---|---|---|---|"
			for (i = 1; i <= count; i++) {
				name = order[i]
				text = ""
				n = split(reasons[name], list, "\t")
				for (k = 1; k <= n; k++)
					text = text (k > 1 ? ", " : "") list[k] " " why[name, list[k]]
				printf "| %s | %d | %d | %d | %s |\n", name, passed[name], failed[name], skipped[name], text
			}
		}'
}

# A line is needed when a skipped case, its mode and its reason match it.
unneeded() {
	cases "$@" | awk -F '\t' -v skips="$skips" '
		function matches(text, pattern) {
			gsub(/[.+()|^$\[\]{}\\]/, "\\\\&", pattern)
			gsub(/\*/, ".*", pattern)
			gsub(/\?/, ".", pattern)
			return text ~ "^" pattern "$"
		}
		$2 == "SKIP" {
			mode = $3
			sub(/^[^\[]*\[/, "", mode)
			sub(/\].*/, "", mode)
			name = $3
			sub(/\[[^\]]*\]/, "", name)
			sub(/\(.*/, "", name)
			skip[name "\t" mode "\t" $4] = 1
		}
		END {
			while ((getline line <skips) > 0) {
				if (line ~ /^#/ || split(line, field, /  +/) < 4)
					continue
				needed = 0
				for (one in skip) {
					split(one, what, "\t")
					if (matches(what[1], field[1]) && matches(what[2], field[2]) && matches(what[3], field[4]))
						needed = 1
				}
				if (!needed)
					print line
			}
		}'
}

begin='<!-- begin: tools/platforms.sh -->'
end='<!-- end -->'

if [ -n "$skips" ]; then
	unneeded "$@"
elif [ -z "$into" ]; then
	table "$@"
else
	grep -qxF "$begin" "$into" || die "$into has no line $begin"
	table "$@" >"$into.table"
	awk -v begin="$begin" -v end="$end" -v table="$into.table" '
		$0 == begin { print; while ((getline line <table) > 0) print line; inside = 1 }
		$0 == end { inside = 0 }
		!inside && $0 != begin { print }' "$into" >"$into.new"
	rm -f "$into.table"
	cat "$into.new" >"$into"
	rm -f "$into.new"
fi
