/* SPDX-License-Identifier: BSD-3-Clause */
/* A gate with store, table and the steerable reviewer, in a folder of its own. */
#ifndef BNS_TESTS_GATE_FIXTURE_H
#define BNS_TESTS_GATE_FIXTURE_H

#include "gate/gate.h"

struct fixture {
	uv_loop_t loop;
	uv_timer_t limit; /* the end of all patience; it also keeps the loop alive */
	struct bns_store *store;
	struct bns_table *table;
	struct bns_plugins *plugins;
	struct bns_gate *gate;
	struct bns_zone *zone;
	struct bns_conf_settings settings;
	struct bns_conf_zone conf; /* has those */
	const struct bns_conf_remote *primaries[1];
	char folder[64];
	char events[4096]; /* kinds, each followed by a space */
	unsigned published;
	/* The last answer. */
	struct bns_result result;
	bool answered;
	bool zone_gone;
};

/* example.com as a secondary; the store is empty. */
int fixture_open(void **state);
int fixture_close(void **state);

/* Stops and starts everything on the same folder, as a restart of the daemon would. */
void fixture_restart(struct fixture *f);

/* The usual zone with that serial, apex TXT word and address of www. */
struct bns_contents *fixture_zone(uint32_t serial, const char *word, const char *www);
struct bns_contents *fixture_parse(const char *text);

/* Submits and waits for the answer. */
enum bns_outcome fixture_submit(struct fixture *f, struct bns_contents *c);
enum bns_outcome fixture_submit_forced(struct fixture *f, struct bns_contents *c);
void fixture_wait(struct fixture *f);
void fixture_turn(struct fixture *f); /* one turn of the loop */
void fixture_answer(void *arg, struct bns_zone *zone, const struct bns_result *result);

/* What is served: the address of www, or "" where nothing is; and the serial, 0 where nothing is. */
const char *fixture_served_www(struct fixture *f);
uint32_t fixture_served_serial(struct fixture *f);

#endif
