/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rules LBnn: one row each in a table, and for those that zone data alone
 * can answer, one function that looks at one branding in one version of its
 * zone. A rule says what it finds; whether that holds a change is judge.c's.
 * Thread: main loop.
 */
#ifndef BRANDING_RULES_H
#define BRANDING_RULES_H

#include "branding.h"
#include "resolve.h"

/* One branding under judgement: what holds for both versions of the zone. */
struct lb_case {
	const struct lb_branding *branding;
	const struct lb_profile *profile;
	const struct lb_region *region;
	bool judge_edge; /* the host belongs to this zone */
	bool judge_owner;
	bool is_reaching;            /* the host is another zone's, and its target lies in this one */
	bool is_protected;           /* routed: the ESP's own names are no longer lawful */
	const uint8_t *known_target; /* where a routed branding was last; NULL: unknown */
	bool had_below[LB_ROLES];    /* the served version has its dcv, host-proof */
	uint32_t max_ttl_s;
};

/* That branding in one version of the zone. */
struct lb_look {
	const struct lb *lb;
	const struct lb_case *c;
	const struct bns_contents *zone;
	struct lb_path edge;
	struct lb_path owner;
};

struct lb_finding {
	const struct lb_rule *rule;
	enum lb_role role;
	char severity;        /* the rule's, but for a milder case */
	const uint8_t *owner; /* of the record */
	uint16_t type;
	const char *rdata;
	const char *text;
};

struct lb_findings {
	struct lb_pool pool;
	struct lb_finding *list;
	size_t count, capacity;
	bool failed; /* out of memory: something may be missing */
};

struct lb_rule {
	const char *id;
	const char *name;
	char severity;           /* 'C' live links broken, 'H' will break, 'M' a risk */
	const char *sees;        /* what it looks for, as docs/rules.md has it */
	const char *consequence; /* ends the sentence; NULL: the finding's own words say it */
	const char *remedy;
	void (*judge)(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
	unsigned flags; /* enum lb_rule_flag */
};

enum lb_rule_flag {
	LB_ABSENCE = 1,  /* the record isn't there: a set-up that hasn't come that far isn't put right */
	LB_STANDING = 2, /* no change of a zone breaks or mends it: shown, not gated */
	LB_PROBED = 4,   /* probes look for it, too */
	LB_TIMES = 8,    /* it is about the zone's timers */
};

extern const struct lb_rule lb_rules[];
extern const size_t lb_rule_count;

/* NULL where there is none. */
const struct lb_rule *lb_rule_find(const char *id);

/* Looks a branding up in a version and asks all rules. */
void lb_look_init(struct lb_look *look, const struct lb *lb, const struct lb_case *c, const struct bns_contents *zone);
void lb_rules_ask(const struct lb_look *look, struct lb_findings *out);
void lb_rules_ask_standing(const struct lb_look *look, struct lb_findings *out);
void lb_findings_free(struct lb_findings *f);

/* Adds a finding; `rdata` and `owner` are copied. The text is the words given, then the rule's consequence. */
void lb_find(struct lb_findings *out, const struct lb_look *look, const struct lb_rule *rule, enum lb_role role,
	     const uint8_t *owner, const char *rdata, const char *fmt, ...) BNS_PRINTF(7, 8);

/* The name of the dcv or host-proof record; false: the profile has none. */
bool lb_below_name(const struct lb_case *c, enum lb_role role, uint8_t out[BNS_NAME_MAX]);
/* The same; false also where the branding's mode doesn't need it. */
bool lb_needs_below(const struct lb_case *c, enum lb_role role, uint8_t out[BNS_NAME_MAX]);

/* Does the ESP keep the branded host's certificate at that name? */
bool lb_is_managed_name(const struct lb *lb, const struct lb_case *c, const uint8_t *name);

/* Where the edge arrives: the first name outside the zone, or one with addresses inside; NULL: it doesn't. */
const uint8_t *lb_effective(const struct lb_path *path);

/* The region whose name for that role it is, where that is another than the account's; NULL: none. */
const struct lb_region *lb_other_region(const struct lb_look *look, enum lb_role role, const uint8_t *name);

/* rules_edge.c */
void lb_rule_reverted(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
void lb_rule_wrong_region(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
void lb_rule_former(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
void lb_rule_unlisted(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
void lb_rule_dangling(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
void lb_rule_loop(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
void lb_rule_ttl(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
void lb_rule_proxy_loop(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
/* rules_record.c */
void lb_rule_flattened(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
void lb_rule_proxied(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
void lb_rule_owner_wrong(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
void lb_rule_dcv_missing(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
void lb_rule_doubled(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
void lb_rule_conflict(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
void lb_rule_removed(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);

/* rules_caa.c: issuers of the host's certificate; ends with NULL; NULL: not known. */
const char *const *lb_caa_issuers(const struct lb_case *c);
void lb_rule_caa(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
/* rules_policy.c */
void lb_rule_reverify(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
void lb_rule_from_domain(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
void lb_rule_shadowed(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
void lb_rule_subuser(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
void lb_rule_uncovered(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
void lb_rule_single(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);
void lb_rule_expiring(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out);

/* What ends soon of a zone's life. */
enum lb_ending { LB_ENDING_NONE, LB_ENDING_HOLD, LB_ENDING_EXPIRY };
enum lb_ending lb_ending_of(const struct bns_zone_times *times, int64_t now_s);

/* Does `name` end in the zone's name twice over, or in an ESP's or listed name and then the zone's? */
bool lb_is_doubled_target(const struct lb_look *look, const uint8_t *name, bool for_edge);
bool lb_is_listed(const struct lb_branding *b, const uint8_t *name);

#endif
