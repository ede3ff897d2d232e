/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One request on its way: from a session's line through the table of verbs to
 * an answer, now or later. A handler ends its call exactly once, with
 * bns_call_result or one of the errors; the call is gone then. A peer that
 * leaves meanwhile takes nothing with it: the answer is dropped.
 * Thread: main loop.
 */
#ifndef BNS_CONTROL_CALL_H
#define BNS_CONTROL_CALL_H

#include <jansson.h>

#include "control/control.h"
#include "control/rpc.h"
#include "control/verbs.h"

struct bns_session;

#define BNS_PEER_TEXT_MAX 96

/* Who is at the other end, as the kernel says. */
struct bns_peer {
	uid_t uid;
	gid_t gid;
	bool admin;
	char by[BNS_PEER_TEXT_MAX]; /* "name(uid)" for the audit */
};

struct bns_call {
	struct bns_session *session;               /* NULL once the peer has left */
	void (*ended)(void *arg, json_t *message); /* a call from inside: hears the answer, borrowed; else NULL */
	void *arg;
	const struct bns_control_env *env;
	const struct bns_verb *verb; /* NULL: a plugin's */
	struct bns_peer peer;
	json_t *id;     /* NULL: a notification, nobody waits for the answer */
	json_t *params; /* checked, an object */
};

/* Takes a request's line. The session hears through bns_session_answer. */
void bns_call_dispatch(struct bns_session *s, const struct bns_control_env *env, const struct bns_peer *peer,
		       const char *line, size_t len);

/* A call from inside, by a peer who may only read. `ended` comes once, maybe before this returns. */
void bns_call_inside(const struct bns_control_env *env, const char *method, json_t *params,
		     void (*ended)(void *arg, json_t *message), void *arg);

/* Ends the call. `result` is stolen; NULL (memory was short) becomes an internal error. */
void bns_call_result(struct bns_call *call, json_t *result);
void bns_call_error(struct bns_call *call, enum bns_rpc_code code, const char *fmt, ...) BNS_PRINTF(3, 4);
void bns_call_error_data(struct bns_call *call, enum bns_rpc_code code, json_t *data, const char *fmt, ...)
	BNS_PRINTF(4, 5);

/* Parameters that bns_params_check let through. NULL, `otherwise`, false where absent. */
const char *bns_call_text(const struct bns_call *call, const char *name);
json_int_t bns_call_integer(const struct bns_call *call, const char *name, json_int_t otherwise);
bool bns_call_flag(const struct bns_call *call, const char *name);

/* A line in the audit: this peer calls that method. */
void bns_call_audit(const struct bns_call *call, const char *method);

/* The zone that parameter `zone` names. NULL: the call has ended with an error. */
struct bns_zone *bns_call_zone(struct bns_call *call);

#endif
