/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/tls_files.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file with a passphrase must not make the daemon ask for it on a terminal. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return 0;
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
		     "holds no usable certificate (%s); it must be PEM, one's own certificate first, then those "
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
	bns_diag_set(diag, path, 0, 0, "is not the key of the certificate in %s; the two belong together", cert_file);
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

enum bns_error bns_tls_files_pair(SSL_CTX *ctx, const char *cert_file, const char *key_file, struct bns_diag *diag)
{
	ERR_clear_error();
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	enum bns_error err = use_chain(ctx, cert_file, diag);
	if (!err)
		err = use_key(ctx, key_file, cert_file, diag);
	ERR_clear_error();
	return err;
}

enum bns_error bns_tls_files_authorities(X509_STORE *store, const char *file, struct bns_diag *diag)
{
	struct stat st;
	if (!file)
		return X509_STORE_set_default_paths(store) == 1 ? BNS_OK : BNS_ENOMEM;
	FILE *f = open_file(file, &st, diag);
	if (!f)
		return BNS_EINVAL;
	fclose(f);
	ERR_clear_error();
	int loaded = X509_STORE_load_file(store, file);
	ERR_clear_error();
	return loaded == 1 ? BNS_OK : refuse(diag, file, "holds no certificate of an authority; it must be PEM");
}
