/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * brandnsctl: what its parts share. A command is a list of words; it yields
 * one of five exit codes. Results go to standard output, messages to standard
 * error. Thread: main.
 */
#ifndef BNS_MAIN_CTL_H
#define BNS_MAIN_CTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "base/progress.h"
#include "control/client.h"
#include "control/verbs.h"

enum ctl_exit {
	CTL_DONE = 0, /* or no difference */
	CTL_ERROR = 1,
	CTL_DIFFERS = 2,     /* differences that policy allows */
	CTL_HELD = 3,        /* policy holds or denies */
	CTL_UNREACHABLE = 4, /* the daemon */
};

/* What one command has said, for those who read JSON. */
struct ctl_said {
	bool result;
	char complaint[1024]; /* the first; "": none */
	json_t *unread;       /* files that can't be read, why; NULL: nobody lists them */
};

struct ctl {
	struct ctl_said *said; /* NULL: nobody asks */
	const char *socket;
	bool socket_given;  /* hints repeat it */
	unsigned timeout_s; /* 0: none */
	bool json;
	bool batch;
	bool keep_going;
	bool colour;
	bool help;
	bool complete;            /* a shell asks what could be written */
	const char *describe;     /* for a manual page: what */
	unsigned line;            /* of the batch; 0: none */
	const char *const *words; /* the verb and what follows */
	size_t word_count;
	struct bns_client *client; /* opened by the first command that needs it */
};

/* ctl_options.c: the command line. False: a message was printed, exit 1. */
bool ctl_options(struct ctl *ctl, int argc, char **argv);
void ctl_help(FILE *out);

/*
 * ctl_progress.c: between begin and hide, a step for each thing done. What is
 * printed in between hides the bar first; the next step shows it again.
 */
struct ctl_progress {
	struct bns_progress at;
	bool bar;
	bool shown;
};

void ctl_progress_begin(struct ctl_progress *p, const char *what, size_t total);
void ctl_progress_step(const struct ctl *ctl, struct ctl_progress *p);
void ctl_progress_reach(const struct ctl *ctl, struct ctl_progress *p, size_t done);
void ctl_progress_hide(struct ctl_progress *p);

/* Those that begin like `partial`, for a shell. */
void ctl_offer_options(FILE *out, const char *partial);

/* ctl_complete.c, ctl_describe.c: hidden uses of the tool. */
enum ctl_exit ctl_complete(struct ctl *ctl);
enum ctl_exit ctl_describe(const struct ctl *ctl);

/* ctl_say.c. A command that failed without a result answers in JSON too: ctl_end_json says why. */
void ctl_complain(const struct ctl *ctl, const char *fmt, ...) BNS_PRINTF(2, 3);
void ctl_complain_diag(const struct ctl *ctl, const struct bns_diag *diag);
void ctl_print_json(const struct ctl *ctl, const json_t *value);
void ctl_end_json(const struct ctl *ctl, enum ctl_exit code);
enum ctl_exit ctl_worse(enum ctl_exit a, enum ctl_exit b); /* in the order 4, 1, 3, 2, 0 */

/* ctl_batch.c: `*words` and the strings in it are the caller's, see ctl_words_free. '' "" and \ quote, # begins a
 * comment. */
enum bns_error ctl_words_split(const char *line, char ***words, size_t *count, struct bns_diag *diag) BNS_MUST_CHECK;
void ctl_words_free(char **words, size_t count);
enum ctl_exit ctl_batch(struct ctl *ctl, FILE *in);

/* ctl_run.c: one command. */
enum ctl_exit ctl_run(struct ctl *ctl, const char *const *words, size_t count);

/*
 * ctl_online.c: the daemon's verbs. `params` are stolen. A call that the daemon
 * answered with an error yields CTL_ERROR; where `error` is NULL it was
 * complained about, else it is handed on.
 */
enum ctl_exit ctl_call(struct ctl *ctl, const char *method, json_t *params, json_t **result, json_t **error);
enum ctl_exit ctl_complain_error(const struct ctl *ctl, const json_t *error);
enum ctl_exit ctl_online(struct ctl *ctl, const struct bns_verb *verb, json_t *params);
enum ctl_exit ctl_call_and_show(struct ctl *ctl, const char *words, json_t *params); /* `params` are stolen */
enum ctl_exit ctl_events(struct ctl *ctl, json_t *params);

/* A verb of a plugin's. `near` is what was meant if no plugin has it; may be NULL. */
enum ctl_exit ctl_plugin_help(struct ctl *ctl, const char *word, const char *second);
enum ctl_exit ctl_plugin_verb(struct ctl *ctl, const char *const *words, size_t count, const char *near);

/* What a result of the daemon's means for the exit code. */
enum ctl_exit ctl_exit_of_result(const char *verb, const json_t *result);

/* The tool's own verbs; `params` as the table reads them, borrowed. */
enum ctl_exit ctl_diff(struct ctl *ctl, json_t *params);
enum ctl_exit ctl_apply(struct ctl *ctl, json_t *params);
enum ctl_exit ctl_check_config(struct ctl *ctl, json_t *params);
enum ctl_exit ctl_check_zone(struct ctl *ctl, json_t *params);
enum ctl_exit ctl_format(struct ctl *ctl, json_t *params);
enum ctl_exit ctl_explain(struct ctl *ctl, json_t *params);
const char *ctl_store_folder(const json_t *params);
enum ctl_exit ctl_store_check(struct ctl *ctl, json_t *params);
enum ctl_exit ctl_store_backup(struct ctl *ctl, json_t *params);
enum ctl_exit ctl_store_compact(struct ctl *ctl, json_t *params);
enum ctl_exit ctl_import(struct ctl *ctl, json_t *params);

#endif
