/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What TLS reads from files: one's own certificate with its key, and the
 * authorities one trusts. Every failure's diagnostic names the file and what is
 * wrong with it. Thread: any.
 */
#ifndef BNS_BASE_TLS_FILES_H
#define BNS_BASE_TLS_FILES_H

#include <openssl/types.h>

#include "base/error.h"

/* A PEM chain, one's own certificate first, and its key, which others must not be able to read or change. */
enum bns_error bns_tls_files_pair(SSL_CTX *ctx, const char *cert_file, const char *key_file,
				  struct bns_diag *diag) BNS_MUST_CHECK;

/* PEM certificates of authorities; those that the system trusts where `file` is NULL. */
enum bns_error bns_tls_files_authorities(X509_STORE *store, const char *file, struct bns_diag *diag) BNS_MUST_CHECK;

#endif
