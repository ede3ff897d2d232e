/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the plugin's files share: the profile of an email service provider
 * (ESP), the policy, the memory of what was routed, and one instance of all.
 * Thread: main loop.
 *
 * Words: the *edge* is a branding's first CNAME, the branded host; the *owner*
 * its second, the all-digit account name. *dcv* and *host-proof* are the two
 * names below the edge that a managed branding needs.
 */
#ifndef BRANDING_BRANDING_H
#define BRANDING_BRANDING_H

#include "names.h"
#include "plugin/plugin.h"

enum lb_mode { LB_PLAIN, LB_CDN, LB_MANAGED, LB_MODES };
enum lb_role { LB_EDGE, LB_OWNER, LB_DCV, LB_HOST_PROOF, LB_CAA, LB_ROLES };
/* Where an edge is, for the transitions between. */
enum lb_place { LB_AT_ESP, LB_AT_CDN, LB_AT_MANAGED, LB_PLACES };
/* What a transition needs, as bits. */
enum lb_need { LB_NEEDS_LISTED = 1, LB_NEEDS_PROBE = 2, LB_NEEDS_PROOF = 4, LB_NEEDS_OVERRIDE = 8 };
enum lb_on_change { LB_ON_CHANGE_DEFAULT, LB_ON_CHANGE_HOLD, LB_ON_CHANGE_PIN, LB_ON_CHANGE_OBSERVE };
enum lb_on_first_load { LB_FIRST_PIN, LB_FIRST_HOLD, LB_FIRST_OBSERVE };

extern const char *const lb_mode_words[]; /* ends with NULL, as the next ones */
extern const char *const lb_role_words[];
extern const char *const lb_on_change_words[]; /* from LB_ON_CHANGE_HOLD on */
extern const char *const lb_on_first_load_words[];

/* Host names; one that begins with `*.` stands for every name below the rest. */
struct lb_names {
	const uint8_t *const *list;
	size_t count;
};

/* What an ESP allows in one region: per mode the targets of edge and owner. */
struct lb_region {
	const char *id;
	bool offers[LB_MODES];
	struct lb_names edge[LB_MODES];   /* in mode cdn: where the verification begins */
	struct lb_names owner[LB_MODES];  /* none: brandings have no second CNAME */
	struct lb_names former[LB_MODES]; /* of an earlier generation, no longer right in that mode */
};

struct lb_profile {
	const char *name; /* "sendgrid" */
	const char *path; /* its file's */
	uint64_t digest[2];
	const char *title; /* "SendGrid" */
	const char *certificate;
	struct lb_names esp;
	struct lb_names mail;
	struct lb_region *regions;
	size_t region_count;
	const char *edge_prefix; /* generated edge labels: this and digits; NULL: none */
	bool owner_is_digits;
	unsigned modes_of[LB_ROLES];    /* bits by enum lb_mode: where the role's record is needed */
	bool is_pinned[LB_ROLES];       /* may be put right; else it is only held or told */
	const uint8_t *below[LB_ROLES]; /* dcv, host-proof: the label before the edge, as a name; NULL: no such role */
	uint16_t below_type[LB_ROLES];
	const uint8_t *below_parent[LB_ROLES]; /* the target lies below this name; NULL: any */
	const char *const *issuers;            /* of the certificates that the ESP itself gets; ends with NULL */
	uint8_t needs[LB_PLACES][LB_PLACES];   /* enum lb_need, from → to */
	struct lb_profile *next;
};

/* Where the ESP's API is asked for an account's brandings. */
struct lb_api {
	const char *key_file; /* absolute, or relative to the working folder */
	const char *url;      /* NULL: the region's own */
	uint64_t refresh_s;   /* 0: only when somebody asks */
};

struct lb_account {
	const char *id; /* NULL: a branding that names none */
	const struct lb_profile *profile;
	const struct lb_region *region;
	const char *const *subusers;
	size_t subuser_count;
	const char *const *ssl_subusers; /* for whom the ESP has switched https on; ends with NULL; NULL: none */
	const char *const *issuers;      /* of the CDN's certificates; ends with NULL; NULL: not said */
	struct lb_names from;            /* the domains of its From addresses */
	const struct lb_api *api;        /* NULL: nobody asks */
	const struct lb_branding *first; /* of its brandings, in their order; NULL: it has none */
	size_t branding_count;
	bool ssl_enabled;
	uint32_t line;
};

/* What the ESP's API says of a branding. */
struct lb_esp {
	int64_t id; /* older ones are smaller; 0: not said */
	const char *user;
	const uint8_t *domain;       /* the From domain it is for; NULL: the name above the host */
	const char *reason;          /* of the last validation, where it failed */
	const char *const *subusers; /* that may use it; ends with NULL; NULL: none */
	int64_t checked_s;
	bool is_default;
	bool knows_valid, valid;
};

struct lb_branding {
	const uint8_t *host;
	const uint8_t *owner; /* NULL: not written */
	const struct lb_account *account;
	const uint8_t *const *targets; /* the first is the preferred one */
	const char *const *issuers;    /* of its certificate; ends with NULL; NULL: the account's */
	const struct lb_esp *esp;      /* NULL: nothing is known */
	uint32_t line;                 /* where the policy has it */
	uint16_t column;
	uint16_t target_count;
	uint8_t mode;      /* enum lb_mode */
	uint8_t on_change; /* enum lb_on_change */
	bool routed;       /* the policy says so */
	bool learned;      /* nobody wrote it down */
	bool told_ending;  /* its zone's end was announced */
};

enum lb_gate { LB_GATE_DEFAULT, LB_GATE_HOLD, LB_GATE_NOTE };

struct lb_rule;

struct lb_override {
	const uint8_t *host;
	const struct lb_rule *rule;
	const char *reason;
	const char *by;
	int64_t until_s;
	bool at_run_time; /* by a verb, not by the policy file */
	bool told_ending; /* announced a day ahead */
	bool ended;       /* its end was acted on */
};

struct lb_approval {
	const char *id;
	const char *reason;
	const char *by;
	bool passed_on; /* to what was held when the policy was read */
};

#define LB_RULES_MAX 40

/* Whose chain of CNAMEs comes by at `target`. */
struct lb_reach {
	const uint8_t *target;
	const struct lb_branding *branding;
};

struct lb_policy {
	struct lb_pool pool;
	struct lb_region *region;   /* most of it lies there; NULL: all of it is the pool's */
	const char *profile_folder; /* "": none of its own */
	enum lb_on_change on_change;
	enum lb_on_first_load on_first_load;
	uint32_t max_ttl_s;
	bool learn;
	uint8_t gate[LB_RULES_MAX]; /* enum lb_gate, by a rule's place in the table */
	struct lb_profile *profiles;
	const struct lb_account *fallback; /* the default provider's first region */
	struct lb_account *accounts;
	size_t account_count;
	struct lb_branding *brandings; /* by host in canonical order: a zone's are neighbours */
	size_t branding_count;
	const struct lb_branding **strays; /* owner not beside the host; by owner in canonical order */
	size_t stray_count;
	struct lb_reach *reach; /* listed targets, in canonical order */
	size_t reach_count;
	uint32_t *watched; /* hosts and their owners by hash, see lb_policy_watched */
	size_t watched_mask;
	uint32_t *above; /* names that hosts lie at or below, by hash, see policy_above.c */
	size_t above_mask;
	uint8_t *reach_bits; /* of names that targets lie at or below */
	size_t reach_mask;
	struct lb_override *overrides;
	size_t override_count;
	size_t file_override_count; /* the first ones are the file's */
	struct lb_approval *approvals;
	size_t approval_count;
};

/* Hosts that have been served at a target that isn't the ESP's, and brandings that were recognised. */
struct lb_memory_entry {
	bool learned;
	uint8_t *target; /* NULL: seen, but only at the ESP; lies in `names` */
	uint8_t names[]; /* the host, then the target */
};

/* A move that an operator has announced. */
struct lb_expected {
	uint8_t host[BNS_NAME_MAX];
	uint8_t target[BNS_NAME_MAX];
	int64_t until_s;
	char by[128];
};

struct lb_options {
	const char *policy;
	const char *profiles;
	uint64_t recheck_s;
};

struct lb {
	struct bns_plugin *plugin;
	const struct bns_host *host;
	const struct lb_options *options;
	struct lb_policy *policy;
	bool policy_is_watched; /* the watch frees it */
	struct lb_beyond *beyond;
	struct lb_watch *watch; /* shared with packet threads */
	struct lb_map memory;   /* host → struct lb_memory_entry */
	struct lb_lives *lives;
	struct lb_map found;    /* host → which rules it breaks as it is served; see found.c */
	struct lb_map seen;     /* host → what probes saw; see seen.c */
	struct lb_map expected; /* host → struct lb_expected */
	struct lb_map heard;    /* host → what the ESP's API said of it; see account_heard.c */
	struct lb_live *live;   /* who asks it, and when */
	struct lb_granted *granted;
	struct lb_recheck *recheck;
	size_t ending_at; /* the policy's next branding whose zone's times are looked at */
	size_t sweep_at;  /* the policy's next branding to be looked at; behind the last: none */
};

/* branding.c: the instance, at the begin of one of the host's calls. */
struct lb *lb_of(struct bns_plugin *p);

/* profile.c: reads PROVIDER.yaml into `policy`'s list, or finds it there. `at` is where the provider is named. */
enum bns_error lb_profile_load(const struct lb *lb, struct lb_policy *policy, const char *provider,
			       const struct bns_yaml *at, const struct lb_profile **out,
			       struct bns_diag *diag) BNS_MUST_CHECK;
const struct lb_region *lb_profile_region(const struct lb_profile *profile, const char *id);
/* Where the provider's profile is; false where there is none. */
bool lb_profile_find(const struct lb *lb, const struct lb_policy *policy, const char *provider, char *out, size_t cap);
/* The ESP's own name. */
bool lb_profile_is_esp(const struct lb *lb, const struct lb_profile *profile, const uint8_t *name);
/* The ESP's own, and meant for links. */
bool lb_profile_is_link(const struct lb *lb, const struct lb_profile *profile, const uint8_t *name);
/* Is `name` one of those, or below one of the `*.`? */
bool lb_names_have(const struct lb *lb, const struct lb_names *names, const uint8_t *name);
/* The one to put in place: the first that is a host; NULL where there is none. */
const uint8_t *lb_names_first(const struct lb_names *names);

/* policy.c */
enum bns_error lb_policy_load(const struct lb *lb, const char *path, struct lb_policy **out,
			      struct bns_diag *diag) BNS_MUST_CHECK;
void lb_policy_free(struct lb_policy *policy);

/* policy_index.c: order, contradictions between entries, look-ups. */
enum bns_error lb_policy_index(const struct lb *lb, struct lb_policy *policy, const char *file,
			       struct bns_diag *diag) BNS_MUST_CHECK;
const struct lb_branding *lb_policy_find(const struct lb *lb, const struct lb_policy *policy, const uint8_t *host);
/* The brandings whose host is at or below `zone`: the first, and how many. */
const struct lb_branding *lb_policy_zone(const struct lb *lb, const struct lb_policy *policy, const uint8_t *zone,
					 size_t *count);
/* The stray owners at or below `zone`. */
const struct lb_branding *const *lb_policy_strays(const struct lb *lb, const struct lb_policy *policy,
						  const uint8_t *zone, size_t *count);
/* Those with a target at or below `zone`. */
const struct lb_reach *lb_policy_reach(const struct lb *lb, const struct lb_policy *policy, const uint8_t *zone,
				       size_t *count);
/* The branding that has the name as its host, or as its owner: its place and which of both; false: none. Any thread. */
bool lb_policy_watched(const struct lb_policy *policy, const uint8_t *name, uint32_t *branding, bool *is_owner);
/* The override in force for that host and rule, or NULL. */
const struct lb_override *lb_policy_override(const struct lb_policy *policy, const uint8_t *host,
					     const struct lb_rule *rule, int64_t now_s);

/* policy_above.c. Brandings are sorted by then, and `reach` is there. */
enum bns_error lb_policy_index_hosts(struct lb_policy *policy) BNS_MUST_CHECK;
enum bns_error lb_policy_index_targets(struct lb_policy *policy) BNS_MUST_CHECK;
/* The place of the first branding whose host is at or below `name`; their number where there is none. */
size_t lb_policy_first_in(const struct lb_policy *policy, const uint8_t *name);
/* False: no target is at or below `zone`. */
bool lb_policy_may_reach(const struct lb_policy *policy, const uint8_t *zone);

/* state.c */
enum bns_error lb_memory_open(struct lb *lb) BNS_MUST_CHECK;
void lb_memory_close(struct lb *lb);
const struct lb_memory_entry *lb_memory_get(const struct lb *lb, const uint8_t *host);
/* `target` NULL: seen at the ESP only. What is known already isn't written again; a known target is kept. */
void lb_memory_put(struct lb *lb, const uint8_t *host, const uint8_t *target, bool learned);
void lb_memory_drop(struct lb *lb, const uint8_t *host);

/* judge.c */
void lb_judge(struct lb *lb, const struct bns_change *change, struct bns_review *review);

/* state.c: what is public now teaches what is routed. */
void lb_memory_served(struct lb *lb, const struct bns_change *change);

/* overrides.c */
void lb_overrides_tick(struct lb *lb, int64_t now_s);
/* The policy changes from `former`: permissions that went with it have ended. */
void lb_overrides_replaced(struct lb *lb, const struct lb_policy *former, int64_t now_s);

/* judge.c: what the rules find of one host in a version of its zone; free with lb_findings_free. */
struct lb_findings;
void lb_findings_of(const struct lb *lb, const struct bns_contents *zone, const uint8_t *host, struct lb_findings *out);

/* rules_policy.c: zones near their end are told of; every branding is looked at once a minute. */
void lb_endings_tick(struct lb *lb, int64_t now_s);

/* expect.c: announced moves, over restarts. */
enum bns_error lb_expected_open(struct lb *lb) BNS_MUST_CHECK;
void lb_expected_close(struct lb *lb);
const struct lb_expected *lb_expected_get(const struct lb *lb, const uint8_t *host);
enum bns_error lb_expected_put(struct lb *lb, const uint8_t *host, const uint8_t *target,
			       const char *by) BNS_MUST_CHECK;
void lb_expected_drop(struct lb *lb, const uint8_t *host);

/* granted.c: overrides given at run time, over restarts. */
enum bns_error lb_granted_open(struct lb *lb) BNS_MUST_CHECK;
void lb_granted_close(struct lb *lb);
/* Puts them behind those of the policy's file. */
enum bns_error lb_granted_join(const struct lb *lb, struct lb_policy *policy) BNS_MUST_CHECK;
enum bns_error lb_grant(struct lb *lb, const uint8_t *host, const struct lb_rule *rule, int64_t until_s, const char *by,
			const char *reason) BNS_MUST_CHECK;
/* False: there is none. */
bool lb_revoke(struct lb *lb, const uint8_t *host, const struct lb_rule *rule);

/* rules.c: as presentation text with the final dot, for rdata. */
char *lb_name_text(const struct lb *lb, const uint8_t *name, char out[BNS_NAME_TEXT_MAX]);
/* Without it, for sentences. */
char *lb_name_words(const struct lb *lb, const uint8_t *name, char out[BNS_NAME_TEXT_MAX]);

/* beyond.c: served zones, each copied once per call of the host; forget at its begin, be it only an answer's. */
struct lb_beyond;
struct lb_beyond *lb_beyond_new(void);
void lb_beyond_forget(const struct lb *lb);
const struct bns_contents *lb_served(const struct lb *lb, const uint8_t *apex);
/* The apex of the served zone that holds `host`, with its records; NULL where none does. */
const struct bns_contents *lb_served_zone(const struct lb *lb, const uint8_t *host, const uint8_t **apex);
/* The zone that answers for `name`: `judged` or another one that is served; NULL: none of ours. */
const struct bns_contents *lb_zone_of(const struct lb *lb, const struct bns_contents *judged, const uint8_t *name);

/* commands.c */
extern const struct bns_plugin_command lb_commands[];

#endif
