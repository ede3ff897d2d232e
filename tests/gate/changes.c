/* SPDX-License-Identifier: BSD-3-Clause */
#include "changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zone/digest.h"
#include "zone/load.h"

/* xorshift64*: the same changes from the same seed, everywhere. */
static unsigned roll(struct drawn_world *w, unsigned sides)
{
	w->state ^= w->state >> 12;
	w->state ^= w->state << 25;
	w->state ^= w->state >> 27;
	return (unsigned)((w->state * 2685821657736338717u) >> 33) % sides;
}

#define COUNT(list)     (sizeof(list) / sizeof((list)[0]))
#define ONE_OF(w, list) ((list)[roll((w), COUNT(list))])

/*
 * What may stand for the edge. @ is its label (`url12` or `url12.news`), CDN
 * and NEXT are listed targets, the latter in the zone before this one.
 */
static const char *const lawful_edges[] = {
	"@ CNAME CDN",
	"@ CNAME CDN",
	"@ CNAME CDN",
	"@ 60 CNAME fallback.cdn.test.",
	"@ CNAME NEXT",
	"@ CNAME alias\nalias CNAME CDN",
	"@ CNAME D\\049.CLOUDFRONT.net.",
};
static const char *const edges[] = {
	"@ CNAME CDN",
	"@ CNAME fallback.cdn.test.",
	"@ CNAME NEXT",
	"@ 86400 CNAME CDN",
	"@ CNAME sendgrid.net.",
	"@ CNAME SendGrid.NET.",
	"@ CNAME \\115endgrid.\\110et.",
	"@ CNAME u1.ct.sendgrid.net.",
	"@ CNAME eu.sendgrid.net.",
	"@ CNAME click.sendgrid.net.",
	"@ CNAME click.sendgrid.net.\n_acme-challenge.@ CNAME x.dcv.cloudflare.com.\n_cf-custom-hostname.@ TXT u",
	"@ CNAME sendgrid.net",
	"@ CNAME d1.cloudfront.net",
	"@ CNAME d9.cloudfront.net.",
	"@ CNAME alias\nalias CNAME CDN",
	"@ CNAME alias\nalias CNAME sendgrid.net.",
	"@ CNAME alias\nalias CNAME more\nmore CNAME u1.ct.sendgrid.net.",
	"@ CNAME alias\n*.x A 192.0.2.1",
	"@ CNAME alias\nalias CNAME @",
	"@ CNAME @",
	"@ CNAME gone.elsewhere",
	"@ A 192.0.2.7\n@ AAAA 2001:db8::7",
	"@ TXT hello",
	"@ NS ns.elsewhere.test.",
	"* CNAME sendgrid.net.",
	"* CNAME CDN",
	"*.news CNAME sendgrid.net.",
	"news DNAME sendgrid.net.",
	"news DNAME cdn.test.",
	"news NS ns.elsewhere.test.",
	"",
	"",
	"@ CNAME CDN\n@ TXT beside",
	"@ CNAME CDN\n@.ZONE CNAME CDN",
};
/* # is the owner's name. */
static const char *const owners[] = {
	"# CNAME sendgrid.net.",
	"# CNAME sendgrid.net.",
	"# CNAME sendgrid.net.",
	"# CNAME SENDGRID.net.",
	"# CNAME sendgrid.net.",
	"# CNAME eu.sendgrid.net.",
	"# CNAME elsewhere.test.",
	"# CNAME sendgrid.net",
	"# CNAME alias",
	"# A 192.0.2.8",
	"",
};
static const char *const more[] = {
	"",
	"",
	"",
	"www A 192.0.2.1",
	"mail A 192.0.2.2\n@@ MX 10 mail",
	"cdn A 192.0.2.3",
	"cdn CNAME sendgrid.net.",
	"@@ CAA 0 issue \"letsencrypt.org\"",
	"@@ CAA 0 issue \";\"",
	"* A 192.0.2.4",
	"alias CNAME sendgrid.net.",
	"x.y.z TXT deep",
};

struct names {
	char edge[64], owner[64], cdn[32], next[64];
};

static void print_one(FILE *f, const char *template, const struct drawn_zone *z, const struct names *n)
{
	for (const char *p = template; *p; p++) {
		if (strncmp(p, "@@", 2) == 0)
			fputc(*p++, f);
		else if (*p == '@')
			fputs(n->edge, f);
		else if (*p == '#')
			fputs(n->owner, f);
		else if (strncmp(p, "CDN", 3) == 0)
			fputs(n->cdn, f), p += 2;
		else if (strncmp(p, "NEXT", 4) == 0)
			fputs(n->next, f), p += 3;
		else if (strncmp(p, "ZONE", 4) == 0)
			fputs(z->name, f), p += 3;
		else
			fputc(*p, f);
	}
	fputc('\n', f);
}

static char *version(struct drawn_world *w, const struct drawn_zone *z, const struct names *n, unsigned serial)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	const char *edge = serial == 1 || roll(w, 4) == 0 ? ONE_OF(w, lawful_edges) : ONE_OF(w, edges);

	/* Some begin at the ESP, or with a violation. */
	if (serial == 1 && roll(w, 3) == 0)
		edge = roll(w, 3) == 0 ? ONE_OF(w, edges) : "@ CNAME sendgrid.net.";
	fprintf(f, "$ORIGIN %s.\n$TTL %u\n@ SOA ns hostmaster %u 3600 600 86400 300\n@ NS ns\nns A 192.0.2.53\n",
		z->name, roll(w, 8) == 0 ? 7200 : 300, serial - (serial > 2 && roll(w, 12) == 0));
	print_one(f, edge, z, n);
	print_one(f, serial == 1 ? owners[0] : ONE_OF(w, owners), z, n);
	print_one(f, serial == 1 ? "cdn A 192.0.2.3" : ONE_OF(w, more), z, n);
	for (unsigned i = roll(w, 6) == 0 ? 500 : roll(w, 3); i > 0; i--)
		fprintf(f, "host%u A 192.0.2.%u\n", i, i % 200 + serial);
	fclose(f);
	return text;
}

static char *id_of(const struct drawn_zone *z, const char *text)
{
	char id[BNS_CANDIDATE_ID_MAX];
	uint8_t apex[BNS_NAME_MAX], digest[BNS_DIGEST_LEN];
	struct bns_contents *c;
	struct bns_diag diag;
	size_t len;

	if (bns_name_from_text(z->name, NULL, apex, &len) || bns_zone_parse(text, strlen(text), "x", apex, &c, &diag))
		return NULL;
	bool good = bns_contents_digest(c, digest) == BNS_OK;
	bns_candidate_id(apex, c->serial, digest, id);
	bns_contents_free(c);
	return good ? strdup(id) : NULL;
}

static void draw_branding(struct drawn_world *w, FILE *f, struct drawn_zone *z, const struct names *n)
{
	static const char *const modes[] = {"cdn", "cdn", "cdn", "cdn", "plain", "managed"};
	static const char *const ways[] = {"", "", "    on-change: hold\n", "    on-change: pin\n",
					   "    on-change: observe\n"};
	const char *mode = ONE_OF(w, modes);

	z->is_routed = strcmp(mode, "plain") != 0 && roll(w, 2) == 0;
	fprintf(f, "  - host: %s.%s\n    account: acme\n    mode: %s\n", n->edge, z->name, mode);
	if (roll(w, 5) > 0)
		fprintf(f, "    owner: %s.%s\n", n->owner, z->name);
	if (strcmp(mode, "cdn") == 0)
		fprintf(f, "    target: [%.*s, fallback.cdn.test, %.*s]\n", (int)strlen(n->cdn) - 1, n->cdn,
			(int)strlen(n->next) - 1, n->next);
	if (z->is_routed)
		fprintf(f, "    routed: true\n");
	fputs(ONE_OF(w, ways), f);
}

static void draw_override(struct drawn_world *w, FILE *f, const struct drawn_zone *z, const struct names *n)
{
	static const char *const rules[] = {"LB01", "LB37", "LB38", "LB16", "LB22", "LB24", "LB25"};
	static const char *const ends[] = {"2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "2099-01-01T00:00:00Z"};

	if (z->is_written && roll(w, 3) == 0)
		fprintf(f, "  - {host: %s.%s, rule: %s, reason: drawn, by: dice, until: %s}\n", n->edge, z->name,
			ONE_OF(w, rules), ONE_OF(w, ends));
}

static void draw_zone(struct drawn_world *w, unsigned i, struct names *n)
{
	struct drawn_zone *z = &w->zones[i];

	snprintf(z->name, sizeof(z->name), "z%u-%u.test", w->group, i);
	const char *below = roll(w, 3) == 0 ? ".news" : "";
	snprintf(n->edge, sizeof(n->edge), "url%u%s", 10 + i, below);
	snprintf(n->owner, sizeof(n->owner), "%u%s", 10000 + i, below);
	snprintf(n->cdn, sizeof(n->cdn), "d1.cloudfront.net.");
	snprintf(n->next, sizeof(n->next), "cdn.z%u-%u.test.", w->group, i == 0 ? CHANGES_ZONES - 1 : i - 1);
	snprintf(z->host, sizeof(z->host), "%.90s.%.63s", n->edge, z->name);
	snprintf(z->owner, sizeof(z->owner), "%.90s.%.63s", n->owner, z->name);
	z->is_written = roll(w, 5) > 0;
	for (unsigned v = 0; v < CHANGES_VERSIONS; v++)
		z->versions[v] = version(w, z, n, v + 1);
	if (roll(w, 6) == 0)
		z->approved_id = id_of(z, z->versions[1 + roll(w, CHANGES_VERSIONS - 1)]);
}

static void draw_policy(struct drawn_world *w, const struct names names[CHANGES_ZONES])
{
	static const char *const defaults[CHANGES_GROUPS] = {
		"{on-change: hold, on-first-load: pin}",
		"{on-change: hold, on-first-load: hold}",
		"{on-change: hold, on-first-load: observe, max-ttl: 3600}",
		"{on-change: pin, on-first-load: pin}",
		"{on-change: pin, on-first-load: observe, learn: false}",
		"{on-change: observe, on-first-load: observe}",
		"{on-change: hold, on-first-load: pin}\ngate: {LB29: hold, LB37: note}",
		"{on-change: pin, on-first-load: hold, max-ttl: 300}\ngate: {LB01: note, LB16: hold, LB29: hold}",
	};
	size_t len;
	FILE *f = open_memstream(&w->policy, &len);

	fprintf(f, "default: %s\naccount:\n  - {id: acme, provider: sendgrid, region: global}\nbranding:\n",
		defaults[w->group]);
	for (unsigned i = 0; i < CHANGES_ZONES; i++)
		if (w->zones[i].is_written)
			draw_branding(w, f, &w->zones[i], &names[i]);
	fputs("override:\n  - {host: x.test, rule: LB01, reason: none, by: dice, until: 2020-01-01T00:00:00Z}\n", f);
	for (unsigned i = 0; i < CHANGES_ZONES; i++)
		draw_override(w, f, &w->zones[i], &names[i]);
	fputs("approve:\n  - {id: \"x.test@1-00000000\", reason: none, by: dice}\n", f);
	for (unsigned i = 0; i < CHANGES_ZONES; i++)
		if (w->zones[i].approved_id)
			fprintf(f, "  - {id: \"%s\", reason: agreed, by: dice}\n", w->zones[i].approved_id);
	fclose(f);
}

void changes_draw(struct drawn_world *world, uint64_t seed, unsigned group)
{
	struct names names[CHANGES_ZONES];

	*world = (struct drawn_world){.state = seed * 0x9e3779b97f4a7c15u + group + 1, .group = group};
	for (unsigned i = 0; i < CHANGES_ZONES; i++)
		draw_zone(world, i, &names[i]);
	draw_policy(world, names);
}

void changes_free(struct drawn_world *world)
{
	free(world->policy);
	for (unsigned i = 0; i < CHANGES_ZONES; i++) {
		free(world->zones[i].approved_id);
		for (unsigned v = 0; v < CHANGES_VERSIONS; v++)
			free(world->zones[i].versions[v]);
	}
}
