/* SPDX-License-Identifier: BSD-3-Clause */
#include "gate/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/members.h"
#include "gate/own_finding.h"
#include "zone/catalog.h"

#define NAMES_SHOWN 3

struct bns_catalog_look {
	uint8_t apex[BNS_NAME_MAX];
	char owner[BNS_NAME_TEXT_MAX]; /* its members' */
	enum bns_catalog_role role;
	struct bns_conf_share max;
	struct bns_catalog before;
	struct bns_catalog after;
	char text[BNS_REASON_MAX];
	struct bns_own_finding finding;
};

enum bns_error bns_catalog_look_new(const struct bns_zone *zone, struct bns_catalog_look **out)
{
	const struct bns_conf_catalog *conf = zone->conf->set->catalog;
	*out = NULL;
	if (!conf || conf->role == BNS_CATALOG_MEMBER)
		return BNS_OK;
	struct bns_catalog_look *look = calloc(1, sizeof(*look));
	if (!look)
		return BNS_ENOMEM;
	memcpy(look->apex, zone->apex, bns_name_len(zone->apex));
	bns_name_to_text(zone->apex, look->owner);
	look->role = conf->role;
	look->max = conf->removals_max;
	*out = look;
	return BNS_OK;
}

void bns_catalog_look_free(struct bns_catalog_look *look)
{
	if (!look)
		return;
	bns_catalog_free(&look->before);
	bns_catalog_free(&look->after);
	bns_own_finding_free(&look->finding);
	free(look);
}

/* What is served may date from before the zone became a catalog: then it lists nobody. */
static enum bns_error read_served(struct bns_catalog_look *look, const struct bns_contents *served)
{
	struct bns_problems problems = {0};
	enum bns_error err = bns_catalog_read(served, &look->before, &problems);
	if (problems.count > 0)
		bns_catalog_free(&look->before);
	bns_problems_free(&problems);
	return err;
}

enum bns_error bns_catalog_look_in_pool(struct bns_catalog_look *look, const struct bns_contents *served,
					const struct bns_contents *candidate, struct bns_problems *problems)
{
	enum bns_error err = served ? read_served(look, served) : BNS_OK;
	if (!err && candidate)
		err = bns_catalog_read(candidate, &look->after, problems);
	return err;
}

/* ---- how many would go ---- */

/* A member that another catalog has taken over (§4.4.1), or that never came to be ours, doesn't go with its entry. */
static bool is_ours(const struct bns_catalog_look *look, const struct bns_gate *g, const uint8_t *member)
{
	if (look->role == BNS_CATALOG_GENERATE)
		return true;
	const struct bns_zone *zone = bns_gate_zone_find((struct bns_gate *)g, member);
	return zone && zone->member && strcmp(zone->member->owner, look->owner) == 0;
}

static bool goes(const struct bns_catalog_look *look, const struct bns_gate *g, const struct bns_catalog_member *m)
{
	const struct bns_catalog_member *now = bns_catalog_find(&look->after, m->zone);
	return (!now || !bns_catalog_same_label(m, now)) && is_ours(look, g, m->zone);
}

/* Counts them and names the first few. */
static size_t count_going(const struct bns_catalog_look *look, const struct bns_gate *g, char *names, size_t cap)
{
	size_t count = 0, used = 0;
	names[0] = '\0';
	for (size_t i = 0; i < look->before.count; i++) {
		char zone[BNS_NAME_TEXT_MAX];
		if (!goes(look, g, &look->before.members[i]))
			continue;
		if (count++ >= NAMES_SHOWN || used >= cap)
			continue;
		bns_name_to_text_nodot(look->before.members[i].zone, zone);
		used += (size_t)snprintf(names + used, cap - used, "%s%.80s", count > 1 ? ", " : "", zone);
	}
	if (count > NAMES_SHOWN && used < cap)
		snprintf(names + used, cap - used, " and others");
	return count;
}

/* A share is rounded up: of a few members, one may always go unless the share is zero. */
static size_t allowed(const struct bns_catalog_look *look)
{
	if (!look->max.is_percent)
		return look->max.value;
	return (look->before.count * look->max.value + 99) / 100;
}

/* ---- what is said of it ---- */

const struct bns_review_result *bns_catalog_look_add(struct bns_catalog_look *look, const struct bns_gate *g,
						     const struct bns_review_result *result)
{
	const struct bns_note note = {
		.verdict = BNS_VERDICT_HOLD,
		.fresh = true,
		.severity = 'C',
		.rule = "catalog-removals",
		.owner = look->apex,
		.rdata = "",
		.text = look->text,
		.remedy = "put the members back at the primary, or approve if they are meant to go",
	};
	char names[NAMES_SHOWN * 84], limit[32];
	size_t going = count_going(look, g, names, sizeof(names));
	if (going <= allowed(look))
		return result;
	snprintf(limit, sizeof(limit), "%u%s", look->max.value, look->max.is_percent ? "%" : "");
	snprintf(look->text, sizeof(look->text),
		 "%zu of %zu members would be removed at once, or begin anew; catalog-removals-max is %s: %s", going,
		 look->before.count, limit, names);
	return bns_own_finding_add(&look->finding, "catalog", &note, result);
}
