/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "gate/work.h"
#include "wire/serial.h"

uint32_t bns_serial_to_publish(const struct bns_zone_record *r, enum bns_serial_policy policy, uint32_t upstream,
			       bool amended, int64_t now_s, bool *amended_ever)
{
	*amended_ever = r->amended_ever || amended;
	if (!r->has_version)
		return upstream;
	if (!*amended_ever && bns_serial_newer(upstream, r->published_serial))
		return upstream;
	/*
	 * Ours and upstream's have parted, or upstream's serial doesn't grow:
	 * who transfers from us must still see a newer one (RFC 1982).
	 */
	*amended_ever = true;
	uint32_t next = r->published_serial + 1;
	if (policy == BNS_SERIAL_UNIXTIME)
		return bns_serial_max(next, (uint32_t)now_s);
	return bns_serial_max(next, upstream);
}

/* "(primary, serial)" as rejected: the primary is its address without the port. */
bool bns_same_primary(const char *a, const char *b)
{
	union bns_addr x, y;
	if (bns_addr_from_text(a, 53, &x) || bns_addr_from_text(b, 53, &y))
		return false;
	return bns_addr_same_host(&x, &y);
}

enum bns_serial_news bns_gate_serial_news(const struct bns_zone *zone, const char *source, uint32_t serial)
{
	if (zone->held && !zone->held->rollback && zone->held->serial == serial)
		return BNS_SERIAL_HELD;
	for (const struct bns_candidate *c = zone->rejected; c; c = c->next)
		if (c->serial == serial && bns_same_primary(c->source, source))
			return BNS_SERIAL_REJECTED;
	if (!zone->record.has_version)
		return bns_refused_before(zone, source, serial) ? BNS_SERIAL_REFUSED : BNS_SERIAL_NEWER;
	/* Another primary may merely lag behind: only who offered the held version can take it back. */
	if (serial == zone->record.upstream_serial)
		return zone->held && strcmp(zone->held->source, source) == 0 ? BNS_SERIAL_WITHDRAWN
									     : BNS_SERIAL_CURRENT;
	if (!bns_serial_newer(serial, zone->record.upstream_serial))
		return BNS_SERIAL_OLDER;
	return bns_refused_before(zone, source, serial) ? BNS_SERIAL_REFUSED : BNS_SERIAL_NEWER;
}
