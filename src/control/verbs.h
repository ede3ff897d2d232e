/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one table of verbs: the words of a command, the method's parameters,
 * who may call it, and what runs. It checks requests, reads command lines, and
 * makes the help, so none of them can disagree. A verb's method is its words
 * joined with dots. Thread: any (the table is constant).
 */
#ifndef BNS_CONTROL_VERBS_H
#define BNS_CONTROL_VERBS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "control/rpc.h"

enum bns_param_kind {
	BNS_PARAM_TEXT,
	BNS_PARAM_INTEGER,
	BNS_PARAM_FLAG,
	BNS_PARAM_WORDS, /* all further words, as an array */
};

struct bns_param {
	const char *name; /* key of `params`; as an option '_' becomes '-' */
	enum bns_param_kind kind;
	bool option; /* --NAME VALUE on the command line; else a word in its place */
	bool required;
	bool required_late; /* required too, but the verb itself says so, after what matters more */
	const char *label;  /* for the usage: "ZONE" */
	const char *help;
};

enum bns_verb_flag {
	BNS_VERB_ADMIN = 1,   /* changes something: control.admin only */
	BNS_VERB_OFFLINE = 2, /* the tool's own work: no daemon, no method */
	BNS_VERB_STREAM = 4,  /* notifications follow the result */
};

struct bns_call; /* see control/call.h */

struct bns_verb {
	const char *words;
	const char *help;
	unsigned flags;                     /* of enum bns_verb_flag */
	const struct bns_param *params;     /* of the method; ends with name NULL */
	const struct bns_param *cli;        /* of the command line where it differs; else NULL */
	void (*run)(struct bns_call *call); /* NULL: no method */
};

/* The rows, in the order of the help; NULL behind the last. */
const struct bns_verb *bns_verb_at(size_t index);

/* By words or by method ("zone reload", "zone.reload"); NULL where there is none. */
const struct bns_verb *bns_verb_find(const char *name);

/* The row whose words begin the list of `count` words; `*used` says how many they are. */
const struct bns_verb *bns_verb_match(const char *const *words, size_t count, size_t *used);

/* The words of the nearest row to a mistyped `name`, or NULL where none is near. */
const char *bns_verb_nearest(const char *name);

#define BNS_METHOD_MAX 128

/* "zone reload" → "zone.reload"; returns `out`. */
char *bns_verb_method(const char *words, char out[BNS_METHOD_MAX]);

/* What the command line takes. */
const struct bns_param *bns_verb_cli(const struct bns_verb *v);

/* "--keep-branding"; returns `out`. */
char *bns_param_option(const struct bns_param *p, char *out, size_t cap);

/* "held approve ID --reason TEXT [--until TIME]"; returns `out`, always ended. */
char *bns_verb_usage(const struct bns_verb *v, char *out, size_t cap);

/* Checks a method's `params` (object, array or NULL) into a new object with names; `diag` says what is wrong. */
enum bns_error bns_params_check(const struct bns_param *params, json_t *given, json_t **out,
				struct bns_diag *diag) BNS_MUST_CHECK;

/* Reads words of a command line into such an object. Required ones may be missing: the method says so. */
enum bns_error bns_params_from_words(const struct bns_param *params, const char *const *words, size_t count,
				     json_t **out, struct bns_diag *diag) BNS_MUST_CHECK;

/* The rows for a running daemon, or those that need none, for a manual page. */
void bns_verbs_man(FILE *out, bool offline);

/* One line per verb for --help. */
void bns_verbs_help(FILE *out);

#endif
