/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One connection to the control socket: lines in, lines out, one request in
 * hand at a time, so answers come in the order of the requests. While one is
 * in hand, or the peer doesn't read, nothing more is read from it: the kernel's
 * socket buffer is the bound. Thread: main loop.
 */
#ifndef BNS_CONTROL_SESSION_H
#define BNS_CONTROL_SESSION_H

#include <uv.h>

#include "control/call.h"

#define BNS_SESSION_BUFFER_FIRST  4096u
#define BNS_SESSION_QUEUE_MAX     (1u << 20) /* unsent octets: no further request is begun, a subscriber is cut off */
#define BNS_SESSIONS_MAX          128u       /* connections at a time */
#define BNS_SESSIONS_PER_USER_MAX 16u        /* of one user who isn't an admin */
#define BNS_SESSIONS_BUFFER_MAX   (2u * BNS_CONTROL_LINE_MAX) /* octets of unfinished lines, all non-admins together */
#define BNS_EVENTS_KEPT           200u

/* All connections, and the latest events. */
struct bns_sessions {
	const struct bns_control_env *env;
	struct bns_session *head;
	size_t count;
	size_t buffered_bytes; /* by those who aren't admins */
	json_t *events;        /* array, oldest first */
};

enum bns_error bns_sessions_init(struct bns_sessions *set, const struct bns_control_env *env) BNS_MUST_CHECK;

/* Takes `fd` over. Where the connection can't be had, the peer is told why and `fd` is closed. */
void bns_session_open(struct bns_sessions *set, int fd, const struct bns_peer *peer);

/*
 * Answers the request in hand: a line from bns_rpc_line, taken over. NULL: memory
 * was short, and the connection ends so that the peer doesn't wait.
 */
void bns_session_answer(struct bns_session *s, char *line, size_t len);

/* The request in hand, a notification, is done with. */
void bns_session_silent(struct bns_session *s);

/* The call in hand; told so that it learns of the peer's leaving. NULL: none. */
void bns_session_set_call(struct bns_session *s, struct bns_call *call);

/* Notifications follow from now on. */
void bns_session_subscribe(struct bns_session *s);
json_t *bns_session_events(const struct bns_session *s);

/* Keeps the event and sends it to every subscriber. `event` is stolen. */
void bns_sessions_publish(struct bns_sessions *set, json_t *event);

/* A peer's rights may have changed. */
void bns_sessions_each_peer(struct bns_sessions *set, void (*each)(void *arg, struct bns_peer *peer), void *arg);

/* Closes all; they are gone when the loop has run. */
void bns_sessions_close(struct bns_sessions *set);
void bns_sessions_free(struct bns_sessions *set);

#endif
