/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DNS over TLS (RFC 7858, RFC 8310): the certificate with its key, and one
 * connection's state. TLS 1.2 at least, no renegotiation, ALPN `dot` or none.
 * A connection begins on a worker's socket; handed over it leaves the socket
 * to its new owner and goes on in memory.
 * Thread: contexts are made and freed by the main loop and used by any; a
 * connection belongs to one thread at a time.
 */
#ifndef BNS_SERVER_TLS_H
#define BNS_SERVER_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct bns_tls_ctx;
struct bns_tls;

/*
 * Reads a PEM chain and its key. `diag` names the file and what is wrong with
 * it: unreadable, not PEM, a key that others can read, a key of another
 * certificate.
 */
enum bns_error bns_tls_ctx_open(const char *cert_file, const char *key_file, struct bns_tls_ctx **out,
				struct bns_diag *diag) BNS_MUST_CHECK;

/* Once no worker can be about to accept with it; connections keep what they need. NULL is allowed. */
void bns_tls_ctx_retire(struct bns_tls_ctx *ctx);

/* The server's side on a non-blocking socket; the handshake is part of reading. NULL: no memory. */
struct bns_tls *bns_tls_accept(const struct bns_tls_ctx *ctx, int fd);

/* Says good-bye where that is still possible; the socket remains the caller's. NULL is allowed. */
void bns_tls_close(struct bns_tls *tls);

/* Octets moved, 0: not now, see bns_tls_wants_write; -1: the connection is over. */
ssize_t bns_tls_read(struct bns_tls *tls, void *data, size_t len);
ssize_t bns_tls_write(struct bns_tls *tls, const void *data, size_t len);

/* What has stopped the last read is that the socket takes no more: handshakes write. */
bool bns_tls_wants_write(const struct bns_tls *tls);

/* Octets that bns_tls_read has at once, though nothing comes from the socket. */
bool bns_tls_pending(const struct bns_tls *tls);

/* TLS 1.3, as zone transfers need it (RFC 9103 §7). */
bool bns_tls_fits_transfer(const struct bns_tls *tls);

/*
 * From now on the connection leaves its socket alone: what is received there
 * goes in by bns_tls_feed, and what bns_tls_write or bns_tls_close made is
 * fetched by bns_tls_fetch and sent by the caller.
 */
enum bns_error bns_tls_detach(struct bns_tls *tls) BNS_MUST_CHECK;
enum bns_error bns_tls_feed(struct bns_tls *tls, const void *data, size_t len) BNS_MUST_CHECK;
size_t bns_tls_fetch(struct bns_tls *tls, void *data, size_t cap);

/* Says good-bye without ending the connection's life, so that the words can be fetched. */
void bns_tls_shut_down(struct bns_tls *tls);

#endif
