/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/rpc.h"

static void expect_failure(const char *line, enum bns_rpc_code wanted)
{
	struct bns_rpc_request request;
	enum bns_rpc_code code = BNS_RPC_INTERNAL;
	struct bns_diag diag = {.text = ""};
	assert_int_not_equal(bns_rpc_parse(line, strlen(line), &request, &code, &diag), BNS_OK);
	assert_int_equal(code, wanted);
	assert_string_not_equal(diag.text, "");
	bns_rpc_request_free(&request);
}

static void rpc_parse_takes_a_request(void **state)
{
	static const char line[] =
		"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"zone.dump\",\"params\":{\"zone\":\"example.com\"}}";
	struct bns_rpc_request request;
	enum bns_rpc_code code;
	struct bns_diag diag;
	(void)state;
	assert_int_equal(bns_rpc_parse(line, sizeof(line) - 1, &request, &code, &diag), BNS_OK);
	assert_string_equal(request.method, "zone.dump");
	assert_int_equal(json_integer_value(request.id), 7);
	assert_string_equal(json_string_value(json_object_get(request.params, "zone")), "example.com");
	bns_rpc_request_free(&request);
}

static void rpc_parse_knows_a_notification_by_its_missing_id(void **state)
{
	static const char line[] = "{\"jsonrpc\":\"2.0\",\"method\":\"reload\"}";
	struct bns_rpc_request request;
	enum bns_rpc_code code;
	struct bns_diag diag;
	(void)state;
	assert_int_equal(bns_rpc_parse(line, sizeof(line) - 1, &request, &code, &diag), BNS_OK);
	assert_null(request.id);
	bns_rpc_request_free(&request);
}

static void rpc_parse_calls_garbage_a_parse_error(void **state)
{
	(void)state;
	expect_failure("", BNS_RPC_PARSE);
	expect_failure("status", BNS_RPC_PARSE);
	expect_failure("{\"jsonrpc\":", BNS_RPC_PARSE);
	expect_failure("{\"a\":1,\"a\":2}", BNS_RPC_PARSE);
	expect_failure("{\"a\":\"\xff\"}", BNS_RPC_PARSE);
}

static void rpc_parse_calls_wrong_shapes_invalid(void **state)
{
	(void)state;
	expect_failure("42", BNS_RPC_INVALID);
	expect_failure("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}]", BNS_RPC_INVALID);
	expect_failure("{\"id\":1,\"method\":\"status\"}", BNS_RPC_INVALID);
	expect_failure("{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"status\"}", BNS_RPC_INVALID);
	expect_failure("{\"jsonrpc\":\"2.0\",\"id\":1}", BNS_RPC_INVALID);
	expect_failure("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", BNS_RPC_INVALID);
	expect_failure("{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"status\"}", BNS_RPC_INVALID);
	expect_failure("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\",\"params\":3}", BNS_RPC_INVALID);
}

static void rpc_parse_keeps_the_id_of_an_invalid_request(void **state)
{
	static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":\"x\"}";
	struct bns_rpc_request request;
	enum bns_rpc_code code;
	struct bns_diag diag;
	(void)state;
	assert_int_not_equal(bns_rpc_parse(line, sizeof(line) - 1, &request, &code, &diag), BNS_OK);
	assert_string_equal(json_string_value(request.id), "x");
	bns_rpc_request_free(&request);
}

static void rpc_line_is_one_line_whatever_the_text(void **state)
{
	size_t len = 0;
	json_t *id = json_integer(3);
	char *line = bns_rpc_line(bns_rpc_result(id, json_pack("{s:s}", "text", "a\nb\n")), &len);
	(void)state;
	assert_string_equal(line, "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"text\":\"a\\nb\\n\"}}\n");
	assert_int_equal(len, strlen(line));
	free(line);
	json_decref(id);
}

static void rpc_error_without_a_request_has_a_null_id(void **state)
{
	size_t len = 0;
	char *line = bns_rpc_line(bns_rpc_error(NULL, BNS_RPC_PARSE, "no", json_pack("{s:i}", "k", 1)), &len);
	(void)state;
	assert_string_equal(line, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"no\","
				  "\"data\":{\"k\":1}}}\n");
	free(line);
}

static void rpc_text_makes_a_string_of_any_octets(void **state)
{
	json_t *good = bns_rpc_text("caf\xc3\xa9");
	json_t *bad = bns_rpc_text("caf\xe9");
	(void)state;
	assert_string_equal(json_string_value(good), "caf\xc3\xa9");
	assert_string_equal(json_string_value(bad), "caf?");
	json_decref(good);
	json_decref(bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rpc_parse_takes_a_request),
		cmocka_unit_test(rpc_parse_knows_a_notification_by_its_missing_id),
		cmocka_unit_test(rpc_parse_calls_garbage_a_parse_error),
		cmocka_unit_test(rpc_parse_calls_wrong_shapes_invalid),
		cmocka_unit_test(rpc_parse_keeps_the_id_of_an_invalid_request),
		cmocka_unit_test(rpc_line_is_one_line_whatever_the_text),
		cmocka_unit_test(rpc_error_without_a_request_has_a_null_id),
		cmocka_unit_test(rpc_text_makes_a_string_of_any_octets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
