/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
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

BNS_PRINTF(3, 4)
static enum bns_error refuse_serial(struct bns_job *job, const struct bns_record *soa, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	enum bns_error err = bns_problems_add(&job->problems, job->candidate, BNS_CHECK_SERIAL_SIGNED, soa,
					      job->candidate->apex, BNS_TYPE_SOA, fmt, args);
	va_end(args);
	return err;
}

enum bns_error bns_serial_check_signed(struct bns_job *job)
{
	const struct bns_contents *c = job->candidate;
	const uint32_t published = job->record.published_serial;
	size_t count;
	if (!c || !c->is_signed || !job->record.has_version || job->nothing_new ||
	    bns_serial_newer(c->serial, published) || job->diff.count == 0)
		return BNS_OK;
	const struct bns_record *soa = bns_contents_find(c, c->apex, BNS_TYPE_SOA, &count);
	if (job->rollback)
		return refuse_serial(job, soa,
				     "is signed: a version that comes back needs a new serial, which only who signs "
				     "the zone can give it");
	return refuse_serial(
		job, soa,
		"is signed, so its serial can't be raised here, and %u isn't above %u, which is published: "
		"sign the zone under a higher one",
		(unsigned)c->serial, (unsigned)published);
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
