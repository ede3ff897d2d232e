/* SPDX-License-Identifier: BSD-3-Clause */
/* import: the ESP's list of brandings → a policy, new or merged into one that is there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/replace.h"
#include "main/ctl_import.h"

static void show(const struct ctl_import *im)
{
	size_t i;
	json_t *row;
	json_array_foreach (im->summary, i, row)
		printf("%-8s %s (%s)%s\n", json_string_value(json_object_get(row, "state")),
		       json_string_value(json_object_get(row, "host")),
		       json_string_value(json_object_get(row, "owner")),
		       json_is_true(json_object_get(row, "valid")) ? "" : ", not valid at the provider");
}

static bool write_text(const struct ctl_import *im, const char *into, const char *text)
{
	if (!into) {
		fputs(text, stdout);
		return true;
	}
	if (bns_replace_text(into, text) == BNS_OK)
		return true;
	ctl_complain(im->ctl, "%s: %s", into, strerror(errno));
	return false;
}

static enum ctl_exit finish(struct ctl *ctl, const struct ctl_import *im, const char *into)
{
	char *text = ctl_import_text(im);
	if (!text) {
		ctl_complain(ctl, "out of memory");
		return CTL_ERROR;
	}
	/* With -j the result is the summary; the policy goes to the file. */
	bool good = ctl->json && !into ? true : write_text(im, into, text);
	if (good && ctl->json) {
		json_t *result = json_pack("{s:i, s:O, s:s}", "schema", 1, "brandings", im->summary, "policy", text);
		ctl_print_json(ctl, result);
		json_decref(result);
	} else if (good && into) {
		show(im);
	}
	free(text);
	return good ? CTL_DONE : CTL_ERROR;
}

/* The account's id, where nobody gives one: the user the brandings belong to. */
static const char *account_of(const json_t *params, const json_t *links)
{
	const char *given = json_string_value(json_object_get(params, "account"));
	const char *user = json_string_value(json_object_get(json_array_get(links, 0), "username"));
	return given ? given : user && user[0] ? user : "sendgrid";
}

static bool is_id(const char *text)
{
	return text[0] &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@+-") == strlen(text);
}

enum ctl_exit ctl_import(struct ctl *ctl, json_t *params)
{
	const char *into = json_string_value(json_object_get(params, "into"));
	struct ctl_import im = {.ctl = ctl};
	json_t *links = ctl_import_read(ctl, json_object_get(params, "files"));
	if (!links)
		return CTL_ERROR;
	enum ctl_exit code = CTL_ERROR;
	im.account = account_of(params, links);
	if (!is_id(im.account))
		ctl_complain(ctl, "'%s' can't be an account's id: give one with --account", im.account);
	else if (ctl_import_open(&im, into) && ctl_import_merge(&im, links))
		code = finish(ctl, &im, into);
	ctl_import_close(&im);
	json_decref(links);
	return code;
}
