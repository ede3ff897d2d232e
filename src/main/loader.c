/* SPDX-License-Identifier: BSD-3-Clause */
#include "main/loader.h"

#include "base/log.h"

#define IN_HAND_MAX 512

void bns_loader_init(struct bns_loader *l, struct bns_gate *gate)
{
	*l = (struct bns_loader){.gate = gate};
}

static void pump(struct bns_loader *l);

static void loaded(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	(void)zone;
	struct bns_loader *l = arg;
	l->in_hand--;
	if (result->outcome == BNS_OUTCOME_HELD)
		l->held++;
	else if (result->outcome >= BNS_OUTCOME_REFUSED)
		l->refused++;
	pump(l);
}

static struct bns_zone *file_zone(struct bns_loader *l, const struct bns_conf_zone *conf)
{
	uint8_t apex[BNS_NAME_MAX];
	if (conf->primary_count > 0 || !conf->file || bns_name_from_text(conf->domain, NULL, apex, NULL))
		return NULL;
	return bns_gate_zone_find(l->gate, apex);
}

static void finish(struct bns_loader *l)
{
	l->running = false;
	bns_log(l->refused ? BNS_LOG_WARN : BNS_LOG_INFO, "zone files are read: %zu refused, %zu held", l->refused,
		l->held);
}

static void pump(struct bns_loader *l)
{
	if (l->pumping)
		return;
	l->pumping = true;
	while (l->in_hand < IN_HAND_MAX && l->next < l->conf->zone_count) {
		struct bns_zone *zone = file_zone(l, &l->conf->zones[l->next++]);
		if (!zone)
			continue;
		l->in_hand++;
		bns_gate_load_file(l->gate, zone, loaded, l);
	}
	l->pumping = false;
	if (l->running && l->in_hand == 0 && l->next >= l->conf->zone_count)
		finish(l);
}

void bns_loader_start(struct bns_loader *l, const struct bns_conf *conf)
{
	l->conf = conf;
	l->next = 0;
	if (!l->running)
		l->refused = l->held = 0;
	l->running = true;
	pump(l);
}

void bns_loader_stop(struct bns_loader *l)
{
	if (l->conf)
		l->next = l->conf->zone_count;
}
