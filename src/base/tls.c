/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/tls.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

struct bns_tls {
	SSL *ssl;
	BIO *received; /* once detached */
	BIO *made;
	const char *why;
	bool wants_write;
	bool broken; /* nothing more can be said, not even good-bye */
};

static struct bns_tls *tls_new(SSL_CTX *ctx)
{
	struct bns_tls *tls = calloc(1, sizeof(*tls));
	if (!tls)
		return NULL;
	ERR_clear_error();
	tls->ssl = SSL_new(ctx);
	if (tls->ssl)
		return tls;
	free(tls);
	return NULL;
}

static struct bns_tls *give_up(struct bns_tls *tls)
{
	SSL_free(tls->ssl);
	free(tls);
	return NULL;
}

struct bns_tls *bns_tls_accept(SSL_CTX *ctx, int fd)
{
	struct bns_tls *tls = tls_new(ctx);
	if (!tls)
		return NULL;
	SSL_set_accept_state(tls->ssl);
	return SSL_set_fd(tls->ssl, fd) == 1 ? tls : give_up(tls);
}

struct bns_tls *bns_tls_connect(SSL_CTX *ctx)
{
	struct bns_tls *tls = tls_new(ctx);
	if (!tls)
		return NULL;
	SSL_set_connect_state(tls->ssl);
	return bns_tls_detach(tls) == BNS_OK ? tls : give_up(tls);
}

SSL *bns_tls_ssl(const struct bns_tls *tls)
{
	return tls->ssl;
}

void bns_tls_shut_down(struct bns_tls *tls)
{
	if (tls->broken || !SSL_is_init_finished(tls->ssl))
		return;
	ERR_clear_error();
	(void)SSL_shutdown(tls->ssl);
	ERR_clear_error();
	tls->broken = true;
}

void bns_tls_close(struct bns_tls *tls)
{
	if (!tls)
		return;
	bns_tls_shut_down(tls);
	SSL_free(tls->ssl);
	free(tls);
}

/* A call on `ssl` moved nothing: 0 where it may later, else -1. */
static ssize_t stopped(struct bns_tls *tls, int result, bool writing)
{
	int why = SSL_get_error(tls->ssl, result);
	if (why == SSL_ERROR_SSL || why == SSL_ERROR_SYSCALL)
		tls->why = ERR_reason_error_string(ERR_peek_error());
	ERR_clear_error();
	tls->wants_write = why == SSL_ERROR_WANT_WRITE && !writing;
	/* Answers are written after the handshake, and without renegotiation nothing has to be read for them. */
	if (why == SSL_ERROR_WANT_WRITE || (why == SSL_ERROR_WANT_READ && !writing))
		return 0;
	tls->broken = why != SSL_ERROR_ZERO_RETURN;
	return -1;
}

int bns_tls_handshake(struct bns_tls *tls)
{
	ERR_clear_error();
	int done = SSL_do_handshake(tls->ssl);
	return done == 1 ? 1 : (int)stopped(tls, done, false);
}

ssize_t bns_tls_read(struct bns_tls *tls, void *data, size_t len)
{
	ERR_clear_error();
	tls->wants_write = false;
	int n = SSL_read(tls->ssl, data, len < INT_MAX ? (int)len : INT_MAX);
	return n > 0 ? n : stopped(tls, n, false);
}

/* A record holds 16 KiB at most: one after the other, as long as they are taken. */
ssize_t bns_tls_write(struct bns_tls *tls, const void *data, size_t len)
{
	size_t done = 0;
	ERR_clear_error();
	while (done < len) {
		size_t left = len - done;
		int n = SSL_write(tls->ssl, (const char *)data + done, left < INT_MAX ? (int)left : INT_MAX);
		if (n <= 0) {
			if (stopped(tls, n, true) < 0)
				return -1;
			break;
		}
		done += (size_t)n;
	}
	return (ssize_t)done;
}

bool bns_tls_wants_write(const struct bns_tls *tls)
{
	return tls->wants_write;
}

bool bns_tls_pending(const struct bns_tls *tls)
{
	return SSL_pending(tls->ssl) > 0;
}

const char *bns_tls_why(const struct bns_tls *tls)
{
	return tls->why;
}

bool bns_tls_fits_transfer(const struct bns_tls *tls)
{
	return SSL_version(tls->ssl) >= TLS1_3_VERSION;
}

/* The socket's BIO buffers nothing; a record read in part is kept in the SSL itself. */
enum bns_error bns_tls_detach(struct bns_tls *tls)
{
	BIO *received = BIO_new(BIO_s_mem());
	BIO *made = BIO_new(BIO_s_mem());
	if (!received || !made) {
		BIO_free(received);
		BIO_free(made);
		return BNS_ENOMEM;
	}
	/* Empty means "not now", not "the end". */
	BIO_set_mem_eof_return(received, -1);
	BIO_set_mem_eof_return(made, -1);
	SSL_set_bio(tls->ssl, received, made);
	tls->received = received;
	tls->made = made;
	return BNS_OK;
}

enum bns_error bns_tls_feed(struct bns_tls *tls, const void *data, size_t len)
{
	return BIO_write(tls->received, data, (int)len) == (int)len ? BNS_OK : BNS_ENOMEM;
}

size_t bns_tls_fetch(struct bns_tls *tls, void *data, size_t cap)
{
	int n = BIO_read(tls->made, data, cap < INT_MAX ? (int)cap : INT_MAX);
	return n > 0 ? (size_t)n : 0;
}
