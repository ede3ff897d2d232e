/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel's answers beside the daemon's: frames through the very program,
 * by the kernel's own means of trying one (BPF_PROG_TEST_RUN). Without the
 * privileges for that, all of it is skipped.
 */
#ifndef TESTS_XDP_RIG_H
#define TESTS_XDP_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "answer/answer.h"
#include "compile.h"
#include "kernel.h"
#include "plugin/internal.h"
#include "tables.h"
#include "zone/table.h"

#define RIG_ETH_LEN   14
#define RIG_FRAME_MAX 10000 /* jumbo frames */
#define RIG_VLAN_ID   5
#define RIG_NO_OPTION (const uint8_t *)"", 0

struct rig {
	struct xdp_kernel kernel;
	struct xdp_tables tables;
	struct xdp_set set;
	struct bns_table *table;
	struct bns_plugins plugins;
	struct bns_plugin plugin;
	struct bns_answer_env env;
};

extern struct rig rig;

struct rig_frame {
	uint8_t data[RIG_FRAME_MAX];
	size_t len;
	size_t message; /* where it begins */
};

enum rig_shape { RIG_IPV4, RIG_IPV6, RIG_VLAN, RIG_PADDED, RIG_SHAPES };

struct rig_question {
	uint8_t message[512];
	size_t len;
};

/* Runs the tests with a program of their own, or says why there is none. */
int rig_main(const struct CMUnitTest *tests, size_t count);

/* Served and known to the kernel from now on. `rig_publish` takes the contents. */
void rig_publish(struct bns_contents *c);
void rig_load(const char *text);
void rig_compile(const uint8_t *apex);

/* 0: none. */
size_t rig_daemon_answer(void *arg, const uint8_t *query, size_t len, uint8_t *out, size_t cap);

/* Network order; one's complement sums. Of UDP and what it takes of IP the sum is 0xffff where the checksum is right.
 */
void rig_put16(uint8_t *at, unsigned v);
uint16_t rig_get16(const uint8_t *at);
uint32_t rig_sum16(const uint8_t *data, size_t len, uint32_t sum);
uint16_t rig_fold16(uint32_t sum);
uint16_t rig_udp_sum(const uint8_t *ip, bool is_ipv6);

/* In mixed case, as resolvers send it. */
void rig_question(struct rig_question *q, const char *name, uint16_t type, uint16_t flags);
void rig_add_opt(struct rig_question *q, uint8_t version, uint16_t flags, const uint8_t *options, size_t len);

void rig_frame(struct rig_frame *fr, enum rig_shape shape, const uint8_t *message, size_t len);

/* The program's verdict. */
uint32_t rig_run(const struct rig_frame *in, struct rig_frame *out);

/* What isn't answered is as it was; what is, is what the daemon says. They return the verdict. */
uint32_t rig_try(enum rig_shape shape, const uint8_t *message, size_t len);
uint32_t rig_ask(const char *name, uint16_t type);

void rig_assert_turned(const struct rig_frame *in, const struct rig_frame *out, bool is_ipv6);
void rig_assert_answer(const struct rig_frame *in, const struct rig_frame *out, const uint8_t *message, size_t len);
void rig_show(const char *what, const uint8_t *data, size_t len);

#endif
