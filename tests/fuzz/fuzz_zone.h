/* SPDX-License-Identifier: BSD-3-Clause */
/* What must hold of contents wherever they came from, once they are finished. */
#ifndef TESTS_FUZZ_FUZZ_ZONE_H
#define TESTS_FUZZ_FUZZ_ZONE_H

#include <string.h>

#include "fuzz.h"
#include "zone/check.h"
#include "zone/digest.h"
#include "zone/image.h"

/* What LeakSanitizer must not report; see docs/fuzzing.md. */
const char *__lsan_default_suppressions(void);

static inline bool fuzz_zone_is_same(const struct bns_contents *a, const struct bns_contents *b)
{
	uint8_t da[BNS_DIGEST_LEN], db[BNS_DIGEST_LEN];
	FUZZ_REQUIRE(bns_contents_digest(a, da) == BNS_OK);
	FUZZ_REQUIRE(bns_contents_digest(b, db) == BNS_OK);
	return a->count == b->count && memcmp(da, db, sizeof(da)) == 0;
}

/* The structural check finds nothing. */
static inline bool fuzz_zone_is_sound(const struct bns_contents *c)
{
	struct bns_problems problems;
	FUZZ_REQUIRE(bns_zone_check(c, &problems) == BNS_OK);
	bool sound = problems.count == 0;
	bns_problems_free(&problems);
	return sound;
}

/* The store's form holds everything. */
static inline void fuzz_zone_stores(const struct bns_contents *c)
{
	struct bns_contents *back;
	uint8_t *data;
	size_t len;
	FUZZ_REQUIRE(bns_contents_encode(c, &data, &len) == BNS_OK);
	FUZZ_REQUIRE(bns_contents_decode(data, len, &back) == BNS_OK);
	FUZZ_REQUIRE(fuzz_zone_is_same(c, back));
	bns_contents_free(back);
	free(data);
}

/* A sound zone becomes an image that answers with the very same records; another is refused or built, but never read
 * past its end. */
static inline void fuzz_zone_builds(const struct bns_contents *c, bool sound)
{
	struct bns_contents *back;
	struct bns_image *img;
	enum bns_error err = bns_image_build(c, &img);
	FUZZ_REQUIRE(err == BNS_OK || !sound);
	if (err)
		return;
	FUZZ_REQUIRE(bns_image_contents(img, &back) == BNS_OK);
	FUZZ_REQUIRE(!sound || fuzz_zone_is_same(c, back));
	bns_contents_free(back);
	bns_image_free(img);
}

#endif
