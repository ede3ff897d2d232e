/* SPDX-License-Identifier: BSD-3-Clause */
/* What was seen last of each target, so that who asks again soon needn't wait. */
#include <stdlib.h>
#include <string.h>

#include "probe.h"

#define KNOWN_MAX 4096 /* results that are kept; then the oldest goes */

static void known_free(struct known *k)
{
	json_decref(k->result);
	free(k->key);
	free(k);
}

static void forget_oldest(struct probe_state *s)
{
	struct known **last = &s->known;
	while (*last && (*last)->next)
		last = &(*last)->next;
	if (*last)
		known_free(*last);
	*last = NULL;
	s->known_count--;
}

void probe_keep(struct probe_state *s, const char *key, json_t *result)
{
	struct known *k = calloc(1, sizeof(*k));
	for (struct known **link = &s->known; *link; link = &(*link)->next) {
		if (strcmp((*link)->key, key) != 0)
			continue;
		struct known *former = *link;
		*link = former->next;
		known_free(former);
		s->known_count--;
		break;
	}
	char *copy = k ? strdup(key) : NULL;
	if (!copy) {
		free(k);
		return;
	}
	*k = (struct known){.key = copy, .at_s = s->host->now_s(), .result = json_incref(result), .next = s->known};
	s->known = k;
	if (++s->known_count > KNOWN_MAX)
		forget_oldest(s);
}

const struct known *probe_find_known(const struct probe_state *s, const char *key, uint64_t fresh_s)
{
	for (const struct known *k = s->known; k; k = k->next)
		if (strcmp(k->key, key) == 0)
			return (uint64_t)(s->host->now_s() - k->at_s) <= fresh_s ? k : NULL;
	return NULL;
}

void probe_forget_all(struct probe_state *s)
{
	while (s->known) {
		struct known *next = s->known->next;
		known_free(s->known);
		s->known = next;
	}
}
