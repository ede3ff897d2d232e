/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/chaos.h"

#include <string.h>

#include "wire/rrtype.h"

#define NAME(text) .name = (text), .len = sizeof(text) /* the root label is the text's own zero */

static const struct {
	const char *name;
	size_t len;
	size_t offset; /* in struct bns_answer_conf */
} names[] = {
	{NAME("\2id\6server"), offsetof(struct bns_answer_conf, identity)},
	{NAME("\10hostname\4bind"), offsetof(struct bns_answer_conf, identity)},
	{NAME("\7version\6server"), offsetof(struct bns_answer_conf, version)},
	{NAME("\7version\4bind"), offsetof(struct bns_answer_conf, version)},
};

const uint8_t *bns_chaos_find(const struct bns_answer_conf *conf, const struct bns_qname *qname, uint16_t qtype)
{
	if (qtype != BNS_TYPE_TXT && qtype != BNS_TYPE_ANY)
		return NULL;
	for (size_t i = 0; conf && i < sizeof(names) / sizeof(names[0]); i++) {
		if (qname->len != names[i].len || memcmp(qname->name, names[i].name, names[i].len) != 0)
			continue;
		const uint8_t *text = (const uint8_t *)conf + names[i].offset;
		return text[0] > 0 ? text : NULL;
	}
	return NULL;
}
