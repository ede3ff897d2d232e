#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# run.sh SOURCES BUILD [NAME...]   fuzzes each target, or those named, two at a time
#
# SECONDS_EACH (5) is the time of each. New inputs are collected in
# BUILD/tests/fuzz/found/NAME; what breaks a target is left in
# BUILD/tests/fuzz/artifacts. Results stand in .trs files, as automake's tests'.
set -eu
sources=$(cd "$1" && pwd)
build=$(cd "$2" && pwd)
shift 2
seconds=${SECONDS_EACH:-5}
top_srcdir=$sources
top_builddir=$build
export top_srcdir top_builddir
cd "$build/tests/fuzz"
mkdir -p artifacts found
[ $# -gt 0 ] || set -- $(cd "$sources/tests/fuzz/corpus" && echo *)

dictionary()
{
	case $1 in
	zone_*) echo zone ;;
	name_text) echo name ;;
	message | query | tsig | axfr | ixfr | contents | catalog | store) echo message ;;
	*) echo "$1" ;;
	esac
}

fuzz()
{
	mkdir -p "found/$1"
	rm -f "artifacts/$1-"*
	result=PASS
	"./fuzz_$1" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=2048 -print_final_stats=1 \
		-dict="$sources/tests/fuzz/dict/$(dictionary "$1").dict" -artifact_prefix="artifacts/$1-" \
		"found/$1" "$sources/tests/fuzz/corpus/$1" </dev/null >"fuzz_$1.log" 2>&1 || result=FAIL
	printf ':test-result: %s fuzz_%s\n' "$result" "$1" >"fuzz_$1.trs"
	if [ $result = PASS ]; then
		echo "PASS: fuzz_$1 $(sed -n 's/^stat::number_of_executed_units: *//p' "fuzz_$1.log") inputs"
	else
		echo "FAIL: fuzz_$1; output in $PWD/fuzz_$1.log, input: $(ls "$PWD/artifacts/$1-"* 2>/dev/null || echo none)"
	fi
}

while [ $# -gt 0 ]; do
	fuzz "$1" &
	[ $# -eq 1 ] || fuzz "$2"
	wait
	shift
	[ $# -eq 0 ] || shift
done
! grep -q FAIL fuzz_*.trs
