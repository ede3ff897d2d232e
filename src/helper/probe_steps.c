/* SPDX-License-Identifier: BSD-3-Clause */
/* What a probe tells: its steps, and facts of single addresses for reports. */
#include <stdarg.h>
#include <stdio.h>

#include "helper/probe.h"

/* Certificates and servers say what they like; what is told is a line of ASCII. */
static void make_printable(char *text)
{
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

json_t *bns_probe_text(const char *text)
{
	char copy[2 * BNS_PROBE_TEXT_MAX];
	if (!text || !text[0])
		return json_null();
	snprintf(copy, sizeof(copy), "%s", text);
	make_printable(copy);
	return json_string(copy);
}

void bns_probe_asking(struct bns_probe *p, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(p->asked, sizeof(p->asked), fmt, args);
	va_end(args);
}

static void add_step(struct bns_probe *p, json_t *step)
{
	if (!step || json_object_set_new(step, "asked", bns_probe_text(p->asked)) != 0 ||
	    json_array_append_new(p->steps, step) != 0)
		p->bad = true; /* what can't be told is not good */
}

void bns_probe_good(struct bns_probe *p, const char *fmt, ...)
{
	char text[BNS_PROBE_TEXT_MAX];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	add_step(p, json_pack("{s:b,s:o}", "good", 1, "text", bns_probe_text(text)));
}

void bns_probe_bad(struct bns_probe *p, const char *rule, char severity, const char *remedy, const char *fmt, ...)
{
	char text[BNS_PROBE_TEXT_MAX], letter[] = {severity, '\0'};
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	add_step(p, json_pack("{s:b,s:s,s:s,s:o,s:s}", "good", 0, "rule", rule, "severity", letter, "text",
			      bns_probe_text(text), "remedy", remedy));
	p->bad = p->bad || severity != 'M';
}

void bns_probe_at(struct bns_probe *p, const union bns_addr *addr)
{
	char text[BNS_ADDR_TEXT_MAX];
	p->seen = json_pack("{s:o}", "address", bns_probe_text(bns_probe_addr_text(addr, text)));
	if (!p->seen || json_array_append_new(p->addresses, p->seen) != 0) {
		p->seen = NULL;
		p->bad = true;
	}
}

void bns_probe_fact(struct bns_probe *p, const char *name, json_t *value)
{
	if (!p->seen)
		json_decref(value);
	else if (json_object_set_new(p->seen, name, value) != 0)
		p->bad = true;
}
