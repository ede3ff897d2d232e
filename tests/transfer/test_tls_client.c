/* SPDX-License-Identifier: BSD-3-Clause */
/* Our end of TLS against a server of OpenSSL's in the same process: what one writes, the other is fed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/certs.h"
#include "transfer/tls_client.h"

#define HOUR 3600

/* What the server is like; zero is a good one. */
struct server {
	const char *pair;            /* NULL: "xfr.test" */
	const char *alpn;            /* in wire form; NULL: "\3dot", "": it doesn't know of ALPN */
	int version;                 /* the highest; 0: any */
	const char *wants_client_of; /* the authority whose clients it takes; NULL: it asks for none */
};

static struct {
	SSL_CTX *ctx;
	SSL *server;
	BIO *to_server, *from_server;
	struct bns_tls_client *client;
	struct bns_tls *tls;
	char reason[BNS_TLS_CLIENT_REASON_MAX];
	const char *alpn;
} w;

static int set_up(void **state)
{
	(void)state;
	certs_folder_make();
	certs_make("ca", NULL, HOUR);
	certs_make("xfr.test", "ca", HOUR);
	memset(&w, 0, sizeof(w));
	return 0;
}

static void hang_up(void)
{
	bns_tls_close(w.tls);
	SSL_free(w.server);
	SSL_CTX_free(w.ctx);
	w.tls = NULL;
	w.server = NULL;
	w.ctx = NULL;
}

static int tear_down(void **state)
{
	(void)state;
	hang_up();
	bns_tls_client_unref(w.client);
	certs_folder_remove();
	return 0;
}

static const char *file(const char *name, const char *suffix)
{
	char text[64];
	snprintf(text, sizeof(text), "%s%s", name, suffix);
	return certs_path(text);
}

static int select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
		       unsigned in_len, void *arg)
{
	unsigned char *chosen;
	const struct server *s = arg;
	const char *alpn = s->alpn ? s->alpn : "\3dot";
	(void)ssl;
	if (SSL_select_next_proto(&chosen, out_len, (const unsigned char *)alpn, (unsigned)strlen(alpn), in, in_len) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static void start_server(const struct server *s)
{
	const char *pair = s->pair ? s->pair : "xfr.test";
	w.ctx = SSL_CTX_new(TLS_server_method());
	assert_non_null(w.ctx);
	assert_int_equal(SSL_CTX_use_certificate_chain_file(w.ctx, file(pair, ".crt")), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(w.ctx, file(pair, ".key"), SSL_FILETYPE_PEM), 1);
	SSL_CTX_set_alpn_select_cb(w.ctx, select_alpn, (void *)s);
	if (s->version)
		SSL_CTX_set_max_proto_version(w.ctx, s->version);
	if (s->wants_client_of) {
		SSL_CTX_set_verify(w.ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
		assert_int_equal(SSL_CTX_load_verify_file(w.ctx, file(s->wants_client_of, ".crt")), 1);
	}
	w.server = SSL_new(w.ctx);
	w.to_server = BIO_new(BIO_s_mem());
	w.from_server = BIO_new(BIO_s_mem());
	assert_true(w.server && w.to_server && w.from_server);
	SSL_set_bio(w.server, w.to_server, w.from_server);
	SSL_set_accept_state(w.server);
}

static void carry(void)
{
	uint8_t data[4096];
	size_t len;
	int got;
	while ((len = bns_tls_fetch(w.tls, data, sizeof(data))) > 0)
		assert_int_equal(BIO_write(w.to_server, data, (int)len), (int)len);
	if (!SSL_is_init_finished(w.server))
		SSL_do_handshake(w.server);
	while ((got = BIO_read(w.from_server, data, sizeof(data))) > 0)
		assert_int_equal(bns_tls_feed(w.tls, data, (size_t)got), BNS_OK);
}

static void client_open(const struct bns_conf_tls *conf)
{
	struct bns_diag diag = {.text = ""};
	bns_tls_client_unref(w.client);
	w.client = NULL;
	enum bns_error err = bns_tls_client_open(conf, &w.client, &diag);
	assert_string_equal(diag.text, "");
	assert_int_equal(err, BNS_OK);
}

/* Does a client of this configuration take that server for the right one? */
static bool meets(const struct bns_conf_tls *conf, const struct server *s)
{
	int done = 0;
	hang_up();
	client_open(conf);
	start_server(s);
	w.tls = bns_tls_client_connect(w.client);
	assert_non_null(w.tls);
	for (int i = 0; i < 10 && !done; i++) {
		done = bns_tls_client_handshake(w.tls, w.reason);
		carry();
	}
	assert_int_not_equal(done, 0);
	return done == 1;
}

static bool says(const char *words)
{
	if (strstr(w.reason, words))
		return true;
	print_message("it says: %s\n", w.reason);
	return false;
}

static struct bns_conf_tls by_name(void)
{
	return (struct bns_conf_tls){.server_name = "xfr.test", .ca_file = certs_path("ca.crt")};
}

static void tls_client_moves_octets_both_ways(void **state)
{
	(void)state;
	const struct bns_conf_tls conf = by_name();
	uint8_t data[8];
	assert_true(meets(&conf, &(struct server){0}));
	assert_int_equal(bns_tls_write(w.tls, "ping", 4), 4);
	carry();
	assert_int_equal(SSL_read(w.server, data, sizeof(data)), 4);
	assert_memory_equal(data, "ping", 4);
	assert_int_equal(SSL_write(w.server, "pong!", 5), 5);
	carry();
	assert_int_equal(bns_tls_read(w.tls, data, sizeof(data)), 5);
	assert_memory_equal(data, "pong!", 5);
	assert_true(bns_tls_fits_transfer(w.tls));
	assert_string_equal(SSL_get_servername(w.server, TLSEXT_NAMETYPE_host_name), "xfr.test");
}

static void tls_client_refuses_a_certificate_for_another_name(void **state)
{
	(void)state;
	const struct bns_conf_tls conf = by_name();
	certs_make("other.test", "ca", HOUR);
	assert_false(meets(&conf, &(struct server){.pair = "other.test"}));
	assert_true(says("shows a certificate that does not prove its name: hostname mismatch"));
}

static void tls_client_refuses_an_authority_it_does_not_trust(void **state)
{
	(void)state;
	struct bns_conf_tls conf = by_name();
	certs_make("xfr.test", NULL, HOUR);
	assert_false(meets(&conf, &(struct server){0}));
	assert_true(says("does not prove its name: self-signed certificate"));
	conf.ca_file = NULL; /* nor does the system */
	assert_false(meets(&conf, &(struct server){0}));
	conf.ca_file = certs_path("xfr.test.crt");
	assert_true(meets(&conf, &(struct server){0}));
}

static void tls_client_refuses_a_certificate_that_has_run_out(void **state)
{
	(void)state;
	const struct bns_conf_tls conf = by_name();
	certs_make("xfr.test", "ca", -HOUR);
	assert_false(meets(&conf, &(struct server){0}));
	assert_true(says("does not prove its name: certificate has expired"));
}

static void tls_client_takes_whom_it_has_pinned(void **state)
{
	(void)state;
	struct bns_conf_pin pins[2] = {0};
	const struct bns_conf_tls conf = {.pin = pins, .pin_count = 2};
	/* Neither name nor authority nor date count. */
	certs_make("old.test", NULL, -HOUR);
	certs_pin("old.test", pins[1].sha256);
	assert_true(meets(&conf, &(struct server){.pair = "old.test"}));
	assert_false(meets(&conf, &(struct server){0}));
	assert_true(says("shows a certificate whose key is none of the pinned ones; its pin would be "));
}

static void tls_client_with_name_and_pin_wants_both(void **state)
{
	(void)state;
	struct bns_conf_pin pin = {0};
	struct bns_conf_tls conf = by_name();
	conf.pin = &pin;
	conf.pin_count = 1;
	assert_false(meets(&conf, &(struct server){0}));
	assert_true(says("none of the pinned ones"));
	certs_pin("xfr.test", pin.sha256);
	assert_true(meets(&conf, &(struct server){0}));
	conf.server_name = "other.test";
	assert_false(meets(&conf, &(struct server){0}));
	assert_true(says("hostname mismatch"));
}

static void tls_client_that_is_opportunistic_takes_anybody(void **state)
{
	(void)state;
	const struct bns_conf_tls conf = {.opportunistic = true};
	certs_make("old.test", NULL, -HOUR);
	assert_true(meets(&conf, &(struct server){.pair = "old.test"}));
}

static void tls_client_wants_dot(void **state)
{
	(void)state;
	const struct bns_conf_tls conf = by_name(), loose = {.opportunistic = true};
	struct bns_conf_tls old = by_name();
	assert_false(meets(&conf, &(struct server){.alpn = ""}));
	assert_true(says("does not select \"dot\" by ALPN"));
	assert_false(meets(&loose, &(struct server){.alpn = "\2h2"}));
	assert_true(says("does not select \"dot\" by ALPN"));
	old.alpn_optional = true;
	assert_true(meets(&old, &(struct server){.alpn = ""}));
}

static void tls_client_refuses_tls_1_2(void **state)
{
	(void)state;
	const struct bns_conf_tls conf = {.opportunistic = true};
	assert_false(meets(&conf, &(struct server){.version = TLS1_2_VERSION}));
	assert_true(says("ended TLS: tlsv1 alert protocol version"));
}

static void tls_client_shows_its_certificate_to_the_right_server_alone(void **state)
{
	(void)state;
	struct bns_conf_tls conf = by_name();
	const struct server s = {.wants_client_of = "ca"};
	uint8_t octet;
	certs_make("client.test", "ca", HOUR);
	/* That none was shown is told when the handshake is over for us (RFC 8446 §4.4.2.4). */
	assert_true(meets(&conf, &s));
	assert_int_equal(bns_tls_read(w.tls, &octet, 1), -1);
	bns_tls_client_why(w.tls, w.reason);
	assert_true(says("ended TLS: tlsv13 alert certificate required"));

	conf.cert_file = certs_path("client.test.crt");
	conf.key_file = certs_path("client.test.key");
	assert_true(meets(&conf, &s));
	assert_int_equal(bns_tls_read(w.tls, &octet, 1), 0);
	assert_non_null(SSL_get0_peer_certificate(w.server));

	conf.server_name = "other.test";
	assert_false(meets(&conf, &s));
	assert_null(SSL_get0_peer_certificate(w.server));
}

static void tls_client_names_the_file_that_is_no_good(void **state)
{
	(void)state;
	struct bns_conf_tls conf = by_name();
	struct bns_tls_client *client;
	struct bns_diag diag = {.text = ""};
	conf.ca_file = certs_path("missing.crt");
	assert_int_equal(bns_tls_client_open(&conf, &client, &diag), BNS_EINVAL);
	assert_string_equal(diag.file, conf.ca_file);
	assert_non_null(strstr(diag.text, "can't be opened"));

	certs_write_file("empty.crt", "");
	conf.ca_file = certs_path("empty.crt");
	assert_int_equal(bns_tls_client_open(&conf, &client, &diag), BNS_EINVAL);
	assert_string_equal(diag.text, "holds no certificate of an authority; it must be PEM");

	conf = by_name();
	conf.cert_file = certs_path("xfr.test.crt");
	conf.key_file = certs_path("ca.key");
	assert_int_equal(bns_tls_client_open(&conf, &client, &diag), BNS_EINVAL);
	assert_non_null(strstr(diag.text, "is not the key of the certificate in"));

	conf.key_file = certs_path("xfr.test.key");
	assert_int_equal(chmod(conf.key_file, 0644), 0);
	assert_int_equal(bns_tls_client_open(&conf, &client, &diag), BNS_EINVAL);
	assert_non_null(strstr(diag.text, "can be read or changed by others"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tls_client_moves_octets_both_ways),
		TEST(tls_client_refuses_a_certificate_for_another_name),
		TEST(tls_client_refuses_an_authority_it_does_not_trust),
		TEST(tls_client_refuses_a_certificate_that_has_run_out),
		TEST(tls_client_takes_whom_it_has_pinned),
		TEST(tls_client_with_name_and_pin_wants_both),
		TEST(tls_client_that_is_opportunistic_takes_anybody),
		TEST(tls_client_wants_dot),
		TEST(tls_client_refuses_tls_1_2),
		TEST(tls_client_shows_its_certificate_to_the_right_server_alone),
		TEST(tls_client_names_the_file_that_is_no_good),
	};
	return cmocka_run_group_tests_name("tls_client", tests, NULL, NULL);
}
