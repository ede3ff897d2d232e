/* SPDX-License-Identifier: BSD-3-Clause */
#include "exposition.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct exposition {
	FILE *out;
	const struct bns_metric *metric; /* the one in hand */
	int64_t series_max, series;      /* of the metric in hand */
	int64_t left_out;
};

/* A backslash and a line's end would be read as something else; in a label a quote, too. */
static void put_escaped(FILE *out, const char *text, bool quoted)
{
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\\\", out);
		else if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '"' && quoted)
			fputs("\\\"", out);
		else
			fputc(*text, out);
	}
}

static void put_value(FILE *out, double value)
{
	if (value == floor(value) && fabs(value) < 1e15)
		fprintf(out, "%.0f", value);
	else
		fprintf(out, "%.9g", value);
}

static void put_head(FILE *out, const struct bns_metric *metric)
{
	static const char *const types[] = {
		[BNS_METRIC_COUNTER] = "counter", [BNS_METRIC_GAUGE] = "gauge", [BNS_METRIC_HISTOGRAM] = "histogram"};

	fprintf(out, "# HELP %s ", metric->name);
	put_escaped(out, metric->help, false);
	fprintf(out, "\n# TYPE %s %s\n", metric->name, types[metric->type]);
}

static void on_metric(void *arg, const struct bns_metric *metric)
{
	struct exposition *x = arg;

	x->metric = metric;
	x->series = 0;
	put_head(x->out, metric);
}

static void on_value(void *arg, const char *suffix, const struct bns_label *labels, double value)
{
	struct exposition *x = arg;

	if (++x->series > x->series_max) {
		x->left_out++;
		return;
	}
	fprintf(x->out, "%s%s", x->metric->name, suffix);
	for (const struct bns_label *l = labels; l && l->name; l++) {
		fprintf(x->out, "%c%s=\"", l == labels ? '{' : ',', l->name);
		put_escaped(x->out, l->value, true);
		fputc('"', x->out);
	}
	fputs(labels && labels->name ? "} " : " ", x->out);
	put_value(x->out, value);
	fputc('\n', x->out);
}

char *mt_exposition(const struct mt *mt, size_t *len)
{
	static const struct bns_metric left_out = {
		.name = "brandns_metrics_left_out",
		.type = BNS_METRIC_GAUGE,
		.help = "Values that aren't told, since their metric has more of them than series-max.",
	};
	struct exposition x = {.series_max = mt->options->series_max};
	const struct bns_metric_sink sink = {.arg = &x, .metric = on_metric, .value = on_value};
	char *text = NULL;

	x.out = open_memstream(&text, len);
	if (!x.out)
		return NULL;
	mt->host->metrics(mt->plugin, &sink);
	on_metric(&x, &left_out);
	bns_metric_tell(&sink, (double)x.left_out);
	if (fclose(x.out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
