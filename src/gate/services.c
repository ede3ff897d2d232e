/* SPDX-License-Identifier: BSD-3-Clause */
/* What plugins may reach of the gate, behind plugin/host.h's services. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/work.h"

/* The accepted upstream version is judged again: what was permitted for a time isn't any more. */
void bns_restore(struct bns_gate *g, struct bns_zone *zone)
{
	struct bns_submission sub = {.origin = BNS_ORIGIN_RESTORE, .force = true, .rollback = zone->record.rolled_back};
	void *form;
	size_t len;
	enum bns_error err = BNS_ENOENT;
	/* What an operator has rolled back must not come in again by this door. */
	if (!sub.rollback)
		err = bns_store_get(g->store, BNS_DB_UPSTREAM, zone->apex, bns_name_len(zone->apex), &form, &len);
	if (!err) {
		err = bns_version_decode(zone, form, len, &sub.contents);
		free(form);
	} else if (err == BNS_ENOENT) {
		err = bns_gate_version(g, zone, zone->record.published_serial, &sub.contents);
	}
	if (err) {
		bns_log(BNS_LOG_ERR, "zone=%s can't be judged again: %s", zone->text, bns_strerror(err));
		return;
	}
	snprintf(sub.source, sizeof(sub.source), "end of a permission");
	bns_gate_submit(g, zone, &sub, NULL, NULL);
}

static enum bns_error service_key(const char *plugin, const char *key, uint8_t out[BNS_STORE_KEY_MAX], size_t *len)
{
	int n = snprintf((char *)out, BNS_STORE_KEY_MAX, "%s%c%s", plugin, '\0', key);
	if (n < 0 || n >= BNS_STORE_KEY_MAX)
		return BNS_ERANGE;
	*len = (size_t)n;
	return BNS_OK;
}

static enum bns_error memory_open(struct bns_gate *g)
{
	if (!g->memory)
		g->memory = bns_store_begin(g->store);
	return g->memory ? BNS_OK : BNS_ENOMEM;
}

static enum bns_error service_remember(void *arg, const char *plugin, const char *key, const void *value, size_t len)
{
	struct bns_gate *g = *(struct bns_gate **)arg;
	uint8_t full[BNS_STORE_KEY_MAX];
	size_t full_len;
	enum bns_error err = service_key(plugin, key, full, &full_len);
	if (!err)
		err = memory_open(g);
	return err ? err : bns_store_put(g->memory, BNS_DB_PLUGIN, full, full_len, value, len);
}

static void service_forget(void *arg, const char *plugin, const char *key)
{
	struct bns_gate *g = *(struct bns_gate **)arg;
	uint8_t full[BNS_STORE_KEY_MAX];
	size_t full_len;
	if (service_key(plugin, key, full, &full_len) || memory_open(g) ||
	    bns_store_del(g->memory, BNS_DB_PLUGIN, full, full_len))
		bns_log(BNS_LOG_ERR, "plugin=%s key=%s could not be forgotten", plugin, key);
}

struct recall {
	size_t skip; /* plugin name and its zero */
	void (*each)(void *arg, const char *key, const void *value, size_t len);
	void *arg;
	enum bns_error err;
};

static bool recall_one(void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len)
{
	struct recall *r = arg;
	char *text = strndup((const char *)key + r->skip, key_len - r->skip);
	if (!text) {
		r->err = BNS_ENOMEM;
		return false;
	}
	r->each(r->arg, text, value, len);
	free(text);
	return true;
}

static enum bns_error service_recall(void *arg, const char *plugin, const char *prefix,
				     void (*each)(void *arg, const char *key, const void *value, size_t len),
				     void *each_arg)
{
	struct bns_gate *g = *(struct bns_gate **)arg;
	uint8_t full[BNS_STORE_KEY_MAX];
	size_t full_len;
	enum bns_error err = service_key(plugin, prefix, full, &full_len);
	if (err)
		return err;
	struct recall r = {.skip = strlen(plugin) + 1, .each = each, .arg = each_arg};
	err = bns_store_each(g->store, BNS_DB_PLUGIN, full, full_len, false, recall_one, &r);
	return err ? err : r.err;
}

static void service_judge_again(void *arg, const uint8_t *apex)
{
	struct bns_gate *g = *(struct bns_gate **)arg;
	struct bns_zone *zone = bns_gate_zone_find(g, apex);
	if (zone && zone->record.has_version)
		bns_restore(g, zone);
}

static void service_approve(void *arg, const char *id, const char *reason, const char *by)
{
	struct bns_gate *g = *(struct bns_gate **)arg;
	struct bns_zone *zone;
	const struct bns_candidate *c = bns_gate_candidate(g, id, &zone);
	if (c && c->state == BNS_CANDIDATE_HELD)
		bns_gate_approve(g, id, reason, by, 0, false, NULL, NULL);
}

static void service_event(void *arg, const char *plugin, enum bns_log_level level, const char *kind,
			  const char *zone_text, const char *text)
{
	struct bns_gate *g = *(struct bns_gate **)arg;
	uint8_t apex[BNS_NAME_MAX];
	if ((g->hushed && level >= BNS_LOG_NOTICE) || bns_name_from_text(zone_text, NULL, apex, NULL))
		return;
	bns_name_lower(apex);
	struct bns_zone *zone = bns_gate_zone_find(g, apex);
	if (!zone)
		return;
	if (!memory_open(g) && bns_audit(g, g->memory, kind, zone, NULL, text))
		bns_log(BNS_LOG_ERR, "plugin=%s zone=%s an event could not be stored", plugin, zone_text);
	bns_announce(g, level, kind, zone, NULL, text);
}

static const struct bns_contents *service_served(void *arg, const uint8_t *apex)
{
	struct bns_gate *g = *(struct bns_gate **)arg;
	struct bns_zone *zone = bns_gate_zone_find(g, apex);
	struct bns_contents *c;
	if (!zone || bns_gate_served(g, zone, &c))
		return NULL;
	if (g->borrowed_count == sizeof(g->borrowed) / sizeof(g->borrowed[0])) {
		bns_contents_free(g->borrowed[0]);
		memmove(g->borrowed, g->borrowed + 1, (g->borrowed_count - 1) * sizeof(g->borrowed[0]));
		g->borrowed_count--;
	}
	g->borrowed[g->borrowed_count++] = c;
	return c;
}

static void service_point(void *arg, const uint8_t *apex, const uint8_t *owner, const uint8_t *target, const char *by,
			  bns_pointed_fn done, void *done_arg)
{
	bns_point(*(struct bns_gate **)arg, apex, owner, target, by, done, done_arg);
}

static bool service_times(void *arg, const uint8_t *apex, struct bns_zone_times *times)
{
	struct bns_gate *g = *(struct bns_gate **)arg;
	const struct bns_zone *zone = bns_gate_zone_find(g, apex);
	if (!zone)
		return false;
	*times = (struct bns_zone_times){
		.is_secondary = bns_zone_is_secondary(zone),
		.refreshed_s = zone->record.refreshed_s,
		.expires_s = bns_zone_is_secondary(zone) ? zone->record.expires_s : 0,
		.held_since_s = zone->held ? zone->held->since_s : 0,
		.held_deadline_s = zone->held ? zone->held->deadline_s : 0,
	};
	return true;
}

static const struct bns_image *service_image(void *arg, const uint8_t *apex)
{
	return bns_table_get((*(struct bns_gate **)arg)->table, apex);
}

static bool service_settled(void *arg)
{
	return !(*(struct bns_gate **)arg)->to_tell;
}

struct bns_host_services bns_gate_host_services(struct bns_gate **g)
{
	return (struct bns_host_services){
		.arg = g,
		.remember = service_remember,
		.forget = service_forget,
		.recall = service_recall,
		.judge_again = service_judge_again,
		.approve = service_approve,
		.event = service_event,
		.served = service_served,
		.point = service_point,
		.times = service_times,
		.image = service_image,
		.settled = service_settled,
	};
}
