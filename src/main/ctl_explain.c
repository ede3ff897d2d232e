/* SPDX-License-Identifier: BSD-3-Clause */
/* explain: what a rule of the branding plugin means, without a daemon. */
#include <string.h>

#include "control/grid.h"
#include "control/rpc.h"
#include "main/ctl_sides.h"

struct explanation {
	const struct ctl *ctl;
	json_t *result; /* NULL: it was told why not */
};

static void on_reply(void *arg, enum bns_error err, const char *json, const struct bns_diag *diag)
{
	struct explanation *e = arg;
	if (err == BNS_OK)
		e->result = json_loads(json, 0, NULL);
	else
		ctl_complain(e->ctl, "%s", diag && diag->text[0] ? diag->text : bns_strerror(err));
}

static const char *severity_words(const json_t *rule)
{
	switch (*bns_rpc_str(rule, "severity")) {
	case 'C':
		return "live links are broken";
	case 'H':
		return "links will break";
	default:
		return "a risk";
	}
}

/* What becomes of a change that brings it. */
static const char *gate_words(const json_t *rule)
{
	const char *gate = bns_rpc_str(rule, "gate");
	const char *seen_in = bns_rpc_str(rule, "seen_in");
	if (strcmp(gate, "hold") == 0)
		return "this policy holds a change that brings it";
	if (strcmp(gate, "note") == 0)
		return "this policy only notes it";
	if (*bns_rpc_str(rule, "severity") == 'M')
		return "a change that brings it passes with a note";
	if (strncmp(seen_in, "zone", 4) == 0)
		return "a change that brings it is held";
	return strcmp(seen_in, "probe") == 0 ? "a new target that has it is held where a probe is required" : "";
}

static void print_line(const char *title, const char *text)
{
	if (*text)
		printf("  %-10s %s\n", title, text);
}

static void print_rule(const struct ctl *ctl, const json_t *rule)
{
	char head[128];
	snprintf(head, sizeof(head), "%s %s", bns_rpc_str(rule, "rule"), bns_rpc_str(rule, "name"));
	bns_paint(stdout, ctl->colour, BNS_BOLD, head);
	fputc('\n', stdout);
	print_line("sees", bns_rpc_str(rule, "sees"));
	print_line("seen in", bns_rpc_str(rule, "seen_in"));
	print_line("breaks", bns_rpc_str(rule, "consequence"));
	printf("  %-10s %s: %s\n", "severity", bns_rpc_str(rule, "severity"), severity_words(rule));
	print_line("gate", gate_words(rule));
	print_line("remedy", bns_rpc_str(rule, "remedy"));
}

static void print_rules(const struct ctl *ctl, const json_t *rules)
{
	static const char *const titles[] = {"RULE", "NAME", "SEVERITY", "SEEN IN", "REMEDY"};
	size_t i;
	json_t *rule;
	struct bns_grid *grid = bns_grid_new(titles, 5);
	json_array_foreach (rules, i, rule) {
		const char *const cells[] = {bns_rpc_str(rule, "rule"), bns_rpc_str(rule, "name"),
					     bns_rpc_str(rule, "severity"), bns_rpc_str(rule, "seen_in"),
					     bns_rpc_str(rule, "remedy")};
		bns_grid_add(grid, cells);
	}
	bns_grid_print(grid, stdout, ctl->colour);
	bns_grid_free(grid);
}

enum ctl_exit ctl_explain(struct ctl *ctl, json_t *params)
{
	struct explanation e = {.ctl = ctl};
	struct ctl_policy policy;
	struct bns_plugin *plugin;
	const char *rule = json_string_value(json_object_get(params, "rule"));
	if (!ctl_policy_open(ctl, json_string_value(json_object_get(params, "policy")), &policy))
		return CTL_ERROR;
	const struct bns_plugin_command *command = bns_plugins_command(policy.plugins, "branding explain", &plugin);
	if (command)
		bns_plugins_run(plugin, command, &rule, rule ? 1 : 0, "", on_reply, &e);
	if (e.result && ctl->json)
		ctl_print_json(ctl, e.result);
	else if (e.result && rule)
		print_rule(ctl, e.result);
	else if (e.result)
		print_rules(ctl, json_object_get(e.result, "rules"));
	const enum ctl_exit code = e.result ? CTL_DONE : CTL_ERROR;
	json_decref(e.result);
	ctl_policy_close(&policy);
	return code;
}
