/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/ask.h"

#include <stdio.h>
#include <sys/random.h>

#include "base/clock.h"

#define SOA_TIMERS_LEN 20 /* serial, refresh, retry, expire, minimum */
#define SOA_LEN_MAX    (2 * BNS_NAME_MAX + SOA_TIMERS_LEN)

uint16_t bns_ask_random(void)
{
	uint16_t value = 0;

	/* So few octets never come short once the kernel is seeded, and before that the call waits. */
	while (getrandom(&value, sizeof(value), 0) != (ssize_t)sizeof(value))
		;
	return value;
}

#define OPTION_HEADER_LEN 4 /* code and length, RFC 6891 §6.1.2 */
#define EXPIRE_LEN        4 /* RFC 7314 §3 */

static void write_opt(struct bns_writer *w)
{
	bns_message_write_opt(w, BNS_EDNS_UDP_DEFAULT, 0, 0, OPTION_HEADER_LEN);
	bns_write_u16(w, BNS_EDNS_EXPIRE);
	bns_write_u16(w, 0);
	if (!w->failed)
		bns_put_u16(w->data + 10, 1);
}

/* The serial is all that counts of it. */
static void write_our_soa(struct bns_writer *w, uint32_t serial)
{
	static const uint8_t timers[SOA_TIMERS_LEN - 4];
	static const uint8_t names[2]; /* two roots */

	bns_write_u16(w, 0xC000 | BNS_HEADER_LEN);
	bns_write_u16(w, BNS_TYPE_SOA);
	bns_write_u16(w, BNS_CLASS_IN);
	bns_write_u32(w, 0);
	bns_write_u16(w, sizeof(names) + SOA_TIMERS_LEN);
	bns_write_bytes(w, names, sizeof(names));
	bns_write_u32(w, serial);
	bns_write_bytes(w, timers, sizeof(timers));
	if (!w->failed)
		bns_put_u16(w->data + 8, 1);
}

enum bns_error bns_ask_write(struct bns_ask *ask, struct bns_tsig *tsig, uint8_t *msg, size_t cap, size_t *len)
{
	struct bns_writer w = bns_writer_of(msg, cap);
	uint16_t flags = ask->opcode == BNS_OPCODE_NOTIFY ? BNS_FLAG_AA : 0; /* RFC 1996 §3.7 */

	ask->id = bns_ask_random();
	bns_message_write_query(&w, ask->id, ask->opcode, flags, ask->qname, ask->qtype);
	if (ask->qtype == BNS_TYPE_IXFR)
		write_our_soa(&w, ask->serial);
	if (ask->edns)
		write_opt(&w);
	if (w.failed)
		return BNS_ERANGE;
	*len = w.pos;
	if (!tsig->key)
		return BNS_OK;
	return bns_tsig_sign(tsig, msg, len, cap, (uint64_t)bns_clock_wall_s(), BNS_TSIG_NOERROR);
}

static const char *rcode_text(unsigned rcode, char out[16])
{
	static const char *const words[] = {"NOERROR",  "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
					    "YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE"};

	if (rcode < sizeof(words) / sizeof(words[0]))
		return words[rcode];
	snprintf(out, 16, "RCODE %u", rcode);
	return out;
}

static bool question_matches(const struct bns_ask *ask, const uint8_t *msg, size_t len)
{
	uint8_t name[BNS_NAME_MAX];
	size_t pos = BNS_HEADER_LEN;

	return !bns_name_parse(msg, len, &pos, name, NULL) && len - pos >= 4 && bns_name_equal(name, ask->qname) &&
	       bns_get_u16(msg + pos) == ask->qtype && bns_get_u16(msg + pos + 2) == BNS_CLASS_IN;
}

static enum bns_error refuse(char reason[BNS_ASK_REASON_MAX], const char *what)
{
	snprintf(reason, BNS_ASK_REASON_MAX, "%s", what);
	return BNS_EFORMAT;
}

enum bns_error bns_ask_check(const struct bns_ask *ask, const uint8_t *msg, size_t len, bool question,
			     char reason[BNS_ASK_REASON_MAX])
{
	char word[16];

	if (len < BNS_HEADER_LEN)
		return refuse(reason, "sent a message shorter than a header");
	if (bns_message_id(msg) != ask->id)
		return refuse(reason, "sent a message with another id");
	if (!(bns_message_flags(msg) & BNS_FLAG_QR) || bns_message_opcode(msg) != ask->opcode)
		return refuse(reason, "sent a message that is no answer to the question");
	/* An error answer may come without its question. */
	if (bns_message_rcode(msg) != BNS_RCODE_NOERROR) {
		const char *tsig = bns_tsig_peer_says(msg, len);
		snprintf(reason, BNS_ASK_REASON_MAX, "answered %s%s%s", rcode_text(bns_message_rcode(msg), word),
			 *tsig ? ", TSIG error " : "", tsig);
		return BNS_EDENIED;
	}
	if (bns_message_qdcount(msg) > 1 || (question && bns_message_qdcount(msg) == 0))
		return refuse(reason, "sent an answer without the question");
	if (bns_message_qdcount(msg) == 1 && !question_matches(ask, msg, len))
		return refuse(reason, "answered another question");
	return BNS_OK;
}

bool bns_ask_dislikes_edns(const struct bns_ask *ask, enum bns_error checked, const uint8_t *msg)
{
	return ask->edns && checked == BNS_EDENIED &&
	       (bns_message_rcode(msg) == BNS_RCODE_FORMERR || bns_message_rcode(msg) == BNS_RCODE_NOTIMP);
}

struct bns_ask_expire bns_ask_expire_of(const uint8_t *msg, const struct bns_message_rr *opt)
{
	struct bns_reader r = bns_reader_of(msg + opt->rdata, opt->rdlen);

	while (!r.failed && r.pos < r.len) {
		uint16_t code = bns_read_u16(&r);
		uint16_t option_len = bns_read_u16(&r);
		if (code == BNS_EDNS_EXPIRE && option_len == EXPIRE_LEN) {
			uint32_t left_s = bns_read_u32(&r);
			return (struct bns_ask_expire){.told = !r.failed, .left_s = left_s};
		}
		bns_read_bytes(&r, option_len);
	}
	return (struct bns_ask_expire){.told = false};
}

struct bns_ask_expire bns_ask_read_expire(const uint8_t *msg, size_t len)
{
	struct bns_message_cursor cur;
	struct bns_message_rr rr;
	enum bns_section section;
	enum bns_error err = bns_message_cursor_open(&cur, msg, len);

	while (!err && !(err = bns_message_next(&cur, &rr, &section)))
		if (rr.type == BNS_TYPE_OPT && section == BNS_SECTION_ADDITIONAL)
			return bns_ask_expire_of(msg, &rr);
	return (struct bns_ask_expire){.told = false};
}

enum bns_error bns_ask_serial(const struct bns_ask *ask, const uint8_t *msg, size_t len, uint32_t *serial)
{
	struct bns_message_cursor cur;
	struct bns_message_rr rr;
	enum bns_section section;
	uint8_t rdata[SOA_LEN_MAX];
	uint16_t rdlen;
	enum bns_error err = bns_message_cursor_open(&cur, msg, len);

	while (!err && !(err = bns_message_next(&cur, &rr, &section)) && section == BNS_SECTION_ANSWER) {
		if (rr.type != BNS_TYPE_SOA || rr.rclass != BNS_CLASS_IN || !bns_name_equal(rr.owner, ask->qname))
			continue;
		err = bns_rdata_expand(rr.type, msg, len, rr.rdata, rr.rdlen, rdata, sizeof(rdata), &rdlen);
		if (!err)
			*serial = bns_soa_serial(rdata, rdlen);
		return err;
	}
	return err && err != BNS_ENOENT ? err : BNS_ENOENT;
}

uint32_t bns_soa_serial(const uint8_t *rdata, size_t rdlen)
{
	return bns_get_u32(rdata + rdlen - SOA_TIMERS_LEN);
}
