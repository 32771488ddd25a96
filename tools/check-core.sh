#!/bin/sh
# What the machine does not do itself.  Called by make check.
#
#   no conditional compilation in core/, harness/ and compat/ but the guards of headers
#   in core/ and compat/:
#   no mode by name outside core/modes.c and core/mode_*.c
#   nothing written to stdout or stderr but one line in core/log.c
#   no end of the process outside core/init.c
#   no memory but by core/memory.c
set -eu

cd "${srcdir:-.}"

sources() {
	for folder; do
		[ ! -d "$folder" ] || find "$folder" -name '*.[ch]'
	done | sort
}

# file:line:code, without comments, and without what is in strings when asked;
# in ASCII, because grep takes other bytes for a binary file in some locales.
code_of() {
	strings=$1
	shift
	# Unquoted on purpose: one word a file.
	# shellcheck disable=SC2046
	awk -v strings="$strings" '
		FNR == 1 { comment = 0 }
		{
			code = ""
			rest = $0
			while (rest != "") {
				if (comment) {
					i = index(rest, "*/")
					rest = i ? substr(rest, i + 2) : ""
					comment = !i
				} else if (match(rest, /\/\*|\/\/|"([^"\\]|\\.)*"|\047([^\047\\]|\\.)*\047/)) {
					code = code substr(rest, 1, RSTART - 1)
					piece = substr(rest, RSTART, RLENGTH)
					rest = substr(rest, RSTART + RLENGTH)
					if (piece == "/*") comment = 1
					else if (piece == "//") rest = ""
					else code = code (strings == "keep" ? piece : "\"\"")
				} else {
					code = code rest
					rest = ""
				}
			}
			if (code ~ /[^ \t]/) print FILENAME ":" FNR ":" code
		}' $(sources "$@") | LC_ALL=C tr -c '\t\n -~' '?'
}

failed=0
complain() {
	what=$1
	lines=$2
	if [ -n "$lines" ]; then
		echo "$what:"
		echo "$lines"
		failed=1
	fi
}

# Unquoted on purpose: one word a file.
# shellcheck disable=SC2046
conditionals() {
	awk '
		FNR == 1 { directives = 0; guard = "" }
		/^[ \t]*#/ { directives++ }
		/^[ \t]*#[ \t]*(if|ifdef|elif|elifdef|else)([^a-z]|$)/ { print FILENAME ":" FNR ": " $0 }
		/^[ \t]*#[ \t]*ifndef/ {
			if (directives == 1 && FILENAME ~ /\.h$/) guard = $NF
			else print FILENAME ":" FNR ": " $0
		}
		directives == 2 && guard != "" {
			if ($0 !~ "^[ \t]*#[ \t]*define[ \t]+" guard "$") print FILENAME ":" FNR ": not the guard " guard
			guard = ""
		}
	' $(sources core harness compat)
}

in_core=$(code_of blank core compat)

# A name as a whole: free( but not carom_free(.
calls() {
	echo "$in_core" | grep -E "(^|[^A-Za-z0-9_.>])($1)[[:space:]]*\(" | grep -v "^core/$2:" || :
}

complain "conditional compilation" "$(conditionals)"

complain "a mode by name outside core/modes.c and core/mode_*.c" "$(
	code_of keep core compat | grep -v '^core/mode\(s\|_[a-z]*\)\.c:' |
		grep -E '"(thread|spawn|fork|forkserver)"|carom__mode_(thread|spawn|fork|forkserver)' |
		grep -v ':extern const carom__mode_t ' || :
)"

complain "output outside core/log.c" "$(
	calls 'printf|vprintf|fprintf|vfprintf|puts|fputs|putchar|putc|fputc|fwrite|perror|apr_file_open_std[a-z]*' log.c
	echo "$in_core" | grep -E '(^|[^A-Za-z0-9_])(stdout|stderr)([^A-Za-z0-9_]|$)' | grep -v '^core/log\.c:' || :
)"
complain "more output in core/log.c than one line" "$(
	echo "$in_core" | grep '^core/log\.c:' | grep -E '(^|[^A-Za-z0-9_])(stdout|stderr)([^A-Za-z0-9_]|$)' | sed 1d
)"

complain "an end of the process outside core/init.c" "$(
	calls 'exit|_exit|_Exit|quick_exit|abort|atexit|at_quick_exit|raise|kill|signal' init.c
)"
complain "another end of the process than exit in core/init.c" "$(
	echo "$in_core" | grep '^core/init\.c:' | grep -E '(^|[^A-Za-z0-9_])(_exit|_Exit|quick_exit|abort|atexit|at_quick_exit)[[:space:]]*\(' || :
)"

complain "memory by another way than core/memory.c" "$(
	calls 'malloc|calloc|realloc|aligned_alloc|free|strdup|strndup' memory.c
)"

exit $failed
