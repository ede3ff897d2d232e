/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What DNS says of a name, through the resolver that recipients would use and
 * at single servers; ldns asks, with retries over TCP.
 */
#include "helper/probe_dns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHASE_MAX 16

/* ---- asking ---- */

static bool add_server(ldns_resolver *r, const union bns_addr *addr)
{
	ldns_rdf *rdf = ldns_sockaddr_storage2rdf((const struct sockaddr_storage *)(const void *)addr, NULL);
	bool good = rdf && ldns_resolver_push_nameserver(r, rdf) == LDNS_STATUS_OK;
	ldns_rdf_deep_free(rdf);
	return good;
}

static ldns_resolver *resolver_new(const struct bns_probe_settings *s, const union bns_addr *server)
{
	ldns_resolver *r = NULL;
	if (!server && s->resolver_count == 0) {
		if (ldns_resolver_new_frm_file(&r, NULL) != LDNS_STATUS_OK)
			return NULL;
	} else {
		const union bns_addr *first = server ? server : s->resolvers;
		uint16_t port = bns_addr_port(first) ? bns_addr_port(first) : LDNS_PORT;
		r = ldns_resolver_new();
		for (size_t i = 0; r && i < (server ? 1 : s->resolver_count); i++)
			add_server(r, &first[i]);
		if (r)
			ldns_resolver_set_port(r, port);
	}
	if (!r)
		return NULL;
	struct timeval timeout = {.tv_sec = s->timeout_ms / 1000, .tv_usec = s->timeout_ms % 1000 * 1000};
	ldns_resolver_set_timeout(r, timeout);
	ldns_resolver_set_retry(r, 2);
	ldns_resolver_set_dnsrch(r, false);
	ldns_resolver_set_defnames(r, false);
	ldns_resolver_set_edns_udp_size(r, 1232);
	ldns_resolver_set_fallback(r, true);
	ldns_resolver_set_recursive(r, server == NULL);
	return r;
}

ldns_pkt *bns_probe_query(const struct bns_probe_settings *s, const union bns_addr *server, const char *name,
			  unsigned type, bool checking_disabled)
{
	ldns_pkt *packet = NULL;
	ldns_resolver *r = resolver_new(s, server);
	ldns_rdf *owner = ldns_dname_new_frm_str(name);
	uint16_t flags = (uint16_t)((server ? 0 : LDNS_RD) | (checking_disabled ? LDNS_CD : 0));
	if (r && owner &&
	    ldns_resolver_send(&packet, r, owner, (ldns_rr_type)type, LDNS_RR_CLASS_IN, flags) != LDNS_STATUS_OK) {
		ldns_pkt_free(packet);
		packet = NULL;
	}
	ldns_rdf_deep_free(owner);
	ldns_resolver_deep_free(r);
	return packet;
}

/* Lower-case, without the final dot. */
void bns_probe_name_text(const ldns_rdf *name, char out[BNS_PROBE_NAME_MAX])
{
	char *text = ldns_rdf2str(name);
	snprintf(out, BNS_PROBE_NAME_MAX, "%s", text ? text : "");
	free(text);
	size_t len = strlen(out);
	if (len > 1 && out[len - 1] == '.')
		out[len - 1] = '\0';
	for (char *c = out; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
}

static enum bns_probe_dns outcome(const ldns_pkt *packet, char why[128])
{
	if (!packet) {
		snprintf(why, 128, "no answer came");
		return BNS_PROBE_DNS_FAILED;
	}
	if (ldns_pkt_get_rcode(packet) == LDNS_RCODE_NXDOMAIN) {
		snprintf(why, 128, "the name doesn't exist (NXDOMAIN)");
		return BNS_PROBE_DNS_NXDOMAIN;
	}
	if (ldns_pkt_get_rcode(packet) != LDNS_RCODE_NOERROR) {
		char *text = ldns_pkt_rcode2str(ldns_pkt_get_rcode(packet));
		snprintf(why, 128, "the answer is %s", text ? text : "an error");
		free(text);
		return BNS_PROBE_DNS_FAILED;
	}
	return BNS_PROBE_DNS_OK;
}

/* ---- addresses ---- */

static void take_address(struct bns_probe_addrs *out, const ldns_rr *rr)
{
	size_t size = 0;
	struct sockaddr_storage *sa = ldns_rdf2native_sockaddr_storage(ldns_rr_rdf(rr, 0), 0, &size);
	if (sa && out->count < BNS_PROBE_ADDRS_MAX && size <= sizeof(out->list[0]))
		memcpy(&out->list[out->count++], sa, size);
	LDNS_FREE(sa);
}

static void take_alias(struct bns_probe_addrs *out, const ldns_rr *rr)
{
	size_t used = strlen(out->way);
	snprintf(out->way + used, sizeof(out->way) - used, "%s%s", used ? " " : "", out->name);
	bns_probe_name_text(ldns_rr_rdf(rr, 0), out->name);
}

static enum bns_probe_dns take_addresses(const struct bns_probe_settings *s, const char *name, ldns_rr_type type,
					 struct bns_probe_addrs *out)
{
	ldns_pkt *packet = bns_probe_query(s, NULL, name, type, false);
	enum bns_probe_dns got = outcome(packet, out->why);
	const ldns_rr_list *answer = packet ? ldns_pkt_answer(packet) : NULL;
	for (size_t i = 0; got == BNS_PROBE_DNS_OK && i < ldns_rr_list_rr_count(answer); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(answer, i);
		if (ldns_rr_get_type(rr) == type)
			take_address(out, rr);
		else if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME && type == LDNS_RR_TYPE_A)
			take_alias(out, rr);
	}
	ldns_pkt_free(packet);
	return got;
}

enum bns_probe_dns bns_probe_addresses(const struct bns_probe_settings *s, const char *name,
				       struct bns_probe_addrs *out)
{
	*out = (struct bns_probe_addrs){0};
	snprintf(out->name, sizeof(out->name), "%s", name);
	enum bns_probe_dns v4 = take_addresses(s, name, LDNS_RR_TYPE_A, out);
	if (v4 != BNS_PROBE_DNS_OK)
		return v4;
	enum bns_probe_dns v6 = take_addresses(s, name, LDNS_RR_TYPE_AAAA, out);
	if (out->count > 0)
		return BNS_PROBE_DNS_OK;
	snprintf(out->why, sizeof(out->why), "%.100s has no address", out->name);
	return v6 == BNS_PROBE_DNS_OK ? BNS_PROBE_DNS_NODATA : v6;
}

/* ---- one server's view ---- */

static void take_names(const ldns_rr_list *section, struct bns_probe_answer *out)
{
	char name[BNS_PROBE_NAME_MAX];
	for (size_t i = 0; i < ldns_rr_list_rr_count(section); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(section, i);
		for (size_t j = 0; j < ldns_rr_rd_count(rr); j++) {
			const ldns_rdf *rdf = ldns_rr_rdf(rr, j);
			if (ldns_rdf_get_type(rdf) != LDNS_RDF_TYPE_DNAME)
				continue;
			bns_probe_name_text(rdf, name);
			size_t used = strlen(out->all);
			snprintf(out->all + used, sizeof(out->all) - used, "%s ", name);
		}
	}
}

static void take_cname(const ldns_rr *rr, struct bns_probe_answer *out)
{
	bns_probe_name_text(ldns_rr_rdf(rr, 0), out->cname);
	out->ttl_s = ldns_rr_ttl(rr);
}

static void take_answer(const ldns_pkt *packet, const char *asked, struct bns_probe_answer *out)
{
	char owner[BNS_PROBE_NAME_MAX];
	const ldns_rr_list *answer = ldns_pkt_answer(packet);
	out->aa = ldns_pkt_aa(packet);
	out->rcode = ldns_pkt_get_rcode(packet);
	for (size_t i = 0; i < ldns_rr_list_rr_count(answer); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(answer, i);
		bns_probe_name_text(ldns_rr_owner(rr), owner);
		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME && strcasecmp(owner, asked) == 0)
			take_cname(rr, out);
		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA)
			out->serial = ldns_rdf2native_int32(ldns_rr_rdf(rr, 2));
	}
	take_names(answer, out);
	take_names(ldns_pkt_authority(packet), out);
}

void bns_probe_ask(const struct bns_probe_settings *s, const union bns_addr *server, const char *name, unsigned type,
		   bool checking_disabled, struct bns_probe_answer *out)
{
	ldns_pkt *packet = bns_probe_query(s, server, name, type, checking_disabled);
	*out = (struct bns_probe_answer){0};
	if (packet)
		take_answer(packet, name, out);
	else
		snprintf(out->why, sizeof(out->why), "no answer came");
	ldns_pkt_free(packet);
}

/* ---- a chain that no resolver follows to its end ---- */

bool bns_probe_chase(const struct bns_probe_settings *s, const char *name, char meets[BNS_PROBE_NAME_MAX])
{
	struct bns_probe_answer got;
	char way[CHASE_MAX][BNS_PROBE_NAME_MAX];
	snprintf(way[0], sizeof(way[0]), "%s", name);
	for (unsigned n = 1; n < CHASE_MAX; n++) {
		bns_probe_ask(s, NULL, way[n - 1], BNS_TYPE_CNAME, true, &got);
		if (got.why[0] || !got.cname[0])
			return false;
		for (unsigned i = 0; i < n; i++) {
			if (strcasecmp(way[i], got.cname) == 0) {
				snprintf(meets, BNS_PROBE_NAME_MAX, "%s", got.cname);
				return true;
			}
		}
		snprintf(way[n], sizeof(way[n]), "%s", got.cname);
	}
	snprintf(meets, BNS_PROBE_NAME_MAX, "%s", way[CHASE_MAX - 1]);
	return true;
}
