/* SPDX-License-Identifier: BSD-3-Clause */
/* A plugin that looks at what is answered from, as one that answers elsewhere does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/plugin.h"

struct options {
	bool fail_bind;
};

struct answerer {
	char bound[16];
	char withheld[64];
	bool opened;
};

static enum bns_error answerer_bind(struct bns_plugin *p, const struct bns_host *host, struct bns_diag *diag)
{
	const struct options *o = host->options(p);
	struct answerer *a = calloc(1, sizeof(*a));

	if (!a || o->fail_bind) {
		free(a);
		host->diag(diag, NULL, 0, 0, "the answerer was told to fail");
		return BNS_EINVAL;
	}
	strcpy(a->bound, "bound");
	host->set_state(p, a);
	return BNS_OK;
}

static enum bns_error answerer_open(struct bns_plugin *p, const struct bns_host *host, struct bns_diag *diag)
{
	struct answerer *a = host->state(p);

	(void)diag;
	if (!a)
		host->set_state(p, a = calloc(1, sizeof(*a)));
	a->opened = true;
	return BNS_OK;
}

static void answerer_close(struct bns_plugin *p)
{
	free(bns_host_of(p)->state(p));
}

static void answerer_withheld(struct bns_plugin *p, const uint8_t *zone)
{
	struct answerer *a = bns_host_of(p)->state(p);
	char text[BNS_NAME_TEXT_MAX];

	snprintf(a->withheld, sizeof(a->withheld), "%.60s", bns_host_of(p)->name_to_text(zone, text));
}

static void answerer_count(struct bns_plugin *p, struct bns_answer_counts *sum)
{
	(void)p;
	sum->queries += 7;
	sum->transport[BNS_TRANSPORT_UDP] += 7;
	sum->rcode[0] += 7;
	sum->type[BNS_TYPE_CNAME] += 7;
}

struct list {
	const struct bns_host *host;
	FILE *to;
	unsigned left;
};

static bool list_name(void *arg, const struct bns_served_name *name)
{
	struct list *l = arg;
	char text[BNS_NAME_TEXT_MAX];

	fprintf(l->to, "%s:%llx%s%s%s%s%s ", l->host->name_to_text(name->name, text), (unsigned long long)name->types,
		name->is_cut ? " cut" : "", name->is_occluded ? " occluded" : "", name->has_wildcard ? " wildcard" : "",
		name->is_alias ? " alias" : "", name->is_dname ? " dname" : "");
	return --l->left > 0;
}

/* "answerer names ZONE COUNT" */
static enum bns_error run_names(struct bns_plugin *p, const char *const *args, size_t count, char **json,
				struct bns_diag *diag)
{
	const struct bns_host *host = bns_host_of(p);
	struct bns_served_zone about;
	uint8_t zone[BNS_NAME_MAX];
	size_t zone_len, text_len;

	(void)diag;
	(void)count;
	host->name_from_text(args[0], NULL, zone, &zone_len);
	enum bns_error err = host->served_zone(p, zone, &about);
	if (err)
		return err;
	struct list l = {.host = host, .to = open_memstream(json, &text_len), .left = (unsigned)atoi(args[1])};
	fprintf(l.to, "%zu%s ", about.name_count, about.is_signed ? " signed" : "");
	err = host->served_names(p, zone, list_name, &l);
	fclose(l.to);
	return err;
}

static enum bns_error run_state(struct bns_plugin *p, const char *const *args, size_t count, char **json,
				struct bns_diag *diag)
{
	const struct bns_host *host = bns_host_of(p);
	const struct answerer *a = host->state(p);
	union bns_addr addr;
	uint8_t out[64];
	char text[256];

	(void)args;
	(void)count;
	(void)diag;
	snprintf(text, sizeof(text), "%s %s [%s] %zu %d %d", a->bound, a->opened ? "open" : "shut", a->withheld,
		 host->would_answer(p, (const uint8_t *)"?", 1, out, sizeof(out)), host->settled(p),
		 host->listening(p, 0, &addr));
	*json = strdup(text);
	return BNS_OK;
}

static const struct bns_option options[] = {
	{"fail-bind", BNS_OPTION_BOOL, offsetof(struct options, fail_bind), "false", "Fails."},
	{0},
};

static const struct bns_plugin_command commands[] = {
	{"answerer names", "ZONE COUNT", "Names that are answered from.", false, run_names, NULL},
	{"answerer state", "", "What happened so far.", false, run_state, NULL},
	{0},
};

const struct bns_plugin_descriptor bns_plugin = {
	.abi = BNS_PLUGIN_ABI,
	.name = "answerer",
	.summary = "Looks at what is answered from.",
	.options = options,
	.options_size = sizeof(struct options),
	.commands = commands,
	.bind = answerer_bind,
	.open = answerer_open,
	.close = answerer_close,
	.withheld = answerer_withheld,
	.count = answerer_count,
};
