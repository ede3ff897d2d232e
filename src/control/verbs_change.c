/* SPDX-License-Identifier: BSD-3-Clause */
/* The verbs that set a change going and wait for the gate's verdict: of one zone, or of many at once. */
#include <stdlib.h>

#include "control/handlers.h"
#include "control/shapes.h"

/* Several zones under one call: it ends with the last verdict. */
struct wave {
	struct bns_call *call;
	json_t *rows; /* in the order of the zones */
	size_t waiting;
};

struct wave_item {
	struct wave *wave;
	size_t row;
	char zone[BNS_NAME_TEXT_MAX];
};

typedef void (*start_fn)(const struct bns_control_env *env, struct bns_zone *zone, bns_result_fn done, void *arg);

static void wave_end(struct wave *wave)
{
	bns_call_result(wave->call, json_pack("{s:i, s:o}", "schema", 1, "zones", wave->rows));
	free(wave);
}

static void on_verdict(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	struct wave_item *item = arg;
	struct wave *wave = item->wave;
	(void)zone;
	json_array_set_new(wave->rows, item->row, bns_json_result(wave->call->env->gate, item->zone, result));
	free(item);
	if (--wave->waiting == 0)
		wave_end(wave);
}

static void start_waiting(struct wave *wave, struct bns_zone *zone, size_t row, start_fn start)
{
	static const struct bns_result no_memory = {.outcome = BNS_OUTCOME_FAILED, .reason = "out of memory"};
	struct wave_item *item = malloc(sizeof(*item));
	if (!item) {
		json_array_set_new(wave->rows, row, bns_json_result(wave->call->env->gate, zone->text, &no_memory));
		return;
	}
	*item = (struct wave_item){.wave = wave, .row = row};
	snprintf(item->zone, sizeof(item->zone), "%s", zone->text);
	wave->waiting++;
	start(wave->call->env, zone, on_verdict, item);
}

static void begin(struct bns_call *call, struct bns_zone *const *zones, size_t count, start_fn start)
{
	const struct bns_control_env *env = call->env;
	struct wave *wave = malloc(sizeof(*wave));
	if (!wave) {
		bns_call_result(call, NULL);
		return;
	}
	/* One more to wait for, until all are started: a verdict that is there at once must not end the call. */
	*wave = (struct wave){.call = call, .rows = json_array(), .waiting = 1};
	for (size_t i = 0; i < count; i++) {
		json_array_append_new(wave->rows, json_null());
		if (bns_call_flag(call, "no_wait")) {
			start(env, zones[i], NULL, NULL);
			json_array_set_new(wave->rows, i,
					   json_pack("{s:s, s:s}", "zone", zones[i]->text, "outcome", "started"));
		} else {
			start_waiting(wave, zones[i], i, start);
		}
	}
	if (--wave->waiting == 0)
		wave_end(wave);
}

static void start_reload(const struct bns_control_env *env, struct bns_zone *zone, bns_result_fn done, void *arg)
{
	bns_gate_load_file(env->gate, zone, done, arg);
}

static void start_refresh(const struct bns_control_env *env, struct bns_zone *zone, bns_result_fn done, void *arg)
{
	bns_transfer_refresh(env->transfer, zone, false, done, arg);
}

static void start_retransfer(const struct bns_control_env *env, struct bns_zone *zone, bns_result_fn done, void *arg)
{
	bns_transfer_refresh(env->transfer, zone, true, done, arg);
}

static void reload_all(struct bns_call *call)
{
	size_t all;
	size_t count = 0;
	struct bns_zone **zones = bns_zones_sorted(call->env->gate, &all);
	if (!zones) {
		bns_call_result(call, NULL);
		return;
	}
	for (size_t i = 0; i < all; i++) {
		if (!bns_zone_is_secondary(zones[i]))
			zones[count++] = zones[i];
	}
	begin(call, zones, count, start_reload);
	free(zones);
}

void bns_run_zone_reload(struct bns_call *call)
{
	if (!bns_call_text(call, "zone")) {
		reload_all(call);
		return;
	}
	struct bns_zone *zone = bns_call_zone(call);
	if (zone && bns_zone_is_secondary(zone))
		bns_call_error(call, BNS_RPC_NOT_APPLICABLE,
			       "zone %s comes from a primary, not from a file: use `zone refresh %s`", zone->text,
			       zone->text);
	else if (zone)
		begin(call, &zone, 1, start_reload);
}

static void ask_primaries(struct bns_call *call, start_fn start)
{
	struct bns_zone *zone = bns_call_zone(call);
	if (zone && !bns_zone_is_secondary(zone))
		bns_call_error(call, BNS_RPC_NOT_APPLICABLE,
			       "zone %s is served from its file and has no primary to ask: use `zone reload %s`",
			       zone->text, zone->text);
	else if (zone)
		begin(call, &zone, 1, start);
}

void bns_run_zone_refresh(struct bns_call *call)
{
	ask_primaries(call, start_refresh);
}

void bns_run_zone_retransfer(struct bns_call *call)
{
	ask_primaries(call, start_retransfer);
}
