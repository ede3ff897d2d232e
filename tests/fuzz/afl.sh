#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# afl.sh SOURCES BUILD [SECONDS]   AFL++ on the daemon itself, over a socket pair
#
# BUILD has the daemon, made with CC=afl-clang-fast. What AFL++ writes is said to
# the daemon by its first TCP client (afl_pair.c): messages with their lengths
# before them. Output: BUILD/afl. Needs Debian's afl++.
set -eu
sources=$(cd "$1" && pwd)
build=$(cd "$2" && pwd)
seconds=${3:-60}
port=${AFL_PORT:-$((20000 + $$ % 10000))}
out=$build/afl
mkdir -p "$out"
work=$(mktemp -d /tmp/brandns-afl-XXXXXX)
trap 'rm -rf "$work"' EXIT

cc -shared -fPIC -O1 -D_GNU_SOURCE -o "$work/pair.so" "$sources/tests/fuzz/afl_pair.c" -ldl -lpthread
cat >"$work/brandns.yaml" <<-END
	server:
	  listen: [127.0.0.1@$port]
	  workers: 1
	  user: $(id -un)
	  seccomp: no
	database:
	  storage: $work/db
	control:
	  listen: $work/control.sock
	zone:
	  - domain: example.com
	    file: $sources/zones/example.com.zone
END
chmod 600 "$work/brandns.yaml"

# Once without, so that each start finds the zone in the store.
"$build/src/brandnsd" -c "$work/brandns.yaml" 2>"$work/first" &
first=$!
for _ in $(seq 100); do
	grep -q 'served zone=' "$work/first" && break
	sleep 0.1
done
kill $first
wait $first || true

# The queries of the libFuzzer target, as TCP has them.
mkdir "$work/in"
for seed in "$sources"/tests/fuzz/corpus/query/*; do
	case $seed in *found-*) continue ;; esac
	size=$(wc -c <"$seed")
	{
		# shellcheck disable=SC2059
		printf "$(printf '\\%03o\\%03o' $((size / 256)) $((size % 256)))"
		cat "$seed"
	} >"$work/in/$(basename "$seed")"
done

cd "$work"
status=0
AFL_PRELOAD="$work/pair.so" AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1 \
	AFL_AUTORESUME=1 AFL_IGNORE_PROBLEMS=1 afl-fuzz -V "$seconds" -t 5000 -m none -i "$work/in" -o "$out" \
	-- "$build/src/brandnsd" -c "$work/brandns.yaml" >"$out/log" 2>&1 || status=$?
[ -f "$out/default/fuzzer_stats" ] || {
	tail -n 30 "$out/log" >&2
	exit 1
}
grep -E '^(run_time|execs_done|execs_per_sec|corpus_count|saved_crashes|saved_hangs|bitmap_cvg|stability)' \
	"$out/default/fuzzer_stats"
[ $status -eq 0 ] && grep -qE '^saved_crashes +: 0$' "$out/default/fuzzer_stats"
