/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../answer/sample.h"
#include "base/rcu.h"
#include "tls_client.h"

#define WWW_TXT "NOERROR aa rd | www.example.test. TXT | AN www.example.test. 300 TXT \"hi\""

static struct net net;

static void start(unsigned tcp_max_clients, uint64_t tcp_idle_timeout_ms)
{
	const struct net_conf conf = {
		.listen = {"127.0.0.1@0"},
		.tcp_max_clients = tcp_max_clients,
		.tcp_idle_timeout_ms = tcp_idle_timeout_ms,
		.tls = tls_ctx("first"),
	};
	net_start(&net, &conf);
}

static int make_folder(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	certs_folder_make();
	certs_make("first", NULL, 3600);
	certs_make("second", NULL, 3600);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	certs_folder_remove();
	return 0;
}

static int stop(void **state)
{
	(void)state;
	net_stop(&net);
	return 0;
}

static void connect_to(struct tls_client *c)
{
	assert_true(tls_connect(c, &net.tls_addr, 0, "\3dot"));
}

static void assert_udp_answers(void)
{
	int fd = net_connect(&net.addr[0], SOCK_DGRAM);
	assert_string_equal(net_ask_udp(fd, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	close(fd);
}

static void assert_tls_answers(void)
{
	struct tls_client c;
	connect_to(&c);
	assert_string_equal(tls_ask(&c, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	tls_close(&c);
}

/* ---- the connection ---- */

static void tls_answers_by_both_versions(void **state)
{
	(void)state;
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	start(0, 0);
	for (size_t i = 0; i < 2; i++) {
		struct tls_client c;
		assert_true(tls_connect(&c, &net.tls_addr, versions[i], "\3dot"));
		assert_int_equal(SSL_version(c.ssl), versions[i]);
		assert_string_equal(tls_ask(&c, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
		assert_string_equal(tls_ask(&c, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
		tls_close(&c);
	}
	struct bns_answer_counts counts;
	bns_server_counts(net.server, &counts);
	assert_int_equal(counts.transport[BNS_TRANSPORT_TLS], 4);
	assert_int_equal(counts.queries, 4);
}

static void tls_refuses_old_versions(void **state)
{
	(void)state;
	struct tls_client c;
	start(0, 0);
	assert_false(tls_connect(&c, &net.tls_addr, TLS1_1_VERSION, NULL));
	tls_close(&c);
	assert_tls_answers();
}

static void tls_selects_dot_and_takes_clients_without_alpn(void **state)
{
	(void)state;
	struct tls_client c;
	const unsigned char *alpn;
	unsigned alpn_len;
	start(0, 0);
	assert_true(tls_connect(&c, &net.tls_addr, 0, "\2h2\3dot"));
	SSL_get0_alpn_selected(c.ssl, &alpn, &alpn_len);
	assert_int_equal(alpn_len, 3);
	assert_memory_equal(alpn, "dot", 3);
	tls_close(&c);
	assert_true(tls_connect(&c, &net.tls_addr, 0, NULL));
	assert_string_equal(tls_ask(&c, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	tls_close(&c);
}

static void tls_refuses_clients_of_other_protocols(void **state)
{
	(void)state;
	struct tls_client c;
	start(0, 0);
	ERR_clear_error();
	assert_false(tls_connect(&c, &net.tls_addr, 0, "\2h2\10http/1.1"));
	assert_int_equal(ERR_GET_REASON(ERR_peek_last_error()), SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
	tls_close(&c);
	assert_tls_answers();
}

static void tls_answers_pipelined_requests(void **state)
{
	(void)state;
	enum { QUERIES = 1000 };
	static uint8_t frames[QUERIES * 64];
	uint8_t msg[512];
	size_t len = 0;
	struct tls_client c;
	start(0, 0);
	for (uint16_t id = 0; id < QUERIES; id++) {
		size_t frame = net_frame("www.example.test", BNS_TYPE_TXT, frames + len);
		bns_put_u16(frames + len + 2, id);
		len += frame;
	}
	connect_to(&c);
	tls_send(&c, frames, len);
	for (uint16_t id = 0; id < QUERIES; id++) {
		assert_string_equal(sample_read(msg, tls_read_frame(&c, msg, sizeof(msg))), WWW_TXT);
		assert_int_equal(bns_message_id(msg), id);
	}
	tls_close(&c);
}

static void tls_takes_requests_in_records_of_one_octet(void **state)
{
	(void)state;
	uint8_t frame[512], msg[512];
	struct tls_client c;
	start(0, 0);
	connect_to(&c);
	size_t len = net_frame("www.example.test", BNS_TYPE_TXT, frame);
	for (size_t i = 0; i < len; i++)
		tls_send(&c, frame + i, 1);
	assert_string_equal(sample_read(msg, tls_read_frame(&c, msg, sizeof(msg))), WWW_TXT);
	tls_close(&c);
}

/* What the client made goes out octet by octet. */
static void dribble(BIO *made, int fd)
{
	char octet;
	while (BIO_read(made, &octet, 1) == 1)
		net_send(fd, &octet, 1);
}

static void receive(BIO *received, int fd)
{
	uint8_t data[4096];
	size_t len = net_receive(fd, data, sizeof(data));
	assert_int_not_equal(len, 0);
	assert_int_equal(BIO_write(received, data, (int)len), len);
}

static void tls_takes_records_octet_by_octet(void **state)
{
	(void)state;
	uint8_t frame[512], msg[512];
	struct tls_client c;
	start(0, 0);
	tls_prepare(&c, &net.tls_addr, 0, "\3dot");
	BIO *made = BIO_new(BIO_s_mem());
	BIO *received = BIO_new(BIO_s_mem());
	SSL_set_bio(c.ssl, received, made);
	while (SSL_do_handshake(c.ssl) != 1) {
		dribble(made, c.fd);
		receive(received, c.fd);
	}
	int n;
	tls_send(&c, frame, net_frame("www.example.test", BNS_TYPE_TXT, frame));
	dribble(made, c.fd);
	while ((n = SSL_read(c.ssl, msg, sizeof(msg))) <= 0)
		receive(received, c.fd);
	assert_string_equal(sample_read(msg + 2, (size_t)n - 2), WWW_TXT);
	tls_close(&c);
}

static void publish_big(void)
{
	static char zone[1 << 17];
	char *p = zone + sprintf(zone, "$TTL 5\n@ SOA . . 1 1 1 1 1\n@ NS .\n");
	for (size_t i = 0; i < 290; i++)
		p += sprintf(p, "@ TXT \"%0199zu\"\n", i);
	assert_int_equal(bns_table_publish(net.table, sample_image("big.test", zone)), BNS_OK);
}

static void tls_waits_for_a_client_that_reads_late(void **state)
{
	(void)state;
	enum { QUERIES = 200 }; /* of 60 KiB each: more than sockets hold */
	static uint8_t msg[BNS_MESSAGE_MAX];
	uint8_t frames[QUERIES * 32];
	size_t len = 0;
	struct tls_client c;
	start(0, 0);
	publish_big();
	for (int i = 0; i < QUERIES; i++)
		len += net_frame("big.test", BNS_TYPE_TXT, frames + len);
	connect_to(&c);
	tls_send(&c, frames, len);
	assert_udp_answers();
	for (int i = 0; i < QUERIES; i++)
		assert_in_range(tls_read_frame(&c, msg, sizeof(msg)), 60000, BNS_MESSAGE_MAX);
	tls_close(&c);
}

/* ---- who misbehaves ---- */

static void tls_closes_on_garbage(void **state)
{
	(void)state;
	uint8_t frame[512];
	start(0, 0);
	int fd = net_connect(&net.tls_addr, SOCK_STREAM);
	size_t len = net_frame("www.example.test", BNS_TYPE_TXT, frame);
	net_send(fd, frame, len);
	/* An alert may be said before. */
	while (recv(fd, frame, sizeof(frame), 0) > 0)
		;
	net_expect_closed(fd);
	close(fd);
	assert_tls_answers();
	assert_udp_answers();
}

static void tls_closes_on_a_forged_record(void **state)
{
	(void)state;
	struct tls_client c;
	start(0, 0);
	connect_to(&c);
	net_send(c.fd, "\27\3\3\0\40abcdefghijklmnopqrstuvwxyz012345", 37);
	tls_expect_closed(&c);
	tls_close(&c);
	assert_tls_answers();
}

static void tls_survives_clients_that_hang_up_at_any_octet(void **state)
{
	(void)state;
	uint8_t hello[2048];
	start(0, 0);
	size_t hello_len = 1;
	for (size_t cut = 0; cut < hello_len; cut += 1 + cut / 8) {
		struct tls_client c;
		tls_prepare(&c, &net.tls_addr, 0, "\3dot");
		BIO *made = BIO_new(BIO_s_mem());
		SSL_set0_wbio(c.ssl, made);
		SSL_set0_rbio(c.ssl, BIO_new(BIO_s_mem()));
		assert_int_not_equal(SSL_do_handshake(c.ssl), 1);
		hello_len = (size_t)BIO_read(made, hello, sizeof(hello));
		net_send(c.fd, hello, cut);
		tls_close(&c);
	}
	for (size_t cut = 0; cut < 36; cut++) {
		struct tls_client c;
		uint8_t frame[512];
		connect_to(&c);
		assert_true(net_frame("www.example.test", BNS_TYPE_TXT, frame) > cut);
		if (cut > 0)
			tls_send(&c, frame, cut);
		tls_close(&c);
	}
	assert_tls_answers();
	assert_udp_answers();
}

static void tls_handshakes_that_stand_still_are_closed_and_hurt_nobody(void **state)
{
	(void)state;
	int fds[8];
	start(0, 300);
	for (int i = 0; i < 8; i++) {
		fds[i] = net_connect(&net.tls_addr, SOCK_STREAM);
		if (i % 2)
			net_send(fds[i], "\26\3\1\2\0\1", 6);
	}
	assert_udp_answers();
	assert_tls_answers();
	for (int i = 0; i < 8; i++) {
		net_expect_closed(fds[i]);
		close(fds[i]);
	}
}

static void tls_closes_idle_connections_with_a_good_bye(void **state)
{
	(void)state;
	struct tls_client c;
	start(0, 300);
	connect_to(&c);
	uint8_t octet;
	int n = SSL_read(c.ssl, &octet, 1);
	assert_int_equal(SSL_get_error(c.ssl, n), SSL_ERROR_ZERO_RETURN);
	tls_close(&c);
}

static void tls_clients_count_as_tcp_clients(void **state)
{
	(void)state;
	struct tls_client c[2];
	start(2, 0);
	int silent = net_connect(&net.addr[0], SOCK_STREAM);
	assert_string_equal(net_ask_tcp(silent, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	for (int i = 0; i < 2; i++) {
		connect_to(&c[i]);
		assert_string_equal(tls_ask(&c[i], "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	}
	net_expect_closed(silent);
	assert_string_equal(tls_ask(&c[0], "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	int newcomer = net_connect(&net.addr[0], SOCK_STREAM);
	assert_string_equal(net_ask_tcp(newcomer, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	tls_expect_closed(&c[1]);
	for (int i = 0; i < 2; i++)
		tls_close(&c[i]);
	close(silent);
	close(newcomer);
}

/* ---- hand-over ---- */

/* What the main loop's end made goes to the client. */
static void send_made(struct bns_tls *tls, int fd)
{
	uint8_t made[4096];
	size_t len;
	while ((len = bns_tls_fetch(tls, made, sizeof(made))) > 0)
		net_send(fd, made, len);
}

static void tls_goes_on_with_the_main_loop_after_a_hand_over(void **state)
{
	(void)state;
	uint8_t frames[1024], msg[512], raw[1024];
	struct tls_client c;
	start(0, 0);
	connect_to(&c);
	size_t query = net_frame("www.example.test", BNS_TYPE_TXT, frames);
	size_t axfr = net_frame("example.test", BNS_TYPE_AXFR, frames + query);
	tls_send(&c, frames, query + axfr);
	assert_string_equal(sample_read(msg, tls_read_frame(&c, msg, sizeof(msg))), WWW_TXT);
	net_wait(&net, &net.connections, 1);
	struct bns_tls *tls = net.connection_tls;
	assert_non_null(tls);
	assert_true(bns_tls_fits_transfer(tls));
	assert_int_equal(net.pending_len, axfr);
	assert_memory_equal(net.pending, frames + query, axfr);
	assert_int_equal(bns_tls_read(tls, msg, sizeof(msg)), 0);

	assert_int_equal(bns_tls_write(tls, "\0\4over", 6), 6);
	send_made(tls, net.connection_fd);
	assert_int_equal(tls_read_frame(&c, msg, sizeof(msg)), 4);
	assert_memory_equal(msg, "over", 4);

	tls_send(&c, "to you", 6);
	ssize_t n = -1;
	for (unsigned ms = 0; n < 0 && ms < NET_LIMIT_MS; ms++) {
		n = recv(net.connection_fd, raw, sizeof(raw), 0);
		usleep(n < 0 ? 1000 : 0);
	}
	assert_true(n > 0);
	assert_int_equal(bns_tls_feed(tls, raw, (size_t)n), BNS_OK);
	assert_int_equal(bns_tls_read(tls, msg, sizeof(msg)), 6);
	assert_memory_equal(msg, "to you", 6);

	bns_tls_shut_down(tls);
	send_made(tls, net.connection_fd);
	bns_tls_close(tls);
	close(net.connection_fd);
	assert_int_equal(SSL_get_error(c.ssl, SSL_read(c.ssl, msg, 1)), SSL_ERROR_ZERO_RETURN);
	tls_close(&c);
}

static void tls_transfers_need_version_1_3(void **state)
{
	(void)state;
	uint8_t frame[512];
	struct tls_client c;
	start(0, 0);
	assert_true(tls_connect(&c, &net.tls_addr, TLS1_2_VERSION, "\3dot"));
	tls_send(&c, frame, net_frame("example.test", BNS_TYPE_AXFR, frame));
	net_wait(&net, &net.connections, 1);
	assert_false(bns_tls_fits_transfer(net.connection_tls));
	bns_tls_close(net.connection_tls);
	close(net.connection_fd);
	tls_close(&c);
}

/* ---- certificates ---- */

static void tls_certificate_is_replaced_under_open_connections(void **state)
{
	(void)state;
	struct tls_client before, after;
	start(0, 0);
	connect_to(&before);
	assert_string_equal(tls_peer(&before), "first");
	bns_server_set_tls(net.server, tls_ctx("second"));
	bns_rcu_barrier();
	connect_to(&after);
	assert_string_equal(tls_peer(&after), "second");
	assert_string_equal(tls_ask(&before, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	assert_string_equal(tls_ask(&after, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	tls_close(&before);
	tls_close(&after);
}

struct asker {
	const atomic_bool *end;
	pthread_t thread;
	unsigned answers;
};

/* cmocka is not for other threads: what goes wrong is an answer that is missing. */
static void *ask_on_and_on(void *arg)
{
	struct asker *a = arg;
	uint8_t frame[512];
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	size_t len = net_frame("www.example.test", BNS_TYPE_TXT, frame);
	while (!atomic_load(a->end)) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		SSL *ssl = SSL_new(ctx);
		SSL_set_fd(ssl, fd);
		uint8_t msg[512];
		if (connect(fd, &net.tls_addr.sa, bns_addr_len(&net.tls_addr)) == 0 && SSL_connect(ssl) == 1 &&
		    SSL_write(ssl, frame, (int)len) == (int)len && SSL_read(ssl, msg, sizeof(msg)) > 2)
			a->answers++;
		SSL_free(ssl);
		close(fd);
	}
	SSL_CTX_free(ctx);
	return NULL;
}

static void tls_certificate_is_replaced_while_clients_come(void **state)
{
	(void)state;
	enum { ASKERS = 3, TURNS = 30 };
	const struct net_conf conf = {.listen = {"127.0.0.1@0"}, .workers = 2, .tls = tls_ctx("first")};
	struct asker askers[ASKERS] = {{.answers = 0}};
	struct bns_answer_counts counts;
	atomic_bool end = false;
	net_start(&net, &conf);
	for (int i = 0; i < ASKERS; i++) {
		askers[i].end = &end;
		assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_on_and_on, &askers[i]), 0);
	}
	for (unsigned turn = 0; turn < TURNS; turn++) {
		bns_server_set_tls(net.server, tls_ctx(turn % 2 ? "first" : "second"));
		do {
			usleep(1000);
			bns_server_counts(net.server, &counts);
		} while (counts.queries < 5 * turn);
	}
	atomic_store(&end, true);
	for (int i = 0; i < ASKERS; i++) {
		pthread_join(askers[i].thread, NULL);
		assert_int_not_equal(askers[i].answers, 0);
	}
}

static void assert_refused(const char *cert, const char *key, const char *file, const char *why)
{
	struct bns_tls_ctx *ctx;
	struct bns_diag diag = {.text = ""};
	assert_int_equal(bns_tls_ctx_open(certs_path(cert), certs_path(key), &ctx, &diag), BNS_EINVAL);
	assert_string_equal(diag.file, certs_path(file));
	assert_non_null(strstr(diag.text, why));
}

static void tls_refuses_files_that_do_not_fit(void **state)
{
	(void)state;
	certs_write_file("text", "no PEM\n");
	assert_refused("none.crt", "first.key", "none.crt", "can't be opened: No such file");
	assert_refused("first.crt", "none.key", "none.key", "can't be opened: No such file");
	assert_refused("", "first.key", "", "is not a regular file");
	assert_refused("text", "first.key", "text", "holds no usable certificate (");
	assert_refused("first.crt", "text", "text", "holds no usable private key");
	assert_refused("first.crt", "second.key", "second.key", "is not the key of the certificate in ");
}

static void tls_refuses_a_key_that_others_can_read(void **state)
{
	(void)state;
	assert_int_equal(chmod(certs_path("second.key"), 0644), 0);
	assert_refused("second.crt", "second.key", "second.key", "can be read or changed by others; chmod 640 or 600");
	assert_int_equal(chmod(certs_path("second.key"), 0640), 0);
	bns_tls_ctx_retire(tls_ctx("second"));
	bns_rcu_barrier();
}

static void tls_refuses_a_key_with_a_passphrase_without_asking_for_it(void **state)
{
	(void)state;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	FILE *f = fopen(certs_path("locked.key"), "w");
	assert_non_null(f);
	assert_int_equal(fchmod(fileno(f), 0600), 0);
	assert_int_equal(
		PEM_write_PrivateKey(f, key, EVP_aes_128_cbc(), (const unsigned char *)"secret", 6, NULL, NULL), 1);
	fclose(f);
	EVP_PKEY_free(key);
	assert_refused("first.crt", "locked.key", "locked.key", "without a passphrase");
}

#define TLS_TEST(name) cmocka_unit_test_teardown(name, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TLS_TEST(tls_answers_by_both_versions),
		TLS_TEST(tls_refuses_old_versions),
		TLS_TEST(tls_selects_dot_and_takes_clients_without_alpn),
		TLS_TEST(tls_refuses_clients_of_other_protocols),
		TLS_TEST(tls_answers_pipelined_requests),
		TLS_TEST(tls_takes_requests_in_records_of_one_octet),
		TLS_TEST(tls_takes_records_octet_by_octet),
		TLS_TEST(tls_waits_for_a_client_that_reads_late),
		TLS_TEST(tls_closes_on_garbage),
		TLS_TEST(tls_closes_on_a_forged_record),
		TLS_TEST(tls_survives_clients_that_hang_up_at_any_octet),
		TLS_TEST(tls_handshakes_that_stand_still_are_closed_and_hurt_nobody),
		TLS_TEST(tls_closes_idle_connections_with_a_good_bye),
		TLS_TEST(tls_clients_count_as_tcp_clients),
		TLS_TEST(tls_goes_on_with_the_main_loop_after_a_hand_over),
		TLS_TEST(tls_transfers_need_version_1_3),
		TLS_TEST(tls_certificate_is_replaced_under_open_connections),
		TLS_TEST(tls_certificate_is_replaced_while_clients_come),
		cmocka_unit_test(tls_refuses_files_that_do_not_fit),
		cmocka_unit_test(tls_refuses_a_key_that_others_can_read),
		cmocka_unit_test(tls_refuses_a_key_with_a_passphrase_without_asking_for_it),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
