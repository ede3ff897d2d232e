/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a server says about itself: immutable once it is in force, replaced as
 * a whole when the configuration is read again. Readers find it through one
 * pointer that outlives them all.
 * Thread: `set` the main loop; the rest any, online in RCU.
 */
#ifndef BNS_ANSWER_CONF_H
#define BNS_ANSWER_CONF_H

#include "answer/cookie.h"
#include "base/rcu.h"
#include "wire/name.h"

/* Whatever options go out, 512 octets have room for them beside the longest question. */
#define BNS_NSID_MAX 128

struct bns_answer_conf {
	struct bns_rcu_head rcu;
	uint8_t identity[256];                /* a character-string (RFC 1035 §3.3); empty: refuse */
	uint8_t version[256];                 /* likewise */
	uint8_t nsid[BNS_NSID_MAX];           /* RFC 5001 */
	uint8_t nsid_len;                     /* 0: none */
	uint8_t report_channel[BNS_NAME_MAX]; /* the agent domain (RFC 9567), in wire form */
	uint8_t report_channel_len;           /* 0: none */
	struct bns_cookie_secrets cookies;
};

/* `now` comes into force in place of `*place`, which is freed once no reader can hold it. Both may be NULL. */
void bns_answer_conf_set(const struct bns_answer_conf **place, struct bns_answer_conf *now);

#endif
