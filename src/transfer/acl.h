/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who may ask for what: addresses, keys (RFC 8945 §6: both must match where
 * both are configured), protocols and client certificates. Thread: main loop.
 */
#ifndef BNS_TRANSFER_ACL_H
#define BNS_TRANSFER_ACL_H

#include "conf/conf.h"
#include "transfer/tls_peers.h"
#include "wire/tsig.h"

/* A configured key in the form TSIG works with; BNS_EINVAL where name, algorithm or length don't fit. */
enum bns_error bns_acl_key(const struct bns_conf_key *conf, struct bns_tsig_key *key) BNS_MUST_CHECK;

/* Who asks. */
struct bns_acl_client {
	const union bns_addr *addr;
	enum bns_transport transport;
	const struct bns_tsig_key *key; /* the one that the request was verified with; NULL: unsigned */
	const struct bns_tls *tls;      /* NULL: in the clear */
};

/* Does one of the zone's rules allow `action`? `peers` has what the rules for certificates need. */
bool bns_acl_allows(const struct bns_conf_settings *zone, enum bns_acl_action action,
		    const struct bns_acl_client *client, const struct bns_tls_peers *peers);

/* Is the client at the address of primaries that all have keys? What it says unsigned is nobody's word then. */
bool bns_acl_must_sign(const struct bns_conf_settings *zone, const union bns_addr *client);

/* Is the client one of the zone's own primaries, with that primary's key where it has one? */
bool bns_acl_is_primary(const struct bns_conf_settings *zone, const union bns_addr *client,
			const struct bns_tsig_key *key);

#endif
