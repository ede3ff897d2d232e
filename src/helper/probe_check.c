/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Everything that can be seen of a branding from outside, in the order in which
 * it is set up. It begins with DNS: what this server, the zone's other name
 * servers and the recipients' resolver say.
 */
#include <stdio.h>
#include <string.h>

#include "helper/probe.h"
#include "wire/rrtype.h"
#include "wire/serial.h"

#define REFUSED_WAY "mend the delegation: each name server must be authoritative"

#define DNS_PORT 53

enum { NOERROR = 0, SERVFAIL = 2, NXDOMAIN = 3 }; /* RFC 1035 §4.1.1 */

/* ---- the first test of every set-up guide: `dig cname HOST` ---- */

/* A name of the ESP's, or below it. */
static bool is_of(const char *name, const char *domain)
{
	size_t n = strlen(name), d = strlen(domain);
	return n >= d && strcasecmp(name + n - d, domain) == 0 && (n == d || name[n - d - 1] == '.');
}

static bool mentions(const struct bns_probe_answer *a, const char *domain)
{
	char names[sizeof(a->all)], *rest = names;
	snprintf(names, sizeof(names), "%s", a->all);
	for (char *name; (name = strsep(&rest, " ")) != NULL;)
		if (is_of(name, domain))
			return true;
	return false;
}

static bool is_at_esp(const struct bns_probe *p, const struct bns_probe_answer *a)
{
	return !p->http_only && p->origin && mentions(a, p->origin);
}

/* With the ESP's own name in answer or authority it fails. */
static bool judge_esp(struct bns_probe *p, const struct bns_probe_answer *a)
{
	if (!is_at_esp(p, a))
		return true;
	bns_probe_bad(p, "LB01", 'C', "restore the CDN's target",
		      "%s CNAME %s: %s is in the answer, so https links show the provider's certificate", p->host,
		      a->cname[0] ? a->cname : "nothing", p->origin);
	return false;
}

static void judge_cname(struct bns_probe *p, const struct bns_probe_answer *a)
{
	if (!a->cname[0])
		bns_probe_bad(p, "LB18", 'H', "publish a plain CNAME, not addresses in its place",
			      "%s has no CNAME there", p->host);
	else if (judge_esp(p, a))
		bns_probe_good(p, "%s CNAME %s", p->host, a->cname);
}

/* Over the network, as anybody would ask it. False: nobody knows where, or no answer came. */
static bool ask_here(const struct bns_probe *p, struct bns_probe_answer *here)
{
	union bns_addr addr;
	if (!p->here || bns_addr_from_text(p->here, DNS_PORT, &addr) != BNS_OK)
		return false;
	bns_probe_ask(p->settings, &addr, p->host, BNS_TYPE_CNAME, false, here);
	return !here->why[0];
}

/* What all others are compared with: the answer, or else the zone that is served. */
static void check_here(struct bns_probe *p)
{
	struct bns_probe_answer here;
	if (!p->target)
		return;
	if (ask_here(p, &here)) {
		bns_probe_asking(p, "dig CNAME %s at this server (%s), serial %u", p->host, p->here,
				 (unsigned)p->serial);
		if (here.aa)
			judge_cname(p, &here);
		else
			bns_probe_bad(p, "LB30", 'C', "look at `zone status` and at what stands before this server",
				      "it doesn't answer with authority for %s", p->host);
		return;
	}
	here = (struct bns_probe_answer){.aa = true};
	bns_probe_asking(p, "CNAME of %s in the zone this server serves, serial %u", p->host, (unsigned)p->serial);
	if (strcasecmp(p->target, p->host) != 0) {
		snprintf(here.cname, sizeof(here.cname), "%s", p->target);
		snprintf(here.all, sizeof(here.all), "%s", p->target);
	}
	judge_cname(p, &here);
}

/* ---- each name server that the zone is delegated to ---- */

static bool is_same_cname(const struct bns_probe *p, const struct bns_probe_answer *a)
{
	return !p->target || strcasecmp(a->cname[0] ? a->cname : p->host, p->target) == 0;
}

/* It serves what we hold, or what we never saw: nothing holds a change back there. Else it only lags behind. */
static void judge_other(struct bns_probe *p, const struct bns_probe_answer *a, uint32_t serial)
{
	bool is_newer = serial && p->serial && bns_serial_newer(serial, p->serial);
	const char *cname = a->cname[0] ? a->cname : "nothing";
	if (is_newer || p->held || is_at_esp(p, a))
		bns_probe_bad(p, "LB39", 'C', "put that name server behind the gate, or take it out of the delegation",
			      "%s CNAME %s, serial %u, where %s is served here: changes reach it past the gate",
			      p->host, cname, (unsigned)serial, p->target);
	else
		bns_probe_bad(p, "LB26", 'H', "see to transfers, NOTIFY and TSIG",
			      "%s CNAME %s, serial %u, where %s is served here", p->host, cname, (unsigned)serial,
			      p->target);
}

static void judge_serial(struct bns_probe *p, const struct bns_probe_answer *a, uint32_t serial)
{
	if (!p->serial || !serial || serial == p->serial)
		bns_probe_good(p, "%s CNAME %s", p->host, a->cname);
	else if (p->held)
		bns_probe_good(p, "%s CNAME %s, in the version that is held here", p->host, a->cname);
	else
		bns_probe_bad(p, "LB26", 'H', "see to transfers, NOTIFY and TSIG",
			      "%s CNAME %s, but with serial %u, not %u as here", p->host, a->cname, (unsigned)serial,
			      (unsigned)p->serial);
}

static void check_server(struct bns_probe *p, const char *name, const union bns_addr *addr)
{
	char where[BNS_ADDR_TEXT_MAX];
	struct bns_probe_answer cname, soa;
	bns_probe_asking(p, "dig CNAME %s at %s (%s)", p->host, name, bns_probe_addr_text(addr, where));
	bns_probe_ask(p->settings, addr, p->host, BNS_TYPE_CNAME, false, &cname);
	if (cname.why[0] || !cname.aa) {
		bns_probe_bad(p, "LB30", 'C', REFUSED_WAY, "%s is delegated to it, and it %s", p->zone,
			      cname.why[0] ? "doesn't answer" : "doesn't answer with authority");
		return;
	}
	bns_probe_ask(p->settings, addr, p->zone, BNS_TYPE_SOA, false, &soa);
	if (!is_same_cname(p, &cname))
		judge_other(p, &cname, soa.serial);
	else if (!cname.cname[0])
		judge_cname(p, &cname);
	else if (judge_esp(p, &cname))
		judge_serial(p, &cname, soa.serial);
}

static bool lists(const struct bns_probe_servers *servers, const char *name)
{
	for (size_t i = 0; i < servers->count; i++)
		if (strcasecmp(servers->list[i].name, name) == 0)
			return true;
	return false;
}

static void compare_delegation(struct bns_probe *p, const struct bns_probe_servers *child)
{
	struct bns_probe_servers parent;
	bns_probe_asking(p, "dig NS %s at its parent's name servers, and at its own", p->zone);
	bool same = bns_probe_delegation(p->settings, p->zone, &parent) && parent.count == child->count;
	if (parent.count == 0) {
		bns_probe_good(p, "the parent can't be asked: that wasn't compared");
		return;
	}
	for (size_t i = 0; i < parent.count; i++)
		same = same && lists(child, parent.list[i].name);
	if (same)
		bns_probe_good(p, "they name the same, %zu in all", child->count);
	else
		bns_probe_bad(p, "LB30", 'C', "make the parent's and the zone's own NS records the same",
			      "%s is delegated to %zu name servers, and names %zu of its own: they differ", p->zone,
			      parent.count, child->count);
}

static void check_dnssec(struct bns_probe *p, const struct bns_probe_servers *servers)
{
	struct bns_probe_ds ds;
	const struct bns_probe_addrs *addrs = &servers->list[0].addrs;
	if (addrs->count == 0)
		return;
	bns_probe_asking(p, "dig DS %s at its parent, DNSKEY at %s", p->zone, servers->list[0].name);
	bns_probe_ds_of(p->settings, p->zone, &addrs->list[0], &ds);
	if (!ds.asked)
		bns_probe_good(p, "no answer came: that wasn't compared");
	else if (ds.ds_count == 0)
		bns_probe_good(p, "the parent has no DS of it: it isn't validated");
	else if (ds.fits)
		bns_probe_good(p, "one of its %zu keys is what the parent's DS says", ds.key_count);
	else
		bns_probe_bad(p, "LB28", 'C',
			      "put the DS of a key that signs the zone at the parent, or take the DS away",
			      "none of its %zu keys is what the parent's DS says: to all who validate it is bogus",
			      ds.key_count);
}

static void check_servers(struct bns_probe *p)
{
	struct bns_probe_servers servers;
	bns_probe_asking(p, "dig NS %s, through the resolver", p->zone);
	if (!bns_probe_servers_of(p->settings, p->zone, &servers)) {
		bns_probe_bad(p, "LB30", 'C', "mend the delegation", "the resolver finds no name servers of %s",
			      p->zone);
		return;
	}
	compare_delegation(p, &servers);
	for (size_t i = 0; i < servers.count; i++) {
		const struct bns_probe_addrs *addrs = &servers.list[i].addrs;
		bns_probe_asking(p, "A and AAAA of %s, through the resolver", servers.list[i].name);
		if (addrs->count == 0)
			bns_probe_bad(p, "LB30", 'C', "mend the name server's address records",
				      "the name server %s has no address: %s", servers.list[i].name, addrs->why);
		for (size_t j = 0; j < addrs->count && !bns_probe_is_over(p); j++)
			check_server(p, servers.list[i].name, &addrs->list[j]);
		if (!bns_probe_is_over(p))
			continue;
		bns_probe_bad(p, "LB30", 'C', "see which of the zone's name servers answer slowly or not at all",
			      "the time for a check was over before all name servers of %s could be asked", p->zone);
		return;
	}
	check_dnssec(p, &servers);
}

/* ---- what recipients have ---- */

/* It has kept what was right before a move, or before something was mended: unless a name server answers so now. */
static void judge_cached(struct bns_probe *p, const struct bns_probe_answer *seen)
{
	if (is_at_esp(p, seen))
		bns_probe_bad(p, "LB01", p->bad ? 'C' : 'H',
			      "wait for caches to run out before https links are switched on",
			      "%s CNAME %s, for %u seconds: recipients still come to the provider", p->host,
			      seen->cname, (unsigned)seen->ttl_s);
	else
		bns_probe_bad(p, "LB26", p->bad ? 'H' : 'M', "wait for caches to run out",
			      "%s CNAME %s, for %u seconds, where %s is served here", p->host, seen->cname,
			      (unsigned)seen->ttl_s, p->target);
}

static void judge_seen(struct bns_probe *p, const struct bns_probe_answer *seen)
{
	if (seen->why[0] || (seen->rcode != NOERROR && seen->rcode != NXDOMAIN))
		bns_probe_bad(p, "LB30", 'C', "see which of the zone's name servers fail, or mend the resolver",
			      "the resolver has no answer for %s: %s%s", p->host, seen->why,
			      seen->why[0]              ? ""
			      : seen->rcode == SERVFAIL ? "SERVFAIL"
							: "it is refused");
	else if (is_same_cname(p, seen) || !seen->cname[0])
		judge_cname(p, seen);
	else
		judge_cached(p, seen);
}

static void check_resolver(struct bns_probe *p)
{
	struct bns_probe_answer seen, unchecked = {0};
	bns_probe_asking(p, "dig CNAME %s through the resolver, as recipients have it", p->host);
	bns_probe_ask(p->settings, NULL, p->host, BNS_TYPE_CNAME, false, &seen);
	if (!seen.why[0] && seen.rcode == SERVFAIL)
		bns_probe_ask(p->settings, NULL, p->host, BNS_TYPE_CNAME, true, &unchecked);
	if (unchecked.cname[0])
		bns_probe_bad(p, "LB28", 'C', "sign the zone anew, and mend the DS records at the parent",
			      "the resolver answers only where it doesn't validate: DNSSEC of %s is broken", p->host);
	else
		judge_seen(p, &seen);
}

void bns_probe_check(struct bns_probe *p)
{
	check_here(p);
	if (p->zone)
		check_servers(p);
	check_resolver(p);
	bns_probe_route(p);
	bns_probe_around(p);
}
