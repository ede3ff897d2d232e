/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The records of a served zone, copied in libuv's pool to be sent to clients,
 * who may be many at once and share one copy. Thread: main loop.
 */
#ifndef BNS_TRANSFER_SNAPSHOT_H
#define BNS_TRANSFER_SNAPSHOT_H

#include "transfer/transfer_internal.h"

struct bns_snapshot;

/* One that waits for a snapshot, embedded in who does. */
struct bns_snapshot_user {
	/* `contents` NULL: the zone has nothing to serve, or memory is short. They live until the release. */
	void (*ready)(struct bns_snapshot_user *user, const struct bns_contents *contents);
	struct bns_snapshot *snapshot;
	LIST_ENTRY(bns_snapshot_user) same;
};

/* `ready` may be called before this returns. */
enum bns_error bns_snapshot_get(struct bns_transfer *t, const struct bns_qname *apex,
				struct bns_snapshot_user *user) BNS_MUST_CHECK;

/* Before or after `ready`, which isn't called any more; a user that has none is left alone. */
void bns_snapshot_release(struct bns_snapshot_user *user);

/* The published serial of exactly this zone; false where nothing of it is served. */
bool bns_snapshot_serial(const struct bns_transfer *t, const struct bns_qname *apex, uint32_t *serial);

/* The zone has changed: who comes from now on gets a new one. */
void bns_snapshot_outdated(struct bns_transfer *t, const uint8_t *apex);

#endif
