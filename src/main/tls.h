/* SPDX-License-Identifier: BSD-3-Clause */
/* What a configuration needs of files for TLS: read as a whole, by the daemon and by who checks. Thread: main. */
#ifndef BNS_MAIN_TLS_H
#define BNS_MAIN_TLS_H

#include "server/tls_ctx.h"
#include "transfer/tls_peers.h"

struct bns_daemon_tls {
	struct bns_tls_ctx *server; /* NULL where server.listen-tls is empty */
	struct bns_tls_peers *peers;
};

enum bns_error bns_daemon_load_tls(const struct bns_conf *conf, struct bns_daemon_tls *out,
				   struct bns_diag *diag) BNS_MUST_CHECK;

/* Where it doesn't come into force. */
void bns_daemon_drop_tls(struct bns_daemon_tls *tls);

#endif
