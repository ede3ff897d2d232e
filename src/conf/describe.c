/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/troff.h"
#include "conf/conf_internal.h"
#include "conf/describe.h"

typedef void (*put_fn)(FILE *out, const char *text);

static void put_plain(FILE *out, const char *text)
{
	fputs(text, out);
}

static const char *const kinds[] = {
	[BNS_OPTION_TEXT] = "text",
	[BNS_OPTION_OCTETS] = "text or 0xHEX",
	[BNS_OPTION_NAME] = "domain name",
	[BNS_OPTION_PATH] = "path",
	[BNS_OPTION_PATTERN] = "path",
	[BNS_OPTION_NUMBER] = "number",
	[BNS_OPTION_NUMBER16] = "number",
	[BNS_OPTION_SIZE] = "size such as 512M",
	[BNS_OPTION_SECONDS] = "duration such as 10s",
	[BNS_OPTION_SECONDS32] = "duration such as 10s",
	[BNS_OPTION_LIMIT32] = "duration such as 10s",
	[BNS_OPTION_SHARE] = "number, or percent such as 5%",
	[BNS_OPTION_WORD] = "",
	[BNS_OPTION_SWITCH] = "",
	[BNS_OPTION_WORDS] = "list of ",
	[BNS_OPTION_TEXTS] = "list of texts",
	[BNS_OPTION_SECRETS] = "list of 32 hexadecimal digits",
	[BNS_OPTION_ADDRESSES] = "list of addresses",
	[BNS_OPTION_PREFIXES] = "list of addresses and prefixes",
	[BNS_OPTION_REF] = "id from ",
	[BNS_OPTION_REFS] = "list of ids from ",
	[BNS_OPTION_PINS] = "list of SHA-256 in base64",
	[BNS_OPTION_MAPPING] = "mapping, see ",
};

static void put_words(FILE *out, const char *const *words, put_fn put)
{
	for (size_t i = 0; words[i]; i++) {
		put(out, i == 0 ? "" : words[i + 1] ? ", " : " or ");
		put(out, words[i]);
	}
}

static void put_kind(FILE *out, const struct bns_option *o, put_fn put)
{
	put(out, kinds[o->type]);
	if (o->words)
		put_words(out, o->words, put);
	if (o->type == BNS_OPTION_REF || o->type == BNS_OPTION_REFS || o->type == BNS_OPTION_MAPPING)
		put(out, bns_sections[o->ref].name);
	if (o->required)
		put(out, "; required");
	else if (o->default_text && *o->default_text) {
		put(out, "; default ");
		put(out, o->default_text);
	}
}

static void put_section_text(FILE *out, const struct bns_section *s)
{
	fprintf(out, "%s%s\n  %s.\n", s->name, s->many ? ": a list" : ":", s->help);
	for (size_t i = 0; i < s->option_count; i++) {
		const struct bns_option *o = &s->options[i];
		fprintf(out, "  %s: ", o->name);
		put_kind(out, o, put_plain);
		fprintf(out, "\n      %s.\n", o->help);
	}
}

static void put_section_man(FILE *out, const struct bns_section *s)
{
	fputs(".SS ", out);
	bns_troff_put(out, s->name);
	fprintf(out, "\n%s%s.\n", s->help, s->many ? " (a list)" : "");
	for (size_t i = 0; i < s->option_count; i++) {
		const struct bns_option *o = &s->options[i];
		fputs(".TP\n.BR ", out);
		bns_troff_put(out, o->name);
		fputs(" \" (", out);
		put_kind(out, o, bns_troff_put);
		fputs(")\"\n", out);
		bns_troff_put(out, o->help);
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
