/* SPDX-License-Identifier: BSD-3-Clause */
/* What DNS says of a zone: its name servers, its delegation, the keys that the parent vouches for, and CAA. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/probe_dns.h"

#define CAA_CLIMB_MAX 32

/* ---- name servers ---- */

static void take_servers(const ldns_rr_list *section, const char *zone, struct bns_probe_servers *out)
{
	char owner[BNS_PROBE_NAME_MAX];
	for (size_t i = 0; i < ldns_rr_list_rr_count(section) && out->count < BNS_PROBE_SERVERS_MAX; i++) {
		const ldns_rr *rr = ldns_rr_list_rr(section, i);
		if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_NS)
			continue;
		bns_probe_name_text(ldns_rr_owner(rr), owner);
		if (strcasecmp(owner, zone) == 0)
			bns_probe_name_text(ldns_rr_rdf(rr, 0), out->list[out->count++].name);
	}
}

bool bns_probe_servers_of(const struct bns_probe_settings *s, const char *zone, struct bns_probe_servers *out)
{
	out->count = 0;
	ldns_pkt *packet = bns_probe_query(s, NULL, zone, LDNS_RR_TYPE_NS, false);
	if (packet)
		take_servers(ldns_pkt_answer(packet), zone, out);
	ldns_pkt_free(packet);
	for (size_t i = 0; i < out->count; i++)
		bns_probe_addresses(s, out->list[i].name, &out->list[i].addrs);
	return out->count > 0;
}

static const char *parent_of(const char *name)
{
	const char *dot = strchr(name, '.');
	return dot ? dot + 1 : ".";
}

/* One of the parent's servers is asked without recursion: it refers to the child's, in its authority section. */
bool bns_probe_delegation(const struct bns_probe_settings *s, const char *zone, struct bns_probe_servers *out)
{
	struct bns_probe_servers parents;
	const char *parent = parent_of(zone);
	while (!bns_probe_servers_of(s, parent, &parents)) {
		if (strcmp(parent, ".") == 0)
			return false;
		parent = parent_of(parent);
	}
	out->count = 0;
	for (size_t i = 0; i < parents.count && out->count == 0; i++) {
		if (parents.list[i].addrs.count == 0)
			continue;
		union bns_addr server = parents.list[i].addrs.list[0];
		ldns_pkt *packet = bns_probe_query(s, &server, zone, LDNS_RR_TYPE_NS, false);
		if (packet) {
			take_servers(ldns_pkt_authority(packet), zone, out);
			take_servers(ldns_pkt_answer(packet), zone, out);
		}
		ldns_pkt_free(packet);
	}
	return out->count > 0;
}

/* ---- CAA ---- */

/* The issuer of an "issue" property; parameters behind ';' don't matter here (RFC 8659 §4.2). */
static void take_issuer(const ldns_rr *rr, struct bns_probe_caa *out)
{
	char *tag = ldns_rdf2str(ldns_rr_rdf(rr, 1)), *value = ldns_rdf2str(ldns_rr_rdf(rr, 2));
	if (tag && value && strcasecmp(tag, "issue") == 0) {
		char *text = value[0] == '"' ? value + 1 : value;
		text[strcspn(text, ";\" ")] = '\0';
		size_t used = strlen(out->issuers);
		snprintf(out->issuers + used, sizeof(out->issuers) - used, "%s%s", used ? " " : "", text);
	}
	free(tag);
	free(value);
}

bool bns_probe_caa_of(const struct bns_probe_settings *s, const char *name, struct bns_probe_caa *out)
{
	bool found = false;
	*out = (struct bns_probe_caa){0};
	for (int i = 0; i < CAA_CLIMB_MAX && !found && strcmp(name, ".") != 0; i++, name = parent_of(name)) {
		/* A CNAME is followed by the resolver (RFC 8659 §3); the climb goes on at the name itself. */
		ldns_pkt *packet = bns_probe_query(s, NULL, name, LDNS_RR_TYPE_CAA, false);
		const ldns_rr_list *answer = packet ? ldns_pkt_answer(packet) : NULL;
		for (size_t j = 0; j < ldns_rr_list_rr_count(answer); j++) {
			if (ldns_rr_get_type(ldns_rr_list_rr(answer, j)) != LDNS_RR_TYPE_CAA)
				continue;
			found = true;
			take_issuer(ldns_rr_list_rr(answer, j), out);
		}
		snprintf(out->at, sizeof(out->at), "%s", name);
		ldns_pkt_free(packet);
	}
	return found;
}

/* ---- DS and DNSKEY ---- */

static ldns_rr_list *records(const ldns_pkt *packet, ldns_rr_type type)
{
	return packet ? ldns_pkt_rr_list_by_type(packet, type, LDNS_SECTION_ANSWER) : NULL;
}

void bns_probe_ds_of(const struct bns_probe_settings *s, const char *zone, const union bns_addr *server,
		     struct bns_probe_ds *out)
{
	ldns_pkt *at_parent = bns_probe_query(s, NULL, zone, LDNS_RR_TYPE_DS, true);
	ldns_pkt *at_child = bns_probe_query(s, server, zone, LDNS_RR_TYPE_DNSKEY, true);
	ldns_rr_list *ds = records(at_parent, LDNS_RR_TYPE_DS), *keys = records(at_child, LDNS_RR_TYPE_DNSKEY);
	*out = (struct bns_probe_ds){.ds_count = ldns_rr_list_rr_count(ds), .key_count = ldns_rr_list_rr_count(keys)};
	for (size_t i = 0; i < out->ds_count; i++)
		for (size_t j = 0; j < out->key_count; j++)
			out->fits |= ldns_rr_compare_ds(ldns_rr_list_rr(ds, i), ldns_rr_list_rr(keys, j));
	out->asked = at_parent && at_child;
	ldns_rr_list_deep_free(ds);
	ldns_rr_list_deep_free(keys);
	ldns_pkt_free(at_parent);
	ldns_pkt_free(at_child);
}
