/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Everything behind the network: store, table, gate and transfer on one loop,
 * with a fake primary and one zone, example.com. Requests are handed to the
 * transfer floor as a worker would.
 */
#ifndef TESTS_TRANSFER_WORLD_H
#define TESTS_TRANSFER_WORLD_H

#include "fake_primary.h"
#include "transfer/transfer.h"
#include "wire/message.h"

struct world {
	uv_loop_t loop;
	char folder[64];
	struct bns_store *store;
	struct bns_table *table;
	struct bns_plugins *plugins;
	struct bns_gate *gate;
	struct bns_transfer *transfer;
	struct bns_answer_env env;
	struct bns_zone *zone;
	struct fake_primary primary;

	/* The configuration; change it before world_start. */
	struct bns_conf conf;
	struct bns_conf_settings settings;
	struct bns_conf_zone conf_zone; /* has those */
	struct bns_conf_key conf_key;   /* "k1", hmac-sha256, as fake_key("k1", .., 5) */
	union bns_addr remote_address[2];
	struct bns_conf_remote remote;
	const struct bns_conf_remote *remotes[1];
	struct bns_prefix anybody;
	struct bns_conf_acl acl; /* 127.0.0.1 may transfer */
	const struct bns_conf_acl *acls[1];
	union bns_addr notify_address;
	struct bns_conf_remote notify;
	const struct bns_conf_remote *notifies[1];

	/* A client of ours. */
	int udp; /* its socket, and the one that it asks */
	int udp_server;
	int tcp;
	uint8_t in[4 << 20];
	size_t in_len;

	/* What bns_transfer_refresh told. */
	bool told;
	struct bns_result result;
};

/* Opens all; the zone is in the gate's care, and its refresh waits for world_start. */
int world_setup(void **state);
int world_teardown(void **state);
void world_start(struct world *w);

/* Asks the primaries and waits for the verdict. */
void world_refresh(struct world *w, bool force);

/* Waits until the zone publishes `serial`. */
void world_wait_serial(struct world *w, uint32_t serial);
void world_wait_state(struct world *w, enum bns_image_state state);

/* A request as a client writes it; signed where `tsig` has a key. */
size_t world_request(uint8_t *msg, unsigned opcode, const char *name, uint16_t type, struct bns_tsig *tsig);

/* Hands a datagram over, as sent by `client` (NULL: our own UDP socket); the answer's length, 0: none. */
size_t world_ask_udp(struct world *w, const char *client, const uint8_t *msg, size_t len, uint8_t *answer, size_t cap);

/* Connects, and sends `msg` with its length. */
void world_connect(struct world *w, const uint8_t *msg, size_t len);
void world_send(struct world *w, const uint8_t *msg, size_t len);

/* The next message of our TCP connection; its length. */
size_t world_receive(struct world *w, uint8_t *msg);

#endif
