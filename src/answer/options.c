/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/options.h"

#include <assert.h>
#include <string.h>

#include "answer/cookie.h"

static enum bns_error read_cookie(const uint8_t *data, uint16_t len, struct bns_options_asked *out)
{
	if (out->cookie)
		return BNS_OK;
	if (!bns_cookie_len_valid(len))
		return BNS_EFORMAT;
	out->cookie = data;
	out->cookie_len = len;
	return BNS_OK;
}

/* Data where none belongs is no reason to refuse: NSID says so (RFC 5001 §2.1), the others say nothing. */
static enum bns_error read_option(uint16_t code, const uint8_t *data, uint16_t len, struct bns_options_asked *out)
{
	switch (code) {
	case BNS_EDNS_NSID:
		out->nsid = true;
		return BNS_OK;
	case BNS_EDNS_EXPIRE:
		out->expire = true;
		return BNS_OK;
	case BNS_EDNS_KEEPALIVE:
		out->keepalive = true;
		return BNS_OK;
	case BNS_EDNS_PADDING:
		out->padding = true;
		return BNS_OK;
	case BNS_EDNS_COOKIE:
		return read_cookie(data, len, out);
	default:
		return BNS_OK;
	}
}

enum bns_error bns_options_read(const uint8_t *options, size_t len, struct bns_options_asked *out)
{
	struct bns_reader r = bns_reader_of(options, len);
	enum bns_error err = BNS_OK;
	*out = (struct bns_options_asked){.cookie = NULL};
	while (bns_reader_left(&r) > 0 && !err) {
		uint16_t code = bns_read_u16(&r);
		uint16_t option_len = bns_read_u16(&r);
		const uint8_t *data = bns_read_bytes(&r, option_len);
		err = data ? read_option(code, data, option_len, out) : BNS_EFORMAT;
	}
	return err;
}

void bns_options_add_spare(struct bns_options *o, enum bns_edns_option code, const void *data, uint16_t len)
{
	assert(BNS_OPTION_HEADER_LEN + (size_t)len <= (size_t)(BNS_OPTIONS_MAX - o->len));
	uint8_t *at = o->data + o->len;
	bns_put_u16(at, (uint16_t)code);
	bns_put_u16(at + 2, len);
	memcpy(at + BNS_OPTION_HEADER_LEN, data, len);
	o->len = (uint16_t)(o->len + BNS_OPTION_HEADER_LEN + len);
}

void bns_options_add(struct bns_options *o, enum bns_edns_option code, const void *data, uint16_t len)
{
	assert(o->len == o->needed_len);
	bns_options_add_spare(o, code, data, len);
	o->needed_len = o->len;
}

void bns_options_add_ede(struct bns_options *o, enum bns_ede ede)
{
	uint8_t code[2];
	bns_put_u16(code, (uint16_t)ede);
	bns_options_add(o, BNS_EDNS_EDE, code, sizeof(code));
}
