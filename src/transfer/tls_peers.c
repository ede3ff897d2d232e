/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/tls_peers.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/tls_files.h"
#include "base/tls_pin.h"

struct remote {
	char *id;
	struct bns_tls_client *client;
};

struct acl {
	char *id;
	X509_STORE *authorities;
};

struct bns_tls_peers {
	struct remote *remotes;
	size_t remote_count;
	struct acl *acls;
	size_t acl_count;
};

/* -- read -- */

static enum bns_error read_remotes(struct bns_tls_peers *peers, const struct bns_conf *conf, struct bns_diag *diag)
{
	enum bns_error err = BNS_OK;
	for (size_t i = 0; i < conf->remote_count && !err; i++) {
		struct remote *r = &peers->remotes[peers->remote_count];
		if (!conf->remotes[i].tls)
			continue;
		peers->remote_count++;
		r->id = strdup(conf->remotes[i].id);
		err = r->id ? bns_tls_client_open(conf->remotes[i].tls, &r->client, diag) : BNS_ENOMEM;
	}
	return err;
}

static enum bns_error read_acls(struct bns_tls_peers *peers, const struct bns_conf *conf, struct bns_diag *diag)
{
	enum bns_error err = BNS_OK;
	for (size_t i = 0; i < conf->acl_count && !err; i++) {
		struct acl *a = &peers->acls[peers->acl_count];
		if (conf->acls[i].cert_hostname_count == 0)
			continue;
		peers->acl_count++;
		a->id = strdup(conf->acls[i].id);
		a->authorities = X509_STORE_new();
		err = a->id && a->authorities ? bns_tls_files_authorities(a->authorities, conf->acls[i].ca_file, diag)
					      : BNS_ENOMEM;
	}
	return err;
}

enum bns_error bns_tls_peers_open(const struct bns_conf *conf, struct bns_tls_peers **out, struct bns_diag *diag)
{
	struct bns_tls_peers *peers = calloc(1, sizeof(*peers));
	enum bns_error err = BNS_ENOMEM;
	if (!peers)
		return err;
	peers->remotes = calloc(conf->remote_count + 1, sizeof(*peers->remotes));
	peers->acls = calloc(conf->acl_count + 1, sizeof(*peers->acls));
	if (peers->remotes && peers->acls)
		err = read_remotes(peers, conf, diag);
	if (!err)
		err = read_acls(peers, conf, diag);
	if (err)
		bns_tls_peers_free(peers);
	else
		*out = peers;
	return err;
}

void bns_tls_peers_free(struct bns_tls_peers *peers)
{
	if (!peers)
		return;
	for (size_t i = 0; i < peers->remote_count; i++) {
		free(peers->remotes[i].id);
		bns_tls_client_unref(peers->remotes[i].client);
	}
	for (size_t i = 0; i < peers->acl_count; i++) {
		free(peers->acls[i].id);
		X509_STORE_free(peers->acls[i].authorities);
	}
	free(peers->remotes);
	free(peers->acls);
	free(peers);
}

/* -- ask -- */

struct bns_tls_client *bns_tls_peers_client(const struct bns_tls_peers *peers, const struct bns_conf_remote *remote)
{
	for (size_t i = 0; peers && i < peers->remote_count; i++) {
		if (strcmp(peers->remotes[i].id, remote->id) == 0)
			return peers->remotes[i].client;
	}
	return NULL;
}

static X509_STORE *authorities_of(const struct bns_tls_peers *peers, const struct bns_conf_acl *acl)
{
	for (size_t i = 0; peers && i < peers->acl_count; i++) {
		if (strcmp(peers->acls[i].id, acl->id) == 0)
			return peers->acls[i].authorities;
	}
	return NULL;
}

static bool key_is_listed(const struct bns_conf_acl *acl, const X509 *cert)
{
	uint8_t pin[BNS_TLS_PIN_LEN];
	if (bns_tls_pin_of(cert, pin))
		return false;
	for (size_t i = 0; i < acl->cert_key_count; i++) {
		if (memcmp(acl->cert_key[i].sha256, pin, sizeof(pin)) == 0)
			return true;
	}
	return false;
}

static bool set_names(X509_VERIFY_PARAM *param, const struct bns_conf_acl *acl)
{
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	for (size_t i = 0; i < acl->cert_hostname_count; i++) {
		if (X509_VERIFY_PARAM_add1_host(param, acl->cert_hostname[i], 0) != 1)
			return false;
	}
	return true;
}

static bool name_is_proved(const struct bns_conf_acl *acl, X509_STORE *authorities, SSL *ssl, X509 *cert)
{
	X509_STORE_CTX *ctx = authorities ? X509_STORE_CTX_new() : NULL;
	bool proved = ctx && X509_STORE_CTX_init(ctx, authorities, cert, SSL_get_peer_cert_chain(ssl)) == 1 &&
		      X509_STORE_CTX_set_default(ctx, "ssl_client") == 1 &&
		      set_names(X509_STORE_CTX_get0_param(ctx), acl) && X509_verify_cert(ctx) == 1;
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return proved;
}

bool bns_tls_peers_match(const struct bns_tls_peers *peers, const struct bns_conf_acl *acl, const struct bns_tls *tls)
{
	if (acl->cert_key_count == 0 && acl->cert_hostname_count == 0)
		return true;
	SSL *ssl = tls ? bns_tls_ssl(tls) : NULL;
	X509 *cert = ssl ? SSL_get0_peer_certificate(ssl) : NULL;
	if (!cert || (acl->cert_key_count > 0 && !key_is_listed(acl, cert)))
		return false;
	return acl->cert_hostname_count == 0 || name_is_proved(acl, authorities_of(peers, acl), ssl, cert);
}
