/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/edns.h"

#include "base/buf.h"
#include "base/clock.h"

void bns_edns_open(struct bns_edns *e, const struct bns_answer_conf *conf, const union bns_addr *client,
		   uint16_t keepalive_ds)
{
	e->conf = conf;
	e->client = client;
	e->keepalive_ds = keepalive_ds;
	e->has_options = false;
	bns_options_clear(&e->out);
}

/* Cookies know 32 bits of the time. */
static uint32_t now_s(void)
{
	return (uint32_t)bns_clock_wall_s();
}

enum bns_error bns_edns_read(struct bns_edns *e, const uint8_t *options, size_t len)
{
	enum bns_error err = bns_options_read(options, len, &e->asked);
	if (err)
		return err;
	e->has_options = true;
	e->cookie = BNS_COOKIE_UNKNOWN;
	if (bns_edns_wants_cookie(e))
		e->cookie =
			bns_cookie_check(&e->conf->cookies, e->asked.cookie, e->asked.cookie_len, e->client, now_s());
	return BNS_OK;
}

bool bns_edns_wants_cookie(const struct bns_edns *e)
{
	return e->has_options && e->asked.cookie && e->conf && e->conf->cookies.count > 0;
}

bool bns_edns_cookie_holds(const struct bns_edns *e)
{
	return e->has_options && e->cookie != BNS_COOKIE_UNKNOWN;
}

bool bns_edns_wants_padding(const struct bns_edns *e)
{
	return e->has_options && e->asked.padding;
}

/* Whose server cookie doesn't hold gets a new one and its answer all the same (RFC 7873 §5.2.3, §5.2.4). */
static void add_cookie(struct bns_edns *e)
{
	uint8_t made[BNS_COOKIE_LEN];
	const uint8_t *cookie = e->asked.cookie;
	if (e->cookie != BNS_COOKIE_FRESH) {
		bns_cookie_make(&e->conf->cookies, cookie, e->client, now_s(), made);
		cookie = made;
	}
	bns_options_add(&e->out, BNS_EDNS_COOKIE, cookie, BNS_COOKIE_LEN);
}

static void add_keepalive(struct bns_edns *e)
{
	uint8_t timeout[2];
	bns_put_u16(timeout, e->keepalive_ds);
	bns_options_add(&e->out, BNS_EDNS_KEEPALIVE, timeout, sizeof(timeout));
}

static void add_asked(struct bns_edns *e)
{
	if (bns_edns_wants_cookie(e))
		add_cookie(e);
	if (e->asked.keepalive && e->keepalive_ds > 0)
		add_keepalive(e);
	if (e->asked.nsid && e->conf && e->conf->nsid_len > 0)
		bns_options_add(&e->out, BNS_EDNS_NSID, e->conf->nsid, e->conf->nsid_len);
}

/* Who asks with EXPIRE keeps a copy, or is about to (RFC 7314 §2). */
static bool is_for_secondaries(uint16_t qtype)
{
	return qtype == BNS_TYPE_SOA || qtype == BNS_TYPE_AXFR || qtype == BNS_TYPE_IXFR;
}

/* What is left of a secondary's life, or what a primary's zone grants its secondaries (RFC 7314 §3). */
void bns_edns_add_expire(struct bns_edns *e, const struct bns_request *req, const struct bns_table *table,
			 const struct bns_image *img)
{
	uint8_t left_s[4];
	if (!e->has_options || !e->asked.expire || !is_for_secondaries(req->qtype) ||
	    req->qname.labels != img->apex_labels)
		return;
	int64_t end_s = bns_table_expires(table, img);
	int64_t left = end_s ? end_s - bns_clock_wall_s() : bns_image_soa_expire(img);
	bns_put_u32(left_s, left < 0 ? 0 : (uint32_t)left);
	bns_options_add(&e->out, BNS_EDNS_EXPIRE, left_s, sizeof(left_s));
}

void bns_edns_answer(struct bns_edns *e, enum bns_ede ede)
{
	if (ede != BNS_EDE_NONE)
		bns_options_add_ede(&e->out, ede);
	if (e->has_options)
		add_asked(e);
	if (e->conf && e->conf->report_channel_len > 0)
		bns_options_add_spare(&e->out, BNS_EDNS_REPORT_CHANNEL, e->conf->report_channel,
				      e->conf->report_channel_len);
}
