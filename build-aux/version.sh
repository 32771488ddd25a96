#!/bin/sh
# Prints the version of carom.  It is told once, in include/carom/api.h; the
# number is checked against the text, so that the two cannot part.
set -eu

header=$(dirname "$0")/../include/carom/api.h

number() {
	sed -n "s/^#define CAROM_VERSION_$1 \([0-9][0-9]*\)\$/\1/p" "$header"
}

numbers=$(number MAJOR).$(number MINOR).$(number PATCH)
text=$(sed -n 's/^#define CAROM_VERSION_STRING "\(.*\)"$/\1/p' "$header")

if [ "$numbers" != "$text" ]; then
	echo "version.sh: $header says $numbers in numbers and \"$text\" in text" >&2
	exit 1
fi
echo "$text"
