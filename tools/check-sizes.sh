#!/bin/sh
# Functions of a screen, files of one concern.  Called by make check.
#
# No function above 60 lines, from its opening brace to its closing one; no
# file above 800.  Relies on the house's layout: a function's braces stand in
# the first column.
set -eu

cd "${srcdir:-.}"

sources() {
	for folder in core platform harness compat; do
		[ ! -d "$folder" ] || find "$folder" -name '*.[ch]'
	done | sort
}

# Unquoted on purpose: one word a file.
# shellcheck disable=SC2046
found=$(awk '
	FNR == 1 {
		if (lines > 800) print file ": " lines " lines"
		file = FILENAME
		start = 0
		before = ""
	}
	{ lines = FNR }
	start && /^[}]/ {
		if (FNR - start + 1 > 60) print file ":" start ": a function of " FNR - start + 1 " lines"
		start = 0
		before = $0
		next
	}
	start { next }
	/^[{]/ && before ~ /\)/ && before !~ /^[ \t]*#/ { start = FNR }
	/^[A-Za-z_].*\)[ \t]*[{][ \t]*$/ && !/^(struct|enum|union|typedef)/ { start = FNR }
	/[^ \t]/ { before = $0 }
	END { if (lines > 800) print file ": " lines " lines" }
' $(sources))

if [ -n "$found" ]; then
	echo "larger than a function (60 lines) or a file (800) may be:"
	echo "$found"
	exit 1
fi
