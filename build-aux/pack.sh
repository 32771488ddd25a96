#!/bin/sh
# The same archives from the same files, whoever packs them, where and when.
#
#   pack.sh prepare SRCDIR FOLDER   check and smooth what is to be packed
#   pack.sh tar SRCDIR FOLDER       a tar archive to stdout
#   pack.sh zip SRCDIR FOLDER       FOLDER.zip
#
# The time of every file is SOURCE_DATE_EPOCH, else that of the last commit,
# else, in an unpacked archive, that of its own files.
set -eu

action=$1
srcdir=$2
folder=$3

# Whoever owns the clone: nothing in it is run.
in_clone() {
	[ -e "$srcdir/.git" ] && ask_git rev-parse -q --verify HEAD >/dev/null 2>&1
}

ask_git() {
	git -C "$srcdir" -c 'safe.directory=*' "$@"
}

epoch() {
	if [ -n "${SOURCE_DATE_EPOCH-}" ]; then
		echo "$SOURCE_DATE_EPOCH"
	elif in_clone; then
		ask_git log -1 --format=%ct
	else
		# GNU and busybox; BSD.
		stat -c %Y "$srcdir/configure" 2>/dev/null || stat -f %m "$srcdir/configure"
	fi
}

# 1700000000 as 202311142213.20: what touch -t takes everywhere.
stamp() {
	TZ=UTC0 date -d "@$1" +%Y%m%d%H%M.%S 2>/dev/null || TZ=UTC0 date -r "$1" +%Y%m%d%H%M.%S
}

# A file that git has and the archive has not was forgotten in Makefile.am.
missing_files() {
	in_clone || return 0
	ask_git ls-files | while IFS= read -r file; do
		[ ! -e "$srcdir/$file" ] || [ -e "$folder/$file" ] || echo "$file"
	done
}

prepare() {
	version=$(sh "$srcdir/build-aux/version.sh")
	case $folder in
	*"-$version") ;;
	*)
		echo "pack.sh: $folder is not version $version of include/carom/api.h; run autoreconf" >&2
		exit 1
		;;
	esac
	missing=$(missing_files)
	if [ -n "$missing" ]; then
		printf 'pack.sh: in git, but not in the archive; add to Makefile.am:\n%s\n' "$missing" >&2
		exit 1
	fi
	smooth
}

# Whether a file may be run is the only mode that counts.  Done once, before
# the archives, which make -j packs side by side.
smooth() {
	find "$folder" -type d -exec chmod 755 {} +
	find "$folder" -type f -perm -u+x -exec chmod 755 {} +
	find "$folder" -type f ! -perm -u+x -exec chmod 644 {} +
	TZ=UTC0 find "$folder" -exec touch -t "$(stamp "$(epoch)")" {} +
}

# The name with the prefix "./" would be another name.
sorted() {
	find "$folder" ! -type d -print | LC_ALL=C sort
}

pack_tar() {
	# GNU tar can leave out who packed; with another tar the files are the
	# same, and the archive is not.
	if tar --version 2>/dev/null | grep -q 'GNU tar'; then
		sorted | tar --format=ustar --owner=0 --group=0 --numeric-owner \
			--no-recursion --files-from=- -cf -
	else
		sorted | tar -cf - -T -
	fi
}

# -X: no owner, no second set of times.  DOS times have no zone: UTC.
pack_zip() {
	sorted | TZ=UTC0 zip -q -X -D -9 "$folder.zip" -@
}

case $action in
prepare) prepare ;;
tar) pack_tar ;;
zip) pack_zip ;;
esac
