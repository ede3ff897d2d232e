/* SPDX-License-Identifier: BSD-3-Clause */
/* A blocking TLS client. Every wait has net.h's limit. */
#ifndef TESTS_SERVER_TLS_CLIENT_H
#define TESTS_SERVER_TLS_CLIENT_H

#include <openssl/ssl.h>

#include "../base/certs.h"
#include "net.h"

/* Of a pair that was made. */
struct bns_tls_ctx *tls_ctx(const char *name);

struct tls_client {
	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
};

/* `alpn` in wire form ("\3dot") or NULL; `version` the one to speak, 0: any. False: the handshake failed. */
bool tls_connect(struct tls_client *c, const union bns_addr *to, int version, const char *alpn);

/* As above, connected but with the handshake still to be done. */
void tls_prepare(struct tls_client *c, const union bns_addr *to, int version, const char *alpn);
void tls_close(struct tls_client *c);

void tls_send(struct tls_client *c, const void *data, size_t len);
size_t tls_read_frame(struct tls_client *c, uint8_t *msg, size_t cap);
const char *tls_ask(struct tls_client *c, const char *name, uint16_t type);
void tls_expect_closed(struct tls_client *c);

/* The common name of the server's certificate. */
const char *tls_peer(const struct tls_client *c);

#endif
