/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fill INTERFACE ADDRESS ZONES: the plugin's program with that many zones of
 * a branding each, written into its tables as the plugin writes them, without
 * a daemon that would have to load them first. "ready NAMES BYTES NANOSECONDS",
 * with the time that the tables took, then it waits to be ended.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"
#include "tables.h"

#define NAMES_OF_A_ZONE 4
#define SPARE           1000 /* a table that is full to the last place takes no zone */
#define SOA_LEN         46

/* As text, the root's label left out; returns the octets with it. */
static size_t put_name(uint8_t *at, const char *text)
{
	size_t len = 0;

	while (*text) {
		size_t label = strcspn(text, ".");
		at[len++] = (uint8_t)label;
		memcpy(at + len, text, label);
		len += label;
		text += label + (text[label] == '.');
	}
	at[len++] = 0;
	return len;
}

static void put_alias(struct xdp_record *r, const char *target)
{
	static const uint8_t head[] = {0xc0, 12, 0, 5, 0, 1, 0, 0, 1, 44, 0};
	uint8_t *data = (uint8_t *)r->data;

	memcpy(data, head, sizeof(head));
	data[sizeof(head)] = (uint8_t)put_name(data + sizeof(head) + 1, target);
	r->kind = XDP_KIND_ALIAS;
	r->answers = 1;
	r->data_len = (uint8_t)(sizeof(head) + 1 + data[sizeof(head)]);
}

static void put_zone(struct xdp_record set[NAMES_OF_A_ZONE], uint64_t number)
{
	char text[64];

	memset(set, 0, NAMES_OF_A_ZONE * sizeof(*set));
	snprintf(text, sizeof(text), "brand%" PRIu64 ".example", number);
	set[0].name_len = set[1].name_len = (uint8_t)put_name((uint8_t *)set[0].name, text);
	memcpy(set[1].name, set[0].name, sizeof(set[0].name));
	((uint8_t *)set[1].name)[XDP_NAME_MAX] = 1;
	set[0].kind = XDP_KIND_APEX;
	set[0].data_len = set[1].data_len = SOA_LEN;
	set[1].kind = XDP_KIND_APEX_NS;
	snprintf(text, sizeof(text), "url%" PRIu64 ".brand%" PRIu64 ".example", 1000 + number * 7919 % 9000, number);
	set[2].name_len = (uint8_t)put_name((uint8_t *)set[2].name, text);
	snprintf(text, sizeof(text), "d%08" PRIx64 ".cdn-edge.test", number);
	put_alias(&set[2], text);
	snprintf(text, sizeof(text), "%" PRIu64 ".brand%" PRIu64 ".example", 1000000 + number * 104729 % 9000000,
		 number);
	set[3].name_len = (uint8_t)put_name((uint8_t *)set[3].name, text);
	put_alias(&set[3], "sendgrid.net");
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static uint64_t fill(struct xdp_kernel *k, uint64_t zones)
{
	struct xdp_record set[NAMES_OF_A_ZONE];
	struct xdp_tables t;
	uint64_t spent = 0;

	if (!xdp_tables_init(&t, k->control, k->buckets, k->records, k->record_count))
		return 0;
	for (uint64_t i = 0; i < zones; i++) {
		put_zone(set, i);
		uint64_t begun = now_ns();
		if (!xdp_tables_replace(&t, set[0].name, set, NAMES_OF_A_ZONE))
			return 0;
		spent += now_ns() - begun;
	}
	printf("ready %" PRIu32 " %" PRIu64 " %" PRIu64 "\n", t.names, xdp_kernel_bytes(k), spent);
	fflush(stdout);
	return spent;
}

int main(int argc, char **argv)
{
	uint64_t zones = argc == 4 ? strtoull(argv[3], NULL, 10) : 0;
	struct xdp_kernel k = {0};
	char why[256] = "usage: fill INTERFACE ADDRESS ZONES";

	if (zones == 0 || !xdp_kernel_open(&k, (uint32_t)(zones * NAMES_OF_A_ZONE + SPARE), why, sizeof(why)) ||
	    !xdp_kernel_attach(&k, argv[1], XDP_MODE_NATIVE, why, sizeof(why)) ||
	    inet_pton(AF_INET, argv[2], k.control->address[0].address) != 1) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	k.control->address[0].port = htons(53);
	k.control->seed = 0x5bd1e995;
	k.control->opt = (struct xdp_opt){.len = 11, .data = {0x0000d00429000000, 0}};
	k.control->address_count = 1;
	k.control->complete = 1;
	if (fill(&k, zones) == 0) {
		fprintf(stderr, "there is no room for %" PRIu64 " zones\n", zones);
		return 1;
	}
	pause();
	return 0;
}
