/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/tls_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tls_files.h"
#include "base/tls_pin.h"

#define DOT     "\3dot"
#define DOT_LEN (sizeof(DOT) - 1)

_Static_assert(BNS_CONF_PIN_LEN == BNS_TLS_PIN_LEN, "pins are compared octet by octet");

struct bns_tls_client {
	size_t references;
	SSL_CTX *ssl;
	char *server_name; /* NULL: none */
	bool alpn_optional;
	uint8_t refused[BNS_TLS_PIN_LEN]; /* of the last certificate whose key was not listed */
	size_t pin_count;
	struct bns_conf_pin pin[];
};

static bool pin_is_listed(struct bns_tls_client *client, const X509 *cert)
{
	uint8_t pin[BNS_TLS_PIN_LEN] = {0};
	if (!cert || bns_tls_pin_of(cert, pin))
		return false;
	for (size_t i = 0; i < client->pin_count; i++) {
		if (memcmp(client->pin[i].sha256, pin, sizeof(pin)) == 0)
			return true;
	}
	memcpy(client->refused, pin, sizeof(pin));
	return false;
}

/* In place of OpenSSL's own check, and within the handshake: who fails it is not shown our certificate. */
static int verify(X509_STORE_CTX *store, void *arg)
{
	struct bns_tls_client *client = arg;
	if (client->server_name && X509_verify_cert(store) != 1)
		return 0;
	if (client->pin_count > 0 && !pin_is_listed(client, X509_STORE_CTX_get0_cert(store))) {
		X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
		return 0;
	}
	X509_STORE_CTX_set_error(store, X509_V_OK);
	return 1;
}

static SSL_CTX *new_ssl_ctx(void)
{
	SSL_CTX *ssl = SSL_CTX_new(TLS_client_method());
	if (!ssl)
		return NULL;
	/* RFC 9103 §7.2, §7.1 */
	if (SSL_CTX_set_min_proto_version(ssl, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_alpn_protos(ssl, (const unsigned char *)DOT, DOT_LEN) != 0) {
		SSL_CTX_free(ssl);
		return NULL;
	}
	SSL_CTX_set_options(ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* A resumed session would be one whose certificate nobody looked at this time. */
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	return ssl;
}

static enum bns_error read_files(struct bns_tls_client *client, const struct bns_conf_tls *conf, struct bns_diag *diag)
{
	enum bns_error err = BNS_OK;
	if (conf->server_name)
		err = bns_tls_files_authorities(SSL_CTX_get_cert_store(client->ssl), conf->ca_file, diag);
	if (!err && conf->cert_file)
		err = bns_tls_files_pair(client->ssl, conf->cert_file, conf->key_file, diag);
	return err;
}

enum bns_error bns_tls_client_open(const struct bns_conf_tls *conf, struct bns_tls_client **out, struct bns_diag *diag)
{
	struct bns_tls_client *client = calloc(1, sizeof(*client) + conf->pin_count * sizeof(client->pin[0]));
	enum bns_error err = BNS_ENOMEM;
	if (!client)
		return err;
	client->references = 1;
	client->alpn_optional = conf->alpn_optional;
	client->pin_count = conf->pin_count;
	if (conf->pin_count > 0)
		memcpy(client->pin, conf->pin, conf->pin_count * sizeof(client->pin[0]));
	client->ssl = new_ssl_ctx();
	if (conf->server_name)
		client->server_name = strdup(conf->server_name);
	if (client->ssl && !client->server_name == !conf->server_name)
		err = read_files(client, conf, diag);
	if (err) {
		bns_tls_client_unref(client);
		return err;
	}
	if (!conf->opportunistic) {
		SSL_CTX_set_verify(client->ssl, SSL_VERIFY_PEER, NULL);
		SSL_CTX_set_cert_verify_callback(client->ssl, verify, client);
	}
	*out = client;
	return BNS_OK;
}

struct bns_tls_client *bns_tls_client_ref(struct bns_tls_client *client)
{
	if (client)
		client->references++;
	return client;
}

void bns_tls_client_unref(struct bns_tls_client *client)
{
	if (!client || --client->references > 0)
		return;
	SSL_CTX_free(client->ssl);
	free(client->server_name);
	free(client);
}

struct bns_tls *bns_tls_client_connect(struct bns_tls_client *client)
{
	struct bns_tls *tls = bns_tls_connect(client->ssl);
	if (!tls)
		return NULL;
	SSL *ssl = bns_tls_ssl(tls);
	SSL_set_app_data(ssl, client);
	if (!client->server_name)
		return tls;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (SSL_set1_host(ssl, client->server_name) == 1 && SSL_set_tlsext_host_name(ssl, client->server_name) == 1)
		return tls;
	bns_tls_close(tls);
	return NULL;
}

/* -- what went wrong -- */

static void say_unpinned(const struct bns_tls_client *client, char reason[BNS_TLS_CLIENT_REASON_MAX])
{
	char text[BNS_TLS_PIN_TEXT_MAX];
	snprintf(reason, BNS_TLS_CLIENT_REASON_MAX,
		 "shows a certificate whose key is none of the pinned ones; its pin would be %s",
		 bns_tls_pin_to_text(client->refused, text));
}

void bns_tls_client_why(const struct bns_tls *tls, char reason[BNS_TLS_CLIENT_REASON_MAX])
{
	const SSL *ssl = bns_tls_ssl(tls);
	const char *why = bns_tls_why(tls);
	long verified = SSL_get_verify_result(ssl);
	if (verified == X509_V_ERR_APPLICATION_VERIFICATION)
		say_unpinned(SSL_get_app_data(ssl), reason);
	else if (verified != X509_V_OK)
		snprintf(reason, BNS_TLS_CLIENT_REASON_MAX, "shows a certificate that does not prove its name: %s",
			 X509_verify_cert_error_string(verified));
	else
		snprintf(reason, BNS_TLS_CLIENT_REASON_MAX, "ended TLS: %s", why ? why : "the connection was closed");
}

/* Of what was offered, the only other choice is none. */
static bool selected_dot(const SSL *ssl)
{
	const struct bns_tls_client *client = SSL_get_app_data(ssl);
	const unsigned char *chosen;
	unsigned len;
	SSL_get0_alpn_selected(ssl, &chosen, &len);
	return len > 0 || client->alpn_optional;
}

int bns_tls_client_handshake(struct bns_tls *tls, char reason[BNS_TLS_CLIENT_REASON_MAX])
{
	int done = bns_tls_handshake(tls);
	if (done < 0)
		bns_tls_client_why(tls, reason);
	if (done != 1 || selected_dot(bns_tls_ssl(tls)))
		return done;
	snprintf(reason, BNS_TLS_CLIENT_REASON_MAX,
		 "speaks TLS, but does not select \"dot\" by ALPN (RFC 9103 §7.1): it is no server for transfers");
	return -1;
}
