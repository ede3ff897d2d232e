/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is counted of requests and answers: by each worker, by plugins that
 * answer past the workers, and in sum. Others read each count of a worker with
 * one atomic load. Thread: whose counts they are.
 */
#ifndef BNS_WIRE_COUNTS_H
#define BNS_WIRE_COUNTS_H

#include <stdint.h>

#include "base/addr.h"
#include "wire/rrtype.h"

#define BNS_ANSWER_RCODES 24                 /* to BADCOOKIE (RFC 7873 §8) */
#define BNS_ANSWER_TYPES  (BNS_TYPE_CAA + 1) /* further ones are counted at 0 */

struct bns_answer_counts {
	uint64_t queries;
	uint64_t transport[BNS_TRANSPORT_TLS + 1]; /* queries again */
	uint64_t dropped;
	uint64_t handed_over;
	uint64_t truncated;
	uint64_t rcode[BNS_ANSWER_RCODES];
	uint64_t type[BNS_ANSWER_TYPES]; /* of questions */
};

#endif
