/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/rpc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static enum bns_error invalid(enum bns_rpc_code *code, struct bns_diag *diag, const char *text)
{
	*code = BNS_RPC_INVALID;
	bns_diag_set(diag, NULL, 0, 0, "%s", text);
	return BNS_EFORMAT;
}

/* JSON-RPC 2.0 §4: an id is a string, a number or null. */
static bool id_allowed(const json_t *id)
{
	return !id || json_is_string(id) || json_is_number(id) || json_is_null(id);
}

static enum bns_error check(struct bns_rpc_request *r, enum bns_rpc_code *code, struct bns_diag *diag)
{
	if (json_is_array(r->root))
		return invalid(code, diag, "an array of requests isn't taken here: send one request per line");
	if (!json_is_object(r->root))
		return invalid(code, diag,
			       "a request is a JSON object with \"jsonrpc\", \"id\", \"method\" and \"params\"");
	json_t *id = json_object_get(r->root, "id");
	if (!id_allowed(id))
		return invalid(code, diag, "\"id\" must be a string, a number or null");
	r->id = id;
	const char *version = json_string_value(json_object_get(r->root, "jsonrpc"));
	if (!version || strcmp(version, "2.0") != 0)
		return invalid(code, diag, "\"jsonrpc\" must be \"2.0\"");
	r->method = json_string_value(json_object_get(r->root, "method"));
	if (!r->method)
		return invalid(code, diag, "\"method\" must be a string, such as \"status\"");
	r->params = json_object_get(r->root, "params");
	if (r->params && !json_is_object(r->params) && !json_is_array(r->params))
		return invalid(code, diag, "\"params\" must be an object or an array");
	return BNS_OK;
}

enum bns_error bns_rpc_parse(const char *line, size_t len, struct bns_rpc_request *out, enum bns_rpc_code *code,
			     struct bns_diag *diag)
{
	json_error_t error;
	memset(out, 0, sizeof(*out));
	out->root = json_loadb(line, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!out->root) {
		*code = BNS_RPC_PARSE;
		bns_diag_set(diag, NULL, 0, (unsigned)error.column, "no JSON at column %d: %s", error.column,
			     error.text);
		return BNS_ESYNTAX;
	}
	return check(out, code, diag);
}

void bns_rpc_request_free(struct bns_rpc_request *r)
{
	json_decref(r->root);
	memset(r, 0, sizeof(*r));
}

static json_t *id_or_null(json_t *id)
{
	return id ? json_incref(id) : json_null();
}

json_t *bns_rpc_result(json_t *id, json_t *result)
{
	return json_pack("{s:s, s:o, s:o}", "jsonrpc", "2.0", "id", id_or_null(id), "result", result);
}

json_t *bns_rpc_error(json_t *id, enum bns_rpc_code code, const char *message, json_t *data)
{
	json_t *error = json_pack("{s:i, s:o}", "code", (int)code, "message", bns_rpc_text(message));
	if (data && (!error || json_object_set_new(error, "data", data) < 0))
		return json_decref(error), NULL;
	return json_pack("{s:s, s:o, s:o}", "jsonrpc", "2.0", "id", id_or_null(id), "error", error);
}

json_t *bns_rpc_request(const char *method, json_t *params, json_int_t id)
{
	return json_pack("{s:s, s:I, s:s, s:o}", "jsonrpc", "2.0", "id", id, "method", method, "params", params);
}

json_t *bns_rpc_notification(const char *method, json_t *params)
{
	return json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", method, "params", params);
}

char *bns_rpc_line(json_t *message, size_t *len)
{
	if (!message)
		return NULL;
	size_t need = json_dumpb(message, NULL, 0, JSON_COMPACT);
	char *line = need > 0 ? malloc(need + 2) : NULL;
	/* Each time it takes memory on its way, and stops where it gets none. */
	if (line && json_dumpb(message, line, need, JSON_COMPACT) != need) {
		free(line);
		line = NULL;
	}
	if (line) {
		line[need] = '\n';
		line[need + 1] = '\0';
		*len = need + 1;
	}
	json_decref(message);
	return line;
}

const char *bns_rpc_str(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

json_t *bns_rpc_text(const char *text)
{
	json_t *string = json_string(text);
	if (string)
		return string;
	char *copy = strdup(text);
	for (char *p = copy; p && *p; p++) {
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	}
	string = copy ? json_string(copy) : NULL;
	free(copy);
	return string;
}
