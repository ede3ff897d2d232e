/* SPDX-License-Identifier: BSD-3-Clause */
/* A client of the control socket that waits for each answer. Thread: one at a time. */
#ifndef BNS_CONTROL_CLIENT_H
#define BNS_CONTROL_CLIENT_H

#include <jansson.h>

#include "control/rpc.h"

struct bns_client;

/* BNS_ENOENT or BNS_EIO: can't be reached; `diag` says what to do. `timeout_s` 0: waits as long as it takes. */
enum bns_error bns_client_open(const char *socket_path, unsigned timeout_s, struct bns_client **out,
			       struct bns_diag *diag) BNS_MUST_CHECK;
void bns_client_close(struct bns_client *c);

/*
 * Calls a method. BNS_OK: `*answer` is the whole answer, with "result" or
 * "error"; the caller's. BNS_EIO, BNS_ETIMEOUT: the connection is of no more
 * use. `params` is stolen.
 */
enum bns_error bns_client_call(struct bns_client *c, const char *method, json_t *params, json_t **answer,
			       struct bns_diag *diag) BNS_MUST_CHECK;

/* The next message, after events.subscribe. BNS_ECANCELED: a signal came; BNS_EIO: the daemon has closed. */
enum bns_error bns_client_next(struct bns_client *c, json_t **message, struct bns_diag *diag) BNS_MUST_CHECK;

#endif
