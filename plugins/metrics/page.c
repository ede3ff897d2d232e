/* SPDX-License-Identifier: BSD-3-Clause */
#include "page.h"

#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "html.h"

#define ROWS_MAX    50 /* brandings of a page */
#define HELD_MAX    20 /* held changes that are shown whole */
#define CHANGES_MAX 30 /* records of one */

char *mt_page_policy(const char *nonce, char out[MT_POLICY_MAX])
{
	snprintf(
		out, MT_POLICY_MAX,
		"default-src 'none'; style-src 'nonce-%s'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		nonce);
	return out;
}

/* ---- the whole ---- */

static void put_number(FILE *out, json_int_t value, const char *words, bool is_bad)
{
	fprintf(out, "<li><b%s>%" JSON_INTEGER_FORMAT "</b>%s</li>\n", is_bad && value > 0 ? " class=\"bad\"" : "",
		value, words);
}

static json_int_t number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void put_facts(FILE *out, const struct mt *mt, const json_t *brandings)
{
	json_t *status = mt_ask(mt, "status", NULL);
	const json_t *zones = json_object_get(status, "zones");

	fputs("<h1>Status</h1>\n<ul class=\"facts\">\n", out);
	put_number(out, number(status, "held"), number(status, "held") == 1 ? "change held" : "changes held", true);
	put_number(out, number(zones, "served"), "zones served", false);
	put_number(out, number(zones, "expired"), "zones expired", true);
	put_number(out, number(zones, "not-ready"), "zones not ready", true);
	if (brandings) {
		put_number(out, number(brandings, "total"), "brandings", false);
		put_number(out, number(brandings, "bad"), "brandings that probes found bad", true);
	}
	put_number(out, number(status, "queries"), "queries since the start", false);
	fputs("</ul>\n<p>Version ", out);
	mt_put(out, mt_text(status, "version"));
	fputs(", started <time>", out);
	mt_put(out, mt_text(status, "started"));
	fputs("</time>.</p>\n", out);
	json_decref(status);
}

/* ---- held changes ---- */

static void put_findings(FILE *out, const json_t *findings, const char *before, const char *after)
{
	size_t i;
	json_t *f;

	if (json_array_size(findings) == 0)
		return;
	fputs(before, out);
	json_array_foreach (findings, i, f) {
		fputs("<li>", out);
		mt_put_severity(out, mt_text(f, "severity"));
		fputs("<b>", out);
		mt_put(out, mt_text(f, "rule"));
		fputs("</b> ", out);
		mt_put(out, mt_text(f, "text"));
		if (*mt_text(f, "remedy")) {
			fputs("<br><span class=\"remedy\">What to do: ", out);
			mt_put(out, mt_text(f, "remedy"));
			fputs("</span>", out);
		}
		fputs("</li>\n", out);
	}
	fputs(after, out);
}

static void put_side(FILE *out, const json_t *change, const char *side, const char *class, char sign)
{
	const json_t *set = json_object_get(change, side);
	size_t i;
	json_t *rdata;

	json_array_foreach (json_object_get(set, "rdata"), i, rdata) {
		fprintf(out, "<span class=\"%s\">%c ", class, sign);
		mt_put(out, mt_text(change, "owner"));
		fprintf(out, " %" JSON_INTEGER_FORMAT " ", number(set, "ttl"));
		mt_put(out, mt_text(change, "type"));
		fputc(' ', out);
		mt_put(out, json_string_value(rdata) ? json_string_value(rdata) : "");
		fputs("</span>\n", out);
	}
}

static void put_changes(FILE *out, const json_t *changes)
{
	size_t i, all = json_array_size(changes);
	json_t *change;

	if (all == 0)
		return;
	fputs("<pre tabindex=\"0\" aria-label=\"Difference to what is served\">", out);
	json_array_foreach (changes, i, change) {
		if (i == CHANGES_MAX)
			break;
		put_side(out, change, "before", "out", '-');
		put_side(out, change, "after", "in", '+');
	}
	fputs("</pre>\n", out);
	if (all > CHANGES_MAX)
		fprintf(out, "<p>And %zu more.</p>\n", all - CHANGES_MAX);
}

static void put_held(FILE *out, const struct mt *mt, const json_t *row)
{
	json_t *held = mt_ask(mt, "held.show", json_pack("{s:s}", "id", mt_text(row, "id")));
	const json_t *c = held ? held : row;

	fputs("<article class=\"card alarm\"><h3>", out);
	mt_put(out, mt_text(c, "zone"));
	fputs("</h3>\n<dl>", out);
	mt_put_fact(out, "Id", mt_text(c, "id"));
	mt_put_fact(out, "Held since", mt_text(c, "since"));
	mt_put_fact(out, "Can wait until", mt_text(c, "deadline"));
	mt_put_fact(out, "From", mt_text(c, "source"));
	fputs("</dl>\n", out);
	put_findings(out, json_object_get(c, "findings"), "<ul>\n", "</ul>\n");
	put_changes(out, json_object_get(c, "changes"));
	fputs("<p>To decide: <code>brandnsctl held approve ", out);
	mt_put(out, mt_text(c, "id"));
	fputs(" --reason …</code>, or <code>held reject</code> likewise.</p></article>\n", out);
	json_decref(held);
}

static void put_all_held(FILE *out, const struct mt *mt)
{
	json_t *list = mt_ask(mt, "held.list", NULL), *row;
	const json_t *rows = json_object_get(list, "held");
	size_t i, all = json_array_size(rows);

	fputs("<h2>Held changes</h2>\n", out);
	if (all == 0)
		fputs("<p>None: nothing waits for a decision.</p>\n", out);
	json_array_foreach (rows, i, row) {
		if (i == HELD_MAX)
			break;
		put_held(out, mt, row);
	}
	if (all > HELD_MAX)
		fprintf(out, "<p>And %zu more: <code>brandnsctl held list</code>.</p>\n", all - HELD_MAX);
	json_decref(list);
}

/* ---- brandings ---- */

static void put_host(FILE *out, const char *host)
{
	fputs("<a href=\"/branding?host=", out);
	mt_put_query(out, host);
	fputs("\">", out);
	mt_put(out, host);
	fputs("</a>", out);
}

static void put_attention(FILE *out, const json_t *brandings)
{
	const json_t *list = json_object_get(brandings, "attention");
	json_int_t more = number(brandings, "bad") - (json_int_t)json_array_size(list);
	size_t i;
	json_t *row;

	if (json_array_size(list) == 0)
		return;
	fputs("<h2>What probes found</h2>\n<ul>\n", out);
	json_array_foreach (list, i, row) {
		fputs("<li>", out);
		mt_put_severity(out, mt_text(row, "severity"));
		put_host(out, mt_text(row, "host"));
		fputs(": ", out);
		mt_put(out, mt_text(row, "text"));
		fputs("</li>\n", out);
	}
	fputs("</ul>\n", out);
	if (more > 0)
		fprintf(out, "<p>And %" JSON_INTEGER_FORMAT " more hosts.</p>\n", more);
}

static void put_cell(FILE *out, const char *of, const char *class, const char *text)
{
	fprintf(out, "<td data-of=\"%s\" class=\"%s\">", of, class);
	mt_put(out, *text ? text : "–");
	fputs("</td>", out);
}

static void put_row(FILE *out, const json_t *b)
{
	const char *evidence = mt_text(b, "evidence"), *state = mt_text(b, "state");
	char date[11];

	fputs("<tr><td>", out);
	put_host(out, mt_text(b, "host"));
	fputs("</td>", out);
	put_cell(out, "Target", "n", mt_text(b, "target"));
	snprintf(date, sizeof(date), "%s", mt_text(b, "certificate_ends"));
	put_cell(out, "Certificate until", strcmp(evidence, "bad") == 0 ? "bad" : "",
		 strcmp(evidence, "none") == 0 ? "not probed" : date);
	put_cell(out, "ESP", "n", mt_text(b, "origin"));
	put_cell(out, "State", strcmp(state, "broken") == 0 ? "bad" : "", state);
	snprintf(date, sizeof(date), "%s", mt_text(b, "since"));
	put_cell(out, "Since", "time", date);
	fputs("</tr>\n", out);
}

static void put_paging(FILE *out, json_int_t first, json_int_t total)
{
	if (total <= ROWS_MAX)
		return;
	fputs("<nav aria-label=\"Pages of brandings\">", out);
	if (first > 0)
		fprintf(out, "<a rel=\"prev\" href=\"/?first=%" JSON_INTEGER_FORMAT "#brandings\">Previous %d</a> ",
			first > ROWS_MAX ? first - ROWS_MAX : 0, ROWS_MAX);
	if (first + ROWS_MAX < total)
		fprintf(out, "<a rel=\"next\" href=\"/?first=%" JSON_INTEGER_FORMAT "#brandings\">Next %d</a>",
			first + ROWS_MAX, ROWS_MAX);
	fputs("</nav>\n", out);
}

static void put_brandings(FILE *out, const json_t *brandings)
{
	const json_t *rows = json_object_get(brandings, "brandings");
	json_int_t first = number(brandings, "first"), total = number(brandings, "total");
	size_t i, count = json_array_size(rows);
	json_t *row;

	fputs("<h2 id=\"brandings\">Brandings</h2>\n", out);
	if (count == 0) {
		fputs(total == 0 ? "<p>The policy has none.</p>\n" : "<p>There are none at this place.</p>\n", out);
		put_paging(out, first, total);
		return;
	}
	fputs("<form action=\"/branding\"><div><label for=\"host\">Branded host</label>"
	      "<input id=\"host\" name=\"host\" required></div><button>Show</button></form>\n",
	      out);
	fprintf(out,
		"<table><caption>%" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
		"</caption>\n<thead><tr><th scope=\"col\">Host</th><th scope=\"col\">Target</th>"
		"<th scope=\"col\">Certificate until</th><th scope=\"col\">ESP</th><th scope=\"col\">State</th>"
		"<th scope=\"col\">Since</th></tr></thead>\n<tbody>\n",
		first + 1, first + (json_int_t)count, total);
	json_array_foreach (rows, i, row)
		put_row(out, row);
	fputs("</tbody></table>\n", out);
	put_paging(out, first, total);
}

static char *finish(FILE *out, char **text)
{
	if (fclose(out) == 0)
		return *text;
	free(*text);
	return NULL;
}

char *mt_page_overview(const struct mt *mt, size_t first, size_t *len)
{
	char *text = NULL, from[24];
	FILE *out = open_memstream(&text, len);

	if (!out)
		return NULL;
	snprintf(from, sizeof(from), "%zu", first);
	json_t *brandings = mt_ask(mt, "branding.overview", json_pack("{s:[s]}", "args", from));
	mt_put_head(out, mt, "brandns: status");
	put_facts(out, mt, brandings);
	mt_put_plot(out, &mt->history);
	put_all_held(out, mt);
	if (brandings) {
		put_attention(out, brandings);
		put_brandings(out, brandings);
	}
	mt_put_foot(out, mt);
	json_decref(brandings);
	return finish(out, &text);
}

/* ---- one branding ---- */

static void put_step(FILE *out, const char *what, const char *name, const char *class)
{
	fprintf(out, "<li><small>%s</small><span class=\"%s\">", what, class);
	mt_put(out, name);
	fputs("</span></li>\n", out);
}

/* The end of the certificate that ends first. */
static const char *certificate_end(const json_t *probe)
{
	const char *first = "";
	size_t i;
	json_t *address;

	json_array_foreach (json_object_get(json_object_get(probe, "details"), "addresses"), i, address) {
		const char *end = mt_text(json_object_get(address, "tls"), "not_after");
		if (*end && (!*first || strcmp(end, first) < 0))
			first = end;
	}
	return first;
}

static void put_way(FILE *out, const json_t *b)
{
	const json_t *probe = json_object_get(b, "probe"), *way = json_object_get(b, "resolves");
	bool is_bad = strcmp(mt_text(probe, "evidence"), "bad") == 0;
	char certificate[64] = "not probed";
	size_t i;
	json_t *name;

	if (*certificate_end(probe))
		snprintf(certificate, sizeof(certificate), "until %.32s", certificate_end(probe));
	else if (!json_is_null(probe) && probe)
		snprintf(certificate, sizeof(certificate), "probed: %.32s", mt_text(probe, "evidence"));
	fputs("<ul class=\"way\">\n", out);
	put_step(out, "Branded host", mt_text(b, "host"), "");
	json_array_foreach (way, i, name)
		put_step(out, "CNAME", json_string_value(name) ? json_string_value(name) : "", "");
	put_step(out, "Certificate", certificate, is_bad ? "bad" : "");
	if (*mt_text(b, "provider"))
		put_step(out, "Email provider", mt_text(b, "provider"), "");
	fputs("</ul>\n", out);
}

static void put_history(FILE *out, const json_t *history)
{
	size_t i;
	json_t *step;

	if (json_array_size(history) == 0)
		return;
	fputs("<h2>Life</h2>\n<table><thead><tr><th scope=\"col\">Time</th><th scope=\"col\">State</th>"
	      "<th scope=\"col\">Why</th></tr></thead>\n<tbody>\n",
	      out);
	for (i = json_array_size(history); i-- > 0;) {
		step = json_array_get(history, i);
		fputs("<tr>", out);
		put_cell(out, "Time", "time", mt_text(step, "at"));
		put_cell(out, "State", "", mt_text(step, "state"));
		put_cell(out, "Why", "", mt_text(step, "why"));
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table>\n", out);
}

static void put_branding(FILE *out, const json_t *b)
{
	const json_t *probe = json_object_get(b, "probe");

	put_way(out, b);
	fputs("<dl>", out);
	mt_put_fact(out, "State", mt_text(b, "state"));
	mt_put_fact(out, "Since", mt_text(b, "since"));
	mt_put_fact(out, "Mode", mt_text(b, "mode"));
	mt_put_fact(out, "Account", mt_text(b, "account"));
	mt_put_fact(out, "Owner", mt_text(b, "owner"));
	mt_put_fact(out, "Zone", mt_text(b, "zone"));
	mt_put_fact(out, "Last probe", mt_text(probe, "at"));
	mt_put_fact(out, "It showed", mt_text(probe, "text"));
	fputs("</dl>\n<h2>Findings</h2>\n", out);
	if (json_array_size(json_object_get(b, "findings")) + json_array_size(json_object_get(probe, "findings")) == 0)
		fputs("<p class=\"good\">None.</p>\n", out);
	put_findings(out, json_object_get(b, "findings"), "<p>In what is served:</p>\n<ul>\n", "</ul>\n");
	put_findings(out, json_object_get(probe, "findings"), "<p>By the last probe:</p>\n<ul>\n", "</ul>\n");
	put_history(out, json_object_get(b, "history"));
}

char *mt_page_branding(const struct mt *mt, const char *host, bool *found, size_t *len)
{
	json_t *b = mt_ask(mt, "branding.show", json_pack("{s:[s]}", "args", host));
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	*found = b != NULL;
	if (!out) {
		json_decref(b);
		return NULL;
	}
	mt_put_head(out, mt, host);
	fputs("<p><a href=\"/\">All brandings</a></p>\n<h1>", out);
	mt_put(out, host);
	fputs("</h1>\n", out);
	if (b)
		put_branding(out, b);
	else
		fputs("<p>No branding is known for that host.</p>\n", out);
	mt_put_foot(out, mt);
	json_decref(b);
	return finish(out, &text);
}
