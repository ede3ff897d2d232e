/* SPDX-License-Identifier: BSD-3-Clause */
#include "main/ctl_report.h"

#include <openssl/evp.h>
#include <string.h>

#include "control/render_review.h"
#include "wire/serial.h"

static void add_place(json_t *change, const struct bns_contents *after)
{
	uint8_t owner[BNS_NAME_MAX];
	size_t len;
	uint16_t type;
	if (bns_name_from_text(bns_rpc_str(change, "owner"), NULL, owner, &len) != BNS_OK ||
	    bns_rrtype_from_text(bns_rpc_str(change, "type"), &type) != BNS_OK)
		return;
	const struct bns_record *r = bns_contents_find(after, owner, type, &len);
	if (r && r->line > 0 && r->file < after->file_count && after->files[r->file]) {
		json_object_set_new(change, "file", bns_rpc_text(after->files[r->file]));
		json_object_set_new(change, "line", json_integer(r->line));
	} else if (!r && after->file_count > 0 && after->files[0]) {
		json_object_set_new(change, "file", bns_rpc_text(after->files[0])); /* it is gone from there */
	}
}

/* What the serials alone say; they are no difference by themselves. */
static void note_serial(json_t *report, uint32_t before, uint32_t after)
{
	const char *note = NULL;
	if (json_array_size(json_object_get(report, "changes")) == 0)
		note = before != after ? "the serial alone differs" : NULL;
	else if (before == after)
		note = "the records differ under the same serial: a higher one will be published";
	else if (bns_serial_newer(before, after))
		note = "the serial goes back: a higher one than before will be published";
	if (note)
		json_object_set_new(report, "note", json_string(note));
}

void ctl_report_complete(json_t *report, const struct bns_contents *after)
{
	size_t i;
	json_t *change;
	const json_t *before_serial = json_object_get(report, "before_serial");
	const json_t *after_serial = json_object_get(report, "after_serial");
	json_t *changes = json_object_get(report, "changes");
	json_array_foreach (changes, i, change) {
		if (after)
			add_place(change, after);
	}
	if (after && after->file_count > 0 && after->files[0])
		json_object_set_new(report, "file", bns_rpc_text(after->files[0]));
	if (json_is_integer(before_serial) && json_is_integer(after_serial) && !json_object_get(report, "note"))
		note_serial(report, (uint32_t)json_integer_value(before_serial),
			    (uint32_t)json_integer_value(after_serial));
}

/* Of several plans: the digest of their digests, zone by zone. */
static json_t *hash_of(const json_t *reports)
{
	size_t i;
	json_t *report;
	unsigned char digest[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1] = "";
	unsigned len = 0;
	if (json_array_size(reports) == 1)
		return json_string(bns_rpc_str(json_array_get(reports, 0), "hash"));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	json_array_foreach (reports, i, report) {
		const char *zone = bns_rpc_str(report, "zone");
		const char *hash = bns_rpc_str(report, "hash");
		good = good && EVP_DigestUpdate(ctx, zone, strlen(zone) + 1) &&
		       EVP_DigestUpdate(ctx, hash, strlen(hash) + 1);
	}
	good = good && EVP_DigestFinal_ex(ctx, digest, &len);
	EVP_MD_CTX_free(ctx);
	for (i = 0; good && i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	return good ? json_string(hex) : NULL;
}

static const char *worst_verdict(const json_t *reports)
{
	size_t i;
	json_t *report;
	const char *worst = "none";
	json_array_foreach (reports, i, report) {
		const char *verdict = bns_rpc_str(report, "verdict");
		if (ctl_verdict_rank(verdict) > ctl_verdict_rank(worst))
			worst = verdict;
	}
	return worst;
}

/* One list out of every report's. */
static json_t *gather(const json_t *reports, const char *key)
{
	size_t i;
	size_t k;
	json_t *report;
	json_t *item;
	json_t *all = json_array();
	json_array_foreach (reports, i, report) {
		json_array_foreach (json_object_get(report, key), k, item) {
			json_t *copy = json_copy(item);
			json_object_set(copy, "zone", json_object_get(report, "zone"));
			json_array_append_new(all, copy);
		}
	}
	return all;
}

json_t *ctl_report_merge(json_t *reports)
{
	json_t *whole = json_array_size(reports) == 1 ? json_copy(json_array_get(reports, 0)) : json_object();
	json_object_set_new(whole, "schema", json_integer(1));
	json_object_set_new(whole, "hash", hash_of(reports));
	json_object_set_new(whole, "verdict", json_string(worst_verdict(reports)));
	json_object_set_new(whole, "changes", gather(reports, "changes"));
	json_object_set_new(whole, "findings", gather(reports, "findings"));
	json_object_set_new(whole, "standing", gather(reports, "standing"));
	json_object_set(whole, "zones", reports);
	return whole;
}

bool ctl_report_format(const struct ctl *ctl, const char *word, enum bns_diff_format *format)
{
	*format = ctl->json ? BNS_DIFF_JSON : BNS_DIFF_TEXT;
	if (!word || bns_diff_format_from_text(word, format) == BNS_OK)
		return true;
	ctl_complain(ctl, "unknown format '%s': text, json, markdown or github", word);
	return false;
}

/* Where the change is reviewed, its broken file is shown, too. */
static void annotate_diag(const struct ctl *ctl, const struct bns_diag *diag)
{
	(void)ctl;
	bns_review_github_diag(stdout, diag);
}

void (*ctl_report_complain(const char *word))(const struct ctl *ctl, const struct bns_diag *diag)
{
	enum bns_diff_format format;
	bool github = word && bns_diff_format_from_text(word, &format) == BNS_OK && format == BNS_DIFF_GITHUB;
	return github ? annotate_diag : ctl_complain_diag;
}

enum ctl_exit ctl_report_print(const struct ctl *ctl, const char *word, json_t *reports)
{
	enum bns_diff_format format;
	if (!ctl_report_format(ctl, word, &format))
		return CTL_ERROR;
	json_t *whole = ctl_report_merge(reports);
	if (format == BNS_DIFF_JSON)
		ctl_print_json(ctl, whole);
	else
		bns_render_diff(stdout, ctl->colour, format, whole);
	enum ctl_exit code = ctl_exit_of_verdict(bns_rpc_str(whole, "verdict"));
	json_decref(whole);
	return code;
}
