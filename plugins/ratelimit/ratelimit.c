/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Response rate limiting: answers over UDP that look alike and go to one
 * network are limited, so that a forged source address makes no weapon of this
 * server. What is limited is counted here and told once a minute; packet
 * threads only add to counters.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "limiter.h"
#include "plugin/plugin.h"
#include "siphash.h"

#define TELL_EVERY_S 60
#define IPV4_BITS    32
#define IPV6_BITS    64 /* of the network part; hosts aren't told apart */

struct options {
	int64_t rate;
	int64_t rate_negative;
	int64_t rate_referral;
	int64_t rate_error;
	uint64_t window_s;
	int64_t slip;
	int64_t ipv4_prefix;
	int64_t ipv6_prefix;
	struct bns_option_list allow;
	uint64_t table_bytes;
	bool log_only;
};

/* What became of limited answers. */
enum outcome { OUTCOME_DROPPED, OUTCOME_SLIPPED, OUTCOME_LOGGED, OUTCOMES };

/* What the options come to. Packet threads read; a reload puts another in its place. */
struct rules {
	struct rl_limiter limiter;
	bool table_goes_on;                 /* as the next one's */
	uint32_t rates[BNS_KIND_ERROR + 1]; /* by enum bns_answer_kind; 0: no limit */
	uint64_t ipv4_mask, ipv6_mask;      /* of the address's first 64 bits */
	struct bns_prefix *allow;
	size_t allow_count;
	bool log_only;
};

struct ratelimit {
	const struct bns_host *host;
	_Atomic(struct rules *) rules;
	uint8_t key[RL_KEY_LEN];
	uint64_t told[OUTCOMES]; /* main loop's */
	int64_t told_s;
	/* Packet threads write below. */
	_Alignas(64) _Atomic uint64_t counts[OUTCOMES];
};

static uint64_t coarse_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* ---- packet threads ---- */

static uint64_t first_octets(const uint8_t *data, size_t len)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++)
		v |= (uint64_t)data[i] << (56 - 8 * i);
	return v;
}

/* The client's network as 64 bits, an IPv4 one in the upper half. */
static uint64_t network_of(const struct rules *rules, const union bns_addr *client, uint8_t *family)
{
	*family = 4;
	if (client->sa.sa_family == AF_INET)
		return first_octets((const uint8_t *)&client->in4.sin_addr, 4) & rules->ipv4_mask;
	const uint8_t *address = client->in6.sin6_addr.s6_addr;
	if (IN6_IS_ADDR_V4MAPPED(&client->in6.sin6_addr))
		return first_octets(address + 12, 4) & rules->ipv4_mask;
	*family = 6;
	return first_octets(address, 8) & rules->ipv6_mask;
}

/* Answers count as alike by the name they are made of, denials by their zone, errors all. */
static const uint8_t *imputed_name(const struct bns_query_view *q)
{
	static const uint8_t root[] = {0};

	switch (q->kind) {
	case BNS_KIND_NODATA:
	case BNS_KIND_NXDOMAIN:
		return q->zone ? q->zone : root;
	case BNS_KIND_POSITIVE:
	case BNS_KIND_REFERRAL:
		return q->source ? q->source : q->qname;
	case BNS_KIND_NONE:
	case BNS_KIND_ERROR:
		break;
	}
	return root;
}

static size_t name_len(const uint8_t *name)
{
	size_t len = 0;

	while (name[len])
		len += 1 + (size_t)name[len];
	return len + 1;
}

static uint64_t bucket_of(const struct ratelimit *rl, const struct rules *rules, const struct bns_query_view *q)
{
	uint8_t data[10 + BNS_NAME_MAX];
	const uint8_t *name = imputed_name(q);
	size_t len = name_len(name);
	uint64_t network = network_of(rules, q->client, &data[0]);

	data[1] = (uint8_t)(q->kind == BNS_KIND_NODATA ? BNS_KIND_NXDOMAIN : q->kind);
	memcpy(data + 2, &network, sizeof(network));
	memcpy(data + 10, name, len);
	return rl_siphash(rl->key, data, 10 + len);
}

static bool is_allowed(const struct ratelimit *rl, const struct rules *rules, const union bns_addr *client)
{
	for (size_t i = 0; i < rules->allow_count; i++)
		if (rl->host->prefix_covers(&rules->allow[i], client))
			return true;
	return false;
}

static struct rules *rules_of(const struct ratelimit *rl)
{
	return atomic_load_explicit(&rl->rules, memory_order_acquire);
}

static void count(struct ratelimit *rl, enum outcome outcome)
{
	atomic_fetch_add_explicit(&rl->counts[outcome], 1, memory_order_relaxed);
}

/*
 * An error can't say "ask again over TCP", nor "with this cookie": at its turn it
 * goes out as it is.
 */
static enum bns_query_verdict limit(struct ratelimit *rl, bool log_only, const struct bns_query_view *q,
				    enum rl_verdict verdict)
{
	if (log_only) {
		count(rl, OUTCOME_LOGGED);
		return BNS_QUERY_CONTINUE;
	}
	if (verdict == RL_DROP) {
		count(rl, OUTCOME_DROPPED);
		return BNS_QUERY_DROP;
	}
	count(rl, OUTCOME_SLIPPED);
	return q->kind == BNS_KIND_ERROR ? BNS_QUERY_CONTINUE : BNS_QUERY_CHALLENGE;
}

/* Who uses TCP or shows a cookie of ours (RFC 7873) is who he says he is. */
static enum bns_query_verdict ratelimit_query(struct bns_plugin *p, enum bns_query_stage stage,
					      const struct bns_query_view *q)
{
	struct ratelimit *rl = bns_host_of(p)->state(p);

	(void)stage;
	if (q->tcp || q->cookie_ok)
		return BNS_QUERY_CONTINUE;
	struct rules *rules = rules_of(rl);
	uint32_t rate = rules->rates[q->kind];
	if (rate == 0 || is_allowed(rl, rules, q->client))
		return BNS_QUERY_CONTINUE;
	enum rl_verdict verdict = rl_limiter_account(&rules->limiter, bucket_of(rl, rules, q), rate, coarse_now_us());
	return verdict == RL_PASS ? BNS_QUERY_CONTINUE : limit(rl, rules->log_only, q, verdict);
}

/* ---- main loop ---- */

static enum bns_error in_range(const struct bns_plugin *p, struct bns_diag *diag, const char *name, int64_t value,
			       int64_t min, int64_t max)
{
	if (value >= min && value <= max)
		return BNS_OK;
	bns_host_of(p)->wrong_option(p, diag, name, "must be from %" PRId64 " to %" PRId64, min, max);
	return BNS_ERANGE;
}

static enum bns_error check_options(const struct bns_plugin *p, const struct options *o, struct bns_diag *diag)
{
	const struct {
		const char *name;
		int64_t value, min, max;
	} rows[] = {
		{"rate", o->rate, 0, RL_RATE_MAX},
		{"rate-negative", o->rate_negative, 0, RL_RATE_MAX},
		{"rate-referral", o->rate_referral, 0, RL_RATE_MAX},
		{"rate-error", o->rate_error, 0, RL_RATE_MAX},
		{"window", (int64_t)o->window_s, 1, RL_WINDOW_MAX},
		{"slip", o->slip, 0, RL_SLIP_MAX},
		{"ipv4-prefix", o->ipv4_prefix, 1, IPV4_BITS},
		{"ipv6-prefix", o->ipv6_prefix, 1, IPV6_BITS},
		{"table-size", (int64_t)(o->table_bytes >> 10), 1, INT64_C(4) << 20},
	};
	enum bns_error err = BNS_OK;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && !err; i++)
		err = in_range(p, diag, rows[i].name, rows[i].value, rows[i].min, rows[i].max);
	return err;
}

static enum bns_error read_allowed(const struct bns_plugin *p, struct rules *rules, const struct bns_option_list *list,
				   struct bns_diag *diag)
{
	const struct bns_host *host = bns_host_of(p);

	rules->allow = calloc(list->count + 1, sizeof(*rules->allow));
	if (!rules->allow)
		return BNS_ENOMEM;
	for (size_t i = 0; i < list->count; i++) {
		if (host->prefix_from_text(list->items[i], &rules->allow[rules->allow_count++]) == BNS_OK)
			continue;
		host->wrong_option(p, diag, "allow",
				   "has '%s', which is neither an address nor a prefix such as 192.0.2.0/24",
				   list->items[i]);
		return BNS_EINVAL;
	}
	return BNS_OK;
}

static void set_up(struct rules *rules, const struct options *o)
{
	rules->rates[BNS_KIND_POSITIVE] = (uint32_t)o->rate;
	rules->rates[BNS_KIND_NODATA] = rules->rates[BNS_KIND_NXDOMAIN] = (uint32_t)o->rate_negative;
	rules->rates[BNS_KIND_REFERRAL] = (uint32_t)o->rate_referral;
	rules->rates[BNS_KIND_ERROR] = (uint32_t)o->rate_error;
	rules->ipv4_mask = ~UINT64_C(0) << (64 - o->ipv4_prefix);
	rules->ipv6_mask = ~UINT64_C(0) << (64 - o->ipv6_prefix);
	rules->log_only = o->log_only;
}

static void rules_free(void *arg)
{
	struct rules *rules = arg;

	if (!rules->table_goes_on)
		rl_limiter_free(&rules->limiter);
	free(rules->allow);
	free(rules);
}

/* Without a table yet. */
static enum bns_error rules_new(const struct bns_plugin *p, const struct options *o, struct rules **out,
				struct bns_diag *diag)
{
	enum bns_error err = check_options(p, o, diag);
	struct rules *rules = err ? NULL : calloc(1, sizeof(*rules));

	if (err)
		return err;
	if (!rules)
		return BNS_ENOMEM;
	set_up(rules, o);
	err = read_allowed(p, rules, &o->allow, diag);
	if (err)
		rules_free(rules);
	else
		*out = rules;
	return err;
}

static enum bns_error open_table(struct rules *rules, const struct options *o)
{
	return rl_limiter_init(&rules->limiter, o->table_bytes, o->window_s, (unsigned)o->slip) ? BNS_OK : BNS_ENOMEM;
}

static enum bns_error ratelimit_open(struct bns_plugin *p, const struct bns_host *host, struct bns_diag *diag)
{
	const struct options *o = host->options(p);
	struct rules *rules;
	enum bns_error err = rules_new(p, o, &rules, diag);

	if (err)
		return err;
	struct ratelimit *rl = aligned_alloc(_Alignof(struct ratelimit), sizeof(*rl));
	err = rl ? open_table(rules, o) : BNS_ENOMEM;
	if (rl) {
		memset(rl, 0, sizeof(*rl));
		rl->host = host;
		atomic_init(&rl->rules, rules);
	}
	if (!err && getrandom(rl->key, sizeof(rl->key), 0) != (ssize_t)sizeof(rl->key))
		err = BNS_ECRYPTO;
	if (err) {
		rules_free(rules);
		free(rl);
		return err;
	}
	host->set_state(p, rl);
	return BNS_OK;
}

/* A table of the same size goes on: a flood that is being limited gets no new start. */
static enum bns_error ratelimit_prepare(struct bns_plugin *p, const void *options, void **prepared,
					struct bns_diag *diag)
{
	const struct ratelimit *rl = bns_host_of(p)->state(p);
	const struct options *o = options, *in_force = rl->host->options(p);
	struct rules *rules;
	enum bns_error err = rules_new(p, o, &rules, diag);

	if (err)
		return err;
	if (o->table_bytes == in_force->table_bytes) {
		rules->table_goes_on = true; /* the other one's, until it is in force */
		rules->limiter = rl_limiter_of(&rules_of(rl)->limiter, o->window_s, (unsigned)o->slip);
	} else {
		err = open_table(rules, o);
	}
	if (err)
		rules_free(rules);
	else
		*prepared = rules;
	return err;
}

static void ratelimit_apply(struct bns_plugin *p, void *prepared)
{
	struct ratelimit *rl = bns_host_of(p)->state(p);
	struct rules *rules = prepared;
	struct rules *former = rules_of(rl);

	former->table_goes_on = rules->table_goes_on;
	rules->table_goes_on = false;
	atomic_store_explicit(&rl->rules, rules, memory_order_release);
	rl->host->later(p, rules_free, former);
}

static void ratelimit_drop(struct bns_plugin *p, void *prepared)
{
	(void)p;
	rules_free(prepared);
}

static void ratelimit_close(struct bns_plugin *p)
{
	struct ratelimit *rl = bns_host_of(p)->state(p);

	rules_free(rules_of(rl));
	free(rl);
}

static uint64_t read_count(const struct ratelimit *rl, enum outcome outcome)
{
	return atomic_load_explicit(&rl->counts[outcome], memory_order_relaxed);
}

/* Once a minute, where there is something new to tell. */
static void ratelimit_tick(struct bns_plugin *p, int64_t now_s)
{
	struct ratelimit *rl = bns_host_of(p)->state(p);
	uint64_t fresh[OUTCOMES], all = 0;

	if (now_s < rl->told_s + TELL_EVERY_S)
		return;
	for (enum outcome i = 0; i < OUTCOMES; i++) {
		uint64_t total = read_count(rl, i);
		all += fresh[i] = total - rl->told[i];
		rl->told[i] = total;
	}
	if (all == 0)
		return;
	rl->told_s = now_s;
	rl->host->log(p, BNS_LOG_NOTICE,
		      "%" PRIu64 " answers above their rate: %" PRIu64 " dropped, %" PRIu64 " slipped, %" PRIu64
		      " only logged",
		      all, fresh[OUTCOME_DROPPED], fresh[OUTCOME_SLIPPED], fresh[OUTCOME_LOGGED]);
}

static enum bns_error run_status(struct bns_plugin *p, const char *const *args, size_t arg_count, char **json,
				 struct bns_diag *diag)
{
	struct ratelimit *rl = bns_host_of(p)->state(p);

	(void)args;
	if (arg_count > 0) {
		rl->host->diag(diag, NULL, 0, 0, "it takes no words");
		return BNS_EINVAL;
	}
	uint64_t dropped = read_count(rl, OUTCOME_DROPPED), slipped = read_count(rl, OUTCOME_SLIPPED);
	uint64_t logged = read_count(rl, OUTCOME_LOGGED);
	json_t *root = json_pack("{s:i, s:b, s:I, s:I, s:I, s:I, s:{s:I, s:I}}", "schema", 1, "log_only",
				 rules_of(rl)->log_only, "limited", (json_int_t)(dropped + slipped + logged), "dropped",
				 (json_int_t)dropped, "slipped", (json_int_t)slipped, "logged", (json_int_t)logged,
				 "table", "cells", (json_int_t)rules_of(rl)->limiter.count, "used",
				 (json_int_t)rl_limiter_used(&rules_of(rl)->limiter, coarse_now_us()));
	*json = root ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	return *json ? BNS_OK : BNS_ENOMEM;
}

static void tell_limited(struct bns_plugin *p, const struct bns_metric_sink *out)
{
	static const char *const words[OUTCOMES] = {
		[OUTCOME_DROPPED] = "dropped", [OUTCOME_SLIPPED] = "slipped", [OUTCOME_LOGGED] = "logged"};
	const struct ratelimit *rl = bns_host_of(p)->state(p);

	for (enum outcome i = 0; i < OUTCOMES; i++)
		bns_metric_tell_of(out, "outcome", words[i], (double)read_count(rl, i));
}

static void tell_cells(struct bns_plugin *p, const struct bns_metric_sink *out)
{
	const struct ratelimit *rl = bns_host_of(p)->state(p);

	bns_metric_tell(out, (double)rules_of(rl)->limiter.count);
}

static void tell_used_cells(struct bns_plugin *p, const struct bns_metric_sink *out)
{
	struct ratelimit *rl = bns_host_of(p)->state(p);

	bns_metric_tell(out, (double)rl_limiter_used(&rules_of(rl)->limiter, coarse_now_us()));
}

static const struct bns_metric metrics[] = {
	{"brandns_ratelimit_answers_total", BNS_METRIC_COUNTER,
	 "Answers above their rate: dropped, slipped (truncated, or BADCOOKIE), or only logged.", tell_limited},
	{"brandns_ratelimit_cells", BNS_METRIC_GAUGE, "Places of the table for networks and names.", tell_cells},
	{"brandns_ratelimit_used_cells", BNS_METRIC_GAUGE, "Of these, those in use now.", tell_used_cells},
	{0},
};

static const struct bns_option option_table[] = {
	{"rate", BNS_OPTION_INTEGER, offsetof(struct options, rate), "20",
	 "Answers per second made of one name's records, to one network; 0: no limit."},
	{"rate-negative", BNS_OPTION_INTEGER, offsetof(struct options, rate_negative), "20",
	 "NXDOMAIN and NODATA answers per second of one zone, to one network; 0: no limit."},
	{"rate-referral", BNS_OPTION_INTEGER, offsetof(struct options, rate_referral), "20",
	 "Referrals per second to one delegation, to one network; 0: no limit."},
	{"rate-error", BNS_OPTION_INTEGER, offsetof(struct options, rate_error), "20",
	 "Errors per second to one network; 0: no limit."},
	{"window", BNS_OPTION_DURATION, offsetof(struct options, window_s), "15s",
	 "How long, after a flood, a network stays limited at most."},
	{"slip", BNS_OPTION_INTEGER, offsetof(struct options, slip), "2",
	 "Every n-th limited answer goes out truncated, so that real clients turn to TCP, or as BADCOOKIE to those who "
	 "sent a cookie; 0: none, 1: all."},
	{"ipv4-prefix", BNS_OPTION_INTEGER, offsetof(struct options, ipv4_prefix), "24",
	 "Length of an IPv4 network's prefix."},
	{"ipv6-prefix", BNS_OPTION_INTEGER, offsetof(struct options, ipv6_prefix), "56",
	 "Length of an IPv6 network's prefix."},
	{"allow", BNS_OPTION_LIST, offsetof(struct options, allow), "", "Prefixes that are never limited."},
	{"table-size", BNS_OPTION_SIZE, offsetof(struct options, table_bytes), "4M",
	 "Memory of the table; a network and name takes 8 octets of it."},
	{"log-only", BNS_OPTION_BOOL, offsetof(struct options, log_only), "false",
	 "Counts and logs what would be limited, and limits nothing."},
	{0},
};

static const struct bns_plugin_command commands[] = {
	{"ratelimit status", "", "What was limited, and how full the table is.", false, run_status, NULL},
	{0},
};

const struct bns_plugin_descriptor bns_plugin = {
	.abi = BNS_PLUGIN_ABI,
	.name = "ratelimit",
	.summary = "Limits alike answers to one network (response rate limiting).",
	.options = option_table,
	.options_size = sizeof(struct options),
	.commands = commands,
	.metrics = metrics,
	.open = ratelimit_open,
	.close = ratelimit_close,
	.query = ratelimit_query,
	.query_stages = 1 << BNS_QUERY_AFTER,
	.tick = ratelimit_tick,
	.prepare = ratelimit_prepare,
	.apply = ratelimit_apply,
	.drop = ratelimit_drop,
};
