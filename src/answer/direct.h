/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The answer that nearly every query gets, in one go: the name exists, one
 * RRset answers or the type isn't there, nothing comes along with it, and
 * nobody but the zone has a say. Octet by octet what look-up (answer/lookup.h) and encoder
 * (answer/encode.h) give, which do all the rest. No allocation.
 * Thread: any that is online in RCU.
 */
#ifndef BNS_ANSWER_DIRECT_H
#define BNS_ANSWER_DIRECT_H

#include "answer/answer.h"

/* The request asks for nothing but records, and its name most likely exists. */
bool bns_direct_is_for(const struct bns_answer_env *env, const struct bns_query *q);

/* The length of the answer, at most `max`; 0: it isn't one of those. The former must hold. */
size_t bns_direct_write(const struct bns_answer_env *env, const struct bns_query *q, uint8_t *out, size_t max);

#endif
