/* SPDX-License-Identifier: BSD-3-Clause */
/* What changes something is written down before it is tried: who, what, with which parameters. */
#include <stdio.h>
#include <string.h>

#include "control/handlers.h"

#define PARAM_MAX 80 /* octets of one value that are kept: zone files are parameters too */
#define TEXT_MAX  512

struct text {
	char data[TEXT_MAX];
	size_t len;
};

static void BNS_PRINTF(2, 3) add(struct text *t, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(t->data + t->len, sizeof(t->data) - t->len, fmt, args);
	va_end(args);
	if (n > 0)
		t->len = t->len + (size_t)n < sizeof(t->data) ? t->len + (size_t)n : sizeof(t->data) - 1;
}

static void add_value(struct text *t, const char *name, const json_t *value)
{
	char *written = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);
	if (!written)
		return;
	bool whole = strlen(written) <= PARAM_MAX;
	add(t, " %s=%.*s%s", name, PARAM_MAX, written, whole ? "" : "...");
	free(written);
}

void bns_call_audit(const struct bns_call *call, const char *method)
{
	struct text text = {.len = 0};
	char zone[BNS_NAME_TEXT_MAX] = "";
	uint8_t apex[BNS_NAME_MAX];
	const char *name, *asked = bns_call_text(call, "zone");
	json_t *value;
	add(&text, "%s", method);
	json_object_foreach (call->params, name, value)
		add_value(&text, name, value);
	if (asked && bns_name_from_text(asked, NULL, apex, NULL) == BNS_OK) {
		bns_name_lower(apex);
		bns_name_to_text_nodot(apex, zone);
	}
	bns_gate_audit_call(call->env->gate, zone, call->peer.by, text.data);
}
