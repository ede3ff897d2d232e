/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs.h"

#define NAMES_MAX 64

static char folder[64];
static char paths[NAMES_MAX][256];
static size_t path_count;

void certs_folder_make(void)
{
	strcpy(folder, "/tmp/brandns-test-tls-XXXXXX");
	assert_non_null(mkdtemp(folder));
	path_count = 0;
}

void certs_folder_remove(void)
{
	DIR *d = opendir(folder);
	assert_non_null(d);
	for (const struct dirent *e; (e = readdir(d));)
		if (e->d_name[0] != '.')
			assert_int_equal(unlinkat(dirfd(d), e->d_name, 0), 0);
	closedir(d);
	assert_int_equal(rmdir(folder), 0);
}

const char *certs_path(const char *name)
{
	char *path = paths[path_count++ % NAMES_MAX];
	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static FILE *open_file(const char *name, const char *suffix, const char *mode)
{
	char file[128];
	snprintf(file, sizeof(file), "%s%s", name, suffix);
	FILE *f = fopen(certs_path(file), mode);
	assert_non_null(f);
	if (*mode == 'w')
		assert_int_equal(fchmod(fileno(f), 0600), 0);
	return f;
}

void certs_write_file(const char *name, const char *text)
{
	FILE *f = open_file(name, "", "w");
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static X509 *read_cert(const char *name)
{
	FILE *f = open_file(name, ".crt", "r");
	X509 *cert = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	assert_non_null(cert);
	return cert;
}

static EVP_PKEY *read_key(const char *name)
{
	FILE *f = open_file(name, ".key", "r");
	EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	assert_non_null(key);
	return key;
}

static void extend(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	assert_non_null(ext);
	assert_int_equal(X509_add_ext(cert, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

static X509 *new_cert(const char *name, const X509 *issuer, EVP_PKEY *key, long seconds)
{
	static long serial;
	char host[128];
	X509 *cert = X509_new();
	assert_non_null(cert);
	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(cert), seconds < 0 ? 2 * seconds : 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), seconds);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1,
				   0);
	X509_set_issuer_name(cert, X509_get_subject_name(issuer ? issuer : cert));
	snprintf(host, sizeof(host), "DNS:%s", name);
	extend(cert, NID_subject_alt_name, host);
	extend(cert, NID_basic_constraints, issuer ? "critical,CA:FALSE" : "critical,CA:TRUE");
	return cert;
}

static void write_pair(const char *name, X509 *cert, EVP_PKEY *key)
{
	FILE *f = open_file(name, ".crt", "w");
	assert_int_equal(PEM_write_X509(f, cert), 1);
	assert_int_equal(fclose(f), 0);
	f = open_file(name, ".key", "w");
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(fclose(f), 0);
}

void certs_make(const char *name, const char *issuer, long seconds)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	assert_non_null(key);
	X509 *signer = issuer ? read_cert(issuer) : NULL;
	EVP_PKEY *signers_key = issuer ? read_key(issuer) : NULL;
	X509 *cert = new_cert(name, signer, key, seconds);
	assert_int_not_equal(X509_sign(cert, issuer ? signers_key : key, EVP_sha256()), 0);
	write_pair(name, cert, key);
	X509_free(cert);
	X509_free(signer);
	EVP_PKEY_free(signers_key);
	EVP_PKEY_free(key);
}

void certs_pin(const char *name, uint8_t pin[32])
{
	X509 *cert = read_cert(name);
	unsigned char *spki = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki);
	assert_true(len > 0);
	assert_int_equal(EVP_Digest(spki, (size_t)len, pin, NULL, EVP_sha256(), NULL), 1);
	OPENSSL_free(spki);
	X509_free(cert);
}
