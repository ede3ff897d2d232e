/* SPDX-License-Identifier: BSD-3-Clause */
/* What is told of the kernel's answers: the verb, metrics, and their share in the daemon's totals. Thread: main loop.
 */
#include <jansson.h>

#include "xdp.h"

#define RCODE_NXDOMAIN 3
#define RCODE_REFUSED  5

static const char *const reason_words[] = {
#define X(name, word) [XDP_##name] = word,
	XDP_REASONS(X)
#undef X
};

static uint64_t answered(const struct xdp_counts *counts)
{
	uint64_t sum = 0;

	for (enum xdp_reason r = 0; r < XDP_FIRST_PASSED; r++)
		sum += counts->n[r];
	return sum;
}

/* ---- in the daemon's totals ---- */

/* Everything here is one question over UDP, whole, with one answer. */
void xdp_count(struct bns_plugin *p, struct bns_answer_counts *sum)
{
	const struct xdp *x = bns_host_of(p)->state(p);
	struct xdp_counts counts;

	if (!xdp_is_open(x))
		return;
	xdp_kernel_sum(&x->kernel, &counts);
	uint64_t all = answered(&counts), nxdomain = counts.n[XDP_ANSWERED_NXDOMAIN],
		 refused = counts.n[XDP_ANSWERED_REFUSED];
	sum->queries += all;
	sum->transport[BNS_TRANSPORT_UDP] += all;
	sum->rcode[0] += all - nxdomain - refused;
	sum->rcode[RCODE_NXDOMAIN] += nxdomain;
	sum->rcode[RCODE_REFUSED] += refused;
	for (uint16_t type = 1; type < XDP_TYPE_CAA; type++)
		sum->type[type] += counts.type[type];
	sum->type[BNS_TYPE_CAA] += counts.type[XDP_TYPE_CAA];
}

/* ---- the verb ---- */

static json_t *show_interfaces(const struct xdp *x)
{
	json_t *list = json_array();

	for (size_t i = 0; i < x->kernel.attached_count; i++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "interface", x->kernel.attached[i].name, "mode",
						      x->kernel.attached[i].generic ? "generic" : "native"));
	return list;
}

/* The reasons from `first` to before `end`, by name. */
static json_t *show_counts(const struct xdp_counts *counts, enum xdp_reason first, enum xdp_reason end)
{
	json_t *object = json_object();

	for (enum xdp_reason r = first; r < end; r++)
		json_object_set_new(object, reason_words[r], json_integer((json_int_t)counts->n[r]));
	return object;
}

static json_t *show_families(const struct xdp_counts *counts)
{
	return json_pack("{s:I, s:I}", "ipv4", (json_int_t)(answered(counts) - counts->ipv6), "ipv6",
			 (json_int_t)counts->ipv6);
}

static enum bns_error run_status(struct bns_plugin *p, const char *const *args, size_t arg_count, char **json,
				 struct bns_diag *diag)
{
	struct xdp *x = bns_host_of(p)->state(p);
	struct xdp_counts counts;

	(void)args;
	if (arg_count > 0) {
		bns_host_of(p)->diag(diag, NULL, 0, 0, "it takes no words");
		return BNS_EINVAL;
	}
	xdp_kernel_sum(&x->kernel, &counts);
	json_t *root = json_pack("{s:i, s:o, s:{s:I, s:I, s:b}, s:I, s:o, s:o, s:o}", "schema", 1, "interfaces",
				 show_interfaces(x), "names", "used", (json_int_t)x->tables.names, "room",
				 (json_int_t)x->tables.record_count, "complete", x->kernel.control->complete != 0,
				 "bytes", (json_int_t)xdp_kernel_bytes(&x->kernel), "answered",
				 show_counts(&counts, 0, XDP_FIRST_PASSED), "families", show_families(&counts),
				 "passed", show_counts(&counts, XDP_FIRST_PASSED, XDP_REASON_COUNT));
	*json = root ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	return *json ? BNS_OK : BNS_ENOMEM;
}

const struct bns_plugin_command xdp_commands[] = {
	{"xdp status", "", "Interfaces, names, memory, and what was answered and passed up, by reason.", false,
	 run_status, NULL},
	{0},
};

/* ---- metrics ---- */

static void tell_reasons(struct bns_plugin *p, const struct bns_metric_sink *out, enum xdp_reason first,
			 enum xdp_reason end)
{
	const struct xdp *x = bns_host_of(p)->state(p);
	struct xdp_counts counts;

	if (!xdp_is_open(x))
		return;
	xdp_kernel_sum(&x->kernel, &counts);
	for (enum xdp_reason r = first; r < end; r++)
		bns_metric_tell_of(out, "reason", reason_words[r], (double)counts.n[r]);
}

static void tell_answered(struct bns_plugin *p, const struct bns_metric_sink *out)
{
	tell_reasons(p, out, 0, XDP_FIRST_PASSED);
}

static void tell_passed(struct bns_plugin *p, const struct bns_metric_sink *out)
{
	tell_reasons(p, out, XDP_FIRST_PASSED, XDP_REASON_COUNT);
}

static void tell_names(struct bns_plugin *p, const struct bns_metric_sink *out)
{
	const struct xdp *x = bns_host_of(p)->state(p);

	if (xdp_is_open(x))
		bns_metric_tell(out, x->tables.names);
}

const struct bns_metric xdp_metrics[] = {
	{"brandns_xdp_answered_total", BNS_METRIC_COUNTER, "Answers from the kernel, by what was answered.",
	 tell_answered},
	{"brandns_xdp_passed_total", BNS_METRIC_COUNTER,
	 "Frames that the kernel passed up, by reason; those that aren't DNS included.", tell_passed},
	{"brandns_xdp_names", BNS_METRIC_GAUGE, "Names that the kernel answers from.", tell_names},
	{0},
};
