/* SPDX-License-Identifier: BSD-3-Clause */
/* The verbs that are given a zone's text: what would it change, and shall it be served. */
#include <stdlib.h>
#include <string.h>

#include "base/seccomp.h"
#include "control/handlers.h"
#include "control/shapes.h"
#include "zone/dump.h"
#include "zone/load.h"

/* A text that is read in the pool. */
struct reading {
	uv_work_t work;
	struct bns_call *call;
	void (*then)(struct reading *r, struct bns_zone *zone); /* takes `contents` and `formatted` over */
	bool format;
	struct bns_contents *contents;
	char *formatted; /* as `format` would have it; only where `format` is set */
	struct bns_diag diag;
	uint8_t apex[BNS_NAME_MAX];
	enum bns_error err;
};

static const char *source_of(const struct reading *r)
{
	const char *source = bns_call_text(r->call, "source");
	return source ? source : "text";
}

static void read_work(uv_work_t *work)
{
	bns_seccomp_thread(BNS_SECCOMP_POOL);
	struct reading *r = work->data;
	const char *text = bns_call_text(r->call, "text");
	r->err = bns_zone_parse(text, strlen(text), source_of(r), r->apex, &r->contents, &r->diag);
	if (!r->err && r->format)
		r->err = bns_zone_format_text(text, strlen(text), source_of(r), &r->formatted, &r->diag);
}

static void reading_free(struct reading *r)
{
	bns_contents_free(r->contents);
	free(r->formatted);
	free(r);
}

static void after_read(uv_work_t *work, int status)
{
	struct reading *r = work->data;
	struct bns_call *call = r->call;
	char text[sizeof(r->diag.file) + sizeof(r->diag.text) + 32];
	/* The zone may have gone while its text was read. */
	struct bns_zone *zone = status == 0 ? bns_gate_zone_find(call->env->gate, r->apex) : NULL;
	if (r->err != BNS_OK)
		bns_call_error(call, BNS_RPC_PARAMS, "%s", bns_diag_format(&r->diag, text, sizeof(text)));
	else if (!zone)
		bns_call_error(call, BNS_RPC_NOT_FOUND, "the zone isn't served here any more");
	else
		r->then(r, zone);
	reading_free(r);
}

static void begin(struct bns_call *call, const struct bns_zone *zone, bool format,
		  void (*then)(struct reading *r, struct bns_zone *zone))
{
	struct reading *r = calloc(1, sizeof(*r));
	if (!r) {
		bns_call_result(call, NULL);
		return;
	}
	*r = (struct reading){.call = call, .then = then, .format = format, .err = BNS_ECANCELED};
	r->work.data = r;
	memcpy(r->apex, zone->apex, bns_name_len(zone->apex));
	bns_diag_set(&r->diag, NULL, 0, 0, "%s", bns_strerror(BNS_ECANCELED));
	int rc = uv_queue_work(call->env->loop, &r->work, read_work, after_read);
	if (rc != 0)
		after_read(&r->work, rc);
}

/* ---- diff ---- */

static void on_report(void *arg, struct bns_zone *zone, json_t *report)
{
	struct bns_call *call = arg;
	(void)zone;
	bns_call_result(call, json_incref(report));
}

static void judge(struct reading *r, struct bns_zone *zone)
{
	struct bns_contents *contents = r->contents;
	r->contents = NULL;
	bns_gate_dry_run(r->call->env->gate, zone, contents, source_of(r), on_report, r->call);
}

void bns_run_diff(struct bns_call *call)
{
	struct bns_zone *zone = bns_call_zone(call);
	if (zone)
		begin(call, zone, false, judge);
}

/* ---- apply ---- */

static void on_applied(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	struct bns_call *call = arg;
	bns_end_with_result(call, zone ? zone->text : bns_call_text(call, "zone"), result);
}

static void submit(struct reading *r, struct bns_zone *zone)
{
	struct bns_call *call = r->call;
	bool waits = !bns_call_flag(call, "no_wait");
	struct bns_submission sub = {
		.contents = r->contents,
		.origin = BNS_ORIGIN_CONTROL,
		.by = call->peer.by,
		.expect = bns_call_text(call, "expect"),
		.file_text = r->formatted,
	};
	r->contents = NULL;
	r->formatted = NULL;
	snprintf(sub.source, sizeof(sub.source), "%s", source_of(r));
	bns_gate_submit(call->env->gate, zone, &sub, waits ? on_applied : NULL, call);
	if (!waits)
		bns_end_with_word(call, zone->text, "started");
}

/* Whose records are somebody else's, or nobody's to write. */
static bool can_apply(struct bns_call *call, const struct bns_zone *zone)
{
	char primary[BNS_ADDR_TEXT_MAX] = "its primary";
	if (bns_zone_is_secondary(zone)) {
		if (zone->conf->set->primary[0]->address_count > 0)
			bns_addr_to_text(&zone->conf->set->primary[0]->address[0], primary);
		bns_call_error(call, BNS_RPC_NOT_APPLICABLE,
			       "zone %s is a secondary here: what it has comes from %s (%s) and would come back from "
			       "there; change it at that primary, then `brandnsctl zone refresh %s`",
			       zone->text, zone->conf->set->primary[0]->id, primary, zone->text);
		return false;
	}
	if (!zone->conf->file)
		bns_call_error(call, BNS_RPC_NOT_APPLICABLE, "zone %s has no file that could be written", zone->text);
	return zone->conf->file;
}

/* A wrong hash could never fit; it is told from one that has been overtaken. */
static bool is_hash(struct bns_call *call)
{
	const char *expect = bns_call_text(call, "expect");
	if (strlen(expect) == 64 && strspn(expect, "0123456789abcdef") == 64)
		return true;
	bns_call_error(call, BNS_RPC_PARAMS,
		       "'%.80s' is no hash of a plan: `brandnsctl -j diff` shows it as \"hash\", "
		       "64 hexadecimal digits",
		       expect);
	return false;
}

void bns_run_apply(struct bns_call *call)
{
	struct bns_zone *zone = bns_call_zone(call);
	if (zone && can_apply(call, zone) && is_hash(call))
		begin(call, zone, true, submit);
}
