#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# coverage.sh BUILD   what the tests have reached of the files that face the network
#
# BUILD was configured with --enable-coverage and -DNDEBUG (an assertion's
# failing branch is no branch of the program), and its tests have run. Lines,
# and branches taken at least once, from gcov. Fails where one of the files
# that must be reached as a whole is not: those that read requests.
set -eu
cd "$1"
whole="wire/message.c wire/rdata.c answer/answer.c answer/edns.c answer/options.c answer/cookie.c"
whole="$whole answer/opt.c answer/siphash.c answer/chaos.c answer/conf.c answer/proof.c"

for object in src/wire/.libs/message.gcno src/wire/.libs/name.gcno src/wire/.libs/rdata.gcno \
	src/wire/.libs/rdata_valid.gcno src/wire/.libs/tsig_verify.gcno src/answer/.libs/*.gcno; do
	file=${object%.gcno}
	file=${file##*/}.c
	floor=${object%/.libs/*}
	gcov -b -n -o "${object%/*}" "$object" | awk -v want="/${floor}/$file'" -v name="${floor#src/}/$file" '
		/^File/ { here = index($0, want) > 0 }
		here && /^Lines executed/ { split($2, part, ":"); lines = part[2]; count = $4 }
		here && /^Taken at least once/ { split($4, part, ":"); branches = part[2]; taken = $6 }
		END { print name, lines, count, branches ? branches : "100.00%", taken + 0 }'
done | awk -v whole=" $whole " '
	BEGIN { printf "%-24s %9s %6s %9s %9s\n", "file", "lines", "of", "branches", "of" }
	{
		printf "%-24s %9s %6d %9s %9d\n", $1, $2, $3, $4, $5
		if (index(whole, " " $1 " ") && ($2 != "100.00%" || $4 != "100.00%"))
			short = short " " $1
	}
	END {
		if (short)
			print "not reached as a whole:" short
		exit short != ""
	}'
