/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>

#include "conf/conf_internal.h"
#include "conf/describe.h"

static void put_words(FILE *out, const char *before, const char *const *words)
{
	fputs(before, out);
	for (size_t i = 0; words[i]; i++)
		fprintf(out, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
}

static void put_kind(FILE *out, const struct bns_option *o)
{
	switch (o->type) {
	case BNS_OPTION_TEXT:
		fputs("text", out);
		break;
	case BNS_OPTION_NAME:
		fputs("domain name", out);
		break;
	case BNS_OPTION_PATH:
	case BNS_OPTION_PATTERN:
		fputs("path", out);
		break;
	case BNS_OPTION_NUMBER:
	case BNS_OPTION_NUMBER16:
		fputs("number", out);
		break;
	case BNS_OPTION_SIZE:
		fputs("size such as 512M", out);
		break;
	case BNS_OPTION_SECONDS:
	case BNS_OPTION_SECONDS32:
	case BNS_OPTION_LIMIT32:
		fputs("duration such as 10s", out);
		break;
	case BNS_OPTION_WORD:
	case BNS_OPTION_SWITCH:
		put_words(out, "", o->words);
		break;
	case BNS_OPTION_WORDS:
		put_words(out, "list of ", o->words);
		break;
	case BNS_OPTION_TEXTS:
		fputs("list of texts", out);
		break;
	case BNS_OPTION_ADDRESSES:
		fputs("list of addresses", out);
		break;
	case BNS_OPTION_PREFIXES:
		fputs("list of addresses and prefixes", out);
		break;
	case BNS_OPTION_REF:
		fprintf(out, "id of %s", bns_sections[o->ref].item);
		break;
	case BNS_OPTION_REFS:
		fprintf(out, "list of ids of %ss", bns_sections[o->ref].name);
		break;
	case BNS_OPTION_NOT_YET:
		fputs("not available in this version", out);
		break;
	}
	if (o->required)
		fputs("; required", out);
	else if (o->default_text && *o->default_text && o->type != BNS_OPTION_NOT_YET)
		fprintf(out, "; default %s", o->default_text);
}

static void put_option_text(FILE *out, const struct bns_option *o)
{
	fprintf(out, "  %s: ", o->name);
	put_kind(out, o);
	fprintf(out, "\n      %s.\n", o->help);
}

static void put_section_text(FILE *out, const struct bns_section *s)
{
	fprintf(out, "%s%s\n  %s.\n", s->name, s->many ? ": a list" : ":", s->help);
	for (size_t i = 0; i < s->option_count; i++)
		put_option_text(out, &s->options[i]);
}

/* A minus and a backslash mean something else to troff. */
static void put_troff(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '-')
			fputs("\\-", out);
		else if (*text == '\\')
			fputs("\\e", out);
		else
			fputc(*text, out);
	}
}

static void put_section_man(FILE *out, const struct bns_section *s)
{
	fputs(".SS ", out);
	put_troff(out, s->name);
	fprintf(out, "\n%s%s.\n", s->help, s->many ? " (a list)" : "");
	for (size_t i = 0; i < s->option_count; i++) {
		const struct bns_option *o = &s->options[i];
		fputs(".TP\n.BR ", out);
		put_troff(out, o->name);
		fputs(" \" (", out);
		put_kind(out, o);
		fputs(")\"\n", out);
		put_troff(out, o->help);
		fputs(".\n", out);
	}
}

void bns_conf_describe(FILE *out, enum bns_describe_format format)
{
	for (size_t i = 0; i < BNS_SECTION_COUNT; i++) {
		if (format == BNS_DESCRIBE_MAN)
			put_section_man(out, &bns_sections[i]);
		else
			put_section_text(out, &bns_sections[i]);
	}
}
