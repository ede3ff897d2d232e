/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The four names of class CHAOS by which a server tells who it is (RFC 4892):
 * id.server and hostname.bind, version.server and version.bind. No allocation.
 * Thread: any.
 */
#ifndef BNS_ANSWER_CHAOS_H
#define BNS_ANSWER_CHAOS_H

#include "answer/conf.h"

/* The text to a question as a character-string, or NULL: refuse. */
const uint8_t *bns_chaos_find(const struct bns_answer_conf *conf, const struct bns_qname *qname, uint16_t qtype);

#endif
