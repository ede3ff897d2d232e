/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Octets to and from another name server that we connect to. What lies between
 * (TCP alone, or TLS on it) is known here and nowhere above.
 * Thread: the loop's.
 */
#ifndef BNS_TRANSFER_STREAM_H
#define BNS_TRANSFER_STREAM_H

#include <uv.h>

#include "base/addr.h"
#include "transfer/tls_client.h"

struct bns_stream;

/* What happens to a stream. After `ended` it is gone, and nothing more is called. */
struct bns_stream_calls {
	/* From now on it can be written to. */
	void (*opened)(void *arg);
	/* Where the next octets go: at least one. */
	void (*room)(void *arg, uint8_t **data, size_t *cap);
	/* So many octets are there now. */
	void (*received)(void *arg, size_t len);
	/*
	 * BNS_ESHORT: closed by the other side; BNS_EIO: broke, never opened, or by TLS isn't who it must be; `reason`
	 * is half a sentence.
	 */
	void (*ended)(void *arg, enum bns_error err, const char *reason);
	void *arg;
};

/*
 * Connects; by TLS where `tls` isn't NULL, and then it has opened once the other side has shown who it is. Nothing is
 * called before this returns. Takes as long as it takes: who waits keeps the time.
 */
enum bns_error bns_stream_open(uv_loop_t *loop, const union bns_addr *to, struct bns_tls_client *tls,
			       const struct bns_stream_calls *calls, struct bns_stream **out) BNS_MUST_CHECK;

/* Once it has opened; the octets are copied where they can't be sent at once. Calls nothing; a fault shows later. */
enum bns_error bns_stream_write(struct bns_stream *s, const uint8_t *data, size_t len) BNS_MUST_CHECK;

/* Nothing is called any more. Allowed in any call but `ended`; NULL is allowed. */
void bns_stream_close(struct bns_stream *s);

#endif
