/* SPDX-License-Identifier: BSD-3-Clause */
#include "html.h"

#include <ctype.h>
#include <string.h>

#include "style.h"

void mt_put(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			fputc((unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text, out);
		}
	}
}

void mt_put_query(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (isalnum((unsigned char)*text) || strchr(".-_", *text))
			fputc(*text, out);
		else
			fprintf(out, "%%%02X", (unsigned char)*text);
	}
}

const char *mt_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

void mt_put_head(FILE *out, const struct mt *mt, const char *title)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
	      out);
	mt_put(out, title);
	fprintf(out, "</title>\n<style nonce=\"%s\">\n%s</style>\n</head>\n<body>\n", mt->nonce, mt_style);
	fputs("<a class=\"skip\" href=\"#main\">Skip to the content</a>\n<header><p class=\"name\"><a "
	      "href=\"/\">brandns</a>"
	      "</p></header>\n<main id=\"main\">\n",
	      out);
}

void mt_put_foot(FILE *out, const struct mt *mt)
{
	char now[BNS_TIME_TEXT_MAX];

	fprintf(out,
		"</main>\n<footer><p>As of <time>%s</time>; times are UTC. This page only shows: decisions are made "
		"with <code>brandnsctl</code>. Numbers for Prometheus: <a "
		"href=\"/metrics\">/metrics</a>.</p></footer>\n"
		"</body>\n</html>\n",
		mt->host->time_to_text(mt->host->now_s(), now));
}

void mt_put_severity(FILE *out, const char *severity)
{
	static const struct {
		const char *letter, *words;
	} kinds[] = {{"C", "links broken"}, {"H", "will break"}, {"M", "a risk"}};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(severity, kinds[i].letter) == 0)
			fprintf(out, "<span class=\"tag %s\">%s</span> ", kinds[i].letter, kinds[i].words);
}

void mt_put_fact(FILE *out, const char *name, const char *text)
{
	if (!*text)
		return;
	fprintf(out, "<dt>%s</dt><dd>", name);
	mt_put(out, text);
	fputs("</dd>\n", out);
}

/* ---- the plot ---- */

#define PLOT_WIDTH  720
#define PLOT_HEIGHT 120

/* The next of 1, 2, 5, 10, … that isn't below. */
static double round_up(double value)
{
	static const double steps[] = {1, 2, 5};
	double unit = 1;

	for (;; unit *= 10)
		for (size_t i = 0; i < 3; i++)
			if (steps[i] * unit >= value)
				return steps[i] * unit;
}

static void put_line(FILE *out, const struct mt_history *h, double top)
{
	double step = (double)PLOT_WIDTH / (MT_SAMPLES - 1);
	size_t missing = MT_SAMPLES - h->count;

	fputs("<polyline points=\"", out);
	for (size_t i = 0; i < h->count; i++)
		fprintf(out, "%.1f,%.1f ", (double)(missing + i) * step,
			PLOT_HEIGHT - mt_history_at(h, i) / top * (PLOT_HEIGHT - 4) - 1);
	fputs("\"/>", out);
}

void mt_put_plot(FILE *out, const struct mt_history *h)
{
	double sum = 0, most = 0, now = h->count ? mt_history_at(h, h->count - 1) : 0;

	if (h->count < 2) {
		fprintf(out, "<p>The first minute of queries is being counted.</p>\n");
		return;
	}
	for (size_t i = 0; i < h->count; i++) {
		double value = mt_history_at(h, i);
		sum += value;
		most = value > most ? value : most;
	}
	double top = round_up(most);
	fprintf(out,
		"<figure><figcaption>Queries per second: <b>%.1f</b> now, %.1f on average, %.1f at most.</figcaption>\n"
		"<p class=\"scale\"><span>%.0f/s</span></p>\n<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
		"role=\"img\" aria-label=\"Queries per second over the last hour\">",
		now, sum / (double)h->count, most, top, PLOT_WIDTH, PLOT_HEIGHT);
	put_line(out, h, top);
	fputs("</svg>\n<p class=\"scale\"><span>an hour ago</span><span>now</span></p></figure>\n", out);
}
