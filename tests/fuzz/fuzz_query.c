/* SPDX-License-Identifier: BSD-3-Clause */
/* A whole answer, over UDP and over TCP, from unsigned and signed zones; every answer must itself be well-formed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../answer/sample.h"
#include "answer/answer.h"
#include "fuzz.h"
#include "fuzz_zone.h"
#include "zone/load.h"

#define UDP_MAX 1232

static struct bns_table *table;

static void publish(struct bns_image *img)
{
	FUZZ_REQUIRE(bns_table_publish(table, img) == BNS_OK);
}

static void publish_file(const char *file)
{
	char path[FUZZ_PATH_MAX];
	struct bns_contents *c;
	struct bns_image *img;
	struct bns_diag diag = {.text = ""};
	if (bns_zone_load(fuzz_path("top_srcdir", file, path), NULL, &c, &diag) != BNS_OK)
		fuzz_broken(path, (int)diag.line, diag.text);
	FUZZ_REQUIRE(bns_image_build(c, &img) == BNS_OK);
	bns_contents_free(c);
	publish(img);
}

static void publish_placeholder(const char *apex, enum bns_image_state state)
{
	uint8_t name[BNS_NAME_MAX];
	struct bns_image *img;
	sample_name(apex, name);
	FUZZ_REQUIRE(bns_image_placeholder(name, state, &img) == BNS_OK);
	publish(img);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	bns_rcu_register();
	table = bns_table_new();
	FUZZ_REQUIRE(table);
	publish(sample_image("example.test", sample_zone));
	publish_file("zones/example.com.zone");
	publish_file("tests/fuzz/zones/nsec.zone");
	publish_file("tests/fuzz/zones/nsec3.zone");
	publish_placeholder("notready.test", BNS_IMAGE_NOT_READY);
	publish_placeholder("expired.test", BNS_IMAGE_EXPIRED);
	return 0;
}

/* Each record, its owner and its data can be read back. */
static void read_back(const uint8_t *msg, size_t len)
{
	static uint8_t rdata[BNS_MESSAGE_MAX];
	struct bns_message_cursor cur;
	struct bns_message_rr rr;
	uint16_t rdlen;
	enum bns_error err = bns_message_cursor_open(&cur, msg, len);
	while (!err && !(err = bns_message_next(&cur, &rr, NULL)))
		FUZZ_REQUIRE(bns_rdata_expand(rr.type, msg, len, rr.rdata, rr.rdlen, rdata, sizeof(rdata), &rdlen) ==
			     BNS_OK);
	FUZZ_REQUIRE(err == BNS_ENOENT);
}

static void ask(const uint8_t *data, size_t size, bool tcp)
{
	static uint8_t out[BNS_MESSAGE_MAX];
	static struct bns_answer_conf conf = {.identity = "\2me",
					      .nsid = "me",
					      .nsid_len = 2,
					      .report_channel = "\2me",
					      .report_channel_len = 4,
					      .cookies = {.count = 1}};
	static const struct bns_answer_conf *place = &conf;
	const struct bns_answer_env env = {
		.table = table, .conf = &place, .udp_max_payload = UDP_MAX, .keepalive_ds = 100};
	union bns_addr client = {.in4 = {.sin_family = AF_INET, .sin_port = 53}};
	struct bns_answer_counts counts = {0};
	size_t len = 0, cap = tcp ? sizeof(out) : UDP_MAX;
	bns_rcu_quiescent();
	if (bns_answer(&env, data, size, &client, tcp, tcp, out, cap, &len, &counts) != BNS_ANSWER_SEND)
		return;
	FUZZ_REQUIRE(len >= BNS_HEADER_LEN && len <= cap);
	FUZZ_REQUIRE(bns_message_id(out) == bns_message_id(data));
	FUZZ_REQUIRE(bns_message_flags(out) & BNS_FLAG_QR);
	FUZZ_REQUIRE(!tcp || !(bns_message_flags(out) & BNS_FLAG_TC));
	read_back(out, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ask(data, size, false);
	ask(data, size, true);
	return 0;
}
