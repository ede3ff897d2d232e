/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/notify_in.h"

#include "base/log.h"
#include "transfer/acl.h"
#include "transfer/refresh.h"

static bool is_allowed(const struct bns_transfer *t, const struct bns_asked *a, const struct bns_zone *zone)
{
	/* Whatever an acl allows to its address. */
	if (!a->has_key && bns_acl_must_sign(zone->conf->set, &a->client))
		return false;
	return bns_acl_is_primary(zone->conf->set, &a->client, bns_asked_key(a)) ||
	       bns_asked_allowed(a, t, zone->conf->set, BNS_ACL_NOTIFY);
}

static enum bns_rcode take(struct bns_transfer *t, const struct bns_asked *a)
{
	char from[BNS_ADDR_TEXT_MAX];
	struct bns_zone *zone;

	if (a->request.qtype != BNS_TYPE_SOA || a->request.qclass != BNS_CLASS_IN)
		return BNS_RCODE_NOTIMP;
	zone = bns_gate_zone_find(t->gate, a->request.qname.name);
	if (!zone)
		return BNS_RCODE_NOTAUTH;
	bns_addr_to_text(&a->client, from);
	if (!zone->refresh || !is_allowed(t, a, zone)) {
		bns_log_limited(
			BNS_LOG_NOTICE, "zone=%s NOTIFY from %s refused: %s", zone->text, from,
			zone->refresh ? "neither one of its primaries nor allowed by an acl, or not signed with the key"
				      : "it is no secondary zone");
		return BNS_RCODE_REFUSED;
	}
	bns_log(BNS_LOG_INFO, "notify-in zone=%s from=%s", zone->text, from);
	bns_refresh_notified(zone->refresh, &a->client);
	return BNS_RCODE_NOERROR;
}

void bns_notify_in(struct bns_transfer *t, struct bns_asked *a, struct bns_reply *reply)
{
	bns_asked_reply(a, BNS_FLAG_AA, take(t, a), reply);
}
