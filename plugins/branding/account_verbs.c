/* SPDX-License-Identifier: BSD-3-Clause */
/* The verbs `account list` and `account readiness`. */
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "commands.h"

/* How many brandings a list looks at, and one readiness: the main loop does nothing else meanwhile. */
#define LIST_MAX 1000
#define LOOK_MAX 20000

static enum bns_error answer(json_t *root, char **json)
{
	*json = root ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	return *json ? BNS_OK : BNS_ENOMEM;
}

/* `may_look`: as long as it takes no time that others would wait for. */
static json_t *json_account(const struct lb *lb, const struct lb_account *a, bool may_look)
{
	json_t *r = may_look ? lb_account_readiness(lb, a) : json_object(), *subusers = json_array();

	for (size_t i = 0; i < a->subuser_count; i++)
		json_array_append_new(subusers, json_string(a->subusers[i]));
	json_t *row = json_pack("{s:s, s:s, s:s, s:b, s:o, s:I, s:O?, s:O?}", "account", a->id, "provider",
				a->profile->name, "region", a->region->id, "ssl", a->ssl_enabled, "subuser", subusers,
				"brandings", (json_int_t)a->branding_count, "ready", json_object_get(r, "ready"),
				"complete", json_object_get(r, "complete"));
	json_decref(r);
	return row;
}

enum bns_error lb_run_account_list(struct bns_plugin *p, const char *const *args, size_t count, char **json,
				   struct bns_diag *diag)
{
	const struct lb *lb = lb_of(p);
	json_t *list = json_array();

	(void)args;
	if (count > 0) {
		lb->host->diag(diag, NULL, 0, 0, "it takes no words: use account readiness ACCOUNT for one");
		json_decref(list);
		return BNS_EINVAL;
	}
	for (size_t i = 0, looked = 0; i < lb->policy->account_count; i++) {
		const struct lb_account *a = &lb->policy->accounts[i];
		looked += a->branding_count;
		json_array_append_new(list, json_account(lb, a, looked <= LIST_MAX));
	}
	return answer(json_pack("{s:i, s:o}", "schema", 1, "accounts", list), json);
}

const struct lb_account *lb_account_find(const struct lb *lb, const char *id, struct bns_diag *diag)
{
	const struct lb_policy *p = lb->policy;
	const char *nearest = NULL;
	unsigned best = 3;

	for (size_t i = 0; i < p->account_count; i++) {
		if (strcmp(p->accounts[i].id, id) == 0)
			return &p->accounts[i];
		if (bns_is_nearer(id, p->accounts[i].id, &best))
			nearest = p->accounts[i].id;
	}
	if (nearest)
		lb->host->diag(diag, NULL, 0, 0, "there is no account '%s' in the policy; did you mean '%s'?", id,
			       nearest);
	else
		lb->host->diag(diag, NULL, 0, 0,
			       "there is no account '%s' in the policy: account list shows those that are", id);
	return NULL;
}

enum bns_error lb_run_account_readiness(struct bns_plugin *p, const char *const *args, size_t count, char **json,
					struct bns_diag *diag)
{
	const struct lb *lb = lb_of(p);
	bool report = count == 2 && (strcmp(args[1], "--report") == 0 || strcmp(args[0], "--report") == 0);

	if (count == 0 || count > 2 || (count == 2 && !report) || (count == 1 && args[0][0] == '-')) {
		lb->host->diag(diag, NULL, 0, 0,
			       "one account is needed, and --report may be; `account list` shows them");
		return BNS_EINVAL;
	}
	const struct lb_account *a = lb_account_find(lb, args[count == 2 && args[0][0] == '-'], diag);
	if (!a)
		return BNS_ENOENT;
	if (a->branding_count > LOOK_MAX) {
		lb->host->diag(diag, NULL, 0, 0,
			       "account %s has %zu brandings, and at most %d are looked at together: see branding show "
			       "for each, or give its subusers accounts of their own in the policy",
			       a->id, a->branding_count, LOOK_MAX);
		return BNS_ERANGE;
	}
	json_t *root = lb_account_readiness(lb, a);
	char *text = report ? lb_account_report(root) : lb_account_summary(root);
	json_object_set_new(root, "text", text ? json_string(text) : NULL);
	free(text);
	return answer(root, json);
}
