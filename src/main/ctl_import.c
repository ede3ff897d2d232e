/* SPDX-License-Identifier: BSD-3-Clause */
/* import: the ESP's list of brandings → a policy, new or merged into one that is there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/replace.h"
#include "main/ctl_import.h"
#include "main/ctl_sides.h"

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

/* What would be written is read as the daemon will read it. */
static bool is_policy(const struct ctl_import *im, const char *path)
{
	struct ctl_policy policy;
	if (!ctl_policy_open(im->ctl, path, &policy)) {
		ctl_complain(im->ctl, "the policy that would come of it can't be used; nothing was written");
		return false;
	}
	ctl_policy_close(&policy);
	return true;
}

static bool write_file(const struct ctl_import *im, const char *into, const char *text)
{
	struct bns_replace r;
	bool written = false, usable = false, replaced = false;
	if (bns_replace_begin(into, &r) == BNS_OK) {
		written = fputs(text, r.out) >= 0 && fflush(r.out) == 0;
		usable = written && is_policy(im, r.temp);
		replaced = bns_replace_end(&r, usable) == BNS_OK && usable;
	}
	if (!replaced && (usable || !written))
		ctl_complain(im->ctl, "%s: %s", into, strerror(errno));
	return replaced;
}

/* Without a file of its own it is tried in one that goes again. */
static bool is_good_text(const struct ctl_import *im, const char *text)
{
	char path[] = "/tmp/brandns-import-XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool written = f && fputs(text, f) >= 0;
	if (f)
		written = fclose(f) == 0 && written;
	else if (fd >= 0)
		close(fd);
	if (!written)
		ctl_complain(im->ctl, "%s: %s", path, strerror(errno));
	bool good = written && is_policy(im, path);
	if (fd >= 0)
		unlink(path);
	return good;
}

static bool write_text(const struct ctl_import *im, const char *into, const char *text)
{
	if (into)
		return write_file(im, into, text);
	if (!is_good_text(im, text))
		return false;
	if (!im->ctl->json)
		fputs(text, stdout);
	return true;
}

static enum ctl_exit finish(struct ctl *ctl, const struct ctl_import *im, const char *into)
{
	char *text = ctl_import_text(im);
	if (!text) {
		ctl_complain(ctl, "out of memory");
		return CTL_ERROR;
	}
	/* With -j the result is the summary; the policy goes to the file. */
	bool good = write_text(im, into, text);
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

static bool is_subuser(const struct ctl_import *im, const char *user)
{
	size_t i;
	json_t *name;
	json_array_foreach (im->subusers, i, name)
		if (strcmp(json_string_value(name), user) == 0)
			return true;
	return false;
}

/* The account's id, where neither the command nor the policy says it: the user the brandings belong to. */
static const char *account_of(const struct ctl_import *im, const json_t *links)
{
	size_t i;
	json_t *link;
	json_array_foreach (links, i, link) {
		const char *user = json_string_value(json_object_get(link, "username"));
		if (user && user[0] && !is_subuser(im, user))
			return user;
	}
	return "sendgrid";
}

static bool is_id(const char *text)
{
	return text[0] &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@+-") == strlen(text);
}

/* From the API, from files, or both. NULL: it was told why not. */
static json_t *read_links(struct ctl_import *im, const json_t *params)
{
	const json_t *files = json_object_get(params, "files");
	bool from_api = json_is_true(json_object_get(params, "from_api"));
	json_t *documents = NULL;
	if (!from_api && json_array_size(files) == 0) {
		ctl_complain(im->ctl, "import: FILE... is missing (JSON of the provider's API), or --from-api");
		return NULL;
	}
	if (from_api && !(documents = ctl_import_ask(im, params)))
		return NULL;
	json_t *links = ctl_import_read(im->ctl, files, documents);
	json_decref(documents);
	return links;
}

enum ctl_exit ctl_import(struct ctl *ctl, json_t *params)
{
	const char *into = json_string_value(json_object_get(params, "into"));
	struct ctl_import im = {.ctl = ctl};
	enum ctl_exit code = CTL_ERROR;
	json_t *links = ctl_import_open(&im, into) ? read_links(&im, params) : NULL;
	if (links) {
		const char *given = json_string_value(json_object_get(params, "account"));
		im.account = given ? given : im.account ? im.account : account_of(&im, links);
		if (!is_id(im.account))
			ctl_complain(ctl, "'%s' can't be an account's id: give one with --account", im.account);
		else if (ctl_import_merge(&im, links))
			code = finish(ctl, &im, into);
	}
	ctl_import_close(&im);
	json_decref(links);
	return code;
}
