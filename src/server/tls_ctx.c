/* SPDX-License-Identifier: BSD-3-Clause */
#include "server/tls_ctx.h"

#include <openssl/ssl.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/rcu.h"
#include "base/tls_files.h"

struct bns_tls_ctx {
	struct bns_rcu_head rcu;
	SSL_CTX *ssl;
};

/* RFC 7858 came before its token: a client without ALPN is a client. One that only speaks other protocols is not. */
static int select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
		       unsigned in_len, void *arg)
{
	static const unsigned char dot[] = "\3dot";
	unsigned char *chosen;
	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, out_len, dot, sizeof(dot) - 1, in, in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* Idle connections give their buffers back; a write that the socket took in part goes on from another buffer. */
static SSL_CTX *new_ssl_ctx(void)
{
	SSL_CTX *ssl = SSL_CTX_new(TLS_server_method());
	if (!ssl)
		return NULL;
	SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
	SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF |
					 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* Tickets alone: nothing is kept here for those who may come back. */
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_alpn_select_cb(ssl, select_alpn, NULL);
	return ssl;
}

enum bns_error bns_tls_ctx_open(const char *cert_file, const char *key_file, struct bns_tls_ctx **out,
				struct bns_diag *diag)
{
	struct bns_tls_ctx *ctx = calloc(1, sizeof(*ctx));
	if (!ctx)
		return BNS_ENOMEM;
	ctx->ssl = new_ssl_ctx();
	enum bns_error err = ctx->ssl ? bns_tls_files_pair(ctx->ssl, cert_file, key_file, diag) : BNS_ENOMEM;
	if (err) {
		SSL_CTX_free(ctx->ssl);
		free(ctx);
		return err;
	}
	*out = ctx;
	return BNS_OK;
}

static int take_any(X509_STORE_CTX *store, void *arg)
{
	(void)arg;
	X509_STORE_CTX_set_error(store, X509_V_OK);
	return 1;
}

void bns_tls_ctx_ask_clients(struct bns_tls_ctx *ctx)
{
	SSL_CTX_set_verify(ctx->ssl, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx->ssl, take_any, NULL);
	/* A session that is resumed has the client's certificate, but not those that signed it. */
	SSL_CTX_set_options(ctx->ssl, SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(ctx->ssl, 0);
}

static void free_ctx(struct bns_rcu_head *head)
{
	struct bns_tls_ctx *ctx = (struct bns_tls_ctx *)((char *)head - offsetof(struct bns_tls_ctx, rcu));
	SSL_CTX_free(ctx->ssl);
	free(ctx);
}

void bns_tls_ctx_retire(struct bns_tls_ctx *ctx)
{
	if (ctx)
		bns_rcu_defer(&ctx->rcu, free_ctx);
}

struct bns_tls *bns_tls_ctx_accept(const struct bns_tls_ctx *ctx, int fd)
{
	return bns_tls_accept(ctx->ssl, fd);
}
