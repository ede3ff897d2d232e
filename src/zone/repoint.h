/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A zone file's text with one CNAME pointing elsewhere and the next serial;
 * everything else, comments and layout, stays as it is. Thread: any.
 */
#ifndef BNS_ZONE_REPOINT_H
#define BNS_ZONE_REPOINT_H

#include "zone/contents.h"

/*
 * `text` is one whole file without $INCLUDE, `name` stands for it in messages,
 * `served` is what it must hold: a file that has something else isn't touched,
 * nor one where the edit would change more than is meant. The results are the
 * caller's.
 */
enum bns_error bns_zone_repoint(const char *text, const char *name, const struct bns_contents *served,
				const uint8_t *owner, const uint8_t *target, char **out, struct bns_contents **contents,
				struct bns_diag *diag) BNS_MUST_CHECK;

#endif
