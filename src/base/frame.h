/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages over a stream of octets, between the daemon and its helper
 * programs: four octets of length (network order), then as many of message.
 * Thread: one at a time.
 */
#ifndef BNS_BASE_FRAME_H
#define BNS_BASE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define BNS_FRAME_HEAD 4

/* What has come in of a message that isn't whole yet. Zeroed is empty. */
struct bns_frames {
	uint8_t *data;
	size_t len;
	size_t cap;
};

typedef void (*bns_frame_fn)(void *arg, const uint8_t *msg, size_t len);

/*
 * Takes what was read; calls `each` for every message that is whole now.
 * BNS_ERANGE: a message says it is longer than `max`; the stream is lost then.
 */
enum bns_error bns_frames_take(struct bns_frames *f, const void *data, size_t len, size_t max, bns_frame_fn each,
			       void *arg) BNS_MUST_CHECK;
void bns_frames_free(struct bns_frames *f);

/* A message with its length before it, the caller's to free(); NULL when memory is short. */
uint8_t *bns_frame_make(const void *msg, size_t len);

#endif
