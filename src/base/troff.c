/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/troff.h"

#include <string.h>

static void put(FILE *out, char c)
{
	switch (c) {
	case '-':
		fputs("\\-", out);
		break;
	case '"':
		fputs("\\(dq", out);
		break;
	case '\\':
		fputs("\\e", out);
		break;
	default:
		fputc(c, out);
	}
}

void bns_troff_put(FILE *out, const char *text)
{
	/* At the start of a line these two would begin a request. */
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text; text++)
		put(out, *text);
}

void bns_troff_put_sentence(FILE *out, const char *text)
{
	size_t len = strlen(text);
	if (len == 0)
		return;
	char first[2] = {text[0]};
	if (first[0] >= 'a' && first[0] <= 'z')
		first[0] = (char)(first[0] - 'a' + 'A');
	bns_troff_put(out, first);
	for (const char *c = text + 1; *c; c++)
		put(out, *c);
	if (text[len - 1] != '.')
		fputc('.', out);
	fputc('\n', out);
}
