/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DNS over TLS as the server speaks it (RFC 7858, RFC 8310): the certificate
 * with its key. TLS 1.2 at least, no renegotiation, ALPN `dot` or none.
 * Thread: contexts are made and retired by the main loop and used by any.
 */
#ifndef BNS_SERVER_TLS_CTX_H
#define BNS_SERVER_TLS_CTX_H

#include "base/tls.h"

struct bns_tls_ctx;

/*
 * Reads a PEM chain and its key. `diag` names the file and what is wrong with
 * it: unreadable, not PEM, a key that others can read, a key of another
 * certificate.
 */
enum bns_error bns_tls_ctx_open(const char *cert_file, const char *key_file, struct bns_tls_ctx **out,
				struct bns_diag *diag) BNS_MUST_CHECK;

/*
 * Clients are asked for a certificate from now on, and needn't have one. That
 * they have the key to what they show is seen to; whom it makes of them is for
 * those to judge who care. Before the first connection.
 */
void bns_tls_ctx_ask_clients(struct bns_tls_ctx *ctx);

/* Once no worker can be about to accept with it; connections keep what they need. NULL is allowed. */
void bns_tls_ctx_retire(struct bns_tls_ctx *ctx);

/* The server's side on a non-blocking socket; NULL: no memory. */
struct bns_tls *bns_tls_ctx_accept(const struct bns_tls_ctx *ctx, int fd);

#endif
