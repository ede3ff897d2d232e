/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who may ask for what: addresses and keys (RFC 8945 §6: both must match
 * where both are configured). Thread: any.
 */
#ifndef BNS_TRANSFER_ACL_H
#define BNS_TRANSFER_ACL_H

#include "conf/conf.h"
#include "wire/tsig.h"

/* A configured key in the form TSIG works with; BNS_EINVAL where name, algorithm or length don't fit. */
enum bns_error bns_acl_key(const struct bns_conf_key *conf, struct bns_tsig_key *key) BNS_MUST_CHECK;

/*
 * Does one of the zone's rules allow `action`? `key` is the one the request
 * was verified with, NULL: unsigned.
 */
bool bns_acl_allows(const struct bns_conf_zone *zone, enum bns_acl_action action, const union bns_addr *client,
		    const struct bns_tsig_key *key);

/* Is the client one of the zone's own primaries, with that primary's key where it has one? */
bool bns_acl_is_primary(const struct bns_conf_zone *zone, const union bns_addr *client, const struct bns_tsig_key *key);

#endif
