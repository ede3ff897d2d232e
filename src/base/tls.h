/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One end of a TLS connection (RFC 7858, RFC 8310, RFC 9103) and what moves
 * through it. A server's begins on a socket and may leave that to a new owner,
 * to go on in memory; a client's is in memory from the start. Contexts, which
 * say who is trusted and what is shown, are their makers' matter.
 * Thread: a connection belongs to one thread at a time.
 */
#ifndef BNS_BASE_TLS_H
#define BNS_BASE_TLS_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct bns_tls;

/* The server's side on a non-blocking socket; the handshake is part of reading. NULL: no memory. */
struct bns_tls *bns_tls_accept(SSL_CTX *ctx, int fd);

/* The client's side, detached (see below); bns_tls_handshake comes first. NULL: no memory. */
struct bns_tls *bns_tls_connect(SSL_CTX *ctx);

/* For what is set before the handshake and looked at after it. */
SSL *bns_tls_ssl(const struct bns_tls *tls);

/* Says good-bye where that is still possible; the socket remains the caller's. NULL is allowed. */
void bns_tls_close(struct bns_tls *tls);

/* 1: done; 0: goes on once more has been fed, or fetched; -1: it failed, see bns_tls_why. */
int bns_tls_handshake(struct bns_tls *tls);

/* Octets moved, 0: not now, see bns_tls_wants_write; -1: the connection is over. */
ssize_t bns_tls_read(struct bns_tls *tls, void *data, size_t len);
ssize_t bns_tls_write(struct bns_tls *tls, const void *data, size_t len);

/* What has stopped the last read is that the socket takes no more: handshakes write. */
bool bns_tls_wants_write(const struct bns_tls *tls);

/* Octets that bns_tls_read has at once, though nothing comes from the socket. */
bool bns_tls_pending(const struct bns_tls *tls);

/* TLS 1.3, as zone transfers need it (RFC 9103 §7.2). */
bool bns_tls_fits_transfer(const struct bns_tls *tls);

/* What ended the connection, as OpenSSL puts it; NULL: it said good-bye, or nothing has. */
const char *bns_tls_why(const struct bns_tls *tls);

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
