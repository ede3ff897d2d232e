#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# The main job with real parts: Knot as the primary, brandnsd as its secondary,
# a re-verify that would break every https link, and what becomes of it.
# tour.sh [--once]: without it, goes on serving until Ctrl-C.
set -eu

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
top_builddir=${top_builddir:-$top_srcdir}
cd "$top_builddir"

RUN=run
DAEMON=src/brandnsd
CTL="src/brandnsctl -s $RUN/control.sock"
ZONES=$top_srcdir/zones
[ "$top_srcdir" != "$PWD" ] || ZONES=zones
DNS_PORT=5300
PRIMARY_PORT=5301
once=false
step=0
daemon_pid=
primary_pid=

case "${1-}" in
"") ;;
--once) once=true ;;
*) echo "usage: tour.sh [--once]" >&2; exit 2 ;;
esac

say()
{
	printf '\n%s\n' "$*"
}

headline()
{
	step=$((step + 1))
	printf '\n== %d. %s\n\n' "$step" "$*"
}

fail()
{
	printf '\ntour: %s\n' "$*" >&2
	for log in $RUN/brandnsd.log $RUN/knot/knotd.log; do
		[ ! -s "$log" ] || { echo "--- the end of $log"; tail -n 15 "$log"; } >&2
	done
	exit 1
}

stop()
{
	for pid in $daemon_pid $primary_pid; do
		kill "$pid" 2>/dev/null || continue
		wait "$pid" 2>/dev/null || true
	done
}

# Shows a command and what it prints; its exit code must be $1.
show()
{
	expected=$1
	shift
	printf '$ %s\n' "$*"
	status=0
	"$@" >$RUN/output 2>&1 || status=$?
	cat $RUN/output
	[ "$status" -eq "$expected" ] || fail "'$*' ended with $status instead of $expected"
}

printed()
{
	grep -q -- "$1" $RUN/output || fail "its output should have held: $1"
}

# Waits, at most 20 seconds, for a condition to come true.
wait_for()
{
	what=$1
	shift
	for _ in $(seq 200); do
		"$@" >/dev/null 2>&1 && return
		kill -0 "$daemon_pid" 2>/dev/null || fail "brandnsd has ended"
		sleep 0.1
	done
	fail "waited in vain: $what"
}

port_is_free()
{
	! dig @127.0.0.1 -p "$1" +norec +time=1 +tries=1 . SOA >/dev/null 2>&1
}

# ---- the parts ----

write_primary_zones()
{
	mkdir -p $RUN/primary
	cp --no-preserve=mode "$ZONES"/*.zone $RUN/primary/
	# What review has already accepted and the primary will roll out on the way: one serial and a TXT record.
	sed -e 's/2026112302/2026112301/' -e '/TXT/d' "$ZONES/example.net.zone" >$RUN/primary/example.net.zone
}

start_primary()
{
	mkdir -p $RUN/knot/db
	{
		cat <<-END
			server:
			    rundir: "$PWD/$RUN/knot"
			    listen: 127.0.0.1@$PRIMARY_PORT
			log:
			  - target: stderr
			    any: info
			database:
			    storage: "$PWD/$RUN/knot/db"
			remote:
			  - id: brandnsd
			    address: 127.0.0.1@$DNS_PORT
			acl:
			  - id: transfer
			    address: 127.0.0.1
			    action: transfer
			template:
			  - id: default
			    storage: "$PWD/$RUN/primary"
			    file: "%s.zone"
			    zonefile-sync: -1
			    zonefile-load: difference
			    journal-content: changes
			    semantic-checks: off
			    notify: brandnsd
			    acl: transfer
			zone:
		END
		for file in $RUN/primary/*.zone; do
			printf '  - domain: %s\n' "$(basename "$file" .zone)"
		done
	} >$RUN/knot/knot.conf
	knotd -c $RUN/knot/knot.conf >$RUN/knot/knotd.log 2>&1 &
	primary_pid=$!
}

push()
{
	knotc -s $RUN/knot/knot.sock zone-reload "$1" >/dev/null || fail "the primary did not take $1"
}

start_daemon()
{
	if [ "$top_srcdir" = "$PWD" ]; then
		conf=zones/brandnsd.yaml
	else
		sed -e "s|\.\./run|$PWD/$RUN|" -e "s|policy: |policy: $ZONES/|" "$ZONES/brandnsd.yaml" >$RUN/brandnsd.yaml
		conf=$RUN/brandnsd.yaml
	fi
	$DAEMON -c $conf >$RUN/brandnsd.log 2>&1 &
	daemon_pid=$!
}

# ---- the story ----

[ -x $DAEMON ] || fail "$PWD/$DAEMON isn't built: run ./autogen.sh run, or ./configure && make"
PATH=$PATH:/usr/sbin
command -v knotd >/dev/null || fail "knotd is missing: apt-get install knot"
port_is_free $DNS_PORT || fail "something answers on 127.0.0.1 port $DNS_PORT already; end it first"
port_is_free $PRIMARY_PORT || fail "something answers on 127.0.0.1 port $PRIMARY_PORT already; end it first"

rm -rf $RUN
mkdir -m 700 $RUN
trap stop EXIT
trap 'exit 0' INT TERM

headline "A primary (Knot) feeds brandnsd, its secondary, with the zones of zones/"
write_primary_zones
start_primary
start_daemon
for zone in example.com example.net news.example.org; do
	wait_for "$zone is served" sh -c "dig @127.0.0.1 -p $DNS_PORT +norec +short $zone SOA | grep -q hostmaster"
done
show 0 $CTL zone list
printed example.com

headline "Both CNAMEs of the branding url1234.example.com are answered"
show 0 dig @127.0.0.1 -p $DNS_PORT +norec +noall +answer url1234.example.com CNAME 5678901.example.com CNAME
printed 'url1234.example.com.*CNAME.*d111111abcdef8.cloudfront.net'
printed '5678901.example.com.*CNAME.*sendgrid.net'

headline "Somebody presses Verify once more: the first CNAME goes back to sendgrid.net, serial up"
sed -i -e 's/2026112301/2026112302/' -e 's/d111111abcdef8.cloudfront.net/sendgrid.net/' $RUN/primary/example.com.zone
push example.com
wait_for "the change is held" sh -c "$CTL held list | grep -q example.com@2026112302"
printf 'What the primary answers now:\n'
show 0 dig @127.0.0.1 -p $PRIMARY_PORT +norec +noall +answer url1234.example.com CNAME
printed 'sendgrid.net'
say "What brandnsd did with it:"
show 0 $CTL held list
printed 'LB01'
show 0 $CTL held show example.com
printed 'LB01'
printed '- url1234.*CNAME.*d111111abcdef8.cloudfront.net'
printed '+ url1234.*CNAME.*sendgrid.net'
say "What brandnsd answers, as before:"
show 0 dig @127.0.0.1 -p $DNS_PORT +norec +noall +answer url1234.example.com CNAME
printed 'url1234.example.com.*CNAME.*d111111abcdef8.cloudfront.net'

headline "An unrelated change in another zone goes through at once"
cp --no-preserve=mode "$ZONES/example.net.zone" $RUN/primary/example.net.zone
push example.net
wait_for "example.net is served as changed" sh -c "dig @127.0.0.1 -p $DNS_PORT +norec +short example.net TXT | grep -q 'at once'"
show 0 dig @127.0.0.1 -p $DNS_PORT +norec +noall +answer example.net TXT
printed 'at once'

headline "What is served equals the reviewed files; a sample edit shows as exactly its line"
show 0 $CTL diff "$ZONES"
[ ! -s $RUN/output ] || fail "there should have been no difference"
rm -rf $RUN/review
cp -r --no-preserve=mode "$ZONES" $RUN/review
sed -i 's/192\.0\.2\.80$/192.0.2.81/' $RUN/review/example.com.zone
show 2 $CTL diff $RUN/review
printed '- www.*192.0.2.80'
printed '+ www.*192.0.2.81'
[ "$(grep -c '^[-+] ' $RUN/output)" -eq 2 ] || fail "the diff should have held one changed record and nothing else"

say "Look further:

  $CTL status
  $CTL held show example.com
  $CTL branding list
  $CTL branding show url1234.example.com
  $CTL diff zones/
  $CTL events --follow
  $CTL held reject example.com@2026112302-... --reason \"links would break\"
  dig @127.0.0.1 -p $DNS_PORT url1234.example.com"

if $once; then
	say "The tour is complete: every step showed what it must."
	exit 0
fi
say "Serving on 127.0.0.1 port $DNS_PORT until Ctrl-C."
wait "$daemon_pid"
