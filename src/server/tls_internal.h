/* SPDX-License-Identifier: BSD-3-Clause */
/* What the two files of tls.h share. */
#ifndef BNS_SERVER_TLS_INTERNAL_H
#define BNS_SERVER_TLS_INTERNAL_H

#include <openssl/ssl.h>

#include "base/rcu.h"
#include "server/tls.h"

struct bns_tls_ctx {
	struct bns_rcu_head rcu;
	SSL_CTX *ssl;
};

#endif
