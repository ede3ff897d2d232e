/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/verbs.h"

#include <string.h>

#include "base/nearest.h"
#include "control/handlers.h"

#define TEXT(n, label_, help_)                                                                                         \
	{                                                                                                              \
		.name = (n), .kind = BNS_PARAM_TEXT, .label = (label_), .help = (help_)                                \
	}
#define NEED(n, label_, help_)                                                                                         \
	{                                                                                                              \
		.name = (n), .kind = BNS_PARAM_TEXT, .required = true, .label = (label_), .help = (help_)              \
	}
#define WORDS(n, label_, help_)                                                                                        \
	{                                                                                                              \
		.name = (n), .kind = BNS_PARAM_WORDS, .required = true, .label = (label_), .help = (help_)             \
	}
#define OPTION(n, label_, help_)                                                                                       \
	{                                                                                                              \
		.name = (n), .kind = BNS_PARAM_TEXT, .option = true, .label = (label_), .help = (help_)                \
	}
#define NUMBER(n, label_, help_)                                                                                       \
	{                                                                                                              \
		.name = (n), .kind = BNS_PARAM_INTEGER, .option = true, .label = (label_), .help = (help_)             \
	}
#define FLAG(n, help_)                                                                                                 \
	{                                                                                                              \
		.name = (n), .kind = BNS_PARAM_FLAG, .option = true, .help = (help_)                                   \
	}
#define REASON                                                                                                         \
	{                                                                                                              \
		.name = "reason", .kind = BNS_PARAM_TEXT, .option = true, .required_late = true, .label = "TEXT",      \
		.help = "why, for the audit"                                                                           \
	}
#define END                                                                                                            \
	{                                                                                                              \
		.name = NULL                                                                                           \
	}

static const struct bns_param none[] = {END};
static const struct bns_param one_zone[] = {NEED("zone", "ZONE", "the zone"), END};
static const struct bns_param maybe_zone[] = {TEXT("zone", "ZONE", "the zone; all where it is left out"), END};
static const struct bns_param dump_params[] = {
	NEED("zone", "ZONE", "the zone"),
	NUMBER("serial", "N", "a kept version, by its published serial; else what is served"),
	END,
};
static const struct bns_param rollback_params[] = {
	NEED("zone", "ZONE", "the zone"),
	{.name = "serial",
	 .kind = BNS_PARAM_INTEGER,
	 .required = true,
	 .label = "N",
	 .help = "the kept version, by its published serial"},
	END,
};
static const struct bns_param reload_params[] = {
	TEXT("zone", "ZONE", "the zone; all that are served from files where it is left out"),
	FLAG("no_wait", "don't wait for the verdict"),
	END,
};
static const struct bns_param refresh_params[] = {
	NEED("zone", "ZONE", "the zone"),
	FLAG("no_wait", "don't wait for the verdict"),
	END,
};
#define ZONES                                                                                                          \
	{                                                                                                              \
		.name = "zones", .kind = BNS_PARAM_WORDS, .required = true, .label = "ZONE...", .help = "the zones"    \
	}
#define SOME_ZONES                                                                                                     \
	TEXT("zone", "ZONE", "the zone"),                                                                              \
	{                                                                                                              \
		.name = "zones", .kind = BNS_PARAM_WORDS, .label = "ZONE...", .help = "or many of them"                \
	}
#define SETTINGS                                                                                                       \
	OPTION("template", "ID", "template of the configuration; `default` where it is left out"),                     \
		OPTION("primary", "ID[,ID...]", "remotes the zone is fetched from"),                                   \
		OPTION("file", "PATH", "zone file, as in the configuration and relative to its folder"),               \
		OPTION("notify", "ID[,ID...]", "remotes that are told of new versions"),                               \
		OPTION("acl", "ID[,ID...]", "rules for transfers and NOTIFY"),                                         \
	{                                                                                                              \
		.name = "set", .kind = BNS_PARAM_WORDS, .option = true, .label = "KEY=VALUE",                          \
		.help = "whatever else a zone of the configuration takes; as often as needed"                          \
	}
static const struct bns_param add_params[] = {
	SOME_ZONES,
	SETTINGS,
	FLAG("no_wait", "don't wait for the first version's verdict"),
	END,
};
static const struct bns_param add_cli[] = {
	ZONES,
	SETTINGS,
	FLAG("no_wait", "don't wait for the first version's verdict"),
	END,
};
static const struct bns_param remove_params[] = {SOME_ZONES, END};
static const struct bns_param remove_cli[] = {ZONES, END};
static const struct bns_param show_params[] = {NEED("id", "ID|ZONE", "a candidate, or the zone that holds it"), END};
static const struct bns_param approve_params[] = {
	NEED("id", "ID", "the candidate: ZONE@SERIAL-DIGEST"),
	REASON,
	OPTION("until", "TIME", "the findings are accepted until then (2026-12-01 or 2026-12-01T12:00:00Z)"),
	FLAG("keep_branding", "take the rest of the change, keep the branding records as they are served"),
	END,
};
static const struct bns_param reject_params[] = {
	NEED("id", "ID", "the candidate: ZONE@SERIAL-DIGEST"),
	REASON,
	END,
};
static const struct bns_param diff_params[] = {
	NEED("zone", "ZONE", "the zone"),
	NEED("text", "TEXT", "the zone file that would be served"),
	OPTION("source", "NAME", "what the text is called in messages"),
	END,
};
static const struct bns_param apply_params[] = {
	NEED("zone", "ZONE", "the zone"),
	NEED("text", "TEXT", "the zone file that shall be served"),
	NEED("expect", "HASH", "the plan that was reviewed: `hash` of `diff`"),
	OPTION("source", "NAME", "what the text is called in messages"),
	FLAG("no_wait", "don't wait for the verdict"),
	END,
};
static const struct bns_param apply_cli[] = {
	NEED("file", "ZONEFILE", "the zone file that shall be served"),
	{.name = "expect",
	 .kind = BNS_PARAM_TEXT,
	 .option = true,
	 .required = true,
	 .label = "HASH",
	 .help = "the plan that was reviewed: `hash` of `diff`"},
	FLAG("no_wait", "don't wait for the verdict"),
	END,
};
static const struct bns_param diff_cli[] = {
	NEED("a", "A", "file or directory; with B also @SERVER[#PORT]"),
	TEXT("b", "B", "the other side; left out: A against what the daemon serves"),
	OPTION("policy", "FILE", "judge by this branding policy (with B)"),
	OPTION("format", "text|json|markdown|github", "how the result is written"),
	OPTION("key", "[ALG:]NAME:SECRET", "TSIG for transfers"),
	OPTION("tls", "NAME", "transfers by TLS, from who proves this name; port 853 where none is given"),
	OPTION("tls_ca", "FILE", "authorities that vouch for it; those the system trusts where it is left out"),
	OPTION("tls_pin", "PIN", "transfers by TLS, from who has this public key: its SHA-256 in base64"),
	OPTION("zone", "ZONE", "only this zone; required where both sides are servers"),
	END,
};
static const struct bns_param level_params[] = {
	NEED("level", "critical|error|warning|notice|info|debug", "what is logged: this and worse"), END};
static const struct bns_param audit_params[] = {
	TEXT("zone", "ZONE", "only lines about this zone"),
	NUMBER("limit", "N", "at most so many, the latest; 100 where it is left out"),
	END,
};
static const struct bns_param events_cli[] = {FLAG("follow", "go on until interrupted"), END};
static const struct bns_param config_cli[] = {NEED("file", "FILE", "the configuration"), END};
static const struct bns_param check_cli[] = {
	WORDS("paths", "FILE|DIR...", "zone files (-: standard input), or folders of *.zone"),
	OPTION("policy", "FILE", "judge by this branding policy"),
	END,
};
static const struct bns_param format_cli[] = {
	WORDS("files", "FILE...", "zone files, rewritten in place; - is standard input, and goes to standard output"),
	FLAG("check", "change nothing; name the files that would change, and exit 2"),
	END,
};

static const struct bns_param explain_cli[] = {
	TEXT("rule", "RULE", "LB01 or reverted-to-esp; all rules where it is left out"),
	OPTION("policy", "FILE", "say what `gate` of this branding policy makes of it"),
	END,
};

static const struct bns_param store_cli[] = {
	TEXT("folder", "FOLDER", "what database.storage names; /var/lib/brandns where it is left out"),
	END,
};
static const struct bns_param backup_cli[] = {
	NEED("folder", "FOLDER", "what database.storage names"),
	NEED("dest", "DEST", "the new folder for the copy"),
	END,
};
static const struct bns_param import_cli[] = {
	{.name = "files",
	 .kind = BNS_PARAM_WORDS,
	 .label = "FILE...",
	 .help = "JSON of the provider's API: brandings, and what validating them answered"},
	OPTION("account", "ID", "the account they belong to; the user they name where it is left out"),
	OPTION("into", "POLICY", "merge into this file; what isn't imported stays as it stands"),
	FLAG("from_api", "ask the provider's API, as `api` of the account in POLICY says, or the next options"),
	OPTION("key_file", "FILE", "a key of that API, in a file that others can't read"),
	OPTION("region", "REGION", "where the account is: global or eu"),
	OPTION("url", "URL", "another API than the region's"),
	OPTION("subuser", "NAMES", "subusers to ask for too, with commas between"),
	OPTION("validate", "HOST",
	       "have the provider validate this branding NOW: while its first CNAME is at a CDN that fails, and the "
	       "provider stops applying the branding to mail"),
	FLAG("validate_anyway", "its first CNAME is at the provider's, whatever POLICY says"),
	END,
};

static const struct bns_verb verbs[] = {
	{"status", "version, uptime, zones by state, held changes, queries", 0, none, NULL, bns_run_status},
	{"zone list", "every zone with its state and serial", 0, none, NULL, bns_run_zone_list},
	{"zone status", "serials, timers, held change and last error", 0, maybe_zone, NULL, bns_run_zone_status},
	{"zone dump", "the zone file of what is served, or of a kept version", 0, dump_params, NULL, bns_run_zone_dump},
	{"zone log", "kept versions and decisions, the latest first", 0, one_zone, NULL, bns_run_zone_log},
	{"zone rollback", "serve a kept version again, under a new serial", BNS_VERB_ADMIN, rollback_params, NULL,
	 bns_run_zone_rollback},
	{"zone reload", "read the zone file again and wait for the verdict", BNS_VERB_ADMIN, reload_params, NULL,
	 bns_run_zone_reload},
	{"zone refresh", "ask the primaries now and wait for the verdict", BNS_VERB_ADMIN, refresh_params, NULL,
	 bns_run_zone_refresh},
	{"zone retransfer", "fetch the zone whatever its serial, also what was rejected", BNS_VERB_ADMIN,
	 refresh_params, NULL, bns_run_zone_retransfer},
	{"zone notify", "send NOTIFY to the zone's secondaries", BNS_VERB_ADMIN, one_zone, NULL, bns_run_zone_notify},
	{"zone add", "serve a zone that isn't in the configuration, also after a restart", BNS_VERB_ADMIN, add_params,
	 add_cli, bns_run_zone_add},
	{"zone remove", "let a zone go that was added with `zone add`", BNS_VERB_ADMIN, remove_params, remove_cli,
	 bns_run_zone_remove},
	{"zone expire", "answer SERVFAIL until the primary is heard of again", BNS_VERB_ADMIN, one_zone, NULL,
	 bns_run_zone_expire},
	{"held list", "changes that wait for a decision", 0, none, NULL, bns_run_held_list},
	{"held show", "a held change: findings, remedies, differences", 0, show_params, NULL, bns_run_held_show},
	{"held approve", "serve a held change", BNS_VERB_ADMIN, approve_params, NULL, bns_run_held_approve},
	{"held reject", "never serve a held change", BNS_VERB_ADMIN, reject_params, NULL, bns_run_held_reject},
	{"diff", "what is served against files, or files and servers against each other", 0, diff_params, diff_cli,
	 bns_run_diff},
	{"apply", "serve a reviewed zone file from here, or change nothing", BNS_VERB_ADMIN, apply_params, apply_cli,
	 bns_run_apply},
	{"stats", "counters", 0, none, NULL, bns_run_stats},
	{"audit", "what was decided, by whom", 0, audit_params, NULL, bns_run_audit},
	{"events", "the latest events", 0, none, events_cli, bns_run_events},
	{"events subscribe", "the latest events, then new ones as notifications", BNS_VERB_STREAM, none, NULL,
	 bns_run_events_subscribe},
	{"log-level", "how much is logged, until the next reload", BNS_VERB_ADMIN, level_params, NULL,
	 bns_run_log_level},
	{"reload", "read configuration, plugins' options, policy and zone directories again", BNS_VERB_ADMIN, none,
	 NULL, bns_run_reload},
	{"stop", "end the daemon", BNS_VERB_ADMIN, none, NULL, bns_run_stop},
	{"verbs", "every verb the daemon knows, its plugins' too", 0, none, NULL, bns_run_verbs},
	{"check-config", "check a configuration and the policies it names", BNS_VERB_OFFLINE, none, config_cli, NULL},
	{"check-zone", "check zone files as the daemon would", BNS_VERB_OFFLINE, none, check_cli, NULL},
	{"format", "canonical zone files, comments kept", BNS_VERB_OFFLINE, none, format_cli, NULL},
	{"explain", "what a rule of link brandings looks for, what it breaks, what to do", BNS_VERB_OFFLINE, none,
	 explain_cli, NULL},
	{"store check", "look at every page and value of a store", BNS_VERB_OFFLINE, none, store_cli, NULL},
	{"store backup", "copy a store, also while the daemon uses it", BNS_VERB_OFFLINE, none, backup_cli, NULL},
	{"store compact", "give the disk back what is free in a store", BNS_VERB_OFFLINE, none, store_cli, NULL},
	{"import", "the provider's list of brandings as a policy file", BNS_VERB_OFFLINE, none, import_cli, NULL},
};

#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

const struct bns_verb *bns_verb_at(size_t index)
{
	return index < VERB_COUNT ? &verbs[index] : NULL;
}

/* A dot in the asked name stands for a space in the row's. */
static bool same_name(const char *words, const char *name)
{
	while (*words && (*words == *name || (*words == ' ' && *name == '.'))) {
		words++;
		name++;
	}
	return *words == *name;
}

const struct bns_verb *bns_verb_find(const char *name)
{
	for (size_t i = 0; i < VERB_COUNT; i++) {
		if (same_name(verbs[i].words, name))
			return &verbs[i];
	}
	return NULL;
}

/* How many of the list's words the row's words are; 0 where they differ. */
static size_t words_matched(const char *row, const char *const *words, size_t count)
{
	size_t n = 0;
	while (n < count) {
		size_t len = strlen(words[n]);
		if (strncmp(row, words[n], len) != 0)
			return 0;
		row += len;
		n++;
		if (*row == '\0')
			return n;
		if (*row++ != ' ')
			return 0;
	}
	return 0;
}

const struct bns_verb *bns_verb_match(const char *const *words, size_t count, size_t *used)
{
	const struct bns_verb *best = NULL;
	*used = 0;
	for (size_t i = 0; i < VERB_COUNT; i++) {
		size_t n = words_matched(verbs[i].words, words, count);
		if (n > *used) {
			best = &verbs[i];
			*used = n;
		}
	}
	return best;
}

const char *bns_verb_nearest(const char *name)
{
	const char *best = NULL;
	unsigned least = 3;
	for (size_t i = 0; i < VERB_COUNT; i++) {
		if (bns_is_nearer(name, verbs[i].words, &least))
			best = verbs[i].words;
	}
	return best;
}

char *bns_verb_method(const char *words, char out[BNS_METHOD_MAX])
{
	size_t i = 0;
	for (; words[i] && i + 1 < BNS_METHOD_MAX; i++)
		out[i] = words[i] == ' ' ? '.' : words[i];
	out[i] = '\0';
	return out;
}

const struct bns_param *bns_verb_cli(const struct bns_verb *v)
{
	return v->cli ? v->cli : v->params;
}

void bns_verbs_help(FILE *out)
{
	for (size_t i = 0; i < VERB_COUNT; i++) {
		char usage[256];
		if (verbs[i].flags & BNS_VERB_STREAM)
			continue;
		bns_verb_usage(&verbs[i], usage, sizeof(usage));
		if (strlen(usage) > 38)
			fprintf(out, "  %s\n  %-38s  %s\n", usage, "", verbs[i].help);
		else
			fprintf(out, "  %-38s  %s\n", usage, verbs[i].help);
	}
}
