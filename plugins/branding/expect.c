/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Moves that an operator has announced: the version that makes one passes, and
 * one that goes elsewhere is held. "expect/NAME" → "TARGET UNTIL BY".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "branding.h"
#include "words.h"

#define KEY_PREFIX "expect/"
#define LASTS_S    (7 * 86400) /* what hasn't come by then isn't on its way */

const struct lb_expected *lb_expected_get(const struct lb *lb, const uint8_t *host)
{
	const struct lb_expected *e = lb_map_get(&lb->expected, host);

	return e && lb->host->now_s() < e->until_s ? e : NULL;
}

static struct lb_expected *put(struct lb *lb, const uint8_t *host, const uint8_t *target, int64_t until_s,
			       const char *by)
{
	struct lb_expected *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	memcpy(e->host, host, lb_name_len(host));
	memcpy(e->target, target, lb_name_len(target));
	e->until_s = until_s;
	snprintf(e->by, sizeof(e->by), "%s", by);
	struct lb_expected *former = lb_map_get(&lb->expected, host);
	if (former) {
		lb_map_rekey(&lb->expected, e->host, e);
		free(former);
		return e;
	}
	void **place = lb_map_put(&lb->expected, e->host);
	if (!place) {
		free(e);
		return NULL;
	}
	return *place = e;
}

static bool name_of(const struct lb *lb, const char *text, uint8_t out[BNS_NAME_MAX])
{
	uint8_t wire[BNS_NAME_MAX];
	size_t len;

	return lb->host->name_from_text(text, NULL, wire, &len) == BNS_OK && lb_name_lower(out, wire) > 0;
}

static void recall_one(void *arg, const char *key, const void *value, size_t len)
{
	struct lb *lb = arg;
	uint8_t host[BNS_NAME_MAX], target[BNS_NAME_MAX];
	char text[BNS_NAME_TEXT_MAX + 160], *by;
	long long until_s;

	if (len >= sizeof(text))
		return;
	memcpy(text, value, len);
	text[len] = '\0';
	if (!(by = strchr(text, ' ')))
		return;
	*by++ = '\0';
	if (lb_take_number(&by, &until_s) && name_of(lb, text, target) && name_of(lb, key + strlen(KEY_PREFIX), host) &&
	    !put(lb, host, target, until_s, by))
		lb->host->log(lb->plugin, BNS_LOG_ERR, "out of memory for the route expected for %s",
			      key + strlen(KEY_PREFIX));
}

enum bns_error lb_expected_open(struct lb *lb)
{
	return lb->host->recall(lb->plugin, KEY_PREFIX, recall_one, lb);
}

void lb_expected_close(struct lb *lb)
{
	for (size_t i = 0; lb->expected.keys && i <= lb->expected.mask; i++)
		free(lb->expected.values[i]);
	lb_map_free(&lb->expected);
}

static const char *key_of(const struct lb *lb, const uint8_t *host, char *out, size_t cap)
{
	char text[BNS_NAME_TEXT_MAX];

	snprintf(out, cap, KEY_PREFIX "%s", lb_name_words(lb, host, text));
	return out;
}

enum bns_error lb_expected_put(struct lb *lb, const uint8_t *host, const uint8_t *target, const char *by)
{
	char key[BNS_NAME_TEXT_MAX + 16], value[BNS_NAME_TEXT_MAX + 160], text[BNS_NAME_TEXT_MAX];
	int64_t until_s = lb->host->now_s() + LASTS_S;
	int len = snprintf(value, sizeof(value), "%s %lld %.127s", lb_name_words(lb, target, text), (long long)until_s,
			   by);
	enum bns_error err = lb->host->remember(lb->plugin, key_of(lb, host, key, sizeof(key)), value, (size_t)len);

	if (err != BNS_OK)
		return err;
	return put(lb, host, target, until_s, by) ? BNS_OK : BNS_ENOMEM;
}

void lb_expected_drop(struct lb *lb, const uint8_t *host)
{
	struct lb_expected *e = lb_map_get(&lb->expected, host);
	char key[BNS_NAME_TEXT_MAX + 16];

	if (!e)
		return;
	lb->host->forget(lb->plugin, key_of(lb, host, key, sizeof(key)));
	lb_map_remove(&lb->expected, host);
	free(e);
}
