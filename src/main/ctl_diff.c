/* SPDX-License-Identifier: BSD-3-Clause */
/* diff A B: files, folders and servers against each other, without a daemon. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "main/ctl_diff.h"
#include "main/ctl_report.h"
#include "transfer/transfer.h"

static const char *option(const json_t *params, const char *name)
{
	return json_string_value(json_object_get(params, name));
}

/* An offline diff on its way. */
struct compare {
	struct ctl *ctl;
	struct ctl_side a;
	struct ctl_side b;
	struct bns_tsig_key key;
	bool has_key;
	struct bns_tls_client *tls; /* NULL: in the clear */
	struct ctl_policy policy;
	json_t *reports;
	enum ctl_exit code;
};

/* One side's version of a zone. `*mine`: to be freed. False: it could not be had. */
static bool version(struct compare *c, const struct ctl_side *side, const uint8_t *apex, struct bns_contents **out,
		    bool *mine)
{
	struct bns_diag diag = {.text = ""};
	*out = NULL;
	*mine = side->kind == CTL_SIDE_SERVER;
	if (!*mine) {
		const struct ctl_zone *zone = ctl_side_find(side, apex);
		*out = zone ? zone->contents : NULL;
		/* What could not be read isn't gone. */
		return zone ? zone->contents != NULL : side->kind != CTL_SIDE_FILE || !side->failed;
	}
	enum bns_error err = bns_axfr_fetch(&side->server, apex, c->has_key ? &c->key : NULL, c->tls, out, &diag);
	if (err == BNS_OK)
		return true;
	char zone[BNS_NAME_TEXT_MAX];
	ctl_complain(c->ctl, "%s: zone %s: %s", side->name, bns_name_to_text_nodot(apex, zone),
		     *diag.text ? diag.text : bns_strerror(err));
	return false;
}

static void compare_zone(struct compare *c, const uint8_t *apex)
{
	struct bns_contents *before = NULL;
	struct bns_contents *after = NULL;
	bool before_mine = false;
	bool after_mine = false;
	json_t *report = NULL;
	if (version(c, &c->a, apex, &before, &before_mine) && version(c, &c->b, apex, &after, &after_mine))
		report = ctl_judge(c->ctl, &c->policy, apex, before, after, c->b.name);
	if (report) {
		ctl_report_complete(report, after);
		json_array_append_new(c->reports, report);
	} else {
		c->code = CTL_ERROR;
	}
	if (before_mine)
		bns_contents_free(before);
	if (after_mine)
		bns_contents_free(after);
}

/* A single file names the zone it is about; folders compare all they have. */
static bool names_zones(const struct ctl_side *side, const struct ctl_side *other)
{
	return side->kind == CTL_SIDE_FILE || (side->kind == CTL_SIDE_FOLDER && other->kind != CTL_SIDE_FILE);
}

static void compare_named(struct compare *c)
{
	for (size_t i = 0; names_zones(&c->a, &c->b) && i < c->a.count; i++)
		compare_zone(c, c->a.zones[i].apex);
	for (size_t i = 0; names_zones(&c->b, &c->a) && i < c->b.count; i++) {
		if (!names_zones(&c->a, &c->b) || !ctl_side_find(&c->a, c->b.zones[i].apex))
			compare_zone(c, c->b.zones[i].apex);
	}
}

static bool compare_is_sound(const struct compare *c, const char *zone)
{
	if (!zone && c->a.kind == CTL_SIDE_SERVER && c->b.kind == CTL_SIDE_SERVER) {
		ctl_complain(c->ctl, "diff of two servers needs the zone: --zone ZONE");
		return false;
	}
	if (c->a.kind == CTL_SIDE_FILE && c->b.kind == CTL_SIDE_FILE && c->a.count && c->b.count &&
	    !bns_name_equal(c->a.zones[0].apex, c->b.zones[0].apex)) {
		char a[BNS_NAME_TEXT_MAX];
		char b[BNS_NAME_TEXT_MAX];
		ctl_complain(c->ctl, "%s is zone %s, %s is zone %s: nothing to compare", c->a.name,
			     bns_name_to_text_nodot(c->a.zones[0].apex, a), c->b.name,
			     bns_name_to_text_nodot(c->b.zones[0].apex, b));
		return false;
	}
	return true;
}

static bool compare_all(struct compare *c, const char *zone)
{
	uint8_t apex[BNS_NAME_MAX];
	size_t len;
	if (!compare_is_sound(c, zone))
		return false;
	if (!zone) {
		compare_named(c);
		return true;
	}
	if (bns_name_from_text(zone, NULL, apex, &len) != BNS_OK) {
		ctl_complain(c->ctl, "--zone: '%s' is no domain name", zone);
		return false;
	}
	bns_name_lower(apex);
	compare_zone(c, apex);
	return true;
}

static bool prepare(struct compare *c, const json_t *params)
{
	const char *key = option(params, "key");
	const char *policy = option(params, "policy");
	enum bns_diff_format format;
	void (*complain)(const struct ctl *, const struct bns_diag *) = ctl_report_complain(option(params, "format"));
	if (!ctl_report_format(c->ctl, option(params, "format"), &format))
		return false;
	if (key && !ctl_key_from_text(c->ctl, key, &c->key))
		return false;
	c->has_key = key != NULL;
	if (!ctl_tls_open(c->ctl, option(params, "tls"), option(params, "tls_ca"), option(params, "tls_pin"), &c->tls))
		return false;
	if (policy && !ctl_policy_open(c->ctl, policy, &c->policy))
		return false;
	if (!ctl_side_open(c->ctl, option(params, "a"), complain, &c->a))
		return false;
	if (!ctl_side_open(c->ctl, option(params, "b"), complain, &c->b))
		return false;
	c->policy.beside = &c->a;
	if (c->tls) {
		ctl_tls_port(&c->a);
		ctl_tls_port(&c->b);
	}
	return true;
}

/* Without a single report there is nothing to print: what went wrong was told. */
static enum ctl_exit diff_offline(struct ctl *ctl, const json_t *params)
{
	struct compare c = {.ctl = ctl, .reports = json_array()};
	if (!prepare(&c, params) || !compare_all(&c, option(params, "zone")))
		c.code = CTL_ERROR;
	if (c.a.failed || c.b.failed || json_array_size(c.reports) == 0)
		c.code = CTL_ERROR;
	if (json_array_size(c.reports) > 0)
		c.code = ctl_worse(c.code, ctl_report_print(ctl, option(params, "format"), c.reports));
	json_decref(c.reports);
	ctl_side_close(&c.a);
	ctl_side_close(&c.b);
	ctl_policy_close(&c.policy);
	bns_tls_client_unref(c.tls);
	OPENSSL_cleanse(&c.key, sizeof(c.key));
	return c.code;
}

enum ctl_exit ctl_diff(struct ctl *ctl, json_t *params)
{
	static const struct {
		const char *param;
		const char *option;
	} offline_only[] = {
		{"policy", "policy"}, {"key", "key"}, {"tls", "tls"}, {"tls_ca", "tls-ca"}, {"tls_pin", "tls-pin"}};
	if (option(params, "b"))
		return diff_offline(ctl, params);
	for (size_t i = 0; i < sizeof(offline_only) / sizeof(offline_only[0]); i++) {
		if (!option(params, offline_only[i].param))
			continue;
		ctl_complain(ctl, "diff: --%s is for `diff A B`; against a running daemon its own policy judges",
			     offline_only[i].option);
		return CTL_ERROR;
	}
	return ctl_diff_online(ctl, option(params, "a"), option(params, "zone"), option(params, "format"));
}
