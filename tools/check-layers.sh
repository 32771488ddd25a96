#!/bin/sh
# Includes run one way.  Called by make check.
#
#   tools, examples, bench, tests -> harness -> include + platform/inspect
#   compat -> include + core/wire, core/memory, core/utf8
#   core -> include, core, platform/platform.h, platform/fault.h
#   platform -> include, platform
#
# tests/fuzz/ looks into core: its programs are the library once more, with a
# main around a decoder.  tests/seam/ looks at the contract of platforms, with
# a copy of the platform; tests/inside/ at core, with a copy of the library.
#
# Everybody may use standard C and APR.  Headers of the system are for
# platform/, bench/raw/ and tests/fault/; files of platform/ that serve every
# system have none either, and those of platform/portable/ only <unistd.h>.
set -eu

cd "${srcdir:-.}"

sources() {
	for folder in include core platform compat harness tests tools examples bench; do
		[ ! -d "$folder" ] || find "$folder" -name '*.[ch]' -o -name '*.cc'
	done | sort
}

# Unquoted on purpose: one word a file.
# shellcheck disable=SC2046
found=$(awk '
	BEGIN {
		n = split("assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp " \
			"signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string " \
			"tgmath threads time uchar wchar wctype", names, " ")
		for (i = 1; i <= n; i++) standard[names[i] ".h"] = 1
		# C++ wrappers of the same.
		standard["cstdio"] = standard["cstring"] = standard["cstdlib"] = standard["cstdint"] = 1
	}

	function begins(text, beginning) { return substr(text, 1, length(beginning)) == beginning }

	# What a file may include between < and >.
	function allows_angle(file, name) {
		if (name in standard)
			# A library sets no handlers and has threads by APR only.
			return !((begins(file, "core/") || begins(file, "compat/")) && name ~ /^(signal|threads|setjmp|locale)\.h$/)
		if (begins(file, "include/"))
			return begins(name, "carom/") || (file == "include/carom/apr.h" && name ~ /^apr_/)
		if (name == "carom.h" || begins(name, "carom/"))
			return !begins(file, "platform/") || name ~ /^carom\/(api|status|time)\.h$/
		if (name ~ /^apr_[a-z_]+\.h$/)
			return 1
		if (name == "carom-harness.h")
			return begins(file, "tests/") || begins(file, "bench/")
		if (begins(name, "CUnit/"))
			return begins(file, "harness/") || begins(file, "tests/")
		if (name == "unistd.h" && begins(file, "platform/portable/"))
			return 1
		# The systems that bench/ compares with.
		if (file ~ /^bench\/peer_[a-z]+\.cc$/ && name ~ /^(atomic|vector|boost\/.*\.hpp)$/)
			return 1
		if (file ~ /^bench\/peer_[a-z]+\.c$/ && name ~ /^(zmq|mpi|nng\/.*)\.h$/)
			return 1
		return of_the_system(file)
	}

	function of_the_system(file) {
		return file ~ /^platform\/(unix|windows|inspect)\// || begins(file, "bench/raw/") || begins(file, "tests/fault/")
	}

	# Beside it, or with its folder before it.
	function is_own(file, name, folder) {
		folder = file
		sub(/[^\/]*$/, "", folder)
		return name !~ /\// || begins(name, folder)
	}

	# What a file may include between quotes.
	function allows_quoted(file, name) {
		if (begins(file, "include/"))
			return 0
		if (name == "config.h")
			return file == "core/features.c" || begins(file, "platform/")
		if (begins(file, "core/"))
			return begins(name, "core/") || name ~ /^platform\/(platform|fault)\.h$/
		if (begins(file, "compat/"))
			return begins(name, "compat/") || name ~ /^core\/(memory|utf8|wire)\.h$/
		if (begins(file, "platform/inspect/"))
			return is_own(file, name)
		if (begins(file, "platform/"))
			return is_own(file, name) || name ~ /^platform\/[a-z_]+\.h$/
		if (begins(file, "tests/fuzz/") && begins(name, "core/"))
			return 1
		if (begins(file, "tests/inside/") && (begins(name, "core/") || name ~ /^platform\/(platform|fault)\.h$/))
			return 1
		if (begins(file, "tests/seam/") && name == "platform/platform.h")
			return 1
		if (begins(file, "tests/fault/") && name == "platform/fault.h")
			return 1
		if (begins(file, "tests/") && begins(name, "tests/"))
			return 1
		if (begins(file, "harness/") || begins(file, "tests/"))
			return is_own(file, name) || begins(name, "harness/") || begins(name, "platform/inspect/")
		if (begins(file, "bench/"))
			return is_own(file, name) || begins(name, "raw/")
		return is_own(file, name)
	}

	FNR == 1 { sub(/^\.\//, "", FILENAME) }

	/^[ \t]*#[ \t]*include/ {
		name = $0
		sub(/^[^<"]*/, "", name)
		quoted = begins(name, "\"")
		name = substr(name, 2)
		sub(/[>"].*/, "", name)
		if (!(quoted ? allows_quoted(FILENAME, name) : allows_angle(FILENAME, name)))
			print FILENAME ":" FNR ": " $0
	}

	# Which system it is, asked of the compiler.  Of public headers one has to.
	/^[ \t]*#[ \t]*(if|ifdef|ifndef|elif)[ \t(!]/ && /(_WIN32|_WIN64|__MINGW|__linux|__APPLE__|__unix|BSD__|__sun|__CYGWIN)/ {
		if (!of_the_system(FILENAME) && FILENAME != "include/carom/api.h")
			print FILENAME ":" FNR ": " $0
	}
' $(sources))

if [ -n "$found" ]; then
	echo "includes against the layers, or of a system's headers outside platform/:"
	echo "$found"
	exit 1
fi
