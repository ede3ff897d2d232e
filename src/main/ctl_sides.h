/* SPDX-License-Identifier: BSD-3-Clause */
/* What a diff or check compares: the zones of a file, of a folder, or of a server. Thread: main. */
#ifndef BNS_MAIN_CTL_SIDES_H
#define BNS_MAIN_CTL_SIDES_H

#include "base/addr.h"
#include "main/ctl.h"
#include "plugin/host.h"
#include "transfer/tls_client.h"
#include "wire/tsig.h"
#include "zone/contents.h"

struct ctl_zone {
	uint8_t apex[BNS_NAME_MAX];
	struct bns_contents *contents; /* NULL: it could not be read, which was complained about */
	char *path;
};

enum ctl_side_kind { CTL_SIDE_FILE, CTL_SIDE_FOLDER, CTL_SIDE_SERVER };

struct ctl_side {
	enum ctl_side_kind kind;
	const char *name; /* as given */
	union bns_addr server;
	struct ctl_zone *zones; /* by name */
	size_t count;
	bool failed; /* some zone could not be read */
};

/* ctl_sides.c */

/*
 * Reads a file ("-": standard input) or the *.zone of a folder, or takes an address ("@…"). What is
 * wrong with single zones is handed to `complain`, the rest is still read.
 * False: there is nothing to work on; it was told too.
 */
bool ctl_side_open(const struct ctl *ctl, const char *name,
		   void (*complain)(const struct ctl *, const struct bns_diag *), struct ctl_side *side);
/* All of these as one folder; a server isn't taken. */
bool ctl_side_open_all(const struct ctl *ctl, const json_t *names,
		       void (*complain)(const struct ctl *, const struct bns_diag *), struct ctl_side *side);
void ctl_side_close(struct ctl_side *side);

const struct ctl_zone *ctl_side_find(const struct ctl_side *side, const uint8_t *apex);

/* ctl_server.c: "@ADDRESS", "@ADDRESS#PORT", or a host's name. False: it was told why not. */
bool ctl_server_from_text(const struct ctl *ctl, const char *text, union bns_addr *addr);

/* "[ALG:]NAME:SECRET", the secret in base64; hmac-sha256 where no algorithm is given. */
bool ctl_key_from_text(const struct ctl *ctl, const char *text, struct bns_tsig_key *key);

/* ctl_tls.c: who is asked by TLS; all NULL: nobody, and `*out` is NULL. False: it was told why not. */
bool ctl_tls_open(const struct ctl *ctl, const char *name, const char *ca_file, const char *pin_text,
		  struct bns_tls_client **out);

/* Where a server's port isn't written, it is then that of DNS over TLS. */
void ctl_tls_port(struct ctl_side *side);

/* ctl_policy.c: the branding plugin with a policy, as the daemon has it. `{0}`: none, differences alone. */
struct ctl_policy {
	struct bns_yaml *conf;
	struct bns_plugins *plugins;
	const struct ctl_side *beside; /* the zones served beside the one that is judged; NULL: none are known */
};

/* `policy` NULL: without a file, brandings are only recognised. It stays where it is until it is closed. False: it was
 * told why not. */
bool ctl_policy_open(const struct ctl *ctl, const char *policy, struct ctl_policy *out);
void ctl_policy_close(struct ctl_policy *policy);

/* Judges before → after, either may be NULL. New reference; NULL: it was told why not. */
json_t *ctl_judge(const struct ctl *ctl, const struct ctl_policy *policy, const uint8_t *apex,
		  const struct bns_contents *before, const struct bns_contents *after, const char *source);

/* "none" < "pass" < "amend" < "hold" < "refuse". */
int ctl_verdict_rank(const char *verdict);
enum ctl_exit ctl_exit_of_verdict(const char *verdict);

#endif
