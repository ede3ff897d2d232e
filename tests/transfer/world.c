/* SPDX-License-Identifier: BSD-3-Clause */
#include "world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/rcu.h"

/* -- life -- */

static void on_published(void *arg, struct bns_zone *zone)
{
	struct world *w = arg;
	bns_transfer_notify(w->transfer, zone);
}

static void on_event(void *arg, const struct bns_event *event)
{
	(void)arg;
	(void)event;
}

static int loopback_socket(union bns_addr *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	*addr = (union bns_addr){.in4 = {.sin_family = AF_INET}};
	addr->in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, &addr->sa, sizeof(addr->in4)), 0);
	assert_int_equal(getsockname(fd, &addr->sa, &len), 0);
	return fd;
}

static void fill_conf(struct world *w)
{
	static const uint8_t secret[32] = {5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
					   5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5};
	w->conf_key = (struct bns_conf_key){
		.id = "k1", .algorithm = "hmac-sha256", .secret = secret, .secret_len = sizeof(secret)};
	w->conf.keys = &w->conf_key;
	w->conf.key_count = 1;
	w->conf.tcp_max_clients = 10;
	w->remote_address[0] = w->primary.addr;
	w->remote = (struct bns_conf_remote){.id = "primary", .address = w->remote_address, .address_count = 1};
	w->remotes[0] = &w->remote;
	assert_int_equal(bns_prefix_from_text("127.0.0.1", &w->anybody), BNS_OK);
	w->acl = (struct bns_conf_acl){
		.id = "local", .address = &w->anybody, .address_count = 1, .actions = BNS_ACL_TRANSFER};
	w->acls[0] = &w->acl;
	w->notify = (struct bns_conf_remote){.id = "down", .address = &w->notify_address, .address_count = 1};
	w->notifies[0] = &w->notify;
	w->settings = (struct bns_conf_settings){
		.primary = w->remotes,
		.primary_count = 1,
		.acl = w->acls,
		.acl_count = 1,
		.refresh_min_s = 1,
		.refresh_max_s = 3600,
		.retry_min_s = 1,
		.retry_max_s = 1,
		.transfer_timeout_s = 2,
	};
	w->conf_zone = (struct bns_conf_zone){.domain = "example.com", .set = &w->settings};
}

int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct bns_gate_callbacks callbacks = {.arg = w, .published = on_published, .event = on_event};
	struct bns_host_services services = bns_gate_host_services(&w->gate);
	struct bns_diag diag;
	union bns_addr server;

	*state = w;
	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	bns_rcu_register();
	bns_rcu_offline();
	strcpy(w->folder, "/tmp/bns-transfer-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	assert_int_equal(uv_loop_init(&w->loop), 0);
	assert_int_equal(bns_store_open(w->folder, 64 << 20, &w->loop, &w->store, &diag), BNS_OK);
	w->table = bns_table_new();
	w->plugins = bns_plugins_new("/nonexistent", &services);
	w->gate = bns_gate_new(&w->loop, w->table, w->store, w->plugins, &callbacks);
	w->env = (struct bns_answer_env){.table = w->table, .udp_max_payload = 1232};
	w->transfer = bns_transfer_new(&w->loop, w->gate, &w->env);
	assert_non_null(w->transfer);
	w->primary.serial = 1;
	fake_primary_open(&w->primary, &w->loop);
	fill_conf(w);
	w->udp = loopback_socket(&server);
	w->udp_server = loopback_socket(&server);
	w->tcp = -1;
	return 0;
}

void world_start(struct world *w)
{
	struct bns_diag diag;
	bns_transfer_set_conf(w->transfer, &w->conf);
	assert_int_equal(bns_gate_zone_add(w->gate, &w->conf_zone, &w->zone, &diag), BNS_OK);
	bns_transfer_zone_start(w->transfer, w->zone);
}

int world_teardown(void **state)
{
	struct world *w = *state;
	char command[128];

	if (w->zone)
		bns_transfer_zone_stop(w->transfer, w->zone);
	fake_primary_close(&w->primary);
	bns_transfer_stop(w->transfer);
	if (w->zone) /* a change in hand may still be published after the stop */
		bns_transfer_notify(w->transfer, w->zone);
	bns_gate_stop(w->gate);
	bns_store_close(w->store);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	bns_transfer_free(w->transfer);
	bns_gate_free(w->gate);
	bns_plugins_free(w->plugins);
	bns_table_free(w->table);
	bns_rcu_barrier();
	bns_rcu_unregister();
	close(w->udp);
	close(w->udp_server);
	if (w->tcp >= 0)
		close(w->tcp);
	int busy = uv_loop_close(&w->loop);
	snprintf(command, sizeof(command), "rm -r %s", w->folder);
	busy |= system(command);
	free(w);
	return busy;
}

/* -- the zone -- */

static void on_told(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	struct world *w = arg;
	(void)zone;
	w->told = true;
	w->result = *result;
}

void world_refresh(struct world *w, bool force)
{
	w->told = false;
	bns_transfer_refresh(w->transfer, w->zone, force, on_told, w);
	fake_wait(&w->loop, &w->told);
}

struct wanted {
	struct world *w;
	uint32_t serial;
	enum bns_image_state state;
};

static bool has_serial(void *arg)
{
	const struct wanted *wanted = arg;
	const struct bns_image *img = bns_table_get(wanted->w->table, wanted->w->zone->apex);
	return img && img->state == BNS_IMAGE_SERVED && img->serial == wanted->serial;
}

void world_wait_serial(struct world *w, uint32_t serial)
{
	struct wanted wanted = {.w = w, .serial = serial};
	fake_wait_for(&w->loop, has_serial, &wanted);
}

static bool has_state(void *arg)
{
	const struct wanted *wanted = arg;
	return wanted->w->zone->state == wanted->state;
}

void world_wait_state(struct world *w, enum bns_image_state state)
{
	struct wanted wanted = {.w = w, .state = state};
	fake_wait_for(&w->loop, has_state, &wanted);
}

/* -- a client -- */

size_t world_request(uint8_t *msg, unsigned opcode, const char *name, uint16_t type, struct bns_tsig *tsig)
{
	struct bns_writer w = bns_writer_of(msg, BNS_UDP_PLAIN_MAX);
	uint8_t wire[BNS_NAME_MAX];
	size_t len;

	assert_int_equal(bns_name_from_text(name, NULL, wire, NULL), BNS_OK);
	bns_message_write_query(&w, 4711, opcode, 0, wire, type);
	assert_false(w.failed);
	len = w.pos;
	if (tsig && tsig->key)
		assert_int_equal(bns_tsig_sign(tsig, msg, &len, BNS_UDP_PLAIN_MAX, (uint64_t)bns_clock_wall_s(),
					       BNS_TSIG_NOERROR),
				 BNS_OK);
	return len;
}

size_t world_ask_udp(struct world *w, const char *client, const uint8_t *msg, size_t len, uint8_t *answer, size_t cap)
{
	struct bns_datagram d = {.fd = w->udp_server, .len = len, .msg = msg};
	socklen_t addr_len = sizeof(d.client);
	ssize_t n;

	assert_int_equal(getsockname(w->udp, &d.client.sa, &addr_len), 0);
	if (client) {
		in_port_t port = d.client.in4.sin_port;
		assert_int_equal(bns_addr_from_text(client, 0, &d.client), BNS_OK);
		d.client.in4.sin_port = port;
		assert_int_equal(close(w->udp), 0);
		w->udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		assert_int_equal(bind(w->udp, &d.client.sa, sizeof(d.client.in4)), 0);
	}
	bns_transfer_on_datagram(w->transfer, &d);
	n = recv(w->udp, answer, cap, 0); /* on the loopback a datagram is there once it is sent */
	return n < 0 ? 0 : (size_t)n;
}

void world_send(struct world *w, const uint8_t *msg, size_t len)
{
	uint8_t prefix[2];
	bns_put_u16(prefix, (uint16_t)len);
	assert_int_equal(write(w->tcp, prefix, 2), 2);
	assert_int_equal(write(w->tcp, msg, len), (ssize_t)len);
}

void world_connect(struct world *w, const uint8_t *msg, size_t len)
{
	int pair[2];
	union bns_addr client;
	uint8_t pending[2 + BNS_UDP_PLAIN_MAX];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	assert_int_equal(bns_addr_from_text("127.0.0.1@61000", 0, &client), BNS_OK);
	w->tcp = pair[0];
	w->in_len = 0;
	/* A worker hands over what it has read: here one octet less than all, the rest comes later. */
	bns_put_u16(pending, (uint16_t)len);
	memcpy(pending + 2, msg, len);
	bns_transfer_on_connection(w->transfer, pair[1], NULL, &client, pending, len + 1);
	if (len > 0)
		assert_int_equal(write(w->tcp, msg + len - 1, 1), 1);
}

static bool has_message(void *arg)
{
	struct world *w = arg;
	ssize_t n = read(w->tcp, w->in + w->in_len, sizeof(w->in) - w->in_len);
	if (n > 0)
		w->in_len += (size_t)n;
	return w->in_len >= 2 && w->in_len >= 2u + bns_get_u16(w->in);
}

size_t world_receive(struct world *w, uint8_t *msg)
{
	fake_wait_for(&w->loop, has_message, w);
	size_t len = bns_get_u16(w->in);
	memcpy(msg, w->in + 2, len);
	w->in_len -= len + 2;
	memmove(w->in, w->in + len + 2, w->in_len);
	return len;
}
