/* SPDX-License-Identifier: BSD-3-Clause */
/* One message of a zone transfer out (RFC 5936 §2.2, RFC 1995 §4). No I/O. Thread: main loop. */
#ifndef BNS_TRANSFER_OUT_MESSAGE_H
#define BNS_TRANSFER_OUT_MESSAGE_H

#include "transfer/asked.h"

/* What goes out, record by record. */
struct bns_out_records {
	const struct bns_record *(*now)(void *arg); /* the one at hand; NULL: no more */
	void (*step)(void *arg);
	void *arg;
};

/* As many records as a message takes, signed; `reply->len` 0: there was none, or no message holds it. */
void bns_out_message(struct bns_asked *a, const uint8_t *apex, const struct bns_out_records *records,
		     struct bns_reply *reply);

#endif
