/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/layout.h"

#include <string.h>
#include <strings.h>

#include "wire/rrtype.h"

#define OWNER_WIDTH_MIN  24
#define OWNER_WIDTH_STEP 8
#define OWNER_WIDTH_MAX  48 /* a longer owner pushes its own line only */
#define TYPE_WIDTH_MIN   5  /* CNAME */
#define NUMBER_WIDTH     10

static const char *const labels[] = {"serial", "refresh", "retry", "expire", "negative TTL"};

#define LABELS (sizeof(labels) / sizeof(labels[0]))

void bns_layout_init(struct bns_layout *layout)
{
	*layout = (struct bns_layout){OWNER_WIDTH_MIN, TYPE_WIDTH_MIN};
}

static size_t decimal_len(uint32_t n)
{
	size_t len = 1;
	while (n >= 10) {
		n /= 10;
		len++;
	}
	return len;
}

void bns_layout_fit(struct bns_layout *layout, const struct bns_layout_line *line)
{
	char type[BNS_RRTYPE_TEXT_MAX];
	size_t type_len = strlen(bns_rrtype_to_text(line->type, type));
	if (layout->type_width < type_len)
		layout->type_width = type_len;
	if (layout->owner_width == OWNER_WIDTH_MAX)
		return;
	size_t owner_len = strlen(line->owner) + (line->has_ttl ? 1 + decimal_len(line->ttl) : 0);
	while (layout->owner_width < owner_len && layout->owner_width < OWNER_WIDTH_MAX)
		layout->owner_width += OWNER_WIDTH_STEP;
}

static void write_owner_and_ttl(const struct bns_layout *layout, const struct bns_layout_line *line, FILE *out)
{
	size_t ttl_len = line->has_ttl ? decimal_len(line->ttl) : 0;
	size_t owner_len = strlen(line->owner);
	fputs(line->owner, out);
	if (line->has_ttl && owner_len + 1 + ttl_len > layout->owner_width)
		fprintf(out, " %u", line->ttl);
	else if (line->has_ttl)
		fprintf(out, "%*u", (int)(layout->owner_width - owner_len), line->ttl);
	else if (owner_len < layout->owner_width)
		fprintf(out, "%*s", (int)(layout->owner_width - owner_len), "");
}

static void write_number(const struct bns_layout *layout, const char *number, const char *close, const char *label,
			 FILE *out)
{
	size_t indent = layout->owner_width + strlen(" IN ") + layout->type_width + 1;
	size_t len = strlen(number) + strlen(close);
	size_t pad = len < NUMBER_WIDTH ? NUMBER_WIDTH - len : 0;
	fprintf(out, "\n%*s%s%s%*s ; %s", (int)indent, "", number, close, (int)pad, "", label);
}

/* "primary mailbox serial refresh retry expire minimum" */
static void write_soa(const struct bns_layout *layout, const struct bns_layout_line *line, FILE *out)
{
	const char *names_end = strchr(line->rdata, ' ');
	names_end += 1 + strcspn(names_end + 1, " ");
	fprintf(out, "%.*s (", (int)(names_end - line->rdata), line->rdata);
	if (line->comment)
		fprintf(out, " %s", line->comment);
	const char *at = names_end;
	for (size_t i = 0; i < LABELS && *at; i++) {
		char number[NUMBER_WIDTH + 1];
		size_t len = strcspn(at + 1, " ");
		snprintf(number, sizeof(number), "%.*s", (int)len, at + 1);
		write_number(layout, number, i + 1 == LABELS ? " )" : "", labels[i], out);
		at += 1 + len;
	}
	fputc('\n', out);
}

void bns_layout_write(const struct bns_layout *layout, const struct bns_layout_line *line, FILE *out)
{
	char type[BNS_RRTYPE_TEXT_MAX];
	write_owner_and_ttl(layout, line, out);
	fprintf(out, " IN %-*s ", (int)layout->type_width, bns_rrtype_to_text(line->type, type));
	if (line->type == BNS_TYPE_SOA && strncmp(line->rdata, "\\# ", 3) != 0)
		write_soa(layout, line, out);
	else
		fprintf(out, "%s%s%s\n", line->rdata, line->comment ? "  " : "", line->comment ? line->comment : "");
}

char *bns_layout_owner(const uint8_t *owner, const uint8_t *origin, char out[BNS_NAME_TEXT_MAX])
{
	uint8_t relative[BNS_NAME_MAX];
	if (!bns_name_in(owner, origin))
		return bns_name_to_text(owner, out);
	size_t len = bns_name_len(owner) - bns_name_len(origin);
	if (len == 0)
		return strcpy(out, "@");
	memcpy(relative, owner, len);
	relative[len] = 0;
	return bns_name_to_text_nodot(relative, out);
}

bool bns_layout_is_label(const char *comment)
{
	static const char *const others[] = {"minimum", "minimum TTL", "min TTL", "negative cache TTL", "TTL"};
	comment += strspn(comment, "; \t");
	for (size_t i = 0; i < LABELS; i++) {
		if (strcasecmp(comment, labels[i]) == 0)
			return true;
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcasecmp(comment, others[i]) == 0)
			return true;
	}
	return false;
}
