/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/tls_internal.h"

/* A file with a passphrase must not make the daemon ask for it on a terminal. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return 0;
}

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
	SSL_CTX_set_default_passwd_cb(ssl, no_passphrase);
	return ssl;
}

static enum bns_error refuse(struct bns_diag *diag, const char *file, const char *why)
{
	bns_diag_set(diag, file, 0, 0, "%s", why);
	return BNS_EINVAL;
}

/* A named pipe in its place must not stop the start. */
static FILE *open_file(const char *path, struct stat *st, struct bns_diag *diag)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		bns_diag_set(diag, path, 0, 0, "can't be opened: %s", strerror(errno));
		return NULL;
	}
	FILE *f = fstat(fd, st) == 0 && S_ISREG(st->st_mode) ? fdopen(fd, "r") : NULL;
	if (!f) {
		(void)refuse(diag, path, "is not a regular file");
		close(fd);
	}
	return f;
}

static enum bns_error use_chain(SSL_CTX *ssl, const char *path, struct bns_diag *diag)
{
	struct stat st;
	FILE *f = open_file(path, &st, diag);
	if (!f)
		return BNS_EINVAL;
	fclose(f);
	if (SSL_CTX_use_certificate_chain_file(ssl, path) == 1)
		return BNS_OK;
	bns_diag_set(diag, path, 0, 0,
		     "holds no usable certificate (%s); it must be PEM, the server's own certificate first, then those "
		     "that signed it",
		     ERR_reason_error_string(ERR_peek_last_error()));
	return BNS_EINVAL;
}

static enum bns_error use_pkey(SSL_CTX *ssl, EVP_PKEY *pkey, const char *path, const char *cert_file,
			       struct bns_diag *diag)
{
	if (!pkey)
		return refuse(diag, path, "holds no usable private key; it must be PEM, without a passphrase");
	if (SSL_CTX_use_PrivateKey(ssl, pkey) == 1 && SSL_CTX_check_private_key(ssl) == 1)
		return BNS_OK;
	bns_diag_set(diag, path, 0, 0,
		     "is not the key of the certificate in %s; tls-cert-file and tls-key-file belong together",
		     cert_file);
	return BNS_EINVAL;
}

/* The permissions looked at are those of what is read, not of what the path names a moment before. */
static enum bns_error use_key(SSL_CTX *ssl, const char *path, const char *cert_file, struct bns_diag *diag)
{
	struct stat st;
	FILE *f = open_file(path, &st, diag);
	if (!f)
		return BNS_EINVAL;
	if (st.st_mode & (S_IROTH | S_IWOTH)) {
		fclose(f);
		return refuse(diag, path,
			      "can be read or changed by others; chmod 640 or 600 it, and replace key and certificate");
	}
	EVP_PKEY *pkey = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
	fclose(f);
	enum bns_error err = use_pkey(ssl, pkey, path, cert_file, diag);
	EVP_PKEY_free(pkey);
	return err;
}

enum bns_error bns_tls_ctx_open(const char *cert_file, const char *key_file, struct bns_tls_ctx **out,
				struct bns_diag *diag)
{
	struct bns_tls_ctx *ctx = calloc(1, sizeof(*ctx));
	if (!ctx)
		return BNS_ENOMEM;
	ERR_clear_error();
	ctx->ssl = new_ssl_ctx();
	enum bns_error err = ctx->ssl ? use_chain(ctx->ssl, cert_file, diag) : BNS_ENOMEM;
	if (!err)
		err = use_key(ctx->ssl, key_file, cert_file, diag);
	ERR_clear_error();
	if (err) {
		SSL_CTX_free(ctx->ssl);
		free(ctx);
		return err;
	}
	*out = ctx;
	return BNS_OK;
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
