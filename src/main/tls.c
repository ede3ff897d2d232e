/* SPDX-License-Identifier: BSD-3-Clause */
#include "main/tls.h"

static bool asks_clients(const struct bns_conf *conf)
{
	for (size_t i = 0; i < conf->acl_count; i++)
		if (conf->acls[i].cert_key_count > 0 || conf->acls[i].cert_hostname_count > 0)
			return true;
	return false;
}

enum bns_error bns_daemon_load_tls(const struct bns_conf *conf, struct bns_daemon_tls *out, struct bns_diag *diag)
{
	enum bns_error err = BNS_OK;
	*out = (struct bns_daemon_tls){0};
	if (conf->listen_tls_count > 0)
		err = bns_tls_ctx_open(conf->tls_cert_file, conf->tls_key_file, &out->server, diag);
	if (out->server && asks_clients(conf))
		bns_tls_ctx_ask_clients(out->server);
	if (!err)
		err = bns_tls_peers_open(conf, &out->peers, diag);
	if (err)
		bns_daemon_drop_tls(out);
	return err;
}

void bns_daemon_drop_tls(struct bns_daemon_tls *tls)
{
	bns_tls_ctx_retire(tls->server);
	bns_tls_peers_free(tls->peers);
	*tls = (struct bns_daemon_tls){0};
}
