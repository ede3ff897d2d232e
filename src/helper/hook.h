/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hooks-helper: delivers events for the plugin `hooks`, by a webhook
 * (hook_web.c) and by a command (hook_command.c). Each way has a thread and a
 * line of its own, so that a webhook that is down doesn't keep the command.
 */
#ifndef BNS_HELPER_HOOK_H
#define BNS_HELPER_HOOK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define BNS_HOOK_WHY_MAX   256
#define BNS_HOOK_WORDS_MAX 64

struct bns_hook_settings {
	const char *url;    /* "": no webhook */
	const char *socket; /* "": TCP */
	const char *secret_file;
	char *command[BNS_HOOK_WORDS_MAX + 1]; /* ends with NULL; first NULL: no command */
	long timeout_ms, pause_ms, tries;
};

struct bns_hook_event {
	json_int_t id;
	const char *kind;
	const char *zone; /* "" */
	const char *body; /* JSON on one line */
	size_t len;
};

/* One attempt, that waits. False: `why` says what went wrong. */
bool bns_hook_web(const struct bns_hook_settings *s, const struct bns_hook_event *e, char why[BNS_HOOK_WHY_MAX]);
bool bns_hook_command(const struct bns_hook_settings *s, const struct bns_hook_event *e, char why[BNS_HOOK_WHY_MAX]);

#endif
