/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/shapes.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static int by_name(const void *a, const void *b)
{
	const struct bns_zone *const *x = a;
	const struct bns_zone *const *y = b;
	return bns_name_compare((*x)->apex, (*y)->apex);
}

struct bns_zone **bns_zones_sorted(struct bns_gate *g, size_t *count)
{
	struct bns_zone **zones = calloc(bns_gate_zone_count(g) + 1, sizeof(*zones));
	*count = 0;
	if (!zones)
		return NULL;
	for (struct bns_zone *z = bns_gate_zone_first(g); z; z = z->next)
		zones[(*count)++] = z;
	qsort(zones, *count, sizeof(*zones), by_name);
	return zones;
}

const char *bns_image_state_word(enum bns_image_state state)
{
	static const char *const words[] = {
		[BNS_IMAGE_SERVED] = "served", [BNS_IMAGE_NOT_READY] = "not-ready", [BNS_IMAGE_EXPIRED] = "expired"};
	return words[state];
}

const char *bns_origin_word(enum bns_origin origin)
{
	static const char *const words[] = {
		[BNS_ORIGIN_FILE] = "file",       [BNS_ORIGIN_TRANSFER] = "transfer", [BNS_ORIGIN_CONTROL] = "control",
		[BNS_ORIGIN_RESTORE] = "restore", [BNS_ORIGIN_REMOVAL] = "removal",
	};
	return words[origin];
}

const char *bns_rcode_word(unsigned rcode, char number[BNS_RCODE_WORD_MAX])
{
	static const char *const words[BNS_ANSWER_RCODES] = {
		[BNS_RCODE_NOERROR] = "NOERROR",     [BNS_RCODE_FORMERR] = "FORMERR", [BNS_RCODE_SERVFAIL] = "SERVFAIL",
		[BNS_RCODE_NXDOMAIN] = "NXDOMAIN",   [BNS_RCODE_NOTIMP] = "NOTIMP",   [BNS_RCODE_REFUSED] = "REFUSED",
		[BNS_RCODE_YXDOMAIN] = "YXDOMAIN",   [BNS_RCODE_NOTAUTH] = "NOTAUTH", [BNS_RCODE_BADVERS] = "BADVERS",
		[BNS_RCODE_BADCOOKIE] = "BADCOOKIE",
	};
	if (rcode < BNS_ANSWER_RCODES && words[rcode])
		return words[rcode];
	snprintf(number, BNS_RCODE_WORD_MAX, "RCODE%u", rcode);
	return number;
}

json_t *bns_json_time(int64_t wall_s)
{
	char text[BNS_TIME_TEXT_MAX];
	return wall_s ? json_string(bns_time_to_text(wall_s, text)) : json_null();
}

json_t *bns_json_zone(const struct bns_zone *zone)
{
	const struct bns_zone_record *r = &zone->record;
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "zone", zone->text, "role",
			 bns_zone_is_secondary(zone) ? "secondary" : "primary", "state",
			 bns_image_state_word(zone->state), "serial",
			 r->has_version ? json_integer(r->published_serial) : json_null(), "upstream_serial",
			 r->has_version ? json_integer(r->upstream_serial) : json_null(), "held",
			 zone->held ? bns_rpc_text(zone->held->id) : json_null());
}

json_t *bns_json_candidate(const struct bns_zone *zone, const struct bns_candidate *c)
{
	return json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:s, s:o, s:o}", "id", c->id, "zone", zone->text, "serial",
			 (json_int_t)c->serial, "served_serial",
			 c->served_serial ? json_integer(c->served_serial) : json_null(), "since",
			 bns_json_time(c->since_s), "deadline", bns_json_time(c->deadline_s), "origin",
			 bns_origin_word(c->origin), "source", bns_rpc_text(c->source), "findings",
			 c->findings ? json_incref(c->findings) : json_array());
}

static json_t *findings_of(struct bns_gate *gate, const char *id)
{
	const struct bns_candidate *c = *id ? bns_gate_candidate(gate, id, NULL) : NULL;
	return c && c->findings ? json_incref(c->findings) : json_array();
}

json_t *bns_json_result(struct bns_gate *gate, const char *zone, const struct bns_result *r)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "zone", zone, "outcome", bns_outcome_to_text(r->outcome),
			 "id", *r->id ? bns_rpc_text(r->id) : json_null(), "serial",
			 r->serial ? json_integer(r->serial) : json_null(), "reason",
			 *r->reason ? bns_rpc_text(r->reason) : json_null(), "findings", findings_of(gate, r->id));
}

void bns_end_with_result(struct bns_call *call, const char *zone, const struct bns_result *r)
{
	bns_call_result(call,
			json_pack("{s:i, s:[o]}", "schema", 1, "zones", bns_json_result(call->env->gate, zone, r)));
}

void bns_end_with_word(struct bns_call *call, const char *zone, const char *outcome)
{
	bns_call_result(call,
			json_pack("{s:i, s:[{s:s, s:s}]}", "schema", 1, "zones", "zone", zone, "outcome", outcome));
}
