/* SPDX-License-Identifier: BSD-3-Clause */
/* The last accepted upstream version: what differences from upstream are differences to. */
#include "gate/work.h"

enum bns_error bns_gate_upstream_form(struct bns_gate *g, const struct bns_zone *zone, void **data, size_t *len)
{
	enum bns_error err = BNS_ENOENT;

	if (!zone->record.has_version)
		return BNS_ENOENT;
	if (zone->record.amended_ever)
		err = bns_store_get(g->store, BNS_DB_UPSTREAM, zone->apex, bns_name_len(zone->apex), data, len);
	/* Where nothing is stored apart, the served records are upstream's. */
	return err == BNS_ENOENT ? bns_version_blob(g, zone, zone->record.version_seq, data, len) : err;
}
