#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# Includes go down the floors, ldns stays where zone text is, and every source
# says its licence. Speaks TAP.
set -u
cd "${top_srcdir:-$(dirname "$0")/..}" || exit 99

number=0
failed=0

# report NAME FOUND: passes where nothing was found, else shows it.
report()
{
	number=$((number + 1))
	if [ -z "$2" ]; then
		echo "ok $number - $1"
		return
	fi
	echo "not ok $number - $1"
	echo "$2" | sed 's/^/# /'
	failed=1
}

# floor NAME ALLOWED...: which other folders does it include?
floor()
{
	name=$1
	allowed=$(echo "$*" | tr ' ' '|')
	report "includes_of_${name}_go_down" \
		"$(grep -nE '^#include "[a-z]+/' src/"$name"/*.[ch] | grep -vE "#include \"($allowed)/")"
}

# What protobuf-c makes lies beside the sources in a build that isn't out of tree.
without_licence()
{
	find src plugins tests -name '*.pb-c.[ch]' -o \
		\( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -name 'Makefile.inc' \) -print |
		while read -r file; do
			head -n 3 "$file" | grep -q 'SPDX-License-Identifier: BSD-3-Clause' || echo "$file"
		done
}

echo 1..15
floor base
floor wire base
floor zone base wire
floor plugin base wire zone
floor answer base wire zone plugin
floor server base wire zone plugin answer
floor store base
floor conf base
floor gate base wire zone plugin store conf
floor transfer base wire zone plugin store conf gate answer server
floor control base wire zone plugin store conf gate answer server transfer
floor helper base wire zone answer server
report ldns_stays_with_zone_text "$(grep -ln '<ldns/' -r src plugins | grep -vE '^(src/zone/(load|dump)|plugins/signed/verify|src/helper/probe_dns)')"
report plugins_include_only_the_contract \
	"$(grep -rnE '#include "(base|wire|zone|answer|server|store|gate|transfer|control|conf|main)/' plugins)"
report every_source_names_its_licence "$(without_licence)"
exit $failed
