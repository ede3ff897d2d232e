#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# reproducible.sh SOURCES   two builds in two folders give the same octets
#
# SOURCES is what `make dist` would ship. Both are built as a distribution
# builds (-ffile-prefix-map, as dpkg-buildflags has it), at different places, by
# different numbers of jobs, in other time zones. Speaks TAP.
set -eu
sources=$(cd "$1" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
CC=${CC:-gcc}

build()
{
	folder=$place/$1
	mkdir -p "$folder"
	cp -R "$sources" "$folder/src"
	mkdir "$folder/build"
	cd "$folder/build"
	TZ=$3 ../src/configure -q CC="$CC" \
		CFLAGS="-g -O2 -ffile-prefix-map=$folder/src=. -ffile-prefix-map=$folder/build=." >log 2>&1
	TZ=$3 make -s -j"$2" >>log 2>&1 || {
		tail -n 20 log | sed 's/^/# /'
		exit 1
	}
	TZ=$3 make -s install DESTDIR="$folder/installed" >>log 2>&1
	cd "$folder/installed"
	find . -type f ! -name '*.la' -exec sha256sum {} + | sort -k 2 >"$place/$1.sums"
}

echo 1..1
build a/longer-path 1 UTC
build b 2 Asia/Tokyo
cd "$place"
if diff a/longer-path.sums b.sums >differences; then
	echo "ok 1 - two_builds_give_the_same_octets"
	echo "# $(wc -l <b.sums) files"
else
	echo "not ok 1 - two_builds_give_the_same_octets"
	sed 's/^/# /' differences
	exit 1
fi
