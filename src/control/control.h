/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control socket: JSON-RPC 2.0, one message per line, on a Unix socket.
 * The peer's uid and gid decide what it may (SO_PEERCRED). Every verb is a row
 * of one table (control/verbs.c), which also makes the help.
 * Thread: main loop.
 */
#ifndef BNS_CONTROL_CONTROL_H
#define BNS_CONTROL_CONTROL_H

#include <uv.h>

#include "conf/conf.h"
#include "gate/gate.h"
#include "gate/members.h"
#include "plugin/host.h"
#include "server/server.h"
#include "transfer/transfer.h"

#define BNS_CONTROL_LINE_MAX (64u << 20) /* a request's longest line, for zone texts; more closes the connection */

struct bns_control;

/* What the verbs work on. */
struct bns_control_env {
	uv_loop_t *loop;
	struct bns_gate *gate;
	struct bns_members *members;
	const struct bns_conf *const *conf; /* the one in force */
	struct bns_transfer *transfer;
	struct bns_server *server;
	struct bns_store *store;
	struct bns_plugins *plugins;
	int64_t started_s;
	void *arg;
	/* Reads configuration and policy again; `diag` on failure. Zone loads it starts report through the gate. */
	enum bns_error (*reload)(void *arg,
				 struct bns_diag *diag); /* on success: what waits for the next start, or "" */
	void (*stop)(void *arg);
};

/*
 * Binds `path` (mode 0666: the peer's credentials decide), replacing a dead socket; a live one is an error.
 * SIGPIPE is ignored from then on, by the whole process.
 */
enum bns_error bns_control_open(const struct bns_control_env *env, const char *path, const char *const *admin,
				size_t admin_count, struct bns_control **out, struct bns_diag *diag) BNS_MUST_CHECK;

void bns_control_set_admin(struct bns_control *c, const char *const *admin, size_t admin_count);

/* To every subscriber of events.subscribe, and from there to `brandnsctl events`. */
void bns_control_event(struct bns_control *c, const struct bns_event *event);

/* What plugins may see of the whole; `*c` may be filled in later, and be NULL again. */
void bns_control_host_services(struct bns_control **c, struct bns_host_services *services);

void bns_control_stop(struct bns_control *c);
void bns_control_free(struct bns_control *c);

#endif
