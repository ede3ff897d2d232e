/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a configuration's remotes and acls need of files to know others by TLS:
 * read as a whole before the configuration comes into force, so that a file
 * that is no good stops a start or a reload. Thread: main loop.
 */
#ifndef BNS_TRANSFER_TLS_PEERS_H
#define BNS_TRANSFER_TLS_PEERS_H

#include "conf/conf.h"
#include "transfer/tls_client.h"

struct bns_tls_peers;

enum bns_error bns_tls_peers_open(const struct bns_conf *conf, struct bns_tls_peers **out,
				  struct bns_diag *diag) BNS_MUST_CHECK;
void bns_tls_peers_free(struct bns_tls_peers *peers);

/* For a remote with `tls`; NULL where these peers don't know it, and for `peers` NULL. */
struct bns_tls_client *bns_tls_peers_client(const struct bns_tls_peers *peers, const struct bns_conf_remote *remote);

/* Is what the client showed in its handshake (RFC 9103 §9.3.3) what `acl` wants? True where it wants no certificate. */
bool bns_tls_peers_match(const struct bns_tls_peers *peers, const struct bns_conf_acl *acl, const struct bns_tls *tls);

#endif
