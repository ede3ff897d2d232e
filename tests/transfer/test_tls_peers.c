/* SPDX-License-Identifier: BSD-3-Clause */
/* Client certificates as acls look at them: our own client and our own server, with a socket between. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/certs.h"
#include "base/rcu.h"
#include "server/tls_ctx.h"
#include "transfer/tls_peers.h"

#define HOUR 3600

static struct {
	struct bns_tls_ctx *ctx;
	struct bns_tls *server;
	struct bns_tls_client *client;
	struct bns_tls *tls;
	int fds[2];
	struct bns_tls_peers *peers;
} w;

static const char *file(const char *name, const char *suffix)
{
	char text[64];
	snprintf(text, sizeof(text), "%s%s", name, suffix);
	return certs_path(text);
}

static int set_up(void **state)
{
	(void)state;
	certs_folder_make();
	certs_make("xfr.test", NULL, HOUR);
	certs_make("ca", NULL, HOUR);
	certs_make("edge1.test", "ca", HOUR);
	memset(&w, 0, sizeof(w));
	w.fds[0] = w.fds[1] = -1;
	return 0;
}

static void hang_up(void)
{
	bns_tls_close(w.tls);
	bns_tls_close(w.server);
	bns_tls_client_unref(w.client);
	bns_tls_ctx_retire(w.ctx);
	if (w.fds[0] >= 0) {
		close(w.fds[0]);
		close(w.fds[1]);
	}
	w.tls = w.server = NULL;
	w.client = NULL;
	w.ctx = NULL;
	w.fds[0] = w.fds[1] = -1;
}

static int tear_down(void **state)
{
	(void)state;
	hang_up();
	bns_tls_peers_free(w.peers);
	bns_rcu_barrier();
	certs_folder_remove();
	return 0;
}

static void open_ends(const char *pair)
{
	struct bns_conf_tls conf = {.opportunistic = true};
	struct bns_diag diag;
	hang_up();
	if (pair) {
		conf.cert_file = file(pair, ".crt");
		conf.key_file = file(pair, ".key");
	}
	assert_int_equal(bns_tls_client_open(&conf, &w.client, &diag), BNS_OK);
	assert_int_equal(bns_tls_ctx_open(certs_path("xfr.test.crt"), certs_path("xfr.test.key"), &w.ctx, &diag),
			 BNS_OK);
	bns_tls_ctx_ask_clients(w.ctx);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, w.fds), 0);
	w.server = bns_tls_ctx_accept(w.ctx, w.fds[0]);
	w.tls = bns_tls_client_connect(w.client);
	assert_true(w.server && w.tls);
}

/* A client that shows `pair` (NULL: none) has connected and said one octet. */
static void meet(const char *pair)
{
	char reason[BNS_TLS_CLIENT_REASON_MAX];
	uint8_t data[4096], octet = 0;
	bool sent = false;
	open_ends(pair);
	for (int i = 0; i < 10 && octet != '!'; i++) {
		ssize_t n;
		size_t len;
		int done = bns_tls_client_handshake(w.tls, reason);
		assert_int_not_equal(done, -1);
		if (done == 1 && !sent)
			sent = bns_tls_write(w.tls, "!", 1) == 1;
		while ((len = bns_tls_fetch(w.tls, data, sizeof(data))) > 0)
			assert_int_equal(write(w.fds[1], data, len), len);
		assert_int_not_equal(bns_tls_read(w.server, &octet, 1), -1);
		while ((n = read(w.fds[1], data, sizeof(data))) > 0)
			assert_int_equal(bns_tls_feed(w.tls, data, (size_t)n), BNS_OK);
	}
	assert_int_equal(octet, '!');
}

static bool matches(const struct bns_conf_acl *acl)
{
	const struct bns_conf conf = {.acls = acl, .acl_count = 1};
	struct bns_diag diag = {.text = ""};
	bns_tls_peers_free(w.peers);
	w.peers = NULL;
	enum bns_error err = bns_tls_peers_open(&conf, &w.peers, &diag);
	assert_string_equal(diag.text, "");
	assert_int_equal(err, BNS_OK);
	return bns_tls_peers_match(w.peers, acl, w.server);
}

static void acl_without_a_certificate_takes_whoever_shows_one_or_none(void **state)
{
	(void)state;
	const struct bns_conf_acl acl = {.id = "a"};
	meet(NULL);
	assert_true(matches(&acl));
	meet("edge1.test");
	assert_true(matches(&acl));
}

static void acl_by_key_takes_the_keys_it_lists(void **state)
{
	(void)state;
	struct bns_conf_pin pins[2] = {0};
	const struct bns_conf_acl acl = {.id = "a", .cert_key = pins, .cert_key_count = 2};
	meet(NULL);
	assert_false(matches(&acl));
	meet("edge1.test");
	assert_false(matches(&acl));
	certs_pin("edge1.test", pins[1].sha256);
	assert_true(matches(&acl));
	meet("ca");
	assert_false(matches(&acl));
}

static void acl_by_name_takes_the_names_its_authority_signed(void **state)
{
	(void)state;
	const char *const names[] = {"edge0.test", "edge1.test"};
	struct bns_conf_acl acl = {
		.id = "a", .cert_hostname = names, .cert_hostname_count = 2, .ca_file = certs_path("ca.crt")};
	meet(NULL);
	assert_false(matches(&acl));
	meet("edge1.test");
	assert_true(matches(&acl));
	acl.cert_hostname_count = 1;
	assert_false(matches(&acl));
	acl.cert_hostname_count = 2;
	acl.ca_file = certs_path("xfr.test.crt");
	assert_false(matches(&acl));
	acl.ca_file = NULL;
	assert_false(matches(&acl));
}

static void acl_by_name_refuses_what_has_run_out_or_is_self_signed(void **state)
{
	(void)state;
	const char *const names[] = {"edge1.test"};
	const struct bns_conf_acl acl = {
		.id = "a", .cert_hostname = names, .cert_hostname_count = 1, .ca_file = certs_path("ca.crt")};
	certs_make("edge1.test", "ca", -HOUR);
	meet("edge1.test");
	assert_false(matches(&acl));
	certs_make("edge1.test", NULL, HOUR);
	meet("edge1.test");
	assert_false(matches(&acl));
}

static void acl_by_key_and_name_wants_both(void **state)
{
	(void)state;
	const char *const names[] = {"edge1.test"};
	struct bns_conf_pin pin = {0};
	const struct bns_conf_acl acl = {.id = "a",
					 .cert_hostname = names,
					 .cert_hostname_count = 1,
					 .ca_file = certs_path("ca.crt"),
					 .cert_key = &pin,
					 .cert_key_count = 1};
	meet("edge1.test");
	assert_false(matches(&acl));
	certs_pin("edge1.test", pin.sha256);
	assert_true(matches(&acl));
	certs_make("edge2.test", "ca", HOUR);
	certs_pin("edge2.test", pin.sha256);
	meet("edge2.test");
	assert_false(matches(&acl));
}

static void peers_know_remotes_by_their_id(void **state)
{
	(void)state;
	const struct bns_conf_tls tls = {.opportunistic = true};
	const struct bns_conf_remote remotes[] = {{.id = "clear"}, {.id = "a", .tls = &tls}, {.id = "b", .tls = &tls}};
	const struct bns_conf conf = {.remotes = remotes, .remote_count = 2};
	struct bns_diag diag;
	assert_int_equal(bns_tls_peers_open(&conf, &w.peers, &diag), BNS_OK);
	assert_null(bns_tls_peers_client(w.peers, &remotes[0]));
	assert_non_null(bns_tls_peers_client(w.peers, &remotes[1]));
	assert_null(bns_tls_peers_client(w.peers, &remotes[2]));
	assert_null(bns_tls_peers_client(NULL, &remotes[1]));
}

static void peers_name_the_file_that_is_no_good(void **state)
{
	(void)state;
	const char *const names[] = {"edge1.test"};
	const struct bns_conf_acl acl = {
		.id = "a", .cert_hostname = names, .cert_hostname_count = 1, .ca_file = certs_path("missing.crt")};
	const struct bns_conf conf = {.acls = &acl, .acl_count = 1};
	struct bns_diag diag = {.text = ""};
	assert_int_equal(bns_tls_peers_open(&conf, &w.peers, &diag), BNS_EINVAL);
	assert_string_equal(diag.file, acl.ca_file);
	assert_non_null(strstr(diag.text, "can't be opened"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(acl_without_a_certificate_takes_whoever_shows_one_or_none),
		TEST(acl_by_key_takes_the_keys_it_lists),
		TEST(acl_by_name_takes_the_names_its_authority_signed),
		TEST(acl_by_name_refuses_what_has_run_out_or_is_self_signed),
		TEST(acl_by_key_and_name_wants_both),
		TEST(peers_know_remotes_by_their_id),
		TEST(peers_name_the_file_that_is_no_good),
	};
	return cmocka_run_group_tests_name("tls_peers", tests, NULL, NULL);
}
