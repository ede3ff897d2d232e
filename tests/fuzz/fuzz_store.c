/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rows of the store, of candidates, approvals, versions, the journal, members
 * and the zone's own, as some other version of the daemon may have left them:
 * with digests that fit. The gate starts on them twice, and everything that is
 * read on demand is read. An input is a list of
 * database u8 | which u8 | length u16 | value.
 */
#include <ftw.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "fuzz.h"
#include "fuzz_file.h"
#include "fuzz_zone.h"
#include "gate/members.h"
#include "gate/work.h"

#define SIZE_BYTES  (16u << 20)
#define NUMBERS_MAX 4

static const uint8_t apex[] = "\7example\3com";
static const uint8_t member[] = "\6member\7example";
static const char conf_text[] = "remote:\n  - id: hidden\n    address: [192.0.2.1]\n"
				"template:\n  - id: small\n    primary: [hidden]\n"
				"zone:\n  - domain: example.com\n    primary: [hidden]\n";

static struct bns_conf *conf;
static char folder[64];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct fuzz_file file;
	struct bns_diag diag = {.text = ""};
	(void)argc;
	(void)argv;
	bns_log_set_level((enum bns_log_level)(BNS_LOG_CRIT - 1)); /* damage is what it is about */
	fuzz_file_open(&file);
	fuzz_file_write(&file, conf_text, sizeof(conf_text) - 1);
	FUZZ_REQUIRE(bns_conf_load(file.path, &conf, &diag) == BNS_OK);
	fuzz_file_close(&file);
	/* In memory where that is possible: nothing waits for a disk. */
	snprintf(folder, sizeof(folder), "%s/brandns-fuzz-%d", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp",
		 (int)getpid());
	return 0;
}

/* ---- the rows ---- */

static size_t put_bytes(uint8_t *key, const void *bytes, size_t len)
{
	memcpy(key, bytes, len);
	return len;
}

static size_t key_of(enum bns_store_db db, uint8_t which, uint8_t key[BNS_STORE_KEY_MAX])
{
	static const char approvals[] = "gate\0approval\0";
	size_t n = 0;
	switch (db) {
	case BNS_DB_CANDIDATE:
	case BNS_DB_CANDIDATE_DATA:
		return (size_t)snprintf((char *)key, BNS_STORE_KEY_MAX, "example.com@%u-00000000", which % NUMBERS_MAX);
	case BNS_DB_MEMBER:
		return put_bytes(key, member, sizeof(member));
	case BNS_DB_PLUGIN:
		n = put_bytes(key, approvals, sizeof(approvals) - 1);
		return n + put_bytes(key + n, apex, sizeof(apex));
	case BNS_DB_VERSION:
	case BNS_DB_JOURNAL:
		n = put_bytes(key, apex, sizeof(apex));
		bns_put_u64(key + n, which % NUMBERS_MAX);
		return n + 8;
	default:
		return put_bytes(key, apex, sizeof(apex));
	}
}

static void put_rows(struct bns_store *store, const uint8_t *data, size_t size)
{
	struct bns_reader r = bns_reader_of(data, size);
	struct bns_store_txn *txn = bns_store_begin(store);
	uint8_t key[BNS_STORE_KEY_MAX];
	FUZZ_REQUIRE(txn);
	while (bns_reader_left(&r) > 0) {
		unsigned db = bns_read_u8(&r) % BNS_DB_COUNT;
		uint8_t which = bns_read_u8(&r);
		size_t len = bns_read_u16(&r);
		if (len > bns_reader_left(&r))
			len = bns_reader_left(&r);
		const uint8_t *value = bns_read_bytes(&r, len);
		if (!value || r.failed)
			break;
		if (db == BNS_DB_META || db == BNS_DB_AUDIT)
			continue;
		FUZZ_REQUIRE(bns_store_put(txn, db, key, key_of(db, which, key), value, len) == BNS_OK);
	}
	bns_store_commit(txn, NULL, NULL);
}

/* ---- the gate on them ---- */

struct house {
	uv_loop_t loop;
	struct bns_store *store;
	struct bns_table *table;
	struct bns_gate *gate;
	struct bns_members *members;
};

static void on_follow(void *arg, struct bns_zone *zone, bool load)
{
	(void)arg;
	(void)zone;
	(void)load;
}

static void open_store(struct house *h)
{
	struct bns_diag diag = {.text = ""};
	FUZZ_REQUIRE(uv_loop_init(&h->loop) == 0);
	FUZZ_REQUIRE(bns_store_open(folder, SIZE_BYTES, &h->loop, &h->store, &diag) == BNS_OK);
}

static void close_store(struct house *h)
{
	bns_store_close(h->store);
	uv_run(&h->loop, UV_RUN_DEFAULT);
	FUZZ_REQUIRE(uv_loop_close(&h->loop) == 0);
}

static void read_on_demand(struct bns_gate *g, const struct bns_zone *zone)
{
	struct bns_contents *c;
	struct bns_journal_way way;
	struct bns_delta delta;
	json_t *list = bns_gate_journal_list(g, zone);
	FUZZ_REQUIRE(json_is_array(list) && json_array_size(list) <= BNS_ZONE_RECORD_VERSIONS_MAX);
	json_decref(list);
	for (uint32_t serial = 0; serial < NUMBERS_MAX; serial++) {
		if (!bns_gate_version(g, zone, serial, &c))
			bns_contents_free(c);
		if (!bns_gate_journal_way(g, zone, serial, &way))
			FUZZ_REQUIRE(way.first_seq <= way.last_seq);
		if (!bns_gate_journal_delta(g, zone, serial, &delta))
			bns_delta_free(&delta);
	}
	if (zone->held && !bns_candidate_contents(g, zone, zone->held->id, &c))
		bns_contents_free(c);
	if (zone->state != BNS_IMAGE_SERVED)
		return;
	FUZZ_REQUIRE(bns_gate_served(g, zone, &c) == BNS_OK);
	bns_contents_free(c);
}

/* Returns the serial that is served, 0 for none. */
static uint32_t start_and_stop(struct house *h)
{
	const struct bns_gate_callbacks callbacks = {0};
	const struct bns_members_callbacks follow = {.follow = on_follow};
	struct bns_diag diag = {.text = ""};
	struct bns_zone *zone;
	h->table = bns_table_new();
	h->gate = bns_gate_new(&h->loop, h->table, h->store, NULL, &callbacks);
	FUZZ_REQUIRE(h->table && h->gate);
	FUZZ_REQUIRE(bns_gate_zone_add(h->gate, &conf->zones[0], &zone, &diag) == BNS_OK);
	h->members = bns_members_new(h->gate, h->store, conf, &follow);
	FUZZ_REQUIRE(h->members && bns_members_recall(h->members, &diag) == BNS_OK);
	uint32_t serial = zone->state == BNS_IMAGE_SERVED ? bns_table_get(h->table, apex)->serial : 0;
	read_on_demand(h->gate, zone);
	bns_gate_stop(h->gate);
	return serial;
}

static void free_house(struct house *h)
{
	bns_gate_free(h->gate);
	bns_members_free(h->members);
	bns_rcu_barrier();
	bns_table_free(h->table);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t serials[2];
	struct house h;
	open_store(&h);
	put_rows(h.store, data, size);
	close_store(&h);
	for (int i = 0; i < 2; i++) {
		open_store(&h);
		serials[i] = start_and_stop(&h);
		close_store(&h);
		free_house(&h);
	}
	FUZZ_REQUIRE(serials[0] == serials[1]);
	FUZZ_REQUIRE(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
	return 0;
}
