/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Is a zone file what it was when it was read? By its stat where that can be
 * trusted, else by the digest of its octets. Thread: any.
 */
#ifndef BNS_ZONE_LOAD_SEEN_H
#define BNS_ZONE_LOAD_SEEN_H

#include <sys/stat.h>

#include "zone/load.h"

/* Both are true where the file is known to be the same, and keep in `seen` what is now. */
bool bns_file_seen_stat(struct bns_file_seen *seen, const struct stat *st);
bool bns_file_seen_digest(struct bns_file_seen *seen, const char *data, size_t len);

#endif
