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

enum lb_mode { LB_PLAIN, LB_CDN, LB_MANAGED };
enum lb_role { LB_EDGE, LB_OWNER, LB_DCV, LB_HOST_PROOF, LB_ROLES };
enum lb_on_change { LB_ON_CHANGE_DEFAULT, LB_ON_CHANGE_HOLD, LB_ON_CHANGE_PIN, LB_ON_CHANGE_OBSERVE };
enum lb_on_first_load { LB_FIRST_PIN, LB_FIRST_HOLD, LB_FIRST_OBSERVE };

extern const char *const lb_mode_words[]; /* ends with NULL, as the next ones */
extern const char *const lb_role_words[];
extern const char *const lb_on_change_words[]; /* from LB_ON_CHANGE_HOLD on */
extern const char *const lb_on_first_load_words[];

struct lb_region {
	const char *id;
	const uint8_t *edge;    /* where verification starts and plain brandings stay */
	const uint8_t *owner;   /* the second CNAME's only target */
	const uint8_t *managed; /* the edge's target where the ESP keeps the certificate; NULL: no such mode */
};

struct lb_profile {
	const char *name;  /* "sendgrid" */
	const char *title; /* "SendGrid" */
	const char *certificate;
	const uint8_t *const *esp;
	size_t esp_count;
	const uint8_t *const *mail;
	size_t mail_count;
	struct lb_region *regions;
	size_t region_count;
	const char *edge_prefix; /* generated edge labels: this and digits; NULL: none */
	bool owner_is_digits;
	const uint8_t *below[LB_ROLES]; /* dcv, host-proof: the label before the edge, as a name; NULL: no such role */
	uint16_t below_type[LB_ROLES];
	const uint8_t *below_parent[LB_ROLES]; /* the target lies below this name; NULL: any */
	struct lb_profile *next;
};

struct lb_account {
	const char *id; /* NULL: a branding that names none */
	const struct lb_profile *profile;
	const struct lb_region *region;
	const char *const *subusers;
	size_t subuser_count;
	bool ssl_enabled;
	uint32_t line;
};

struct lb_branding {
	const uint8_t *host;
	const uint8_t *owner; /* NULL: not written */
	const struct lb_account *account;
	const uint8_t *const *targets; /* the first is the preferred one */
	uint32_t line;                 /* where the policy has it */
	uint16_t column;
	uint16_t target_count;
	uint8_t mode;      /* enum lb_mode */
	uint8_t on_change; /* enum lb_on_change */
	bool routed;       /* the policy says so */
	bool learned;      /* nobody wrote it down */
};

enum lb_gate { LB_GATE_DEFAULT, LB_GATE_HOLD, LB_GATE_NOTE };

struct lb_rule;

struct lb_override {
	const uint8_t *host;
	const struct lb_rule *rule;
	const char *reason;
	const char *by;
	int64_t until_s;
	bool told_ending; /* announced a day ahead */
	bool ended;       /* its end was acted on */
};

struct lb_approval {
	const char *id;
	const char *reason;
	const char *by;
	int64_t due_s; /* to be passed on at that time; INT64_MAX: not now */
};

#define LB_RULES_MAX 40

struct lb_policy {
	struct lb_pool pool;
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
	struct lb_override *overrides;
	size_t override_count;
	struct lb_approval *approvals;
	size_t approval_count;
};

/* Hosts that have been served at a target that isn't the ESP's, and brandings that were recognised. */
struct lb_memory_entry {
	bool learned;
	uint8_t *target; /* NULL: seen, but only at the ESP; lies in `names` */
	uint8_t names[]; /* the host, then the target */
};

struct lb_options {
	const char *policy;
	const char *profiles;
};

struct lb {
	struct bns_plugin *plugin;
	const struct bns_host *host;
	struct lb_policy *policy;
	struct lb_map memory; /* host → struct lb_memory_entry */
};

/* profile.c: reads PROVIDER.yaml into `policy`'s list, or finds it there. `at` is where the provider is named. */
enum bns_error lb_profile_load(const struct lb *lb, struct lb_policy *policy, const char *provider,
			       const struct bns_yaml *at, const struct lb_profile **out,
			       struct bns_diag *diag) BNS_MUST_CHECK;
const struct lb_region *lb_profile_region(const struct lb_profile *profile, const char *id);
/* The ESP's own name. */
bool lb_profile_is_esp(const struct lb *lb, const struct lb_profile *profile, const uint8_t *name);
/* The ESP's own, and meant for links. */
bool lb_profile_is_link(const struct lb *lb, const struct lb_profile *profile, const uint8_t *name);

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
/* The override in force for that host and rule, or NULL. */
const struct lb_override *lb_policy_override(const struct lb_policy *policy, const uint8_t *host,
					     const struct lb_rule *rule, int64_t now_s);

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
/* The apex of the served zone that holds `host`, with its records; NULL where none does. */
const struct bns_contents *lb_served_zone(const struct lb *lb, const uint8_t *host, const uint8_t **apex);

/* judge.c: what the rules find of one host in a version of its zone; free with lb_findings_free. */
struct lb_findings;
void lb_findings_of(const struct lb *lb, const struct bns_contents *zone, const uint8_t *host, struct lb_findings *out);

/* commands.c */
extern const struct bns_plugin_command lb_commands[];

#endif
