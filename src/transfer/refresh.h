/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A secondary's way from one version to the next: check the primaries'
 * serials, fetch what is newer, hand it to the gate, and plan the next check.
 * Thread: main loop.
 */
#ifndef BNS_TRANSFER_REFRESH_H
#define BNS_TRANSFER_REFRESH_H

#include "transfer/transfer.h"

enum bns_error bns_refresh_start(struct bns_transfer *t, struct bns_zone *zone) BNS_MUST_CHECK;

/* The zone keeps no refresh; what runs is cancelled, and who waits hears FAILED. */
void bns_refresh_stop(struct bns_refresh *r);

/* See bns_transfer_refresh. */
enum bns_error bns_refresh_now(struct bns_refresh *r, bool force, bns_result_fn done, void *arg) BNS_MUST_CHECK;

/* A NOTIFY came from `from`, who is asked first. */
void bns_refresh_notified(struct bns_refresh *r, const union bns_addr *from);

void bns_refresh_status(const struct bns_refresh *r, struct bns_transfer_status *out);

#endif
