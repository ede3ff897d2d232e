/* SPDX-License-Identifier: BSD-3-Clause */
/* A name server of its own for what isn't public yet. */
#include <stdlib.h>
#include <unistd.h>

#include "helper/exec.h"
#include "server/server.h"
#include "zone/table.h"

struct bns_stage {
	struct bns_table *table;
	struct bns_server *server;
	const struct bns_answer_conf *answer_conf;
	union bns_addr listen[2];
	size_t listen_count;
	uint16_t port;
};

/* What a name server's main loop answers (transfers, NOTIFY, TSIG) isn't to be had here. */
static void ignore_datagram(void *arg, const struct bns_datagram *d)
{
	(void)arg;
	(void)d;
}

static void close_connection(void *arg, int fd, struct bns_tls *tls, const union bns_addr *client,
			     const uint8_t *pending, size_t len)
{
	(void)arg;
	(void)tls;
	(void)client;
	(void)pending;
	(void)len;
	close(fd);
}

static enum bns_error listen_at(struct bns_stage *s, size_t count, uint16_t port, struct bns_diag *diag)
{
	static const char *const addresses[] = {"127.0.0.1", "::1"};
	for (size_t i = 0; i < count; i++) {
		enum bns_error err = bns_addr_from_text(addresses[i], port, &s->listen[i]);
		if (err)
			return err;
	}
	const struct bns_server_conf conf = {
		.listen = s->listen,
		.listen_count = count,
		.workers = 1,
		.udp_max_payload = 1232,
		.tcp_max_clients = 100,
		.tcp_idle_timeout_ms = 10000,
		.answer_conf = &s->answer_conf,
	};
	s->listen_count = count;
	return bns_server_open(&conf, &s->server, diag);
}

/* The port that IPv4 got shall be IPv6's as well. */
static enum bns_error listen_at_both(struct bns_stage *s, uint16_t port, struct bns_diag *diag)
{
	union bns_addr bound;
	struct bns_diag ignored;
	enum bns_error err = listen_at(s, 1, port, diag);
	if (err)
		return err;
	bns_server_address(s->server, 0, &bound);
	s->port = bns_addr_port(&bound);
	bns_server_free(s->server);
	if (listen_at(s, 2, s->port, &ignored) == BNS_OK)
		return BNS_OK;
	return listen_at(s, 1, s->port, diag);
}

enum bns_error bns_stage_open(uv_loop_t *loop, uint16_t port, struct bns_stage **out, struct bns_diag *diag)
{
	struct bns_stage *s = calloc(1, sizeof(*s));
	if (!s)
		return BNS_ENOMEM;
	struct bns_answer_conf *conf = calloc(1, sizeof(*conf));
	s->table = bns_table_new();
	enum bns_error err = conf && s->table ? BNS_OK : BNS_ENOMEM;
	bns_answer_conf_set(&s->answer_conf, conf);
	if (!err)
		err = listen_at_both(s, port, diag);
	if (!err)
		err = bns_server_start(s->server, loop, s->table, NULL, ignore_datagram, close_connection, s);
	/* On failure the helper ends, and takes what is open with it. */
	if (!err)
		*out = s;
	return err;
}

enum bns_error bns_stage_put(struct bns_stage *s, const struct bns_contents *c)
{
	struct bns_image *image;
	enum bns_error err = bns_image_build(c, &image);
	if (err)
		return err;
	err = bns_table_publish(s->table, image);
	if (err)
		bns_image_free(image);
	return err;
}

void bns_stage_take_away(struct bns_stage *s, const uint8_t *apex)
{
	bns_table_withdraw(s->table, apex);
}

uint16_t bns_stage_port(const struct bns_stage *s)
{
	return s->port;
}

bool bns_stage_has_ipv6(const struct bns_stage *s)
{
	return s->listen_count > 1;
}
