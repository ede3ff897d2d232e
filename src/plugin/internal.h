/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of this floor share; nobody else includes it. Thread: main loop. */
#ifndef BNS_PLUGIN_INTERNAL_H
#define BNS_PLUGIN_INTERNAL_H

#include "base/arena.h"
#include "plugin/host.h"

#define BNS_QUERY_STAGES (BNS_QUERY_AFTER + 1)

struct bns_plugin {
	const struct bns_host *host; /* first: bns_host_of reads it */
	struct bns_plugins *all;
	const struct bns_plugin_descriptor *desc;
	void *object; /* dlopen's */
	void *state;
	void *options;
	char *id;
	struct bns_helper *helper;               /* helper.c's; NULL: none */
	struct bns_watch *watches;               /* watch.c's */
	uint64_t query_wishes[BNS_QUERY_STAGES]; /* query.c's: a bit per type it wants to be asked about */
	struct bns_arena arena;                  /* the options' texts and lists */
	const struct bns_yaml *conf;             /* while options are read: where they stand */
	struct bns_plugin_next *coming;          /* reload.c's: prepared, not in force yet */
	struct bns_plugin *next;
};

struct bns_review_run;

struct bns_plugins {
	char *dir;
	char *cache_folder; /* services', our copy */
	bool has_later;     /* some plugin has put a call off until packet threads are past it */
	struct bns_host_services services;
	struct bns_launcher *launcher; /* launcher.c's; NULL: no helper program was asked for */
	struct bns_plugin *first;
	struct bns_plugin **last;
	struct bns_plugin *bound;                /* bound, not opened yet */
	uint64_t query_wishes[BNS_QUERY_STAGES]; /* of all plugins together */
	bool has_answered;                       /* some plugin hears of exchanges */
	struct bns_review_run *open;             /* `done` is still owed */
	struct bns_review_run *overdue;          /* closed at the deadline; some plugin still holds its bns_review */
	struct bns_ask *asks;                    /* questions that some plugin has taken and not answered */
	struct bns_reply *replies;               /* owed to verbs */
	bool closing;                            /* nobody answers any more */
};

/* compiled.c's calls of the host. */
enum bns_error bns_compiled_zone(struct bns_plugin *p, const uint8_t *zone, struct bns_served_zone *about);
enum bns_error bns_compiled_names(struct bns_plugin *p, const uint8_t *zone,
				  bool (*each)(void *arg, const struct bns_served_name *name), void *arg);
size_t bns_compiled_answer(struct bns_plugin *p, const uint8_t *query, size_t len, uint8_t *out, size_t cap);
bool bns_compiled_settled(struct bns_plugin *p);
bool bns_compiled_listening(struct bns_plugin *p, size_t index, union bns_addr *addr);

/* query.c: a plugin that has just been opened. */
void bns_query_add(struct bns_plugins *ps, struct bns_plugin *p);

/* The calls every plugin gets. */
extern const struct bns_host bns_plugin_host;

/* Fills an option structure from its table; texts live in `arena`. */
enum bns_error bns_options_fill(const struct bns_option *table, void *options, const char *id,
				const struct bns_yaml *conf, struct bns_arena *arena,
				struct bns_diag *diag) BNS_MUST_CHECK;

/* Differs the value of `o`? */
bool bns_option_differs(const struct bns_option *o, const void *options, const void *other);

/* Gives `to` the value that `from` has for `o`; texts are copied into `arena`. */
enum bns_error bns_option_copy(const struct bns_option *o, const void *from, void *to,
			       struct bns_arena *arena) BNS_MUST_CHECK;

/* bns_host's call. */
void bns_option_wrong(const struct bns_plugin *p, struct bns_diag *diag, const char *option, const char *fmt, ...)
	BNS_PRINTF(4, 5);

/* watch.c: bns_host's call; the end of all of a plugin's. */
enum bns_error bns_watch(struct bns_plugin *p, int fd, void (*ready)(struct bns_plugin *p));
void bns_watches_stop(struct bns_plugin *p);

/* bns_host's review calls. */
enum bns_error bns_review_note(struct bns_review *r, const struct bns_note *note);
enum bns_error bns_review_amend(struct bns_review *r, const uint8_t *owner, uint16_t type,
				const struct bns_record *with, size_t count);
void bns_review_end(struct bns_review *r);
void bns_review_extend(struct bns_review *r, uint64_t ms);
void bns_review_approve(struct bns_review *r, const char *reason, const char *by);

/* ask.c: bns_host's calls. */
enum bns_answerer bns_ask(struct bns_plugin *p, const struct bns_question *question, uint64_t limit_ms,
			  bns_answer_fn done, void *arg);
void bns_ask_answer(struct bns_ask *ask, const struct bns_answer *answer);
void bns_reply_end(struct bns_reply *reply, enum bns_error err, const char *json, const struct bns_diag *diag);

/* Tells whoever waits past `mono_ms` that no answer came. */
void bns_asks_expire(struct bns_plugins *ps, uint64_t mono_ms);
/* Ends what is open; then frees what is left: no plugin may call any more. */
void bns_asks_abort(struct bns_plugins *ps);
void bns_asks_free(struct bns_plugins *ps);

/* Ends what is open, as a hold, and frees what is left: no plugin may call any more. */
void bns_reviews_abort(struct bns_plugins *ps);
void bns_reviews_free(struct bns_plugins *ps);

#endif
