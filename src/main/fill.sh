#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# fill.sh MARK COMMAND... <TEMPLATE >PAGE: the template with the command's output in place of the line @MARK@.
set -eu
mark=$1
shift
part=$(mktemp)
trap 'rm -f "$part"' EXIT
"$@" >"$part"
sed -e "/^@$mark@\$/{" -e "r $part" -e 'd' -e '}'
