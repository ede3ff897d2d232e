/* SPDX-License-Identifier: BSD-3-Clause */
/* The order of contents being finished. Thread: one at a time. */
#ifndef BNS_ZONE_CONTENTS_SORT_H
#define BNS_ZONE_CONTENTS_SORT_H

#include "zone/contents.h"

/* Canonical order, without exact duplicates. Records that are in order already, as mostly, cost one pass. */
enum bns_error bns_contents_sort(struct bns_contents *c) BNS_MUST_CHECK;

#endif
