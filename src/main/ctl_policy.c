/* SPDX-License-Identifier: BSD-3-Clause */
/* The daemon's judgement, offline. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gate/judge.h"
#include "main/ctl_sides.h"

/* The configuration one would write: an absolute path, in YAML's single quotes. */
static struct bns_yaml *policy_conf(const struct ctl *ctl, const char *path)
{
	struct bns_diag diag = {.text = "out of memory"};
	struct bns_yaml *conf = NULL;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	if (!f)
		return NULL;
	fputs("id: branding\npolicy: '", f);
	for (const char *p = path; *p; p++) {
		if (*p == '\'')
			fputc('\'', f);
		fputc(*p, f);
	}
	fputs("'\n", f);
	fclose(f);
	if (bns_yaml_parse(text, len, path, &conf, &diag) != BNS_OK)
		ctl_complain_diag(ctl, &diag);
	free(text);
	return conf;
}

/* A chain of CNAMEs may go on in another zone, and other brandings may come by in this one. */
static const struct bns_contents *served_beside(void *arg, const uint8_t *apex)
{
	const struct ctl_policy *policy = arg;
	const struct ctl_zone *zone = policy->beside ? ctl_side_find(policy->beside, apex) : NULL;
	return zone ? zone->contents : NULL;
}

static bool load(const struct ctl *ctl, struct ctl_policy *policy)
{
	const struct bns_host_services services = {.arg = policy, .served = served_beside};
	struct bns_diag diag = {.text = "out of memory"};
	char folder[4096];
	policy->plugins = bns_plugins_new(bns_plugins_default_dir(folder, sizeof(folder)), &services);
	if (policy->plugins && bns_plugins_load(policy->plugins, "branding", policy->conf, &diag) == BNS_OK)
		return true;
	ctl_complain_diag(ctl, &diag);
	ctl_policy_close(policy);
	return false;
}

bool ctl_policy_open(const struct ctl *ctl, const char *path, struct ctl_policy *policy)
{
	*policy = (struct ctl_policy){0};
	char *absolute = path ? realpath(path, NULL) : NULL;
	if (path && !absolute) {
		ctl_complain(ctl, "%s: %s", path, strerror(errno));
		return false;
	}
	if (absolute)
		policy->conf = policy_conf(ctl, absolute);
	free(absolute);
	return (!path || policy->conf) && load(ctl, policy);
}

void ctl_policy_close(struct ctl_policy *policy)
{
	bns_plugins_free(policy->plugins);
	bns_yaml_free(policy->conf);
	*policy = (struct ctl_policy){0};
}

json_t *ctl_judge(const struct ctl *ctl, const struct ctl_policy *policy, const uint8_t *apex,
		  const struct bns_contents *before, const struct bns_contents *after, const char *source)
{
	char zone[BNS_NAME_TEXT_MAX];
	json_t *report = NULL;
	enum bns_error err = bns_judge(policy ? policy->plugins : NULL, apex, before, after, source, &report);
	if (err == BNS_OK)
		return report;
	ctl_complain(ctl, "zone %s can't be judged: %s", bns_name_to_text_nodot(apex, zone), bns_strerror(err));
	return NULL;
}

int ctl_verdict_rank(const char *verdict)
{
	static const char *const words[] = {"none", "pass", "amend", "hold", "refuse"};
	for (int i = 0; i < 5; i++) {
		if (verdict && strcmp(words[i], verdict) == 0)
			return i;
	}
	return 4;
}

enum ctl_exit ctl_exit_of_verdict(const char *verdict)
{
	int rank = ctl_verdict_rank(verdict);
	return rank == 0 ? CTL_DONE : rank < 3 ? CTL_DIFFERS : CTL_HELD;
}
