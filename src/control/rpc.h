/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * JSON-RPC 2.0 messages as they stand on the control socket: one object per
 * line. Knows nothing of verbs or sockets; daemon and tool both use it.
 * Thread: any.
 */
#ifndef BNS_CONTROL_RPC_H
#define BNS_CONTROL_RPC_H

#include <jansson.h>
#include <stddef.h>

#include "base/error.h"

/* The specification's codes, then ours. docs/control.md explains them. */
enum bns_rpc_code {
	BNS_RPC_PARSE = -32700,
	BNS_RPC_INVALID = -32600,
	BNS_RPC_METHOD = -32601,
	BNS_RPC_PARAMS = -32602,
	BNS_RPC_INTERNAL = -32603,
	BNS_RPC_DENIED = -32001,         /* the peer may only read */
	BNS_RPC_NOT_FOUND = -32002,      /* no such zone, candidate, version */
	BNS_RPC_NEEDS_ID = -32003,       /* a zone's name where a candidate's ID is needed; data.id */
	BNS_RPC_NOT_APPLICABLE = -32004, /* the zone's role or state doesn't allow it */
	BNS_RPC_FAILED = -32005,         /* tried, and failed for the reason told */
	BNS_RPC_LINE_TOO_LONG = -32006,
	BNS_RPC_BUSY = -32007,   /* too many connections, or too much in memory for them */
	BNS_RPC_POLICY = -32008, /* the policy denies it */
};

struct bns_rpc_request {
	json_t *root;
	json_t *id;         /* borrowed from root; NULL: a notification, which gets no answer */
	const char *method; /* borrowed from root */
	json_t *params;     /* borrowed from root; object, array or NULL */
};

/* On failure `*code` and `diag->text` say why, and `out->id` is the request's where it could be read. */
enum bns_error bns_rpc_parse(const char *line, size_t len, struct bns_rpc_request *out, enum bns_rpc_code *code,
			     struct bns_diag *diag) BNS_MUST_CHECK;
void bns_rpc_request_free(struct bns_rpc_request *r);

/* New references, or NULL when memory is short. `id` NULL is written as null; `result` and `data` are stolen. */
json_t *bns_rpc_result(json_t *id, json_t *result);
json_t *bns_rpc_error(json_t *id, enum bns_rpc_code code, const char *message, json_t *data);
json_t *bns_rpc_request(const char *method, json_t *params, json_int_t id);
json_t *bns_rpc_notification(const char *method, json_t *params);

/* The message as one line with its newline; the caller's to free(). `*len` without the final zero. Steals `message`. */
char *bns_rpc_line(json_t *message, size_t *len);

/* A text member of an object; "" where there is none. */
const char *bns_rpc_str(const json_t *object, const char *key);

/* A JSON string of any bytes: what isn't UTF-8 becomes '?', so that a broken file name can't void an answer. */
json_t *bns_rpc_text(const char *text);

#endif
