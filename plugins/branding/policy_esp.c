/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the ESP's API says of a branding, as an import writes it beside the
 * branding in the policy file. Rules only read it; nothing here asks the ESP.
 */
#include <stdlib.h>
#include <string.h>

#include "reader.h"

static enum bns_error read_id(const struct lb_reader *r, const struct bns_yaml *map, struct lb_esp *esp)
{
	const char *text;
	enum bns_error err = lb_read_text(r, map, "id", false, &text);

	if (err != BNS_OK || !text)
		return err;
	if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 18)
		return lb_complain(r, lb_read_get(map, "id"), "'%s' is no number by which the ESP knows a branding",
				   text);
	esp->id = strtoll(text, NULL, 10);
	return BNS_OK;
}

static enum bns_error read_checked(const struct lb_reader *r, const struct bns_yaml *map, struct lb_esp *esp)
{
	const char *text;
	enum bns_error err = lb_read_text(r, map, "checked", false, &text);

	if (err == BNS_OK && text && r->lb->host->time_from_text(text, &esp->checked_s) != BNS_OK)
		return lb_complain(r, lb_read_get(map, "checked"),
				   "'%s' is no time in UTC: write it as 2026-12-01T00:00:00Z", text);
	return err;
}

static enum bns_error read_words(const struct lb_reader *r, const struct bns_yaml *map, struct lb_esp *esp)
{
	size_t count;
	enum bns_error err = lb_read_copy(r, map, "user", false, &esp->user);

	if (err == BNS_OK)
		err = lb_read_copy(r, map, "reason", false, &esp->reason);
	if (err == BNS_OK && lb_read_get(map, "domain"))
		err = lb_read_name(r, lb_read_get(map, "domain"), &esp->domain);
	return err == BNS_OK ? lb_read_words(r, lb_read_get(map, "subuser"), &esp->subusers, &count) : err;
}

enum bns_error lb_read_esp(const struct lb_reader *r, const struct bns_yaml *map, const struct lb_esp **out)
{
	static const char *const keys[] = {"id",     "user",    "domain",  "default", "valid",
					   "reason", "checked", "subuser", NULL};

	*out = NULL;
	if (!map)
		return BNS_OK;
	struct lb_esp *esp = lb_pool_alloc(r->pool, sizeof(*esp));
	if (!esp)
		return BNS_ENOMEM;
	esp->knows_valid = lb_read_get(map, "valid") != NULL;
	enum bns_error err = lb_read_keys(r, map, "'esp'", keys);
	if (err == BNS_OK)
		err = read_id(r, map, esp);
	if (err == BNS_OK)
		err = read_words(r, map, esp);
	if (err == BNS_OK)
		err = lb_read_bool(r, map, "default", &esp->is_default);
	if (err == BNS_OK)
		err = lb_read_bool(r, map, "valid", &esp->valid);
	if (err == BNS_OK)
		err = read_checked(r, map, esp);
	*out = esp;
	return err;
}
