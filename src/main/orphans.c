/* SPDX-License-Identifier: BSD-3-Clause */
#include "main/orphans.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

struct bns_orphan {
	struct bns_conf_zone conf; /* no file, no primary: served as it is */
	char domain[BNS_NAME_TEXT_MAX];
	struct bns_orphan *next;
};

struct search {
	struct bns_orphans *orphans;
	struct bns_gate *gate;
	enum bns_error err;
};

static bool find_one(void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len)
{
	(void)value;
	(void)len;
	struct search *s = arg;
	if (!bns_name_valid(key, key_len) || bns_gate_zone_find(s->gate, key))
		return true;
	struct bns_orphan *orphan = calloc(1, sizeof(*orphan));
	if (!orphan) {
		s->err = BNS_ENOMEM;
		return false;
	}
	bns_name_to_text_nodot(key, orphan->domain);
	orphan->conf.domain = orphan->domain;
	orphan->next = s->orphans->first;
	s->orphans->first = orphan;
	return true;
}

enum bns_error bns_orphans_remove(struct bns_orphans *o, struct bns_gate *gate, struct bns_store *store,
				  bns_result_fn done, void *arg)
{
	struct search s = {.orphans = o, .gate = gate};
	enum bns_error err = bns_store_each(store, BNS_DB_ZONE, "", 0, false, find_one, &s);
	if (err || s.err)
		return err ? err : s.err;
	for (struct bns_orphan *orphan = o->first; orphan; orphan = orphan->next) {
		struct bns_zone *zone;
		struct bns_diag diag = {0};
		if (bns_gate_zone_add(gate, &orphan->conf, &zone, &diag))
			bns_log(BNS_LOG_ERR, "zone=%s was removed from the configuration; %s", orphan->domain,
				diag.text);
		else
			bns_gate_zone_remove(gate, zone, done, arg);
	}
	return BNS_OK;
}

void bns_orphans_free(struct bns_orphans *o)
{
	while (o->first) {
		struct bns_orphan *orphan = o->first;
		o->first = orphan->next;
		free(orphan);
	}
}
