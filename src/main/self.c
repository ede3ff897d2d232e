/* SPDX-License-Identifier: BSD-3-Clause */
/* What the server tells of itself: from the configuration to the packet path. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "main/daemon_internal.h"

_Static_assert(BNS_CONF_COOKIE_SECRET_LEN == BNS_COOKIE_SECRET_LEN, "secrets are copied as they are");

/* The option table has checked every length. */
static void put_string(uint8_t out[256], const char *text)
{
	out[0] = (uint8_t)strlen(text);
	memcpy(out + 1, text, out[0]);
}

static enum bns_error put_report_channel(struct bns_answer_conf *a, const char *domain)
{
	size_t len = 0;
	enum bns_error err = bns_name_from_text(domain, NULL, a->report_channel, &len);
	a->report_channel_len = (uint8_t)len;
	return err;
}

/* One for the whole run: a reload must not make the cookies that are about worthless. */
static enum bns_error random_cookies(struct bns_daemon *d)
{
	struct bns_cookie_secrets *secrets = &d->random_cookies;
	if (secrets->count > 0)
		return BNS_OK;
	if (getentropy(secrets->secret[0], sizeof(secrets->secret[0])) != 0)
		return BNS_EIO;
	secrets->count = 1;
	return BNS_OK;
}

static enum bns_error put_cookies(struct bns_daemon *d, const struct bns_conf *conf, struct bns_cookie_secrets *out)
{
	if (conf->cookie_secret_count == 0) {
		enum bns_error err = random_cookies(d);
		*out = d->random_cookies;
		return err;
	}
	out->count = conf->cookie_secret_count;
	for (size_t i = 0; i < out->count; i++)
		memcpy(out->secret[i], conf->cookie_secrets[i].octets, sizeof(out->secret[i]));
	return BNS_OK;
}

enum bns_error bns_daemon_answer_conf(struct bns_daemon *d, const struct bns_conf *conf, struct bns_answer_conf **out)
{
	struct bns_answer_conf *a = calloc(1, sizeof(*a));
	if (!a)
		return BNS_ENOMEM;
	put_string(a->identity, conf->identity);
	put_string(a->version, conf->version);
	memcpy(a->nsid, conf->nsid.data, conf->nsid.len);
	a->nsid_len = (uint8_t)conf->nsid.len;
	enum bns_error err = put_cookies(d, conf, &a->cookies);
	if (!err && conf->report_channel)
		err = put_report_channel(a, conf->report_channel);
	if (err)
		free(a);
	else
		*out = a;
	return err;
}
