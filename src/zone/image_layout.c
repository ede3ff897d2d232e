/* SPDX-License-Identifier: BSD-3-Clause */
/* What images look like, as a number: that of one that has all there is in images. */
#include <string.h>
#include <xxhash.h>

#include "zone/image.h"
#include "zone/load.h"

static const char sample[] =
	"$ORIGIN example.com.\n$TTL 600\n"
	"@ SOA ns hostmaster 1 3600 600 86400 300\n@ NS ns\n@ NS ns.sub\n@ MX 10 mail\n@ TXT \"a\" \"b\"\n"
	"@ NSEC a NS SOA MX TXT RRSIG NSEC\n"
	"@ RRSIG SOA 13 2 600 20300101000000 20260101000000 1 example.com. AAAA\n"
	"a CNAME B.example.com.\nb.c A 192.0.2.1\nd DNAME example.net.\n*.w A 192.0.2.2\n"
	"ns A 192.0.2.3\nns AAAA 2001:db8::1\nsub NS ns.sub\nns.sub A 192.0.2.4\n_s._tcp SRV 1 2 3 a\n";

uint64_t bns_image_layout(void)
{
	struct bns_contents *c;
	struct bns_image *img;
	struct bns_diag diag;
	uint64_t layout = 0;
	if (bns_zone_parse(sample, sizeof(sample) - 1, "sample", NULL, &c, &diag))
		return 0;
	if (!bns_contents_finish(c) && !bns_image_build(c, &img)) {
		layout = XXH3_64bits(img, img->size_bytes) + sizeof(*img) + BNS_IMAGE_LAYOUT;
		bns_image_free(img);
	}
	bns_contents_free(c);
	return layout;
}
