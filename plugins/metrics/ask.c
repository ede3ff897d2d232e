/* SPDX-License-Identifier: BSD-3-Clause */
#include "ask.h"

#include <stdlib.h>

struct answer {
	json_t *result;
	bool has_ended, is_left; /* who asked is gone */
};

static void on_shown(void *arg, const char *json, const char *why)
{
	struct answer *a = arg;

	(void)why;
	a->has_ended = true;
	if (a->is_left)
		free(a);
	else if (json)
		a->result = json_loads(json, 0, NULL);
}

json_t *mt_ask(const struct mt *mt, const char *method, json_t *params)
{
	struct answer *a = calloc(1, sizeof(*a));
	char *text = params ? json_dumps(params, JSON_COMPACT) : NULL;
	json_t *result = NULL;

	if (a && (text || !params))
		mt->host->show(mt->plugin, method, text, on_shown, a);
	free(text);
	json_decref(params);
	if (!a)
		return NULL;
	result = a->result;
	a->is_left = !a->has_ended;
	if (a->has_ended)
		free(a);
	return result;
}
