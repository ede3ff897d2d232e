/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../answer/sample.h"
#include "tls_client.h"

struct bns_tls_ctx *tls_ctx(const char *name)
{
	struct bns_tls_ctx *ctx = NULL;
	struct bns_diag diag = {.text = ""};
	char cert[64], key[64];
	snprintf(cert, sizeof(cert), "%s.crt", name);
	snprintf(key, sizeof(key), "%s.key", name);
	enum bns_error err = bns_tls_ctx_open(certs_path(cert), certs_path(key), &ctx, &diag);
	assert_string_equal(diag.text, "");
	assert_int_equal(err, BNS_OK);
	return ctx;
}

void tls_prepare(struct tls_client *c, const union bns_addr *to, int version, const char *alpn)
{
	c->fd = net_connect(to, SOCK_STREAM);
	c->ctx = SSL_CTX_new(TLS_client_method());
	assert_non_null(c->ctx);
	if (version)
		SSL_CTX_set_min_proto_version(c->ctx, version);
	if (version)
		SSL_CTX_set_max_proto_version(c->ctx, version);
	SSL_CTX_set_security_level(c->ctx, 0);
	if (alpn)
		SSL_CTX_set_alpn_protos(c->ctx, (const unsigned char *)alpn, (unsigned)strlen(alpn));
	c->ssl = SSL_new(c->ctx);
	assert_non_null(c->ssl);
	SSL_set_fd(c->ssl, c->fd);
	SSL_set_connect_state(c->ssl);
}

bool tls_connect(struct tls_client *c, const union bns_addr *to, int version, const char *alpn)
{
	tls_prepare(c, to, version, alpn);
	return SSL_do_handshake(c->ssl) == 1;
}

void tls_close(struct tls_client *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	close(c->fd);
}

void tls_send(struct tls_client *c, const void *data, size_t len)
{
	assert_int_equal(SSL_write(c->ssl, data, (int)len), len);
}

static void read_all(struct tls_client *c, uint8_t *data, size_t len)
{
	for (size_t have = 0; have < len;) {
		int n = SSL_read(c->ssl, data + have, (int)(len - have));
		assert_true(n > 0);
		have += (size_t)n;
	}
}

size_t tls_read_frame(struct tls_client *c, uint8_t *msg, size_t cap)
{
	uint8_t prefix[2];
	read_all(c, prefix, 2);
	size_t len = bns_get_u16(prefix);
	assert_true(len <= cap);
	read_all(c, msg, len);
	return len;
}

const char *tls_ask(struct tls_client *c, const char *name, uint16_t type)
{
	static uint8_t msg[BNS_MESSAGE_MAX];
	tls_send(c, msg, net_frame(name, type, msg));
	return sample_read(msg, tls_read_frame(c, msg, sizeof(msg)));
}

void tls_expect_closed(struct tls_client *c)
{
	uint8_t octet;
	assert_true(SSL_read(c->ssl, &octet, 1) <= 0);
	/* Closed by the server, not given up by us. */
	net_expect_closed(c->fd);
}

const char *tls_peer(const struct tls_client *c)
{
	static char name[64];
	X509 *cert = SSL_get1_peer_certificate(c->ssl);
	assert_non_null(cert);
	X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, sizeof(name));
	X509_free(cert);
	return name;
}
