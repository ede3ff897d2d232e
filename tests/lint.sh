#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# lint.sh [STEP...]   what can be said of the sources without running them; `make lint`
#
# Steps: format headers floors cppcheck tidy analyzer. Tools that aren't
# installed are named and their step fails; CHANGED=REF looks at the C files
# that differ from that commit only. CC, JOBS (2).
set -u
cd "${top_srcdir:-$(dirname "$0")/..}" || exit 99
jobs=${JOBS:-2}
failed=0

packages="ldns libssl libuv yaml-0.1 jansson lmdb liburcu-qsbr libcurl libxxhash libsystemd libcap-ng libseccomp libmicrohttpd"

made=$(mktemp -d) || exit 99
trap 'rm -rf "$made"' EXIT
# What a build makes of it.
protoc-c --c_out="$made" --proto_path=plugins/dnstap dnstap.proto 2>/dev/null ||
	echo "lint.sh: protoc-c is missing; plugins/dnstap can't be looked at" >&2

flags()
{
	for package in $packages; do
		pkg-config --cflags "$package" 2>/dev/null
	done | tr '\n' ' '
	echo "-std=c11 -D_GNU_SOURCE -DPACKAGE_STRING=\"brandns\" -DPACKAGE_VERSION=\"0\" -DBNS_PLUGIN_DIR=\"/x\" -Isrc -I. -I$made -DBRANDING_PROFILE_DIR=\"/x\""
}

sources()
{
	if [ -n "${CHANGED-}" ]; then
		git diff --name-only --diff-filter=d "$CHANGED" -- src plugins | grep "\.$1\$"
	else
		find src plugins -name "*.$1" | sort
	fi | grep -v '^plugins/xdp/'  # partly written for the kernel, by its rules
}

step()
{
	name=$1
	shift
	if out=$("$@" 2>&1); then
		echo "ok - $name"
	else
		echo "not ok - $name"
		echo "$out" | head -n "${LINES_MAX:-60}" | sed 's/^/# /'
		failed=1
	fi
}

each()
{
	suffix=$1
	shift
	sources "$suffix" | xargs -r -P "$jobs" -n 1 "$@"
}

format()
{
	{ sources c; sources h; } | xargs -r clang-format --dry-run --Werror
}

# A header that only compiles behind another one is not whole.
headers()
{
	# shellcheck disable=SC2046
	each h ${CC:-gcc} $(flags) -fsyntax-only -x c -include stddef.h
}

floors()
{
	top_srcdir=. tests/check_floors.sh
}

# What is handed on through a pointer to a pointer looks like a leak to it; libraries' loops have to be explained.
check()
{
	# shellcheck disable=SC2046
	cppcheck -q -j "$jobs" --std=c11 --language=c --enable=warning,performance,portability --inline-suppr \
		--error-exitcode=1 -Isrc -D_GNU_SOURCE --suppress=missingIncludeSystem --suppress=missingInclude \
		--suppress=memleak '-Djson_array_foreach(a,i,v)=for(i=0;(v=json_array_get(a,i));i++)' \
		'-Djson_object_foreach(o,k,v)=while((k=json_key(o))&&(v=json_value(o)))' \
		'-DLIST_HEAD(n,t)=struct n{struct t*f;}' '-DSTAILQ_HEAD(n,t)=struct n{struct t*f;}' \
		'-DTAILQ_HEAD(n,t)=struct n{struct t*f;}' $(sources c)
}

tidy()
{
	flags=$(flags)
	export flags
	# shellcheck disable=SC2016
	each c sh -c 'clang-tidy --quiet "$0" -- $flags 2>/dev/null'
}

analyzer()
{
	flags=$(flags)
	export flags
	# What gcc 12 gets wrong of C that passes ownership on, or knows from its caller that there is something, is
	# left out; clang's analyzer looks for those in its own way.
	# shellcheck disable=SC2016
	each c sh -c "${CC:-gcc}"' $flags -O2 -fanalyzer -Werror -Wno-analyzer-malloc-leak -Wno-analyzer-file-leak \
		-Wno-analyzer-null-argument -Wno-analyzer-use-of-uninitialized-value -Wno-analyzer-fd-leak \
		-Wno-analyzer-null-dereference \
		-Wno-analyzer-possible-null-dereference -Wno-analyzer-possible-null-argument -S -o /dev/null "$0"'
}

[ $# -gt 0 ] || set -- format headers floors cppcheck tidy analyzer
for name in "$@"; do
	case $name in
	cppcheck) step cppcheck check ;;
	format | headers | floors | tidy | analyzer) step "$name" "$name" ;;
	*)
		echo "lint.sh: there is no step '$name'" >&2
		exit 2
		;;
	esac
done
exit $failed
