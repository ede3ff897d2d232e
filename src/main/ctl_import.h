/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the parts of `import` share: brandings as the ESP's API tells them, and
 * a policy file they are written into. Thread: main.
 */
#ifndef BNS_MAIN_CTL_IMPORT_H
#define BNS_MAIN_CTL_IMPORT_H

#include "base/yaml.h"
#include "main/ctl.h"

/*
 * ctl_import_links.c: an array of {"host","owner","managed","eu","username","esp":{…}},
 * ordered by host; `esp` holds what the policy's `esp` does, in its order. NULL: it was
 * told why not. `files`: what GET /v3/whitelabel/links answers, or …/links/subuser,
 * and answers of …/validate, in any order. `documents`: the same from the API, now; may be NULL.
 */
json_t *ctl_import_read(const struct ctl *ctl, const json_t *files, const json_t *documents);

/* ctl_import_policy.c: one change to a file of lines; those of `text` keep what isn't changed. */
struct ctl_import {
	const struct ctl *ctl;
	const char *path;      /* of the policy; NULL: a new one */
	const char *account;   /* id */
	json_t *subusers;      /* that were asked for, array of names; NULL: none */
	struct bns_yaml *root; /* NULL: a new one */
	json_t *lines;         /* array of strings without line ends */
	json_t *edits;         /* array of {"at","remove","insert"}: lines from 0 */
	json_t *summary;       /* array of {"host","owner","state","valid"} */
};

/*
 * ctl_import_api.c: asks the provider's API, by a helper program; an array for ctl_import_read. NULL: it was told why
 * not. Sets the account, where the policy says whose API it is.
 */
json_t *ctl_import_ask(struct ctl_import *im, const json_t *params);

bool ctl_import_open(struct ctl_import *im, const char *path);
/* The policy's account or branding; NULL: there is none. */
const struct bns_yaml *ctl_import_account(const struct ctl_import *im, const char *id);
const struct bns_yaml *ctl_import_branding(const struct ctl_import *im, const char *host);
bool ctl_import_merge(struct ctl_import *im, const json_t *links);
/* The whole text; the caller's to free(). */
char *ctl_import_text(const struct ctl_import *im);
void ctl_import_close(struct ctl_import *im);

#endif
