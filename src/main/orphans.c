/* SPDX-License-Identifier: BSD-3-Clause */
#include "main/orphans.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

struct orphan {
	struct orphan *next;
	char domain[];
};

struct search {
	struct bns_gate *gate;
	struct bns_store *store;
	struct orphan *first;
	enum bns_error err;
};

/* Added at run time, and the disk has changed what says so: whether it is wanted isn't known, so that it stays. */
static bool may_be_member(struct bns_store *store, const uint8_t *apex, const char *domain)
{
	void *row = NULL;
	size_t len;
	bool damaged = bns_store_get(store, BNS_DB_MEMBER, apex, bns_name_len(apex), &row, &len) == BNS_EDAMAGED;
	free(row);
	if (damaged)
		bns_log(BNS_LOG_CRIT,
			"zone=%s isn't served: its settings are damaged in the store; its versions stay there until it "
			"is "
			"added again",
			domain);
	return damaged;
}

static bool find_one(void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len)
{
	char domain[BNS_NAME_TEXT_MAX];
	struct search *s = arg;
	(void)value;
	(void)len;
	if (!bns_name_valid(key, key_len) || bns_gate_zone_find(s->gate, key))
		return true;
	bns_name_to_text_nodot(key, domain);
	if (may_be_member(s->store, key, domain))
		return true;
	struct orphan *orphan = malloc(sizeof(*orphan) + strlen(domain) + 1);
	if (!orphan) {
		s->err = BNS_ENOMEM;
		return false;
	}
	strcpy(orphan->domain, domain);
	orphan->next = s->first;
	s->first = orphan;
	return true;
}

/* No file, no primary: what is stored is all there is. */
static void remove_one(struct bns_gate *gate, const char *domain, bns_result_fn done, void *arg)
{
	struct bns_zone *zone;
	struct bns_diag diag = {.text = "out of memory"};
	const struct bns_conf_zone *conf = bns_conf_zone_bare(domain);
	if (!conf || bns_gate_zone_add(gate, conf, &zone, &diag))
		bns_log(BNS_LOG_ERR, "zone=%s was removed from the configuration; %s", domain, diag.text);
	else
		bns_gate_zone_remove(gate, zone, "configuration", done, arg);
	if (conf)
		bns_conf_zone_release(conf);
}

enum bns_error bns_orphans_remove(struct bns_gate *gate, struct bns_store *store, bns_result_fn done, void *arg)
{
	struct search s = {.gate = gate, .store = store};
	enum bns_error err = bns_store_each(store, BNS_DB_ZONE, "", 0, false, find_one, &s);
	if (!err)
		err = s.err;
	while (s.first) {
		struct orphan *orphan = s.first;
		s.first = orphan->next;
		if (!err)
			remove_one(gate, orphan->domain, done, arg);
		free(orphan);
	}
	return err;
}
