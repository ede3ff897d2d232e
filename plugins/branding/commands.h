/* SPDX-License-Identifier: BSD-3-Clause */
/* What the verbs' files share. Thread: main loop. */
#ifndef BRANDING_COMMANDS_H
#define BRANDING_COMMANDS_H

#include <jansson.h>

#include "life.h"

/* NULL: null. */
json_t *lb_json_name(const struct lb *lb, const uint8_t *name);

/* 0: null. commands.c, as the next ones. */
json_t *lb_json_time(const struct lb *lb, int64_t at_s);
/* The chain of CNAMEs from the host, as far as what is served here shows it. */
json_t *lb_json_way(const struct lb *lb, const struct bns_contents *zone, const uint8_t *host);
/* What the ESP says; NULL: null. */
json_t *lb_json_esp(const struct lb *lb, const struct lb_esp *esp);

/* A host as a person writes it, lower-cased; false: it is none. */
bool lb_host_from_word(const struct lb *lb, const char *word, uint8_t host[BNS_NAME_MAX]);

/* Adds what was found of `host`. */
void lb_json_findings(const struct lb *lb, const uint8_t *host, const struct lb_findings *found, json_t *list);

/* Adds what the rules find of `host` in its served zone. */
void lb_add_findings(const struct lb *lb, const uint8_t *host, const struct bns_contents *zone, json_t *list);

/* What a branding that was only recognised is like. commands_change.c */
struct lb_branding lb_recognised(const struct lb *lb, const uint8_t *host);

/* The end of a verb that was started; `root` is taken over. commands_change.c */
void lb_refuse(const struct lb *lb, struct bns_reply *reply, enum bns_error err, const char *text);
void lb_answer(const struct lb *lb, struct bns_reply *reply, json_t *root);

/* commands_check.c */
void lb_start_check(struct bns_plugin *p, const char *const *args, size_t count, const char *by,
		    struct bns_reply *reply);

/* account_verbs.c */
enum bns_error lb_run_account_list(struct bns_plugin *p, const char *const *args, size_t count, char **json,
				   struct bns_diag *diag);
enum bns_error lb_run_account_readiness(struct bns_plugin *p, const char *const *args, size_t count, char **json,
					struct bns_diag *diag);

/* account_live.c */
void lb_start_account_refresh(struct bns_plugin *p, const char *const *args, size_t count, const char *by,
			      struct bns_reply *reply);

/* commands_change.c */
void lb_start_route(struct bns_plugin *p, const char *const *args, size_t count, const char *by,
		    struct bns_reply *reply);
void lb_start_override(struct bns_plugin *p, const char *const *args, size_t count, const char *by,
		       struct bns_reply *reply);

/* commands_explain.c */
enum bns_error lb_run_explain(struct bns_plugin *p, const char *const *args, size_t count, char **json,
			      struct bns_diag *diag);

#endif
