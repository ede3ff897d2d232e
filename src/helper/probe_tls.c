/* SPDX-License-Identifier: BSD-3-Clause */
/* A handshake with the branded host as SNI, and what the certificate that came is worth. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "helper/probe.h"

static int wait_for(int fd, short events, uint64_t until_ms)
{
	struct pollfd p = {.fd = fd, .events = events};
	uint64_t now_ms = bns_clock_mono_ms();
	return now_ms < until_ms ? poll(&p, 1, (int)(until_ms - now_ms)) : 0;
}

/* A descriptor, or -1 with `out->why`. */
static int connect_to(const union bns_addr *addr, uint64_t until_ms, struct bns_probe_tls *out)
{
	int fd = socket(addr->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err = fd < 0 ? errno : 0;
	socklen_t len = sizeof(err);
	if (!err && connect(fd, &addr->sa, bns_addr_len(addr)) != 0 && errno != EINPROGRESS)
		err = errno;
	if (!err && wait_for(fd, POLLOUT, until_ms) <= 0)
		err = ETIMEDOUT;
	if (!err && getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0)
		err = errno;
	if (!err)
		return fd;
	snprintf(out->why, sizeof(out->why), "%s", strerror(err));
	out->no_route = err == ENETUNREACH || err == EAFNOSUPPORT || err == EADDRNOTAVAIL;
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool shake_hands(SSL *ssl, int fd, uint64_t until_ms, char *why, size_t cap)
{
	int done;
	while ((done = SSL_connect(ssl)) != 1) {
		int wanted = SSL_get_error(ssl, done);
		if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE) {
			unsigned long code = ERR_get_error();
			snprintf(why, cap, "the TLS handshake failed: %s",
				 code ? ERR_reason_error_string(code) : "the connection was closed");
			return false;
		}
		if (wait_for(fd, wanted == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, until_ms) <= 0) {
			snprintf(why, cap, "the TLS handshake took too long");
			return false;
		}
	}
	return true;
}

static void read_names(X509 *cert, char *out, size_t cap)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	size_t used = 0;
	out[0] = '\0';
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && used < cap; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		if (name->type == GEN_DNS)
			used += (size_t)snprintf(out + used, cap - used, "%s%s", used ? ", " : "",
						 (const char *)ASN1_STRING_get0_data(name->d.dNSName));
	}
	GENERAL_NAMES_free(names);
	if (used == 0)
		snprintf(out, cap, "no host name");
}

static void read_date(const ASN1_TIME *time, char out[32])
{
	struct tm day;
	if (ASN1_TIME_to_tm(time, &day))
		strftime(out, 32, "%Y-%m-%d", &day);
}

static void read_dates(const X509 *cert, struct bns_probe_tls *out)
{
	int seconds;
	const ASN1_TIME *not_after = X509_get0_notAfter(cert);
	read_date(X509_get0_notBefore(cert), out->not_before);
	read_date(not_after, out->not_after);
	if (!ASN1_TIME_diff(&out->days_left, &seconds, NULL, not_after))
		return;
	if (out->days_left == 0 && seconds < 0)
		out->days_left = -1;
}

/* Of the chain alone: the name and the dates are told apart from it. */
static void read_chain(const SSL *ssl, struct bns_probe_tls *out)
{
	long code = SSL_get_verify_result(ssl);
	out->chain_holds = code == X509_V_OK || code == X509_V_ERR_CERT_HAS_EXPIRED;
	snprintf(out->chain_why, sizeof(out->chain_why), "%s", X509_verify_cert_error_string(code));
}

static void read_certificate(const SSL *ssl, const char *host, struct bns_probe_tls *out)
{
	X509 *cert = SSL_get1_peer_certificate(ssl);
	if (!cert)
		return;
	out->connected = true;
	out->name_fits = X509_check_host(cert, host, 0, 0, NULL) == 1;
	read_names(cert, out->names, sizeof(out->names));
	X509_NAME_oneline(X509_get_subject_name(cert), out->subject, sizeof(out->subject));
	X509_NAME_oneline(X509_get_issuer_name(cert), out->issuer, sizeof(out->issuer));
	read_dates(cert, out);
	read_chain(ssl, out);
	snprintf(out->version, sizeof(out->version), "%s", SSL_get_version(ssl));
	X509_free(cert);
}

static SSL_CTX *open_ctx(const struct bns_probe_settings *s)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	if (!ctx)
		return NULL;
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	if (s->ca_file ? SSL_CTX_load_verify_file(ctx, s->ca_file) : SSL_CTX_set_default_verify_paths(ctx))
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

void bns_probe_tls(const struct bns_probe_settings *s, const union bns_addr *addr, const char *host,
		   struct bns_probe_tls *out)
{
	uint64_t until_ms = bns_clock_mono_ms() + s->timeout_ms;
	*out = (struct bns_probe_tls){0};
	ERR_clear_error();
	SSL_CTX *ctx = open_ctx(s);
	SSL *ssl = ctx ? SSL_new(ctx) : NULL;
	if (!ssl) {
		snprintf(out->why, sizeof(out->why), "the trust store can't be read: %s", s->ca_file ? s->ca_file : "");
		SSL_CTX_free(ctx);
		return;
	}
	bns_probe_pace(s, addr);
	int fd = connect_to(addr, until_ms, out);
	if (fd >= 0 && SSL_set_fd(ssl, fd) && SSL_set_tlsext_host_name(ssl, host) &&
	    shake_hands(ssl, fd, until_ms, out->why, sizeof(out->why)))
		read_certificate(ssl, host, out);
	if (out->connected)
		SSL_shutdown(ssl);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	if (fd >= 0)
		close(fd);
}
