/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our end of zone transfers over TLS (RFC 9103): what a remote must show, and
 * what we show it. TLS 1.3 alone, ALPN `dot`. Counted references: a connection
 * outlives the configuration it was made by.
 * Thread: main loop.
 */
#ifndef BNS_TRANSFER_TLS_CLIENT_H
#define BNS_TRANSFER_TLS_CLIENT_H

#include "base/tls.h"
#include "conf/conf.h"

struct bns_tls_client;

#define BNS_TLS_CLIENT_REASON_MAX 224

/* Reads the files that `conf` names; `diag` says which one is no good, and why. */
enum bns_error bns_tls_client_open(const struct bns_conf_tls *conf, struct bns_tls_client **out,
				   struct bns_diag *diag) BNS_MUST_CHECK;

/* One more that refers to it; NULL stays NULL. */
struct bns_tls_client *bns_tls_client_ref(struct bns_tls_client *client);

/* One less; with the last it goes. NULL is allowed. */
void bns_tls_client_unref(struct bns_tls_client *client);

/* A new connection; who has it keeps a reference to the client as long. NULL: no memory. */
struct bns_tls *bns_tls_client_connect(struct bns_tls_client *client);

/*
 * Goes on with the handshake. 1: it is done, and the other side is who it must
 * be; 0: not yet; -1: nothing may be said to it, and `reason` is half a
 * sentence whose subject is the server. Nothing of ours but the handshake, no
 * certificate either, goes to one who isn't.
 */
int bns_tls_client_handshake(struct bns_tls *tls, char reason[BNS_TLS_CLIENT_REASON_MAX]);

/* Why a connection that was up ended: half a sentence whose subject is the server. */
void bns_tls_client_why(const struct bns_tls *tls, char reason[BNS_TLS_CLIENT_REASON_MAX]);

#endif
