/* SPDX-License-Identifier: BSD-3-Clause */
#include "compile.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_LEN    12
#define OPT_LEN       11
#define ANSWER_MAX    512
#define FLAGS_MASK    0xfe8f /* all but RD, RA, Z and what is copied */
#define FLAG_QR       0x8000
#define FLAG_AA       0x0400
#define RCODE_REFUSED 5
#define TYPE_PRIVATE  65280 /* of no zone that is in its senses (RFC 6895 §3.1) */
#define SOA_TTL_AT    6
#define SOA_RDATA_AT  12

enum edns { EDNS_NONE, EDNS_PLAIN, EDNS_DO };

/* A question, and what the daemon would answer. */
struct asked {
	uint8_t query[HEADER_LEN + BNS_NAME_MAX + 4 + OPT_LEN];
	uint8_t answer[ANSWER_MAX];
	size_t query_len;
	size_t question_end;
	size_t len;
	size_t data_len; /* of the records between question and OPT */
	uint16_t flags;
	uint16_t answers, authority, additional; /* records; the OPT isn't counted */
};

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static size_t name_len(const uint8_t *name)
{
	size_t len = 0;

	while (name[len])
		len += 1 + (size_t)name[len];
	return len + 1;
}

bool xdp_name_key(const uint8_t *name, __u64 key[XDP_NAME_WORDS], uint8_t *len)
{
	size_t n = name_len(name);

	if (n > XDP_NAME_MAX)
		return false;
	memset(key, 0, sizeof(__u64) * XDP_NAME_WORDS);
	memcpy(key, name, n);
	*len = (uint8_t)n;
	return true;
}

/* ---- asking ---- */

static void write_query(struct asked *a, const uint8_t *name, uint16_t type, enum edns edns)
{
	static const uint8_t header[HEADER_LEN] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
	static const uint8_t opt[OPT_LEN] = {0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0};
	size_t len = name_len(name);
	uint8_t *at = a->query + HEADER_LEN;

	memcpy(a->query, header, HEADER_LEN);
	memcpy(at, name, len);
	at += len;
	*at++ = (uint8_t)(type >> 8);
	*at++ = (uint8_t)type;
	*at++ = 0;
	*at++ = 1;
	a->question_end = (size_t)(at - a->query);
	a->query_len = a->question_end;
	if (edns == EDNS_NONE)
		return;
	memcpy(at, opt, OPT_LEN);
	at[7] = edns == EDNS_DO ? 0x80 : 0;
	a->query[11] = 1;
	a->query_len += OPT_LEN;
}

/* Where the OPT begins, which is the last record there: behind it there are its options alone. */
static bool find_opt(const struct asked *a, size_t *at)
{
	for (size_t i = a->question_end; i + OPT_LEN <= a->len; i++) {
		const uint8_t *opt = a->answer + i;
		if (opt[0] == 0 && get16(opt + 1) == 41 && i + OPT_LEN + get16(opt + 9) == a->len) {
			*at = i;
			return true;
		}
	}
	return false;
}

static bool ask(struct bns_plugin *p, const uint8_t *name, uint16_t type, enum edns edns, struct asked *a)
{
	size_t end;

	write_query(a, name, type, edns);
	a->len = bns_host_of(p)->would_answer(p, a->query, a->query_len, a->answer, sizeof(a->answer));
	if (a->len < a->question_end ||
	    memcmp(a->answer + HEADER_LEN, a->query + HEADER_LEN, a->question_end - HEADER_LEN) != 0)
		return false;
	a->flags = get16(a->answer + 2);
	a->answers = get16(a->answer + 6);
	a->authority = get16(a->answer + 8);
	a->additional = get16(a->answer + 10);
	end = a->len;
	if (edns != EDNS_NONE) {
		if (a->additional == 0 || !find_opt(a, &end))
			return false;
		a->additional--;
	}
	a->data_len = end - a->question_end;
	return true;
}

static bool is_same(const struct asked *a, const struct asked *b)
{
	return a->flags == b->flags && a->answers == b->answers && a->authority == b->authority &&
	       a->additional == b->additional && a->data_len == b->data_len &&
	       memcmp(a->answer + a->question_end, b->answer + b->question_end, a->data_len) == 0;
}

/* Asks, and again with EDNS and DO: the kernel gives the same records to all. */
static bool ask_well(struct bns_plugin *p, const uint8_t *name, uint16_t type, struct asked *a)
{
	struct asked with_do;

	return ask(p, name, type, EDNS_NONE, a) && ask(p, name, type, EDNS_DO, &with_do) && is_same(a, &with_do) &&
	       a->flags == (FLAG_QR | FLAG_AA) && a->data_len > 0 && a->data_len <= XDP_DATA_MAX;
}

static void take_data(struct xdp_record *r, const struct asked *a)
{
	memset(r->data, 0, sizeof(r->data));
	memcpy(r->data, a->answer + a->question_end, a->data_len);
	r->data_len = (uint8_t)a->data_len;
}

/* ---- records ---- */

static struct xdp_record *add(struct xdp_set *set, const uint8_t *name)
{
	if (set->count == set->capacity) {
		size_t capacity = set->capacity ? 2 * set->capacity : 8;
		struct xdp_record *records = realloc(set->records, capacity * sizeof(*records));
		if (!records)
			return NULL;
		set->records = records;
		set->capacity = capacity;
	}
	struct xdp_record *r = &set->records[set->count];
	memset(r, 0, sizeof(*r));
	r->kind = XDP_KIND_PASS;
	if (xdp_name_key(name, r->name, &r->name_len))
		set->count++;
	return r;
}

/* The pointers in a SOA's names; false: there are more than a record can tell. */
static bool find_fixups(struct xdp_record *r)
{
	const uint8_t *data = (const uint8_t *)r->data;
	size_t at = SOA_RDATA_AT;

	r->fixups[r->fixup_count++] = 0;
	for (int name = 0; name < 2; name++) {
		while (at < r->data_len && data[at] != 0 && data[at] < 0xc0)
			at += 1 + (size_t)data[at];
		if (at >= r->data_len)
			return false;
		if (data[at] >= 0xc0)
			r->fixups[r->fixup_count++] = (uint8_t)at++;
		at++;
	}
	return true;
}

static bool compile_soa(struct bns_plugin *p, const uint8_t *apex, struct xdp_record *r)
{
	struct asked a;
	const struct xdp_record saved = *r;

	if (!ask_well(p, apex, BNS_TYPE_SOA, &a) || a.answers != 1 || a.authority || a.additional ||
	    a.data_len != r->data_len)
		return false;
	memcpy(&r->soa_ttl, a.answer + a.question_end + SOA_TTL_AT, sizeof(r->soa_ttl));
	memcpy((uint8_t *)r->data + SOA_TTL_AT, &r->soa_ttl, sizeof(r->soa_ttl));
	r->has_soa = memcmp(r->data, a.answer + a.question_end, a.data_len) == 0;
	memcpy(r->data, saved.data, sizeof(r->data));
	return r->has_soa;
}

static bool compile_apex(struct bns_plugin *p, const uint8_t *apex, struct xdp_record *r)
{
	struct asked a;

	if (!ask_well(p, apex, TYPE_PRIVATE, &a) || a.answers || a.authority != 1 || a.additional)
		return false;
	take_data(r, &a);
	if (!find_fixups(r))
		return false;
	compile_soa(p, apex, r);
	return true;
}

static enum bns_error compile_ns(struct bns_plugin *p, const uint8_t *apex, struct xdp_set *set)
{
	struct asked a;

	if (!ask_well(p, apex, BNS_TYPE_NS, &a) || a.authority)
		return BNS_OK;
	struct xdp_record *r = add(set, apex);
	if (!r)
		return BNS_ENOMEM;
	((uint8_t *)r->name)[XDP_NAME_MAX] = 1;
	r->kind = XDP_KIND_APEX_NS;
	r->answers = (uint8_t)a.answers;
	r->additional = (uint8_t)a.additional;
	take_data(r, &a);
	return BNS_OK;
}

/* An alias answers every type alike, unless its target is in the zone. */
static bool compile_alias(struct bns_plugin *p, const uint8_t *name, struct xdp_record *r)
{
	static const uint16_t types[] = {BNS_TYPE_AAAA, BNS_TYPE_CNAME, BNS_TYPE_TXT};
	struct asked a, other;

	if (!ask_well(p, name, BNS_TYPE_A, &a) || a.answers != 1 || a.authority || a.additional)
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!ask(p, name, types[i], EDNS_NONE, &other) || !is_same(&a, &other))
			return false;
	r->answers = 1;
	take_data(r, &a);
	return true;
}

struct compiling {
	struct bns_plugin *p;
	const uint8_t *apex;
	struct xdp_set *set;
	enum bns_error err;
};

static enum xdp_kind compile_kind(struct compiling *c, const struct bns_served_name *name, struct xdp_record *r)
{
	if (name->is_cut || name->is_dname || name->is_occluded)
		return XDP_KIND_PASS;
	if (c->set->count == 1)
		return compile_apex(c->p, name->name, r) ? XDP_KIND_APEX : XDP_KIND_PASS;
	if (name->is_alias)
		return compile_alias(c->p, name->name, r) ? XDP_KIND_ALIAS : XDP_KIND_PASS;
	return XDP_KIND_NAME;
}

/* Names beyond the tables' length can't be asked for there, nor can what is below them. */
static bool compile_name(void *arg, const struct bns_served_name *name)
{
	struct compiling *c = arg;
	struct xdp_record *r;

	if (name->len > XDP_NAME_MAX)
		return true;
	r = add(c->set, name->name);
	if (!r) {
		c->err = BNS_ENOMEM;
		return false;
	}
	r->types = name->types;
	r->plain_below = !name->has_wildcard;
	r->kind = (uint8_t)compile_kind(c, name, r);
	if (r->kind == XDP_KIND_APEX)
		c->err = compile_ns(c->p, name->name, c->set);
	return c->err == BNS_OK;
}

enum bns_error xdp_compile_passed(const uint8_t *zone, struct xdp_set *set)
{
	set->count = 0;
	return add(set, zone) ? BNS_OK : BNS_ENOMEM;
}

enum bns_error xdp_compile_zone(struct bns_plugin *p, const uint8_t *zone, size_t names_max, struct xdp_set *set)
{
	struct compiling c = {.p = p, .apex = zone, .set = set};
	struct bns_served_zone about;

	if (name_len(zone) > XDP_NAME_MAX || bns_host_of(p)->served_zone(p, zone, &about) || about.is_signed ||
	    about.name_count > names_max)
		return xdp_compile_passed(zone, set);
	set->count = 0;
	bns_host_of(p)->served_names(p, zone, compile_name, &c);
	return c.err;
}

void xdp_set_free(struct xdp_set *set)
{
	free(set->records);
	*set = (struct xdp_set){0};
}

/* ---- the OPT record ---- */

static void take_opt(const struct asked *a, struct xdp_opt *opt)
{
	size_t at = a->question_end + a->data_len, len = a->len - at;

	memset(opt, 0, sizeof(*opt));
	if (len > XDP_OPT_MAX)
		return;
	memcpy(opt->data, a->answer + at, len);
	opt->len = (uint32_t)len;
}

void xdp_compile_opt(struct bns_plugin *p, const uint8_t *zone, struct xdp_opt *opt, struct xdp_opt *refused)
{
	static const uint8_t nobodys[] = "\007invalid"; /* RFC 6761 §6.4 */
	struct asked a;

	memset(opt, 0, sizeof(*opt));
	memset(refused, 0, sizeof(*refused));
	if (ask(p, zone, BNS_TYPE_SOA, EDNS_PLAIN, &a))
		take_opt(&a, opt);
	if (ask(p, nobodys, BNS_TYPE_A, EDNS_PLAIN, &a) && (a.flags & FLAGS_MASK) == (FLAG_QR | RCODE_REFUSED) &&
	    a.data_len == 0)
		take_opt(&a, refused);
}
