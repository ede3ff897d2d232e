/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "control/shapes.h"
#include "wire/rrtype.h"

void bns_control_counts(const struct bns_control_env *env, struct bns_answer_counts *sum)
{
	memset(sum, 0, sizeof(*sum));
	if (env->server)
		bns_server_counts(env->server, sum);
	if (env->plugins)
		bns_plugins_count(env->plugins, sum);
}

static struct bns_answer_counts counts_of(const struct bns_control_env *env)
{
	struct bns_answer_counts counts;
	bns_control_counts(env, &counts);
	return counts;
}

static void tell_build(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	(void)env;
	bns_metric_tell_of(out, "version", PACKAGE_VERSION, 1);
}

static void tell_start(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	bns_metric_tell(out, (double)env->started_s);
}

static void tell_workers(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	bns_metric_tell(out, env->server ? bns_server_workers(env->server) : 0);
}

static const char *const transport_words[] = {
	[BNS_TRANSPORT_UDP] = "udp", [BNS_TRANSPORT_TCP] = "tcp", [BNS_TRANSPORT_TLS] = "tls"};

static void tell_queries(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	struct bns_answer_counts counts = counts_of(env);
	for (unsigned i = 0; i <= BNS_TRANSPORT_TLS; i++)
		bns_metric_tell_of(out, "transport", transport_words[i], (double)counts.transport[i]);
}

/* Those that are always told, so that a rate of them is never missing; others once they were asked for. */
static bool is_usual(uint16_t type)
{
	return type == BNS_TYPE_A || type == BNS_TYPE_AAAA || type == BNS_TYPE_CNAME || type == BNS_TYPE_NS ||
	       type == BNS_TYPE_SOA || type == BNS_TYPE_TXT || type == BNS_TYPE_MX || type == BNS_TYPE_HTTPS;
}

static void tell_types(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	struct bns_answer_counts counts = counts_of(env);
	char text[BNS_RRTYPE_TEXT_MAX];
	for (uint16_t type = 1; type < BNS_ANSWER_TYPES; type++)
		if (counts.type[type] || is_usual(type))
			bns_metric_tell_of(out, "type", bns_rrtype_to_text(type, text), (double)counts.type[type]);
	bns_metric_tell_of(out, "type", "other", (double)counts.type[0]);
}

static void tell_rcodes(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	struct bns_answer_counts counts = counts_of(env);
	char number[BNS_RCODE_WORD_MAX];
	for (unsigned i = 0; i < BNS_ANSWER_RCODES; i++)
		if (i <= BNS_RCODE_REFUSED || counts.rcode[i])
			bns_metric_tell_of(out, "rcode", bns_rcode_word(i, number), (double)counts.rcode[i]);
}

static void tell_dropped(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	bns_metric_tell(out, (double)counts_of(env).dropped);
}

static void tell_handed_over(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	bns_metric_tell(out, (double)counts_of(env).handed_over);
}

static void tell_truncated(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	bns_metric_tell(out, (double)counts_of(env).truncated);
}

static void tell_durations(enum bns_transport transport, const struct bns_latency *l, const struct bns_metric_sink *out)
{
	const char *word = transport_words[transport];
	const struct bns_label labels[] = {{"transport", word}, {NULL, NULL}};
	char bound[32];
	uint64_t so_far = 0;
	for (unsigned i = 0; i < BNS_LATENCY_BUCKETS; i++) {
		so_far += l->bucket[i];
		if (i < BNS_LATENCY_BUCKETS - 1)
			snprintf(bound, sizeof(bound), "%.9g", bns_latency_bound_s(i));
		else
			strcpy(bound, "+Inf");
		const struct bns_label of_bucket[] = {{"transport", word}, {"le", bound}, {NULL, NULL}};
		out->value(out->arg, "_bucket", of_bucket, (double)so_far);
	}
	out->value(out->arg, "_sum", labels, (double)l->sum_ns / 1e9);
	out->value(out->arg, "_count", labels, (double)so_far);
}

static void tell_duration(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	for (enum bns_transport transport = BNS_TRANSPORT_UDP; transport <= BNS_TRANSPORT_TLS; transport++) {
		struct bns_latency l = {0};
		if (env->server)
			bns_server_latency(env->server, transport, &l);
		tell_durations(transport, &l, out);
	}
}

static void tell_memory(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	static const struct {
		const char *word, *key;
	} kinds[] = {{"anonymous", "RssAnon"}, {"file", "RssFile"}, {"shared", "RssShmem"}};
	char line[256], key[32];
	uint64_t kib;
	FILE *file = fopen("/proc/self/status", "r");
	(void)env;
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%31[^:]: %" SCNu64, key, &kib) != 2)
			continue;
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			if (strcmp(key, kinds[i].key) == 0)
				bns_metric_tell_of(out, "kind", kinds[i].word, (double)kib * 1024);
	}
	if (file)
		fclose(file);
}

static void tell_store_used(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	uint64_t used = 0, max = 0;
	if (env->store)
		bns_store_usage(env->store, &used, &max);
	bns_metric_tell(out, (double)used);
}

static void tell_store_max(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	uint64_t used = 0, max = 0;
	if (env->store)
		bns_store_usage(env->store, &used, &max);
	bns_metric_tell(out, (double)max);
}

static struct bns_transfer_counts transfers_of(const struct bns_control_env *env)
{
	struct bns_transfer_counts counts = {.out = 0};
	if (env->transfer)
		bns_transfer_get_counts(env->transfer, &counts);
	return counts;
}

static void tell_refreshes(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	struct bns_transfer_counts counts = transfers_of(env);
	for (enum bns_outcome o = BNS_OUTCOME_SERVED; o <= BNS_OUTCOME_FAILED; o++)
		if (o != BNS_OUTCOME_MISMATCH) /* an operator's plan's alone */
			bns_metric_tell_of(out, "result", bns_outcome_to_text(o), (double)counts.refreshes[o]);
}

static void tell_transfers_in(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	struct bns_transfer_counts counts = transfers_of(env);
	bns_metric_tell_of(out, "result", "axfr", (double)counts.in_whole);
	bns_metric_tell_of(out, "result", "ixfr", (double)counts.in_changes);
	bns_metric_tell_of(out, "result", "failed", (double)counts.in_failed);
}

static void tell_transfers_out(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	struct bns_transfer_counts counts = transfers_of(env);
	bns_metric_tell_of(out, "result", "begun", (double)counts.out);
	bns_metric_tell_of(out, "result", "refused", (double)counts.out_refused);
}

#define COUNTER(name_, help_, tell_)                                                                                   \
	{                                                                                                              \
		{"brandns_" name_, BNS_METRIC_COUNTER, help_, NULL}, tell_                                             \
	}
#define GAUGE(name_, help_, tell_)                                                                                     \
	{                                                                                                              \
		{"brandns_" name_, BNS_METRIC_GAUGE, help_, NULL}, tell_                                               \
	}

static const struct bns_own_metric metrics[] = {
	GAUGE("build_info", "The version that runs; always 1.", tell_build),
	GAUGE("start_time_seconds", "When the daemon was started, Unix time.", tell_start),
	GAUGE("workers", "Threads that answer queries.", tell_workers),
	COUNTER("queries_total", "Requests received.", tell_queries),
	COUNTER("questions_total", "Questions looked up, by type.", tell_types),
	COUNTER("responses_total", "Answers sent, by rcode.", tell_rcodes),
	COUNTER("queries_dropped_total", "Requests without an answer.", tell_dropped),
	COUNTER("queries_handed_over_total",
		"Requests left to the main loop: NOTIFY, zone transfers, what is signed by TSIG.", tell_handed_over),
	COUNTER("responses_truncated_total", "Answers with the TC bit.", tell_truncated),
	{{"brandns_response_duration_seconds", BNS_METRIC_HISTOGRAM,
	  "From a batch's receipt to its answers' sending, by transport; of every sixteenth batch.", NULL},
	 tell_duration},
	GAUGE("memory_bytes", "Resident memory: anonymous, of files, shared.", tell_memory),
	GAUGE("store_used_bytes", "Of the store's file.", tell_store_used),
	GAUGE("store_max_bytes", "What the store's file may grow to (database.max-size).", tell_store_max),
	COUNTER("refreshes_total", "Rounds of asking the primaries of a secondary zone, by what came of them.",
		tell_refreshes),
	COUNTER("transfers_in_total", "Zone transfers from primaries: came by AXFR, by IXFR, or failed.",
		tell_transfers_in),
	COUNTER("transfers_out_total", "Zone transfers asked for here: begun, or refused by the zone's acl.",
		tell_transfers_out),
	{.tell = NULL},
};

static void tell_table(const struct bns_own_metric *row, const struct bns_control_env *env,
		       const struct bns_metric_sink *sink)
{
	for (; row->tell; row++) {
		sink->metric(sink->arg, &row->metric);
		row->tell(env, sink);
	}
}

void bns_control_metrics(const struct bns_control_env *env, const struct bns_metric_sink *sink)
{
	tell_table(metrics, env, sink);
	tell_table(bns_zone_metrics, env, sink);
}
