#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# ./autogen.sh               make ./configure (autoreconf)
# ./autogen.sh run [--once]  install what is missing, build, and show the main job
# ./autogen.sh check         install what is missing, build, and run every test
set -eu
cd "$(dirname "$0")"

BUILD_PACKAGES="gcc libc6-dev make autoconf automake libtool pkg-config libldns-dev libssl-dev libuv1-dev libyaml-dev
	libjansson-dev liblmdb-dev liburcu-dev libxxhash-dev libsystemd-dev libcap-ng-dev libseccomp-dev libcurl4-openssl-dev
	libmicrohttpd-dev libfstrm-dev libprotobuf-c-dev protobuf-c-compiler libcmocka-dev"
RUN_PACKAGES="knot bind9-dnsutils"
CHECK_PACKAGES="clang-format clang-tidy cppcheck bash zsh fish man-db mandoc groff-base
	knot bind9 bind9-utils nsd pdns-server pdns-backend-sqlite3 bind9-dnsutils knot-dnsutils ldnsutils
	openssl python3 python3-dnspython valgrind clang libclang-rt-dev llvm libbpf-dev nginx-light unbound iproute2 util-linux
	systemd python3-seccomp git jq python3-yaml python3-prometheus-client chromium dnstap-ldns"

fail()
{
	echo "autogen.sh: $*" >&2
	exit 1
}

as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		fail "'$*' needs root; run it yourself, or install sudo"
	fi
}

missing_packages()
{
	for package in "$@"; do
		dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
	done
}

# Name servers are wanted as programs, not as services that take port 53: no start during the install.
without_services()
{
	policy=/usr/sbin/policy-rc.d
	if [ -e $policy ]; then
		"$@"
		return
	fi
	printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
	as_root chmod 755 $policy
	status=0
	"$@" || status=$?
	as_root rm -f $policy
	return $status
}

install_missing()
{
	command -v dpkg-query >/dev/null || {
		echo "autogen.sh: not a Debian system; going on with what is installed. Needed are: $*" >&2
		return 0
	}
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	echo "Installing:" $missing
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update ||
		echo "autogen.sh: apt-get update failed; trying with the lists at hand" >&2
	# shellcheck disable=SC2086
	without_services as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -qq -y --no-install-recommends install $missing >/dev/null ||
		fail "apt-get could not install:" $missing
}

# Runs a long step with its output in a file, which is shown when it fails.
quietly()
{
	what=$1
	log=$2
	shift 2
	echo "$what ..."
	"$@" >"$log" 2>&1 || {
		tail -n 60 "$log" >&2
		fail "$what failed; the whole output is in $log"
	}
}

jobs()
{
	getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2
}

prepare()
{
	[ -x configure ] || quietly "Generating configure" autogen.log autoreconf -fi
	[ -f Makefile ] || quietly "Configuring" configure.log ./configure
}

# Stories wait for timers most of their time: more of them than there are cores, or the cores wait too.
test_jobs()
{
	echo $(($(jobs) * 3))
}

build()
{
	prepare
	quietly "Building" build.log make -j"$(jobs)"
}

# The tests' own words: one line a result in automake's .trs files.
count_results()
{
	find "$@" -name '*.trs' -exec cat {} + 2>/dev/null | awk '
		$1 == ":test-result:" && ($2 == "PASS" || $2 == "XFAIL") { passed++ }
		$1 == ":test-result:" && $2 == "SKIP" { skipped++ }
		$1 == ":test-result:" && ($2 == "FAIL" || $2 == "ERROR" || $2 == "XPASS") { failed++ }
		END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed > 0 || passed == 0 }'
}

# What failed is named last, with what it said just before, so that the end of a long output is enough to know.
show_failures()
{
	find "$@" -name '*.trs' -exec grep -lE '^:test-result: (FAIL|ERROR|XPASS)' {} + 2>/dev/null | while read -r result; do
		echo "--- ${result%.trs}"
		grep -nE -B 12 '^(FAIL|ERROR|XPASS):' "${result%.trs}.log" | cut -c 1-300 | tail -n 60
	done
}

# Sanitizer builds start from what `make dist` would ship, so that too is seen to build. They find as much without the
# optimizer's second level, which would take half of their time; lengths of texts it then sees less of.
sanitized()
{
	name=$1
	target=$2
	shift 2
	mkdir -p "build-$name"
	(cd "build-$name" && [ -f Makefile ] || "../build-dist/configure" -q --enable-werror CFLAGS="-g -O1 -Wno-error=format-truncation -Wno-error=format-overflow" "$@") ||
		fail "configuring build-$name failed"
	quietly "Building with $*" "build-$name/build.log" make -C "build-$name" -j"$(jobs)"
	echo "Testing with $* ..."
	make -C "build-$name" -k -j"$(test_jobs)" "$target" || failures=1
}

fresh_dist()
{
	rm -rf build-dist build-asan build-tsan
	quietly "Packing the sources" dist.log make distdir distdir=build-dist
}

# Five seconds of search for each fuzz target.
fuzzed()
{
	quietly "Building with libFuzzer" build-fuzz.log make -j"$(jobs)" fuzzers
	echo "Fuzzing ..."
	tests/fuzz/run.sh . build-fuzz || failures=1
}

check()
{
	failures=0
	install_missing $BUILD_PACKAGES $CHECK_PACKAGES
	find . -name '*.trs' -delete
	prepare
	quietly "Building" build.log make -j"$(jobs)"
	echo "Testing ..."
	make -k -j"$(test_jobs)" check || failures=1
	fresh_dist
	sanitized asan check-unit --enable-asan --enable-ubsan
	sanitized tsan check-threads --enable-tsan
	fuzzed
	count_results src plugins tests build-asan build-tsan build-fuzz || {
		show_failures src plugins tests build-asan build-tsan build-fuzz
		failures=1
	}
	exit $failures
}

case "${1-}" in
"")
	exec autoreconf -fi
	;;
run)
	shift
	# shellcheck disable=SC2086
	install_missing $BUILD_PACKAGES $RUN_PACKAGES
	build
	exec tests/flow/tour.sh "$@"
	;;
check)
	check
	;;
*)
	fail "usage: ./autogen.sh [run [--once] | check]"
	;;
esac
