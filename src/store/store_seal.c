/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "base/buf.h"
#include "store/store_copy.h"
#include "store/store_internal.h"

/* A value that landed under another key, or in another database, is as wrong as a changed one. */
void bns_store_seal(enum bns_store_db db, const MDB_val *key, const void *value, size_t len,
		    uint8_t seal[BNS_STORE_SEAL_BYTES])
{
	XXH64_hash_t place = XXH3_64bits_withSeed(key->mv_data, key->mv_size, (XXH64_hash_t)db);
	bns_put_u64(seal, XXH3_64bits_withSeed(value, len, place));
}

bool bns_store_unseal(enum bns_store_db db, const MDB_val *key, MDB_val *value)
{
	uint8_t seal[BNS_STORE_SEAL_BYTES];
	if (!bns_store_is_sealed(db))
		return true;
	if (value->mv_size < sizeof(seal))
		return false;
	value->mv_size -= sizeof(seal);
	bns_store_seal(db, key, value->mv_data, value->mv_size, seal);
	return memcmp(seal, (const uint8_t *)value->mv_data + value->mv_size, sizeof(seal)) == 0;
}

char *bns_store_key_to_text(const void *key, size_t len, char out[BNS_STORE_KEY_TEXT_MAX])
{
	const uint8_t *octets = key;
	size_t at = 0;
	for (size_t i = 0; i < len && at + 5 < BNS_STORE_KEY_TEXT_MAX; i++) {
		bool plain = octets[i] > ' ' && octets[i] < 0x7f && octets[i] != '\\';
		at += (size_t)snprintf(out + at, BNS_STORE_KEY_TEXT_MAX - at, plain ? "%c" : "\\%03u", octets[i]);
	}
	out[at] = '\0';
	return out;
}
