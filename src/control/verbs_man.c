/* SPDX-License-Identifier: BSD-3-Clause */
/* The verbs as brandnsctl(1) lists them. */
#include "base/troff.h"
#include "control/verbs.h"

static void put_param(FILE *out, const struct bns_param *p)
{
	char option[64];
	fputs(".TP\n.B ", out);
	bns_troff_put(out, p->option ? bns_param_option(p, option, sizeof(option)) : p->label);
	fputc('\n', out);
	bns_troff_put_sentence(out, p->help);
}

/* A word in its place that is only called what it is needs no line of its own. */
static bool says_more(const struct bns_param *p)
{
	return p->option || p->kind != BNS_PARAM_TEXT;
}

static void put_verb(FILE *out, const struct bns_verb *v)
{
	char usage[512];
	bool inside = false;
	fputs(".TP\n.B ", out);
	bns_troff_put(out, bns_verb_usage(v, usage, sizeof(usage)));
	fputs(v->flags & BNS_VERB_ADMIN ? " *\n" : "\n", out);
	bns_troff_put_sentence(out, v->help);
	for (const struct bns_param *p = bns_verb_cli(v); p->name; p++) {
		if (!says_more(p))
			continue;
		fputs(inside ? "" : ".RS\n", out);
		inside = true;
		put_param(out, p);
	}
	fputs(inside ? ".RE\n" : "", out);
}

void bns_verbs_man(FILE *out, bool offline)
{
	const struct bns_verb *v;
	for (size_t i = 0; (v = bns_verb_at(i)); i++) {
		if (!(v->flags & BNS_VERB_STREAM) && offline == ((v->flags & BNS_VERB_OFFLINE) != 0))
			put_verb(out, v);
	}
}
